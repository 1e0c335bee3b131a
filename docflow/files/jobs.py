"""What the worker does for files."""

from datetime import timedelta

import structlog

from docflow.core.db import Sessions
from docflow.files import service
from docflow.files.service import FileStore

log = structlog.get_logger("docflow.files")


async def sweep(sessions: Sessions, files: FileStore, grace: timedelta) -> None:
    """Delete what uploads left: objects that no row names, and parts that became no object."""
    swept = await service.sweep(sessions, files.store, grace)
    if swept:
        log.info("orphans_swept", count=swept)
