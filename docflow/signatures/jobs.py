"""What the worker does for signatures."""

from uuid import UUID

import structlog

from docflow.core.db import Sessions
from docflow.files.service import FileStore
from docflow.signatures.desk import SigningDesk
from docflow.signatures.service import checks

log = structlog.get_logger("docflow.signatures")


async def check(sessions: Sessions, files: FileStore, desk: SigningDesk, *, file_id: str) -> None:
    """Validate the signatures of one file."""
    await checks.check(sessions, files, desk, file_id=file_id)


async def catch_up(sessions: Sessions) -> None:
    """Have signed files checked that were not."""
    if count := await checks.catch_up(sessions):
        log.info("signatures_caught_up", files=count)


async def recheck(sessions: Sessions, desk: SigningDesk, *, after: str = str(UUID(int=0))) -> None:
    """Have files checked again whose verdict may be another by now."""
    if count := await checks.recheck(sessions, desk, after=after):
        log.info("signatures_rechecked", files=count)
