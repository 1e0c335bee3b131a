"""What the worker does for manuscripts: reading the text and the layout of versions."""

from uuid import UUID

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import SLOW, enqueue
from docflow.documents.jobs import READ_AFTER
from docflow.files import scans
from docflow.files import service as files_service
from docflow.files.models import File
from docflow.files.service import FileStore, GoOn
from docflow.issuing.layout import read_layout
from docflow.issuing.models import ManuscriptVersion

log = structlog.get_logger("docflow.issuing")


async def read_version(sessions: Sessions, files: FileStore, *, manuscript_id: str, number: int) -> None:
    """Read what a version says and how its pages are set. Running it twice does no harm."""
    key = (UUID(manuscript_id), number)
    async with sessions() as session:
        version = await session.get(ManuscriptVersion, key)
        file = await session.get(File, version.file_id) if version else None
    if version is None or file is None:
        return
    await files_service.read_text(sessions, files, file.id, _recognising(file.id))
    layout = await read_layout(files, file)
    if layout is not None:
        async with transaction(sessions) as session:
            found = await session.get_one(ManuscriptVersion, key)
            found.layout = msgspec.to_builtins(layout)


async def read_version_scan(
    sessions: Sessions, files: FileStore, *, file_id: str, first_page: int = 1
) -> None:
    """Recognise pages of a version that are pictures, a step at a time."""
    await scans.read_scan(sessions, files, UUID(file_id), first_page, _recognising(UUID(file_id)))


def _recognising(file_id: UUID) -> GoOn:
    async def go_on(session: AsyncSession, page: int) -> None:
        await enqueue(session, "issuing.read_version_scan", queue=SLOW, file_id=str(file_id), first_page=page)

    return go_on


_TAKE_FAILED = text(
    """
    DELETE FROM procrastinate_jobs
    WHERE status = 'failed' AND task_name IN ('issuing.read_version', 'issuing.read_version_scan')
    RETURNING task_name, args, queue_name
    """
)
_WAITING = text(
    """
    SELECT version.manuscript_id::text, version.number
    FROM file JOIN manuscript_version AS version ON version.file_id = file.id
    WHERE file.text_status = 'waiting' AND file.stored_at < :before AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS job
        WHERE job.status IN ('todo', 'doing') AND (
            (job.task_name = 'issuing.read_version_scan' AND job.args ->> 'file_id' = file.id::text)
            OR (job.task_name = 'issuing.read_version' AND job.args ->> 'manuscript_id' = version.manuscript_id::text
                AND job.args ->> 'number' = version.number::text)
        )
    )
    ORDER BY file.id
    LIMIT 1000
    """
)


async def catch_up_versions(sessions: Sessions) -> None:
    """Queue again what was given up in an outage, and versions that nobody was told to read."""
    async with transaction(sessions) as session:
        failed = (await session.execute(_TAKE_FAILED)).all()
        for job in failed:
            await enqueue(session, job.task_name, queue=job.queue_name, **job.args)
        waiting = (await session.execute(_WAITING, {"before": clock.now() - READ_AFTER})).all()
        for manuscript_id, number in waiting:
            await enqueue(session, "issuing.read_version", manuscript_id=manuscript_id, number=number)
    if failed or waiting:
        log.info("versions_caught_up", failed=len(failed), waiting=len(waiting))
