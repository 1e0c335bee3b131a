"""Proof that something refused changed nothing: every row of every table and every object are as before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from docflow.core.db import Sessions
from storage import ObjectStore

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_ONE = """
SELECT '{table}' AS name, count(*) AS rows,
       md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS content
FROM "{table}" AS t {narrowed}
"""
_NOT_REFUSALS = "WHERE tag NOT IN ('access:refused', 'session:refused')"
"""Refusals are recorded on purpose, in a transaction of their own."""


@dataclass(frozen=True)
class State:
    """Tables as (number of rows, digest of their content) by name, and the keys of all objects."""

    tables: dict[str, tuple[int, str]]
    objects: frozenset[str]


async def state_of(sessions: Sessions, store: ObjectStore) -> State:
    """What there is now."""
    async with sessions() as session:
        names = list(await session.scalars(text(_TABLES)))
        union = " UNION ALL ".join(
            _ONE.format(table=name, narrowed=_NOT_REFUSALS if name == "audit_event" else "") for name in names
        )
        rows = (await session.execute(text(union))).all()
    keys = frozenset([item.key async for item in store.list_objects()])
    return State({row.name: (row.rows, row.content) for row in rows}, keys)


@asynccontextmanager
async def unchanged(sessions: Sessions, store: ObjectStore) -> AsyncIterator[None]:
    """What happens in the block leaves database and object store as they were."""
    before = await state_of(sessions, store)
    yield
    after = await state_of(sessions, store)
    assert after.tables == before.tables
    assert after.objects == before.objects
