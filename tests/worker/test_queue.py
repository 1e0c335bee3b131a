"""The queue: jobs of a dead worker are given to a living one, failing ones are tried again, and it stops in order."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import procrastinate
from sqlalchemy import select, text

from docflow.access.actor import Actor
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import enqueue
from docflow.documents.service.intake import register_incoming
from docflow.files.models import File, TextStatus
from docflow.files.service import Received
from docflow.settings import Settings
from docflow.worker import create_queue, revive
from storage import ObjectStore
from tests.documents.registering import to_register

ActorOf = Callable[[str], Awaitable[Actor]]
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def queue_of(settings: Settings, **jobs: Any) -> AsyncIterator[procrastinate.App]:
    queue = create_queue(settings.database_url, {f"test.{name}": run for name, run in jobs.items()})
    async with queue.open_async():
        yield queue


async def run_ready(queue: procrastinate.App) -> None:
    """What a worker does until nothing is ready."""
    async with asyncio.timeout(20):
        await queue.run_worker_async(
            wait=False, install_signal_handlers=False, delete_jobs="successful", listen_notify=False
        )


async def queued(sessions: Sessions) -> list[tuple[str, int]]:
    """(status, attempts) of every job."""
    async with sessions() as session:
        rows = await session.execute(text("SELECT status, attempts FROM procrastinate_jobs ORDER BY id"))
        return [(row.status, row.attempts) for row in rows]


async def put(sessions: Sessions, name: str, **arguments: Any) -> None:
    async with transaction(sessions) as session:
        await enqueue(session, name, **arguments)


async def test_a_job_of_a_dead_worker_is_revived_and_that_of_a_living_one_is_left(
    settings: Settings, sessions: Sessions
) -> None:
    done: list[str] = []

    async def note(*, who: str) -> None:
        done.append(who)

    async with queue_of(settings, note=note) as queue:
        for who in ("dead", "living"):
            await put(sessions, "test.note", who=who)
            worker_id = await queue.job_manager.register_worker()
            taken = await queue.job_manager.fetch_job(None, worker_id)
            assert taken is not None
            if who == "dead":
                async with transaction(sessions) as session:
                    silent = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'"
                    await session.execute(text(f"{silent} WHERE id = :id"), {"id": worker_id})
        assert await queued(sessions) == [("doing", 0), ("doing", 0)]
        await revive(queue)
        assert await queued(sessions) == [("todo", 1), ("doing", 0)]
        await run_ready(queue)
    assert done == ["dead"]
    assert await queued(sessions) == [("doing", 0)]


async def test_the_job_of_a_worker_that_is_gone_altogether_is_revived_too(
    settings: Settings, sessions: Sessions
) -> None:
    async with queue_of(settings, note=None) as queue:
        await put(sessions, "test.note", who="orphan")
        worker_id = await queue.job_manager.register_worker()
        await queue.job_manager.fetch_job(None, worker_id)
        await queue.job_manager.unregister_worker(worker_id)
        await revive(queue)
        assert await queued(sessions) == [("todo", 1)]


async def test_a_job_that_takes_its_worker_with_it_each_time_is_given_up_after_the_fifth(
    settings: Settings, sessions: Sessions
) -> None:
    async with queue_of(settings, note=None) as queue:
        await put(sessions, "test.note", who="deadly")
        for begun in range(1, 6):
            worker_id = await queue.job_manager.register_worker()
            assert await queue.job_manager.fetch_job(None, worker_id) is not None
            await queue.job_manager.unregister_worker(worker_id)
            await revive(queue)
            assert [attempts for _, attempts in await queued(sessions)] == [begun]
        assert await queued(sessions) == [("failed", 5)]
        worker_id = await queue.job_manager.register_worker()
        assert await queue.job_manager.fetch_job(None, worker_id) is None


async def test_a_failing_job_is_tried_five_times_with_a_growing_pause_and_then_kept_as_failed(
    settings: Settings, sessions: Sessions
) -> None:
    tried = 0
    pauses: list[float] = []

    async def fail() -> None:
        nonlocal tried
        tried += 1
        raise OSError("the store is down")

    async with queue_of(settings, fail=fail) as queue:
        await put(sessions, "test.fail")
        for _ in range(8):
            await run_ready(queue)
            async with transaction(sessions) as session:
                pause = "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE status = 'todo'"
                pauses += [float(one) for one in await session.scalars(text(pause))]
                await session.execute(
                    text("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 s'")
                )
    assert await queued(sessions) == [("failed", tried)]
    assert 5 <= tried <= 6
    assert pauses == sorted(pauses)
    assert pauses[-1] > 10


async def test_a_real_worker_reads_a_registered_file_at_once_and_stops_when_told(
    settings: Settings, sessions: Sessions, store: ObjectStore, actor_of: ActorOf, samples: Path
) -> None:
    async with store.write("2026/11/chi-thi.pdf", "application/pdf") as writer:
        await writer.write((samples / "chi-thi.pdf").read_bytes())
        stored = await writer.finish()
    received = Received(
        stored.key, "chi-thi.pdf", "application/pdf", stored.size, bytes.fromhex(stored.sha256)
    )
    async with started_worker(settings) as worker:
        async with transaction(sessions) as session:
            await register_incoming(session, await actor_of("anpth"), to_register(), received)
        patience = time.monotonic() + 20
        status = TextStatus.WAITING
        while status is TextStatus.WAITING and time.monotonic() < patience:
            await asyncio.sleep(0.05)
            async with sessions() as session:
                status = (await session.scalars(select(File.text_status))).one()
        assert status is TextStatus.EXTRACTED
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await worker.wait() == 0
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 0


@asynccontextmanager
async def started_worker(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command ``docflow worker`` on the test's own servers."""
    given = {f"DOCFLOW_{name.upper()}": value for name, value in msgspec.structs.asdict(settings).items()}
    environment = {
        name: str(value)
        for name, value in given.items()
        if not isinstance(value, (bool, float)) and value != ""
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "docflow.cli",
        "worker",
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    try:
        async with asyncio.timeout(30):
            while b"worker_started" not in await worker.stdout.readline():
                assert worker.returncode is None
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.communicate()
