"""Carrying out a disposal: each document is looked at again, then its files go, then the proof is closed.

For each document three steps, each of which may be the last before a crash and is then taken up again:
1. in one transaction, with the document's row locked: is its term still over, does nothing hold it, does the store not
   lock it? Then its files are marked as destroyed, what was read from them is deleted, and the item keeps what they
   were. From here on nobody is given them, and no hold can be placed on it any more.
2. the objects and previews are deleted, and the store is asked whether any byte is left.
3. the item says when it was seen that none is, and the trail with it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Person
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document, DocumentFile
from docflow.documents.service.citations import cite
from docflow.documents.service.indexing import index_text
from docflow.dossiers.models import Dossier, DossierDocument
from docflow.files.locking import WORKER, is_locked
from docflow.files.models import File
from docflow.files.removal import destroy_objects, forget_contents
from docflow.files.service import FileStore
from docflow.retention.models import Disposal, DisposalItem, DisposalState
from docflow.retention.queries import find_kept

HELD, TERM_CHANGED, DESTROYED_BEFORE = "held", "term_changed", "destroyed_before"
LOCKED_BY_STORE = "locked_by_store"


async def carry_out(sessions: Sessions, files: FileStore, disposal_id: UUID) -> None:
    """Destroy what was approved; doing it again goes on where it stopped. Raises StoreDown, and ObjectLocked when the
    store keeps an object that it said it would not: then the document stays half destroyed until it lets go."""
    for document_id in await _left(sessions, disposal_id):
        async with transaction(sessions) as session:
            doomed = await begin_destruction(session, files, disposal_id, document_id)
        if doomed is None:
            continue
        await destroy_objects(files, doomed)
        async with transaction(sessions) as session:
            await finish_destruction(session, disposal_id, document_id)
    async with transaction(sessions) as session:
        await finish_disposal(session, disposal_id)


async def begin_destruction(
    session: AsyncSession, files: FileStore, disposal_id: UUID, document_id: UUID
) -> Sequence[File] | None:
    """Step 1. The files to be destroyed; None when the document is kept back, with a code that says why, or done."""
    document = await session.get_one(Document, document_id, with_for_update=True)
    item = await session.get_one(DisposalItem, (disposal_id, document_id), with_for_update=True)
    if item.kept_back is not None or item.destroyed_at is not None:
        return None
    versions = await _versions(session, document_id)
    begun = [file for file in versions if file.destroyed_by == disposal_id]
    if begun or (document.destroyed_at is not None and not versions):
        return begun
    item.kept_back = await _kept_back(session, files, document, versions)
    if item.kept_back is not None:
        return None
    item.files = [_proof(file) for file in versions]
    document.destroyed_at = clock.now()
    await forget_contents(session, versions, disposal_id)
    await _forget_words(session, document)
    return versions


async def finish_destruction(session: AsyncSession, disposal_id: UUID, document_id: UUID) -> None:
    """Step 3: the store has none of its files any more."""
    item = await session.get_one(DisposalItem, (disposal_id, document_id), with_for_update=True)
    if item.destroyed_at is not None:
        return
    item.destroyed_at = clock.now()
    await session.flush()
    await audit.record(
        session,
        None,
        Tag.DOCUMENT_DESTROYED,
        "document",
        document_id,
        name=WORKER,
        disposal=str(disposal_id),
        retention=item.retention.value,
        kept_until=item.kept_until.isoformat(),
        reason=item.reason,
        files=item.files,
    )


async def finish_disposal(session: AsyncSession, disposal_id: UUID) -> None:
    """Close the proof once nothing is left to do; twice does no harm."""
    disposal = await session.get_one(Disposal, disposal_id, with_for_update=True)
    items = await _items(session, disposal_id)
    undone = [item for item in items if item.kept_back is None and item.destroyed_at is None]
    if disposal.state is not DisposalState.APPROVED or undone:
        return
    disposal.state, disposal.carried_out_at = DisposalState.CARRIED_OUT, clock.now()
    disposal.digest = digest_of(disposal_id, items)
    await session.flush()
    await audit.record(
        session,
        None,
        Tag.DISPOSAL_CARRIED_OUT,
        "disposal",
        disposal.id,
        name=WORKER,
        on_behalf_of=disposal.unit_id,
        digest=disposal.digest.hex(),
        destroyed=[str(item.document_id) for item in items if item.destroyed_at],
        kept_back={str(item.document_id): item.kept_back for item in items if item.kept_back},
        proposed_by=await _name(session, disposal.proposed_by),
        approved_by=await _name(session, disposal.decided_by),
    )


def digest_of(disposal_id: UUID, items: Sequence[DisposalItem]) -> bytes:
    """SHA-256 over the disposal and, in the order of documents, what became of each: JSON lines with sorted keys."""
    digest = hashlib.sha256(f"{disposal_id}\n".encode())
    for item in sorted(items, key=lambda item: item.document_id.int):
        line: dict[str, Any] = {
            "document": str(item.document_id),
            "kept_back": item.kept_back,
            "destroyed_at": item.destroyed_at.isoformat() if item.destroyed_at else None,
            "files": item.files,
        }
        digest.update(msgspec.json.encode(line, order="sorted") + b"\n")
    return digest.digest()


async def _left(sessions: Sessions, disposal_id: UUID) -> Sequence[UUID]:
    """Documents of an approved disposal that are neither kept back nor seen to be gone."""
    statement = (
        select(DisposalItem.document_id)
        .join(Disposal, Disposal.id == DisposalItem.disposal_id)
        .where(
            DisposalItem.disposal_id == disposal_id,
            DisposalItem.kept_back.is_(None),
            DisposalItem.destroyed_at.is_(None),
            Disposal.state == DisposalState.APPROVED,
        )
        .order_by(DisposalItem.document_id)
    )
    async with sessions() as session:
        return (await session.scalars(statement)).all()


async def _kept_back(
    session: AsyncSession, files: FileStore, document: Document, versions: Sequence[File]
) -> str | None:
    """Why a document is kept after all. Its dossiers' rows are locked: a hold on one of them waits, or came before."""
    if document.destroyed_at is not None:
        return DESTROYED_BEFORE
    of_document = select(DossierDocument.dossier_id).where(DossierDocument.document_id == document.id)
    await session.execute(
        select(Dossier.id).where(Dossier.id.in_(of_document)).order_by(Dossier.id).with_for_update()
    )
    kept = (await find_kept(session, [document.id]))[document.id]
    if kept.is_held:
        return HELD
    if not kept.term.is_over(clock.today()):
        return TERM_CHANGED
    for file in versions:
        if await is_locked(files, file, clock.now()):
            return LOCKED_BY_STORE
    return None


