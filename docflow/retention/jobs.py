"""What the worker does for retention: the store's locks follow the terms and holds, and approved disposals are done."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import SLOW, enqueue
from docflow.documents.models import DocumentFile
from docflow.dossiers.models import DossierDocument
from docflow.files.locking import Wanted, protect
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.retention.models import Disposal, DisposalState, HeldThing
from docflow.retention.queries import Kept, find_kept
from docflow.retention.service import destruction
from docflow.retention.terms import ends_at

AT_ONCE = 500
"""Files that one job looks at: some seconds of work, so that a worker can be stopped between."""
NEW_FOR = timedelta(days=1)
NIL = UUID(int=0)

log = structlog.get_logger("docflow.retention")


async def carry_out(sessions: Sessions, files: FileStore, *, disposal_id: str) -> None:
    """Destroy what a disposal lists. Running it twice does no harm."""
    await destruction.carry_out(sessions, files, UUID(disposal_id))


async def carry_out_approved(sessions: Sessions) -> None:
    """Queue again every disposal that was approved and not finished: its job was given up while a server was down."""
    async with transaction(sessions) as session:
        approved = select(Disposal.id).where(Disposal.state == DisposalState.APPROVED)
        for disposal_id in await session.scalars(approved.order_by(Disposal.id)):
            await enqueue(session, "retention.carry_out", queue=SLOW, disposal_id=str(disposal_id))


async def protect_new(sessions: Sessions, files: FileStore) -> None:
    """Have the store keep what was registered of late; the rest is ``protect_all``'s."""
    if files.lock_mode is None:
        return
    after = _key_at(clock.now() - NEW_FOR)
    new = (DocumentFile.id > after, File.locked_until.is_(None))
    async with sessions() as session:
        found = await _files(session, *new)
    await _protect(sessions, files, found)


async def protect_all(sessions: Sessions, files: FileStore, *, after: str = str(NIL)) -> None:
    """Bring every lock and hold up to date, AT_ONCE files at a time; then it queues itself for those ``after``."""
    if files.lock_mode is None:
        return
    async with sessions() as session:
        found = await _files(session, DocumentFile.id > UUID(after))
    await _protect(sessions, files, found)
    if len(found) == AT_ONCE:
        async with transaction(sessions) as session:
            await enqueue(session, "retention.protect_all", queue=SLOW, after=str(found[-1].id))


async def protect_held(sessions: Sessions, files: FileStore, *, hold_id: str, after: str = str(NIL)) -> None:
    """Have the store hold, or release, what a legal hold names; AT_ONCE files at a time."""
    if files.lock_mode is None:
        return
    things = select(HeldThing).where(HeldThing.hold_id == UUID(hold_id)).subquery()
    of_dossiers = select(DossierDocument.document_id).where(
        DossierDocument.dossier_id.in_(select(things.c.dossier_id))
    )
    named = or_(
        DocumentFile.document_id.in_(select(things.c.document_id)), DocumentFile.document_id.in_(of_dossiers)
    )
    async with sessions() as session:
        found = await _files(session, DocumentFile.id > UUID(after), named)
    await _protect(sessions, files, found)
    if len(found) == AT_ONCE:
        async with transaction(sessions) as session:
            last = str(found[-1].id)
            await enqueue(session, "retention.protect_held", queue=SLOW, hold_id=hold_id, after=last)


def wanted_of(kept: Kept, file: File, now: datetime, years: int) -> Wanted | None:
    """What the store is to enforce for a file of a document; None when nothing is to change.

    It is locked until its term is over, and never for more than ``years``: what is kept longer is locked anew when
    half of that has passed, so that a mistake is not set in stone for seventy years.
    """
    far = now + timedelta(days=365 * years)
    until = min(far, ends_at(kept.term.kept_until)) if kept.term.kept_until else far
    known = file.locked_until
    halfway = min(until, now + timedelta(days=365 * years / 2))
    extends = until > now and (known is None or known < halfway)
    if not extends and kept.is_held == file.is_held:
        return None
    return Wanted(file.id, until if extends else None, kept.is_held)


async def _protect(sessions: Sessions, files: FileStore, found: Sequence[DocumentFile]) -> None:
    async with sessions() as session:
        rows = await session.scalars(select(File).where(File.id.in_([version.file_id for version in found])))
        by_id = {file.id: file for file in rows}
        kept = await find_kept(session, _documents(found))
    now = clock.now()
    wanted = [
        one
        for version in found
        if (one := wanted_of(kept[version.document_id], by_id[version.file_id], now, files.lock_years))
    ]
    if changed := await protect(sessions, files, wanted):
        log.info("files_protected", files=changed)


def _documents(found: Sequence[DocumentFile]) -> Collection[UUID]:
    return {version.document_id for version in found}


async def _files(session: AsyncSession, *conditions: object) -> Sequence[DocumentFile]:
    statement = (
        select(DocumentFile)
        .join(File, File.id == DocumentFile.file_id)
        .where(File.destroyed_at.is_(None), *conditions)  # type: ignore[arg-type]
        .order_by(DocumentFile.id)
        .limit(AT_ONCE)
    )
    return (await session.scalars(statement)).all()


def _key_at(moment: datetime) -> UUID:
    """The least key that the database makes at a moment (RFC 9562, 5.7)."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))
