"""What goes into the archive: documents that the asker sees, in time order, and the files that are to be there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core import clock
from docflow.documents.models import Document, DocumentFile, DocumentKind
from docflow.documents.policy import visible_to
from docflow.documents.queries import ROW
from docflow.dossiers.errors import ExportIncomplete
from docflow.dossiers.exporting.names import entry_name, folder_name
from docflow.dossiers.exporting.record import RecordedFile
from docflow.dossiers.models import Dossier, DossierDocument
from docflow.dossiers.queries.contents import IN_TIME_ORDER
from docflow.dossiers.queries.dossiers import get_dossier
from docflow.files.models import File
from docflow.files.presence import find_absent
from docflow.files.service import FileStore

RECORD, SHEET = "document.xml", "circulation.pdf"
_D = Document.__table__.c


class PlannedFile(msgspec.Struct, frozen=True):
    """A version of a document's file: its object, and what the record tells of it."""

    object_key: str
    stored_at: datetime
    told: RecordedFile


class PlannedDocument(msgspec.Struct, frozen=True):
    """A document: its folder in the archive, its row in the index, its files."""

    id: UUID
    folder: str
    row: Any
    files: Sequence[PlannedFile]


class Plan(msgspec.Struct, frozen=True):
    """A whole export: of which dossier, for whom, since when."""

    dossier: Dossier
    unit_name: str
    actor: Actor
    at: datetime
    documents: Sequence[PlannedDocument]


async def plan_export(
    session: AsyncSession, files: FileStore, actor: Actor, dossier_id: UUID, *, versions: bool
) -> Plan:
    """Everything that will be in the archive, with every object seen to be in the store; ``versions``: all of them and
    not the newest alone. Raises NotFound, ExportIncomplete."""
    dossier = await get_dossier(session, actor, dossier_id)
    unit_name = await session.scalar(select(Unit.name_vi).where(Unit.id == dossier.unit_id))
    rows = await rows_in_time_order(session, actor, dossier.id)
    found = await _files(session, [row.id for row in rows])
    documents = [
        _planned(row, folder_name(place, len(rows), row.symbol), found.get(row.id, ()), versions)
        for place, row in enumerate(rows, 1)
    ]
    plan = Plan(dossier, unit_name or "", actor, clock.now(), documents)
    await require_whole(plan, files)
    return plan


async def rows_in_time_order(session: AsyncSession, actor: Actor, dossier_id: UUID) -> Sequence[Any]:
    """The documents of a dossier that the actor sees, with what their list tells of them."""
    inside = select(DossierDocument.document_id).where(DossierDocument.dossier_id == dossier_id)
    rows = await session.execute(
        select(*ROW, _D.page_count, _D.note, _D.voided_at, DocumentKind.name_vi, DocumentKind.name_en)
        .join(DocumentKind, DocumentKind.code == _D.kind_code)
        .where(_D.id.in_(inside), visible_to(actor))
        .order_by(*IN_TIME_ORDER)
    )
    return rows.all()


async def require_whole(plan: Plan, files: FileStore) -> None:
    """Raises ExportIncomplete for the first file whose object is not in the store as it was stored."""
    wanted = [
        (document, file)
        for document in plan.documents
        for file in document.files
        if file.told.path is not None
    ]
    absent = await find_absent(files, [(file.object_key, file.told.size) for _, file in wanted])
    if absent is not None:
        document, file = wanted[absent]
        raise ExportIncomplete(
            document_id=str(document.id), document=document.row.symbol, file=file.told.filename
        )


async def _files(session: AsyncSession, document_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    rows = await session.execute(
        select(
            DocumentFile.document_id,
            DocumentFile.annex,
            DocumentFile.version,
            DocumentFile.added_at,
            File.object_key,
            File.filename,
            File.media_type,
            File.size,
            File.sha256,
            File.stored_at,
            File.destroyed_at,
        )
        .join(File, File.id == DocumentFile.file_id)
        .where(DocumentFile.document_id.in_(document_ids))
        .order_by(DocumentFile.document_id, DocumentFile.annex, DocumentFile.version.desc())
    )
    return {key: list(group) for key, group in groupby(rows, lambda row: row.document_id)}


def _planned(row: Any, folder: str, files: Iterable[Any], versions: bool) -> PlannedDocument:
    taken: set[str] = set()
    for own in (RECORD, SHEET):
        entry_name(own, taken)
    planned: list[PlannedFile] = []
    for _, group in groupby(files, lambda file: file.annex):
        for place, file in enumerate(group):
            if place == 0 or versions:
                planned.append(_file(file, folder, taken, newest=place == 0))
    return PlannedDocument(row.id, folder, row, planned)


def _file(file: Any, folder: str, taken: set[str], *, newest: bool) -> PlannedFile:
    annex = f"annex-{file.annex:02d}_" if file.annex else ""
    before = "" if newest else f"v{file.version}_"
    name = None if file.destroyed_at else entry_name(f"{before}{annex}{file.filename}", taken)
    told = RecordedFile(
        path=name,
        filename=file.filename,
        annex=file.annex,
        version=file.version,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256.hex(),
        added_at=file.added_at,
        destroyed_at=file.destroyed_at,
    )
    return PlannedFile(file.object_key, file.stored_at, told)
