"""Documents on their way through the sample province."""

from collections.abc import Awaitable, Callable

import pytest

from docflow.access.actor import Actor
from docflow.core.db import Sessions
from docflow.notifications.service import Postman
from tests.documents.circulating import Circle


@pytest.fixture
def circle(sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]) -> Circle:
    return Circle(sessions, postman, actor_of)
