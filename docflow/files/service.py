"""What is done with files: adding the row of a stored object, reading text, verifying, sweeping."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.files.children import Children
from docflow.files.extraction import Extraction, ExtractionReason, extract
from docflow.files.models import File, FilePreview, FileText, TextOrigin, TextStatus
from docflow.files.recognition import find_recogniser
from storage import LockMode, ObjectLocked, ObjectMissing, ObjectStore, UnfinishedUpload

PAGES_DRAWN_AT_ONCE = 2

log = structlog.get_logger("docflow.files")

GoOn = Callable[[AsyncSession, int], Awaitable[None]]
"""Queues the recognition of a file from this page on, in the transaction that makes it necessary."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """The store, the most bytes that one file may have, and who looks into files."""

    store: ObjectStore
    max_bytes: int
    tesseract: str = "tesseract"
    """The program that recognises text in pictures, by name or path; empty: none."""
    children: Children = field(default_factory=Children)
    drawing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PAGES_DRAWN_AT_ONCE))
    """Taken while a page is drawn for somebody who waits."""
    lock_mode: LockMode | None = None
    """How originals are locked in the store; None: not at all."""
    lock_years: int = 5
    """A lock reaches no further; it is extended as time passes."""
    undrawn: dict[tuple[UUID, int, int], tuple[datetime, str]] = field(default_factory=dict)
    """Pages that could not be drawn: since when that is known here, and why."""

    def read(self, file: File, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, or of a part."""
        return self.store.read(file.object_key, offset=offset, length=length)


@dataclass(frozen=True, slots=True)
class Received:
    """An object that is whole in the store and has no row yet. ``size`` in bytes."""

    object_key: str
    filename: str
    media_type: str
    size: int
    sha256: bytes


async def add_file(session: AsyncSession, actor: Actor, received: Received) -> File:
    """The row of a stored object."""
    file = File(
        object_key=received.object_key,
        filename=received.filename,
        media_type=received.media_type,
        size=received.size,
        sha256=received.sha256,
        stored_at=clock.now(),
        stored_by=actor.person_id,
        text_status=TextStatus.WAITING,
    )
    session.add(file)
    await session.flush()
    return file


async def read_text(
    sessions: Sessions, files: FileStore, file_id: UUID, recognise: GoOn | None = None
) -> Extraction | None:
    """Read a file's text in a limited child process and keep it; None when it was read already, or was removed.

    Where pages are pictures and can be recognised, ``recognise`` is told, and the file goes on waiting for that. No
    transaction is open while the child runs. Running it twice does no harm.
    """
    async with sessions() as session:
        file = await session.get(File, file_id)
    if file is None or file.text_status is not TextStatus.WAITING:
        return None
    async with aclosing(files.read(file)) as source:
        extraction = await extract(source, file.media_type, children=files.children)
    able = bool(extraction.scanned and recognise and await find_recogniser(files.tesseract))
    async with transaction(sessions) as session:
        file = await session.get(File, file_id, with_for_update=True)
        if file is None or file.text_status is not TextStatus.WAITING:
            return None
        file.page_count = extraction.pages
        file.marks = sorted(extraction.marks)
        file.text_origin = TextOrigin.LAYER if extraction.text else None
        await keep_text(session, file_id, extraction.text)
        if able and recognise:
            await recognise(session, extraction.scanned[0])
        else:
            _judge(file, extraction)
    return extraction


def _judge(file: File, extraction: Extraction) -> None:
    """How far the text is when nothing more is to be done for it."""
    status, reason = TextStatus(extraction.status.value), extraction.reason
    if extraction.scanned:  # said before any other reason: those who left it out look for it later
        status = TextStatus.CUT if extraction.text else TextStatus.FAILED
        reason = ExtractionReason.OCR_UNAVAILABLE
    file.text_status = status
    file.text_reason = reason.value if reason else None


async def keep_text(session: AsyncSession, file_id: UUID, content: str) -> None:
    """What a file says, as far as that is known by now."""
    if content:
        statement = insert(FileText).values(file_id=file_id, content=content)
        await session.execute(
            statement.on_conflict_do_update(index_elements=["file_id"], set_={"content": content})
        )


