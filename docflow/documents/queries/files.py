"""Files of a document."""

from uuid import UUID

from sqlalchemy import (
    select,
)
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
    """The versions of a document's file, the newest first. The caller has checked that the actor sees it."""
    rows = await session.execute(
        select(DocumentFile, File)
        .join(File, File.id == DocumentFile.file_id)
        .where(DocumentFile.document_id == document_id)
        .order_by(DocumentFile.version.desc())
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
