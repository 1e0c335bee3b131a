"""The sample province at work."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core.db import Sessions
from docflow.notifications.service import Postman
from tests.tasks.province import Province


@pytest.fixture
async def province(
    sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]
) -> Province:
    async with sessions() as session:
        rows = (await session.execute(select(Unit.code, Unit.symbol, Unit.id))).all()
    # Communes share their symbol and go by their code.
    units = {row.code if row.symbol == "UBND" else row.symbol: row.id for row in rows}
    return Province(sessions, postman, actor_of, units)
