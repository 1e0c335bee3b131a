"""Having the store itself keep originals: locks and legal holds. The record says only what the store was heard to say.

A file's row is locked while the store is asked, so that what is being destroyed is not locked at the same moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.files.errors import StoreDown
from docflow.files.models import File
from docflow.files.service import FileStore
from storage import LockMode, ObjectLock, ObjectMissing, StoreError

WORKER = "worker"

log = structlog.get_logger("docflow.files")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the store is to enforce for a file; ``until`` None: no lock is to be set or extended."""

    file_id: UUID
    until: datetime | None
    held: bool


async def can_lock(files: FileStore) -> bool:
    """Whether objects are to be locked, and the store has shown that it does. Raises StoreDown."""
    if files.lock_mode is None:
        return False
    try:
        return await files.store.can_lock()
    except StoreError as error:
        raise StoreDown(part="store") from error


async def protect(sessions: Sessions, files: FileStore, wanted: Iterable[Wanted]) -> int:
    """Lock, hold and release files in the store and record what it says; how many changed.

    A lock is extended and never shortened, and the hold of a file that is destroyed stays alone. Each file is a
    transaction of its own; doing it again does no harm. Raises StoreDown.
    """
    if files.lock_mode is None or not await can_lock(files):
        return 0
    changed = 0
    for one in wanted:
        async with transaction(sessions) as session:
            changed += await _protect(session, files, files.lock_mode, one)
    return changed


async def _protect(session: AsyncSession, files: FileStore, mode: LockMode, wanted: Wanted) -> bool:
    there = select(File).where(File.id == wanted.file_id, File.destroyed_at.is_(None))
    file = await session.scalar(there.with_for_update())
    if file is None:
        return False
    try:
        told = await _told(files, file, mode, wanted)
    except ObjectMissing:
        log.exception("file_without_object", file_id=str(file.id), key=file.object_key)
        return False
    except StoreError as error:
        raise StoreDown(part="store") from error
    return await _record(session, file, told)


async def _told(files: FileStore, file: File, mode: LockMode, wanted: Wanted) -> ObjectLock:
    if wanted.until is not None:
        await files.store.lock(file.object_key, wanted.until, mode)
    return await files.store.hold(file.object_key, held=wanted.held)


async def _record(session: AsyncSession, file: File, told: ObjectLock) -> bool:
    """Write what the store said, and each change of it into the trail."""
    changed = False
    if told.until != file.locked_until:
        file.locked_until, changed = told.until, True
        until = told.until.isoformat() if told.until else None
        mode = told.mode.value if told.mode else None
        await audit.record(
            session, None, Tag.FILE_LOCKED, "file", file.id, name=WORKER, until=until, mode=mode
        )
    if told.is_held != file.is_held:
        file.is_held, changed = told.is_held, True
        tag = Tag.FILE_HELD if told.is_held else Tag.FILE_RELEASED
        await audit.record(session, None, tag, "file", file.id, name=WORKER)
    return changed


async def is_locked(files: FileStore, file: File, now: datetime) -> bool:
    """Whether the store itself keeps the object now, as it says. Raises StoreDown."""
    try:
        told = await files.store.read_lock(file.object_key)
    except ObjectMissing:
        return False
    except StoreError as error:
        raise StoreDown(part="store") from error
    return told.is_held or (told.until is not None and told.until > now)
