"""What the worker does for documents."""

from docflow.core.db import Sessions
from docflow.files.service import FileStore


async def read_text(sessions: Sessions, files: FileStore, *, document_id: str, file_id: str) -> None:
    """Read the text of a file."""
