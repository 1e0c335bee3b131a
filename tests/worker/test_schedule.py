"""The clock: a slot fires once for all workers, and every schedule names a job that runs without arguments."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from docflow.accounts.models import Person, SignInThrottle, UserSession
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import LAST, enqueue
from docflow.core.ticks import Tick, win
from docflow.files.service import FileStore
from docflow.settings import Settings
from docflow.web.idempotency import KeptAnswer
from docflow.worker import SCHEDULE, create_queue, forget, jobs_of, revive, start_clock, tick

MINUTE = timedelta(minutes=1)
START = datetime(2026, 11, 23, 8, 0, 0, 500, tzinfo=UTC)


async def jobs(sessions: Sessions, name: str) -> int:
    counted = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
    async with sessions() as session:
        return await session.scalar(counted, {"name": name}) or 0


async def test_three_clocks_and_five_slots_make_five_jobs(sessions: Sessions) -> None:
    for slot in range(5):
        with clock.at(START + slot * MINUTE):
            await asyncio.gather(*(tick(sessions, "notifications.deliver", MINUTE) for _ in range(3)))
    assert await jobs(sessions, "notifications.deliver") == 5


async def test_a_clock_that_is_behind_fires_nothing_again(sessions: Sessions) -> None:
    for minutes in (0, 1, 2, 0, 1, 2, 1):
        with clock.at(START + minutes * MINUTE):
            await tick(sessions, "files.sweep", MINUTE)
    assert await jobs(sessions, "files.sweep") == 3


async def test_schedules_do_not_share_their_slots(sessions: Sessions) -> None:
    with clock.at(START):
        for name in SCHEDULE:
            await tick(sessions, name, MINUTE)
    assert [await jobs(sessions, name) for name in SCHEDULE] == [1] * len(SCHEDULE)


async def test_a_tick_that_fails_after_winning_leaves_its_slot_to_the_next(sessions: Sessions) -> None:
    class Cut(Exception):
        """The worker dies here."""

    with pytest.raises(Cut):
        async with transaction(sessions) as session:
            assert await win(session, "files.sweep", START)
            raise Cut
    async with transaction(sessions) as session:
        assert await win(session, "files.sweep", START)
        assert not await win(session, "files.sweep", START)


async def test_letters_and_the_clock_do_not_wait_behind_papers_that_came_in_bulk(
    settings: Settings, sessions: Sessions
) -> None:
    done: list[str] = []

    def note(name: str) -> Callable[..., Awaitable[None]]:
        async def run(**arguments: Any) -> None:
            done.append(name)

        return run

    async with transaction(sessions) as session:
        for name, priority in (("bulk", LAST), ("paper", 0)):
            await enqueue(session, name, priority=priority, of="somebody")
    with clock.at(START):
        await tick(sessions, "notifications.deliver", MINUTE)
    names = ("bulk", "paper", "notifications.deliver")
    queue = create_queue(settings.database_url, {name: note(name) for name in names})
    async with queue.open_async():
        await queue.run_worker_async(
            wait=False, install_signal_handlers=False, delete_jobs="successful", listen_notify=False
        )
    assert done == ["notifications.deliver", "paper", "bulk"]


async def test_slots_are_forgotten_after_a_day(sessions: Sessions) -> None:
    for days in (0, 1, 2):
        with clock.at(START + timedelta(days=days, minutes=days)):
            await tick(sessions, "worker.forget", MINUTE)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Tick)) == 1


def test_every_schedule_is_a_job_that_needs_no_arguments(
    settings: Settings, sessions: Sessions, file_store: FileStore
) -> None:
    runs = {**jobs_of(settings, sessions, file_store), "worker.revive": revive}
    assert set(SCHEDULE) <= set(runs)
    for name in set(SCHEDULE) - {"worker.revive"}:
        inspect.signature(runs[name]).bind()


async def test_a_worker_sets_its_alarm_to_the_start_of_each_slot(sessions: Sessions) -> None:
    scheduler = start_clock(sessions)
    try:
        alarms = {job.id: job for job in scheduler.get_jobs()}
        assert set(alarms) == set(SCHEDULE)
        for name, every in SCHEDULE.items():
            due = alarms[name].next_run_time
            assert (due - datetime(2000, 1, 1, tzinfo=UTC)) % every == timedelta(0), name
            assert clock.now() < due <= clock.now() + every
            assert alarms[name].coalesce
            assert alarms[name].max_instances == 1
    finally:
        scheduler.shutdown(wait=False)


async def test_what_has_run_out_is_forgotten_and_the_rest_stays(sessions: Sessions) -> None:
    now = clock.now()
    async with transaction(sessions) as session:
        person = await session.scalar(select(Person.id).limit(1))
        ends = {"old": now - MINUTE, "new": now + MINUTE}
        for name, end in ends.items():
            started = {"started_at": now, "seen_at": now, "expires_at": end, "address": "", "user_agent": ""}
            digest = {"digest": name.encode(), "person_id": person}
            await session.execute(insert(UserSession).values(**started, **digest))
        for name, days in {"old": 3, "new": 0}.items():
            at = now - timedelta(days=days)
            await session.execute(
                insert(KeptAnswer).values(
                    person_id=person,
                    key=name,
                    fingerprint=b"",
                    status=201,
                    headers={},
                    body=b"",
                    answered_at=at,
                )
            )
            await session.execute(
                insert(SignInThrottle).values(key=name, failures=1, failed_at=at, blocked_until=at)
            )
    await forget(sessions)
    async with sessions() as session:
        assert list(await session.scalars(select(UserSession.digest))) == [b"new"]
        assert list(await session.scalars(select(KeptAnswer.key))) == ["new"]
        assert list(await session.scalars(select(SignInThrottle.key))) == ["new"]
