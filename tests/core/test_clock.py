"""One source of now, which tests move."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

from docflow.core import clock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = clock.now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_set_moment_holds_inside_the_block_and_no_longer() -> None:
    with clock.at(NOON):
        assert clock.now() == NOON
        with clock.at(NOON + timedelta(hours=1)):
            assert clock.now() == NOON + timedelta(hours=1)
        assert clock.now() == NOON
    assert clock.now() > NOON - timedelta(days=3650)
    assert clock.now() != NOON


def test_a_moment_of_any_zone_is_kept_in_utc() -> None:
    hanoi = datetime(2026, 11, 23, 19, tzinfo=timezone(timedelta(hours=7)))
    with clock.at(hanoi):
        assert clock.now().tzinfo is UTC
        assert clock.now() == NOON


def test_a_failure_in_the_block_gives_the_time_back() -> None:
    try:
        with clock.at(NOON):
            raise ValueError
    except ValueError:
        assert clock.now() != NOON


def test_the_day_begins_at_midnight_in_the_province() -> None:
    with clock.at(datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 12, 31)
    with clock.at(datetime(2026, 12, 31, 17, tzinfo=UTC)):
        assert clock.today() == date(2027, 1, 1)


async def test_tasks_that_are_started_see_the_set_moment_and_others_do_not() -> None:
    async def look() -> datetime:
        await asyncio.sleep(0)
        return clock.now()

    outside = asyncio.create_task(look())
    with clock.at(NOON):
        inside = asyncio.create_task(look())
        assert await outside != NOON
    assert await inside == NOON
