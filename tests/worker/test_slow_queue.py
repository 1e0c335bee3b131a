"""Scans are recognised by a worker beside its other work, which never waits for them."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import select, text

from docflow.access.actor import Actor
from docflow.core.db import Sessions, transaction
from docflow.documents.service.intake import register_incoming
from docflow.files.models import File, TextOrigin, TextStatus
from docflow.files.service import Received
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.registering import to_register
from tests.worker.test_queue import started_worker

ActorOf = Callable[[str], Awaitable[Actor]]
SCAN = Path(__file__).parents[1] / "files" / "fixtures" / "scan.pdf"


async def register_scan(sessions: Sessions, store: ObjectStore, actor: Actor) -> None:
    async with store.write(f"2026/11/{uuid4()}", "application/pdf") as writer:
        await writer.write(SCAN.read_bytes())
        stored = await writer.finish()
    received = Received(stored.key, "scan.pdf", "application/pdf", stored.size, bytes.fromhex(stored.sha256))
    async with transaction(sessions) as session:
        await register_incoming(session, actor, to_register(), received)


async def read_within(sessions: Sessions, seconds: float) -> File:
    """The one file, once it does not wait any more."""
    patience = time.monotonic() + seconds
    while True:
        async with sessions() as session:
            file = (await session.scalars(select(File))).one()
        if file.text_status is not TextStatus.WAITING or time.monotonic() > patience:
            return file
        await asyncio.sleep(0.1)


@pytest.mark.debian("tesseract", "/usr/share/tesseract-ocr/*/tessdata/vie.traineddata")
async def test_a_worker_recognises_a_scan_and_stops_when_told(
    settings: Settings, sessions: Sessions, store: ObjectStore, actor_of: ActorOf
) -> None:
    async with started_worker(settings) as worker:
        await register_scan(sessions, store, await actor_of("anpth"))
        file = await read_within(sessions, 40)
        assert (file.text_status, file.text_origin) == (TextStatus.EXTRACTED, TextOrigin.OCR)
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await worker.wait() == 0
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 0


async def test_a_worker_without_a_recogniser_says_so_and_works_on(
    settings: Settings, sessions: Sessions, store: ObjectStore, actor_of: ActorOf
) -> None:
    async with started_worker(msgspec.structs.replace(settings, tesseract="no-such-program")):
        await register_scan(sessions, store, await actor_of("anpth"))
        file = await read_within(sessions, 30)
    assert (file.text_status, file.text_reason) == (TextStatus.FAILED, "ocr_unavailable")
