"""Background work: one table of jobs, one table of the clock. Any number of workers may run.

The queue is procrastinate, written to inside the transactions that cause the work. The clock is APScheduler in
memory of every worker; a tick wins its slot in a table and enqueues in the same transaction, so a schedule fires
once per cluster (architecture §10).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import procrastinate
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from procrastinate.jobs import Status

from docflow.accounts.service.sign_in import forget_ended
from docflow.app import (
    configure_logs,
    desk_of,
    file_store_of,
    inbox_of,
    open_store,
    postman_of,
    smtp_transport,
    terms_of,
)
from docflow.audit.jobs import seal
from docflow.core import clock, ticks
from docflow.core.db import Sessions, create_engine, create_sessions, transaction
from docflow.core.jobs import DEFAULT, FIRST, SLOW, enqueue
from docflow.documents.acquaintance_jobs import remind_unread
from docflow.documents.draft_jobs import (
    catch_up_drafts,
    drop_discarded,
    poll_mailbox,
    read_draft,
    read_draft_scan,
    read_mail,
)
from docflow.documents.jobs import catch_up, index, look_through, read_left_out, read_scan, read_text
from docflow.documents.search_jobs import tell_searches
from docflow.documents.service.registers.years import turn_year
from docflow.dossiers.service.noticing import notice_hand_overs
from docflow.files.jobs import sweep
from docflow.files.recognition import find_recogniser
from docflow.files.removal import remove_objects
from docflow.files.service import FileStore
from docflow.issuing.jobs import catch_up_versions, read_version, read_version_scan
from docflow.issuing.service.recall import remind
from docflow.notifications.jobs import deliver
from docflow.retention import jobs as retention
from docflow.settings import Settings
from docflow.signatures import jobs as signatures
from docflow.web.idempotency import forget_old

Run = Callable[..., Awaitable[None]]

SCHEDULE: dict[str, timedelta] = {
    "notifications.deliver": timedelta(minutes=1),
    "issuing.remind_recall": timedelta(hours=6),
    "documents.poll_mailbox": timedelta(minutes=1),
    "documents.catch_up": timedelta(minutes=10),
    "documents.catch_up_drafts": timedelta(minutes=10),
    "documents.drop_discarded": timedelta(hours=1),
    "issuing.catch_up_versions": timedelta(minutes=10),
    "documents.tell_searches": timedelta(minutes=5),
    "documents.turn_year": timedelta(hours=1),
    "documents.remind_unread": timedelta(hours=1),
    "documents.read_left_out": timedelta(hours=1),
    "audit.seal": timedelta(minutes=1),
    "retention.carry_out_approved": timedelta(hours=1),
    "retention.protect_all": timedelta(days=1),
    "retention.protect_new": timedelta(minutes=10),
    "dossiers.notice": timedelta(hours=12),
    "worker.revive": timedelta(minutes=1),
    "worker.forget": timedelta(hours=1),
    "files.sweep": timedelta(hours=6),
    "signatures.catch_up": timedelta(minutes=10),
    "signatures.recheck": timedelta(hours=6),
}
"""How often each recurring job is enqueued, counted from midnight UTC."""

TOGETHER = frozenset({"worker.revive"})
"""Every other recurring job runs alone. A worker that died at it still holds its turn, until this one frees it."""

STALLED_AFTER_SECONDS = 30
"""A worker that has not been heard of for so long has died; its jobs are given to another."""

MAX_ATTEMPTS = 5
"""How often a job is begun, whether it fails or its worker dies."""

RECOGNISER_LOOKED_FOR_SECONDS = 3600
"""How often a worker without one looks whether it has been installed."""

SHARED: dict[str, Any] = {
    "fetch_job_polling_interval": 5,
    "delete_jobs": "successful",
    "shutdown_graceful_timeout": 25,
    "stalled_worker_timeout": STALLED_AFTER_SECONDS,
}

log = structlog.get_logger("docflow.worker")


def jobs_of(settings: Settings, sessions: Sessions, files: FileStore) -> Mapping[str, Run]:
    """Every job by name, with the parts it uses."""
    inbox, grace = inbox_of(settings), timedelta(hours=settings.orphan_grace_hours)
    return {
        "documents.read_text": partial(read_text, sessions, files),
        "documents.read_scan": partial(read_scan, sessions, files),
        "documents.read_left_out": partial(read_left_out, sessions, files),
        "documents.index": partial(index, sessions),
        "documents.look_through": partial(look_through, sessions),
        "documents.turn_year": partial(turn_year, sessions),
        "documents.tell_searches": partial(tell_searches, sessions, postman_of(settings)),
        "documents.remind_unread": partial(remind_unread, sessions, postman_of(settings)),
        "documents.catch_up": partial(catch_up, sessions),
        "documents.poll_mailbox": partial(poll_mailbox, sessions, files, inbox),
        "documents.read_mail": partial(read_mail, sessions, files, inbox),
        "documents.read_draft": partial(read_draft, sessions, files),
        "documents.read_draft_scan": partial(read_draft_scan, sessions, files),
        "documents.catch_up_drafts": partial(catch_up_drafts, sessions, files),
        "documents.drop_discarded": partial(drop_discarded, sessions, grace),
        "issuing.read_version": partial(read_version, sessions, files),
        "issuing.read_version_scan": partial(read_version_scan, sessions, files),
        "issuing.catch_up_versions": partial(catch_up_versions, sessions),
        "dossiers.notice": partial(notice_hand_overs, sessions, postman_of(settings)),
        "issuing.remind_recall": partial(remind, sessions, postman_of(settings), terms_of(settings)),
        "notifications.deliver": partial(deliver, sessions, smtp_transport(settings), settings.mail_from),
        "files.remove_objects": partial(remove_objects, files),
        "files.sweep": partial(sweep, sessions, files, grace),
        "audit.seal": partial(seal, sessions),
        "retention.carry_out": partial(retention.carry_out, sessions, files),
        "retention.carry_out_approved": partial(retention.carry_out_approved, sessions),
        "retention.protect_all": partial(retention.protect_all, sessions, files),
        "retention.protect_held": partial(retention.protect_held, sessions, files),
        "retention.protect_new": partial(retention.protect_new, sessions, files),
        "signatures.check": partial(signatures.check, sessions, files, desk_of(settings, files)),
        "signatures.catch_up": partial(signatures.catch_up, sessions),
        "signatures.recheck": partial(signatures.recheck, sessions, desk_of(settings, files)),
        "worker.forget": partial(forget, sessions),
    }


async def forget(sessions: Sessions) -> None:
    """Drop what has run out: sessions, throttles, kept answers."""
    async with transaction(sessions) as session:
        await forget_ended(session)
        await forget_old(session)


async def revive(queue: procrastinate.App) -> None:
    """Give the jobs of dead workers to living ones; every job may therefore run twice.

    One that was begun as often as any may be and took its worker with it each time is given up instead.
    """
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        deadly = job.attempts + 1 >= MAX_ATTEMPTS
        try:
            if deadly:
                await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            else:
                await queue.job_manager.retry_job(job)
        except procrastinate.exceptions.ConnectorException as error:
            # Ended or revived by another meanwhile; the rest still waits.
            log.info("job_not_revived", job=job.id, name=job.task_name, reason=str(error))
            continue
        log.warning("job_given_up" if deadly else "job_revived", job=job.id, name=job.task_name)


async def tick(sessions: Sessions, name: str, every: timedelta) -> None:
    """Enqueue ``name`` for the present slot unless another worker has."""
    slot = slot_of(clock.now(), every)
    async with transaction(sessions) as session:
        if await ticks.win(session, name, slot):
            await enqueue(session, name, alone=name not in TOGETHER, priority=FIRST)


def slot_of(moment: datetime, every: timedelta) -> datetime:
    """The start of the slot of length ``every`` in which ``moment`` lies."""
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % every


def create_queue(database_url: str, jobs: Mapping[str, Run]) -> procrastinate.App:
    """The queue with every job registered; each is tried up to MAX_ATTEMPTS times with a growing pause."""
    queue = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=database_url, min_size=1, max_size=4, kwargs={"options": "-c timezone=UTC"}
        )
    )
    retry = procrastinate.RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2)
    for name, run in jobs.items():
        queue.task(name=name, retry=retry)(_named(name, run))
    return queue


def _named(name: str, run: Run) -> Callable[..., Any]:
    async def job(**arguments: Any) -> None:
        with structlog.contextvars.bound_contextvars(job=name):
            await run(**arguments)

    return job


async def work(settings: Settings, *, concurrency: int = 2) -> None:
    """Run until SIGTERM or SIGINT; a job under way is finished first."""
    configure_logs(settings)
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database_url, connections=concurrency + 2)
        stack.push_async_callback(engine.dispose)
        sessions = create_sessions(engine)
        store = open_store(settings)
        stack.push_async_callback(store.close)
        files = file_store_of(settings, store)
        stack.push_async_callback(files.children.close)
        jobs = dict(jobs_of(settings, sessions, files))
        queue = create_queue(settings.database_url, jobs)
        queue.task(name="worker.revive")(_named("worker.revive", partial(revive, queue)))
        await stack.enter_async_context(queue.open_async())
        scheduler = start_clock(sessions)
        stack.callback(scheduler.shutdown, wait=False)
        log.info("worker_started")
        slow = asyncio.create_task(_work_slowly(queue, files))
        await queue.run_worker_async(**SHARED, queues=[DEFAULT], concurrency=concurrency)
        slow.cancel()
        await asyncio.wait([slow])
        log.info("worker_stopped")


async def _work_slowly(queue: procrastinate.App, files: FileStore) -> None:
    """One slow job at a time beside the others; where no text can be recognised, another worker may."""
    while await find_recogniser(files.tesseract) is None:
        log.warning("ocr_unavailable", program=files.tesseract)
        await asyncio.sleep(RECOGNISER_LOOKED_FOR_SECONDS)
    await queue.run_worker_async(
        **{**SHARED, "fetch_job_polling_interval": 2},
        queues=[SLOW],
        concurrency=1,
        listen_notify=False,  # it would hold a connection for what comes now and then
        install_signal_handlers=False,
    )


def start_clock(sessions: Sessions) -> AsyncIOScheduler:
    """The clock of this worker: each schedule ticks at the start of its slots."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    for name, every in SCHEDULE.items():
        scheduler.add_job(
            tick,
            IntervalTrigger(seconds=int(every.total_seconds()), start_date=slot_of(clock.now(), every)),
            args=(sessions, name, every),
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler
