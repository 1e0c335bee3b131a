"""The clocks of several workers over one table of slots."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from docflow import worker
from docflow.core import clock
from docflow.core.db import Sessions, create_engine, create_sessions
from docflow.settings import Settings
from docflow.worker import SCHEDULE, slot_of, start_clock, tick

MOMENT = datetime(2026, 11, 23, 13, 47, 31, 5, tzinfo=UTC)
ZONED = MOMENT.astimezone(clock.LOCAL_ZONE)


@pytest.fixture
async def workers(settings: Settings) -> AsyncIterator[list[Sessions]]:
    """The databases of three workers: one, over connections of their own."""
    engines = [create_engine(settings.database_url, connections=2) for _ in range(3)]
    yield [create_sessions(engine) for engine in engines]
    for engine in engines:
        await engine.dispose()


async def counted(sessions: Sessions, what: str) -> dict[str, int]:
    """How many jobs, or slots, there are of each name."""
    by_name = {
        "jobs": text("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY 1"),
        "slots": text("SELECT name, count(*) FROM tick GROUP BY 1"),
    }
    async with sessions() as session:
        rows = (await session.execute(by_name[what])).all()
    return dict(rows)


@pytest.mark.parametrize(
    ("every", "start"),
    [
        (timedelta(seconds=1), datetime(2026, 11, 23, 13, 47, 31, tzinfo=UTC)),
        (timedelta(minutes=1), datetime(2026, 11, 23, 13, 47, tzinfo=UTC)),
        (timedelta(hours=1), datetime(2026, 11, 23, 13, tzinfo=UTC)),
        (timedelta(hours=6), datetime(2026, 11, 23, 12, tzinfo=UTC)),
        (timedelta(days=1), datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_slot_begins_where_its_length_divides_the_day(every: timedelta, start: datetime) -> None:
    assert slot_of(MOMENT, every) == slot_of(ZONED, every) == start
    assert slot_of(start, every) == start
    assert slot_of(start - timedelta(microseconds=1), every) == start - every


async def test_three_workers_and_five_slots_make_five_jobs_of_every_schedule(
    workers: list[Sessions],
) -> None:
    async def at_a_third(place: int, name: str, moment: datetime) -> None:
        with clock.at(moment + place * SCHEDULE[name] / 3):
            await tick(workers[place], name, SCHEDULE[name])

    for name, every in SCHEDULE.items():
        start = slot_of(MOMENT, every)
        for slot in range(5):
            await asyncio.gather(*(at_a_third(place, name, start + slot * every) for place in range(3)))
    assert await counted(workers[0], "jobs") == dict.fromkeys(SCHEDULE, 5)


async def test_running_clocks_fire_once_for_all_workers(
    workers: list[Sessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SCHEDULE", dict.fromkeys(SCHEDULE, timedelta(seconds=1)))
    running = [start_clock(sessions) for sessions in workers]
    async with asyncio.timeout(20):
        while min((await counted(workers[0], "slots")).values(), default=0) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for scheduler in running:
        scheduler.pause()
    await asyncio.sleep(0.3)  # what has begun ends
    for scheduler in running:
        scheduler.shutdown(wait=False)
    jobs = await counted(workers[0], "jobs")
    assert jobs.keys() == SCHEDULE.keys()
    assert jobs == await counted(workers[0], "slots")
