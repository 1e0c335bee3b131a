"""Files of a document."""

from uuid import UUID

from sqlalchemy import (
    func,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import NotFound
from docflow.documents.models import (
    Document,
    DocumentFile,
)
from docflow.documents.policy import visible_to
from docflow.files.models import File


async def list_files(session: AsyncSession, document_id: UUID) -> list[tuple[DocumentFile, File]]:
    """The versions of a document's file and then of its annexes, each newest first.

    The caller has checked that the actor sees the document.
    """
    rows = await session.execute(
        select(DocumentFile, File)
        .join(File, File.id == DocumentFile.file_id)
        .where(DocumentFile.document_id == document_id)
        .order_by(DocumentFile.annex, DocumentFile.version.desc())
    )
    return [(version, file) for version, file in rows]


async def get_file(session: AsyncSession, actor: Actor, document_id: UUID, file_id: UUID) -> File:
    """A file of a document that the actor sees. Raises NotFound."""
    file = await session.scalar(
        select(File)
        .join(DocumentFile, DocumentFile.file_id == File.id)
        .join(Document, Document.id == DocumentFile.document_id)
        .where(File.id == file_id, Document.id == document_id, visible_to(actor))
    )
    if file is None:
        raise NotFound
    return file


async def list_newest(session: AsyncSession, document_id: UUID) -> list[tuple[int, UUID]]:
    """Annex (0: the document itself) and file of the newest version of each, in order."""
    rows = await session.execute(
        select(DocumentFile.annex, DocumentFile.file_id)
        .ext(distinct_on(DocumentFile.annex))
        .where(DocumentFile.document_id == document_id)
        .order_by(DocumentFile.annex, DocumentFile.version.desc())
    )
    return [(row.annex, row.file_id) for row in rows]


async def latest_versions(session: AsyncSession, document_id: UUID) -> dict[int, int]:
    """The newest version of the document (0) and of each of its annexes."""
    rows = await session.execute(
        select(DocumentFile.annex, func.max(DocumentFile.version).label("version"))
        .where(DocumentFile.document_id == document_id)
        .group_by(DocumentFile.annex)
    )
    return {row.annex: row.version for row in rows}
