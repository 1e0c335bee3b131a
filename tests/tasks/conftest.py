"""The sample province at work."""

from collections.abc import Awaitable, Callable

import pytest

from docflow.access.actor import Actor
from docflow.core.db import Sessions
from docflow.notifications.service import Postman
from tests.tasks.province import Province, province_at_work


@pytest.fixture
async def province(
    sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]
) -> Province:
    return await province_at_work(sessions, postman, actor_of)
