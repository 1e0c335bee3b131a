"""The only place that commits, and what failures of the database mean."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from docflow.accounts.models import Unit
from docflow.core.db import (
    Sessions,
    create_engine,
    create_sessions,
    fact_of,
    require_version,
    sqlalchemy_url,
    transaction,
)
from docflow.core.errors import Conflict, Stale, Unavailable
from docflow.core.ticks import Tick
from docflow.settings import Settings
from tests.conftest import Client, SignIn, Template

SLOT = datetime(2026, 1, 1, tzinfo=UTC)


class SlotTaken(Conflict):
    """What the tests call a slot that is there already."""

    code = "slot_taken"


async def names(sessions: Sessions) -> set[str]:
    async with sessions() as session:
        return set(await session.scalars(select(Tick.name)))


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Sessions]:
    """One connection, and little patience to wait for it."""
    url = sqlalchemy_url(settings.database_url)
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    yield create_sessions(engine)
    await engine.dispose()


async def test_a_unit_of_work_is_committed_at_its_end_and_not_before(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        session.add(Tick(name="one", slot=SLOT))
        await session.flush()
        assert await names(sessions) == set()
    assert await names(sessions) == {"one"}


async def test_any_failure_rolls_everything_back(sessions: Sessions) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction(sessions) as session:
            session.add(Tick(name="one", slot=SLOT))
            await session.flush()
            raise ZeroDivisionError
    with pytest.raises(IntegrityError):
        async with transaction(sessions) as session:
            session.add(Tick(name="one", slot=SLOT))
            await session.flush()
            await session.execute(text("INSERT INTO tick VALUES ('one', '2026-01-01Z')"))
    assert await names(sessions) == set()


async def test_a_connection_is_given_back_however_it_ended(narrow: Sessions) -> None:
    for failure in (None, ZeroDivisionError, asyncio.CancelledError):
        try:
            async with transaction(narrow) as session:
                await session.execute(text("SELECT 1"))
                if failure:
                    raise failure
        except (ZeroDivisionError, asyncio.CancelledError):
            pass
    assert await names(narrow) == set()


async def test_a_violated_constraint_is_told_by_its_name(sessions: Sessions) -> None:
    async with sessions() as session:
        session.add(Tick(name="one", slot=SLOT))
        await session.commit()
        with pytest.raises(IntegrityError) as violated:
            await session.execute(text("INSERT INTO tick VALUES ('one', '2026-01-01Z')"))
    assert isinstance(fact_of(violated.value, {"pk_tick": SlotTaken}), SlotTaken)
    assert fact_of(violated.value, {"pk_register": SlotTaken}) is violated.value, "a fault, not a fact"
    assert fact_of(violated.value) is violated.value


async def test_two_that_wait_for_each_other_end_in_a_conflict_for_one(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        session.add_all([Tick(name="one", slot=SLOT), Tick(name="two", slot=SLOT)])
    met = asyncio.Barrier(2)

    async def hold(first: str, second: str) -> None:
        async with transaction(sessions) as session:
            await session.execute(select(Tick).where(Tick.name == first).with_for_update())
            await met.wait()
            await session.execute(select(Tick).where(Tick.name == second).with_for_update())

    ends = await asyncio.gather(hold("one", "two"), hold("two", "one"), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "NoneType"]


async def test_what_cannot_be_put_in_any_order_is_a_conflict(sessions: Sessions) -> None:
    async def count_then_add(name: str, met: asyncio.Barrier) -> None:
        async with transaction(sessions) as session:
            await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
            await session.scalar(select(func.count()).select_from(Tick))
            await met.wait()
            session.add(Tick(name=name, slot=SLOT))
            await session.flush()
            await met.wait()

    met = asyncio.Barrier(2)
    ends = await asyncio.gather(
        count_then_add("one", met), count_then_add("two", met), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "NoneType"]


async def test_an_edit_of_what_was_changed_meanwhile_is_stale(sessions: Sessions) -> None:
    with pytest.raises(Stale):
        async with transaction(sessions) as session:
            unit = (await session.scalars(select(Unit).where(Unit.symbol == "SNV"))).one()
            async with transaction(sessions) as other:
                await other.execute(update(Unit).values(version=Unit.version + 1))
            unit.name_en = "Home Affairs"


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_the_version_that_was_read_must_be_the_one_there_is(expected: int) -> None:
    require_version(expected, expected)
    with pytest.raises(Stale) as stale:
        require_version(2, expected)
    assert stale.value.facts == {"current_version": 2}


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable) as refused:
        async with transaction(create_sessions(engine)) as session:
            await session.execute(text("SELECT 1"))
    assert refused.value.facts == {"part": "database"}
    await engine.dispose()


async def test_no_free_connection_in_time_is_unavailable(narrow: Sessions) -> None:
    async with transaction(narrow) as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Unavailable):
            async with transaction(narrow) as second:
                await second.execute(text("SELECT 1"))
    assert await names(narrow) == set(), "and it is free again"


async def test_a_mistake_in_a_statement_stays_a_fault(sessions: Sessions) -> None:
    with pytest.raises(SQLAlchemyError, match="no_such_table"):
        async with transaction(sessions) as session:
            await session.execute(text("SELECT * FROM no_such_table"))


async def test_sessions_speak_utc_without_the_compiler_of_large_queries(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await session.scalar(text("SHOW timezone")) == "UTC"
        assert await session.scalar(text("SHOW jit")) == "off"


def cut_connections(template: Template, settings: Settings) -> int:
    """End every connection to the database, as its administrator; how many there were."""
    assert template.stack.postgres is not None
    database = settings.database_url.rpartition("/")[2]
    with psycopg.connect(template.stack.postgres.superuser_url) as superuser:
        ended = superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
        )
        return len(ended.fetchall())


async def test_a_lost_connection_is_unavailable_once_and_then_replaced(
    sign_in: SignIn, client: Client, template: Template, settings: Settings, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    assert (await clerk.get("/api/v1/me")).status_code == 200
    assert cut_connections(template, settings) > 0
    answer = await clerk.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["facts"] == {"part": "database"}
    assert (await clerk.get("/api/v1/me")).status_code == 200


async def test_a_lost_connection_takes_a_unit_of_work_with_it(
    template: Template, settings: Settings, sessions: Sessions
) -> None:
    with pytest.raises(Unavailable):
        async with transaction(sessions) as session:
            session.add(Tick(name="one", slot=SLOT))
            await session.flush()
            cut_connections(template, settings)
    assert await names(sessions) == set()
