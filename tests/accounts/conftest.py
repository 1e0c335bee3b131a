"""Fixtures of accounts: the sample province's administrator, and its units and people by their names."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy import select

from docflow.accounts.models import Person, Unit
from docflow.core.db import Sessions
from tests.accounts.house import House


@pytest.fixture
async def admin(sign_in: Callable[[str], Awaitable[httpx.AsyncClient]]) -> httpx.AsyncClient:
    """Whoever administers the whole province."""
    return await sign_in("huyvn")


@pytest.fixture
async def house(sessions: Sessions, admin: httpx.AsyncClient) -> House:
    """Keys of the sample, and what its administrator does to it."""
    async with sessions() as session:
        units = (await session.execute(select(Unit.code, Unit.id))).all()
        people = (await session.execute(select(Person.username, Person.id))).all()
    return House(
        admin, {row.code: str(row.id) for row in units}, {row.username: str(row.id) for row in people}
    )
