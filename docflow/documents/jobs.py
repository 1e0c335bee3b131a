"""What the worker does for documents."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import text

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import enqueue
from docflow.documents.service.amend import index_text
from docflow.files import service as files_service
from docflow.files.service import FileStore

READ_AFTER = timedelta(minutes=10)
"""A file that still waits for so long has lost its job, or the job has failed for good."""

log = structlog.get_logger("docflow.documents")


async def read_text(sessions: Sessions, files: FileStore, *, document_id: str, file_id: str) -> None:
    """Read the text of a file after its commit and make the document found by it. Running it twice does no harm."""
    await files_service.read_text(sessions, files, UUID(file_id))
    await index(sessions, document_id=document_id)


async def index(sessions: Sessions, *, document_id: str) -> None:
    """Make a document found by its text, as far as that was read. Running it twice does no harm."""
    async with transaction(sessions) as session:
        await index_text(session, UUID(document_id))


_TAKE_FAILED = text(
    """
    DELETE FROM procrastinate_jobs
    WHERE status = 'failed' AND task_name IN ('documents.read_text', 'documents.index')
    RETURNING task_name, args
    """
)
_WAITING = text(
    """
    SELECT version.document_id::text, version.file_id::text
    FROM file JOIN document_file AS version ON version.file_id = file.id
    WHERE file.text_status = 'waiting' AND file.stored_at < :before AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS job
        WHERE job.task_name = 'documents.read_text' AND job.status IN ('todo', 'doing')
          AND job.args ->> 'file_id' = file.id::text
    )
    ORDER BY file.id
    LIMIT 1000
    """
)


async def catch_up(sessions: Sessions) -> None:
    """Queue again what was given up while a server was down, and files that nobody was told to read.

    Jobs are tried for half a minute, outages last longer. Each job is queued once however often this runs.
    """
    async with transaction(sessions) as session:
        failed = (await session.execute(_TAKE_FAILED)).all()
        for job in failed:
            await enqueue(session, job.task_name, **job.args)
        waiting = (await session.execute(_WAITING, {"before": clock.now() - READ_AFTER})).all()
        for document_id, file_id in waiting:
            await enqueue(session, "documents.read_text", document_id=document_id, file_id=file_id)
    if failed or waiting:
        log.info("documents_caught_up", failed=len(failed), waiting=len(waiting))
