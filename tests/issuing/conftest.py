"""The sample province writing and issuing."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Unit
from docflow.core.db import Sessions
from docflow.notifications.service import Postman
from tests.issuing.writing import Office


@pytest.fixture
async def office(sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]) -> Office:
    async with sessions() as session:
        people = {row.username: row.id for row in await session.execute(select(Person.username, Person.id))}
        units = {row.code: row.id for row in await session.execute(select(Unit.code, Unit.id))}
    return Office(sessions, postman, actor_of, people, units)