async def _forget_words(session: AsyncSession, document: Document) -> None:
    """Let the document be found by what is registered of it alone; that is nothing new to anybody's kept searches."""
    touched_at = document.touched_at
    await session.flush()
    await cite(session, document.id)
    await index_text(session, document.id)
    await session.refresh(document)
    document.touched_at = touched_at
    await session.flush()


async def _versions(session: AsyncSession, document_id: UUID) -> Sequence[File]:
    """Every version of the document's file and its annexes, locked."""
    statement = (
        select(File)
        .join(DocumentFile, DocumentFile.file_id == File.id)
        .where(DocumentFile.document_id == document_id)
        .order_by(File.id)
        .with_for_update(of=File)
    )
    return (await session.scalars(statement)).all()


async def _items(session: AsyncSession, disposal_id: UUID) -> Sequence[DisposalItem]:
    statement = select(DisposalItem).where(DisposalItem.disposal_id == disposal_id)
    return (await session.scalars(statement.order_by(DisposalItem.document_id))).all()


async def _name(session: AsyncSession, person_id: UUID | None) -> str | None:
    return await session.scalar(select(Person.full_name).where(Person.id == person_id))


def _proof(file: File) -> dict[str, Any]:
    return {"name": file.filename, "size": file.size, "sha256": file.sha256.hex()}
