"""What the worker does for documents."""

from uuid import UUID

from docflow.core.db import Sessions, transaction
from docflow.documents.service.amend import index_text
from docflow.files import service as files_service
from docflow.files.service import FileStore


async def read_text(sessions: Sessions, files: FileStore, *, document_id: str, file_id: str) -> None:
    """Read the text of a file after its commit and make the document found by it. Running it twice does no harm."""
    await files_service.read_text(sessions, files, UUID(file_id))
    async with transaction(sessions) as session:
        await index_text(session, UUID(document_id))
