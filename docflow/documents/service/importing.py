"""Importing: a row of a manifest is registered once, however often its import is run."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import and_, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.documents.errors import RowImported
from docflow.documents.models import Document, Draft, DraftFile, ImportedRow, Source
from docflow.documents.numbering import number_text
from docflow.documents.policy import visible_to
from docflow.documents.schemas import RegisterIncoming
from docflow.documents.service.drafts import add_draft
from docflow.documents.service.intake import own_unit, register_incoming
from docflow.files.models import File
from docflow.files.service import Received

KEY_VERSION = b"docflow-import-1\n"
_NOT_FACTS = frozenset({"confirm_duplicate", "late_reason", "unit_id"})
"""What is said about the import and not about the document; the unit stands beside the key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: the name of the manifest and the line, from 1."""

    manifest: str
    line: int


def row_key(data: RegisterIncoming, digests: Sequence[bytes]) -> bytes:
    """What makes a row the same: SHA-256 over its facts and its files' SHA-256, the document's first.

    The order of columns, the way dates are written and the names of the files make no difference.
    """
    facts = {
        name: value
        for name, value in msgspec.to_builtins(data).items()
        if name not in _NOT_FACTS and value is not None
    }
    whole = hashlib.sha256(KEY_VERSION + msgspec.json.encode(facts, order="sorted"))
    for digest in digests:
        whole.update(digest)
    return whole.digest()


@dataclass(frozen=True, slots=True)
class Known:
    """A row that was registered before: its number, empty when the actor may not see it, and whether that is void."""

    number: str
    is_void: bool


async def find_imported(session: AsyncSession, actor: Actor, unit_id: UUID, key: bytes) -> Known | None:
    """What the row was registered as before; None: it never was."""
    seen = and_(Document.id == ImportedRow.document_id, visible_to(actor))
    row = (
        await session.execute(
            select(Document.register_number, Document.register_suffix, Document.voided_at)
            .select_from(ImportedRow)
            .outerjoin(Document, seen)
            .where(ImportedRow.unit_id == unit_id, ImportedRow.key == key)
        )
    ).one_or_none()
    if row is None:
        return None
    number = "" if row.register_number is None else number_text(row.register_number, row.register_suffix)
    return Known(number, row.voided_at is not None)


async def import_row(
    session: AsyncSession, actor: Actor, data: RegisterIncoming, place: Place, files: Sequence[Received]
) -> Document:
    """Register what a row says and remember the row in the same transaction; of ``files`` the document is the first.

    Of two imports of the same row the second waits for the first. Raises RowImported, and as ``register_incoming``.
    """
    unit_id = own_unit(actor, data.unit_id)
    key = row_key(data, [file.sha256 for file in files])
    await session.execute(_ONE_AT_A_TIME, {"key": f"import {unit_id} {key.hex()}"})
    known = await find_imported(session, actor, unit_id, key)
    if known is not None:
        raise RowImported(number=known.number, is_void=known.is_void)
    paper, *annexes = files
    document = await register_incoming(session, actor, data, paper, annexes=annexes, source=Source.IMPORT)
    await session.execute(
        insert(ImportedRow).values(
            unit_id=unit_id,
            key=key,
            document_id=document.id,
            manifest=place.manifest,
            line=place.line,
            imported_at=clock.now(),
            imported_by=actor.person_id,
        )
    )
    return document


async def is_drafted(session: AsyncSession, unit_id: UUID, sha256: bytes) -> bool:
    """Whether these bytes came to the unit by an import before, whatever became of their draft."""
    same = (
        select(Draft.id)
        .join(DraftFile, DraftFile.draft_id == Draft.id)
        .join(File, File.id == DraftFile.file_id)
        .where(File.sha256 == sha256, Draft.unit_id == unit_id, Draft.source == Source.IMPORT)
    )
    return bool(await session.scalar(select(same.exists())))


async def draft_file(
    session: AsyncSession, actor: Actor, unit_id: UUID, received: Received, note: str
) -> Draft | None:
    """A draft of one file; None when these bytes were made one before. Raises as ``add_draft``."""
    await session.execute(_ONE_AT_A_TIME, {"key": f"draft {unit_id} {received.sha256.hex()}"})
    if await is_drafted(session, unit_id, received.sha256):
        return None
    return await add_draft(session, actor, unit_id, Source.IMPORT, [received], note)


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