async def text_of(session: AsyncSession, file_id: UUID) -> str:
    """What a file says; empty while it has not been read, or says nothing."""
    return await session.scalar(select(FileText.content).where(FileText.file_id == file_id)) or ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that was verified. ``fault`` is None when the object is there and its checksum right."""

    file_id: UUID
    object_key: str
    fault: str | None


async def verify(sessions: Sessions, store: ObjectStore) -> AsyncIterator[Finding]:
    """Re-read every object against its row, oldest first."""
    last = UUID(int=0)
    while True:
        async with sessions() as session:
            rows = (
                await session.execute(
                    select(File.id, File.object_key, File.size, File.sha256)
                    .add_columns(File.destroyed_at, File.locked_until, File.is_held)
                    .where(File.id > last)
                    .order_by(File.id)
                    .limit(500)
                )
            ).all()
        if not rows:
            return
        for row in rows:
            yield Finding(row.id, row.object_key, await _fault_of_file(store, row))
        last = rows[-1].id


async def _fault_of_file(store: ObjectStore, row: Row[Any]) -> str | None:
    """What is wrong with a file's object: with its bytes, with its lock, or that it is still there once destroyed."""
    if row.destroyed_at is not None:
        left = [entry async for entry in store.list_objects(row.object_key, hidden=True)]
        return "destroyed, and still in the store" if any(e.key == row.object_key for e in left) else None
    fault = await fault_of(store, row.object_key, row.size, row.sha256)
    if fault is not None or not (row.is_held or (row.locked_until and row.locked_until > clock.now())):
        return fault
    told = await store.read_lock(row.object_key)
    if (
        row.locked_until
        and row.locked_until > clock.now()
        and (not told.until or told.until < row.locked_until)
    ):
        until = f"until {told.until:%Y-%m-%d}" if told.until else "not at all"
        return f"locked until {row.locked_until:%Y-%m-%d} by the record, {until} by the store"
    return "held by the record, not by the store" if row.is_held and not told.is_held else None


async def fault_of(store: ObjectStore, key: str, size: int, sha256: bytes) -> str | None:
    """What is wrong with an object, in words; None when it is what was stored."""
    try:
        found = await store.checksum(key)
    except ObjectMissing:
        return "missing"
    if found.size != size:
        return f"has {found.size} bytes instead of {size}"
    if found.sha256 != sha256.hex():
        return "checksum differs"
    return None


async def find_orphans(sessions: Sessions, store: ObjectStore, grace: timedelta) -> AsyncIterator[str]:
    """Keys of objects older than ``grace`` that no row names: an upload whose transaction never committed.

    Where the store keeps versions, one that is left behind a marker of deletion is found too, perhaps twice.
    """
    before = clock.now() - grace
    batch: list[str] = []
    async for item in store.list_objects(hidden=True):
        if item.modified_at < before:
            batch.append(item.key)
        if len(batch) == 1000:
            for key in await _without_row(sessions, batch):
                yield key
            batch = []
    for key in await _without_row(sessions, batch):
        yield key


async def find_unfinished(store: ObjectStore, grace: timedelta) -> list[UnfinishedUpload]:
    """Uploads that began longer than ``grace`` ago: their process was killed, for none takes so long."""
    before = clock.now() - grace
    return [upload for upload in await store.list_unfinished() if upload.begun_at < before]


async def sweep(sessions: Sessions, store: ObjectStore, grace: timedelta) -> int:
    """Delete orphans and the parts of unfinished uploads; how many of both there were."""
    swept = 0
    async for key in find_orphans(sessions, store, grace):
        try:
            await store.delete(key)
        except ObjectLocked:
            log.warning(
                "orphan_locked", key=key
            )  # of a database that was set back; it goes when its lock is over
            continue
        swept += 1
    for upload in await find_unfinished(store, grace):
        await store.abort(upload)
        swept += 1
    return swept


async def _without_row(sessions: Sessions, keys: list[str]) -> list[str]:
    if not keys:
        return []
    async with sessions() as session:
        owners = (File.object_key, FilePreview.object_key)
        known = set(await session.scalars(union_all(*(select(key).where(key.in_(keys)) for key in owners))))
    return [key for key in dict.fromkeys(keys) if key not in known]
