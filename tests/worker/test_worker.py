"""What a worker has begun is finished: by itself when it is told to stop, by another when it dies."""

import asyncio
import signal
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, text

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import enqueue
from docflow.files.service import FileStore
from docflow.notifications.models import Letter, LetterState
from docflow.notifications.service import LEASE, Postman
from docflow.settings import Settings
from docflow.worker import create_queue, jobs_of, revive
from tests.notifications.test_delivery import draft, open_office, post
from tests.notifications.test_outbox import SlowOffice
from tests.worker.test_queue import queue_of, queued, run_ready, started_worker

SILENT = text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")


def reaching(settings: Settings, port: int) -> Settings:
    """The settings with another mail server."""
    return msgspec.structs.replace(settings, smtp_host="127.0.0.1", smtp_port=port)


async def deliveries(sessions: Sessions) -> list[str]:
    """The status of every job that delivers; a clock may have added one meanwhile."""
    states = text("SELECT status FROM procrastinate_jobs WHERE task_name = 'notifications.deliver'")
    async with sessions() as session:
        return list(await session.scalars(states))


async def letter_of(sessions: Sessions) -> Letter:
    async with sessions() as session:
        return (await session.scalars(select(Letter))).one()


async def test_a_job_exists_if_and_only_if_the_change_does(sessions: Sessions) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction(sessions) as session:
            await enqueue(session, "documents.read_text", file_id="one")
            raise ZeroDivisionError
    assert await queued(sessions) == []
    async with transaction(sessions) as session:
        await enqueue(session, "documents.read_text", file_id="one")
        assert await queued(sessions) == [], "nobody may take it yet"
    async with sessions() as session:
        rows = await session.execute(text("SELECT task_name, args, status FROM procrastinate_jobs"))
        assert [tuple(row) for row in rows] == [("documents.read_text", {"file_id": "one"}, "todo")]


async def test_two_that_revive_at_once_give_every_job_back_once(
    settings: Settings, sessions: Sessions
) -> None:
    async with queue_of(settings, note=None) as queue:
        async with transaction(sessions) as session:
            for _ in range(30):
                await enqueue(session, "test.note")
        worker_id = await queue.job_manager.register_worker()
        while await queue.job_manager.fetch_job(None, worker_id):
            pass
        async with transaction(sessions) as session:
            await session.execute(SILENT)
        await asyncio.gather(revive(queue), revive(queue), revive(queue))
    assert {status for status, _ in await queued(sessions)} == {"todo"}


async def test_a_worker_that_is_told_to_stop_finishes_its_job_first(
    settings: Settings, sessions: Sessions, postman: Postman
) -> None:
    office = SlowOffice()
    async with open_office(office) as mail, asyncio.timeout(40):
        settings = reaching(settings, mail.settings.port)
        await post(sessions, postman, draft("invitation"))
        async with started_worker(settings) as worker:
            await office.reached.wait()
            worker.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert worker.returncode is None
            office.door.set()
            assert await worker.wait() == 0
    assert (await letter_of(sessions)).state is LetterState.SENT
    assert "doing" not in await deliveries(sessions)


async def test_what_a_killed_worker_had_begun_is_done_by_another(
    settings: Settings, sessions: Sessions, postman: Postman, file_store: FileStore
) -> None:
    office = SlowOffice()
    async with open_office(office) as mail, asyncio.timeout(40):
        settings = reaching(settings, mail.settings.port)
        await post(sessions, postman, draft("invitation"))
        async with started_worker(settings) as worker:
            await office.reached.wait()
            worker.send_signal(signal.SIGKILL)
            await worker.wait()
        office.door.set()
        assert "doing" in await deliveries(sessions)
        async with transaction(sessions) as session:
            await session.execute(SILENT)
        queue = create_queue(settings.database_url, jobs_of(settings, sessions, file_store))
        async with queue.open_async():
            await revive(queue)
            with clock.at(clock.now() + LEASE + timedelta(seconds=1)):
                await run_ready(queue)
    letter = await letter_of(sessions)
    assert (letter.state, letter.attempts) == (LetterState.SENT, 2)
    assert len({message_id for *_, message_id in office.taken}) == 1
    assert await deliveries(sessions) == []
