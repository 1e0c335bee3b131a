"""What the worker does for documents."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import SLOW, enqueue
from docflow.documents.service.citations import cite
from docflow.documents.service.indexing import index_text, learn_words
from docflow.files import scans
from docflow.files import service as files_service
from docflow.files.extract_terms import Mark
from docflow.files.models import File
from docflow.files.previews import make_thumbnail
from docflow.files.recognition import find_recogniser
from docflow.files.service import FileStore, GoOn
from docflow.signatures.service.checks import want_check

LOOKED_THROUGH = 100
"""Documents that one job looks through: a few seconds of work, so that a worker can be stopped between."""
READ_AFTER = timedelta(minutes=10)
"""A file that still waits for so long has lost its job, or the job has failed for good."""

log = structlog.get_logger("docflow.documents")


async def read_text(sessions: Sessions, files: FileStore, *, document_id: str, file_id: str) -> None:
    """Read the text of a file after its commit and make the document found by it. Running it twice does no harm."""
    read = await files_service.read_text(sessions, files, UUID(file_id), _recognising(document_id, file_id))
    if read is not None and Mark.SIGNED in read.marks:
        async with transaction(sessions) as session:
            await want_check(session, UUID(file_id))
    await index(sessions, document_id=document_id)
    await make_thumbnail(sessions, files, UUID(file_id))


async def read_scan(
    sessions: Sessions, files: FileStore, *, document_id: str, file_id: str, first_page: int = 1
) -> None:
    """Recognise pages that are pictures, a step at a time, and make the document found by them."""
    go_on = _recognising(document_id, file_id)
    await scans.read_scan(sessions, files, UUID(file_id), first_page, go_on)
    await index(sessions, document_id=document_id)


def _recognising(document_id: str, file_id: str) -> GoOn:
    async def go_on(session: AsyncSession, page: int) -> None:
        await enqueue(
            session,
            "documents.read_scan",
            queue=SLOW,
            document_id=document_id,
            file_id=file_id,
            first_page=page,
        )

    return go_on


async def read_left_out(sessions: Sessions, files: FileStore) -> None:
    """Have the pictures recognised that were filed where nothing could, once something here can."""
    if await find_recogniser(files.tesseract) is None:
        return
    async with transaction(sessions) as session:
        left = (await session.execute(_LEFT_OUT)).all()
        for document_id, file_id in left:
            file = await session.get_one(File, UUID(file_id), with_for_update=True)
            await scans.read_left_out(session, file, _recognising(document_id, file_id))
    if left:
        log.info("scans_left_out_queued", files=len(left))


async def index(sessions: Sessions, *, document_id: str) -> None:
    """Make a document found by its text, as far as that was read, and keep what it cites. Running it twice does no
    harm."""
    async with transaction(sessions) as session:
        await cite(session, UUID(document_id))
        words = await index_text(session, UUID(document_id))
    async with transaction(sessions) as session:
        await learn_words(session, words)


_NOT_LOOKED_THROUGH = text(
    """
    SELECT id::text FROM document
    WHERE cited IS NULL AND registered_at < :before AND id > CAST(:after AS uuid)
    ORDER BY id
    LIMIT :rows
    """
)
_LOOKING_THROUGH = text(
    """
    SELECT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE task_name = 'documents.look_through' AND status IN ('todo', 'doing')
    )
    """
)


async def look_through(sessions: Sessions, *, after: str = str(UUID(int=0))) -> None:
    """Index anew, and find the citations of, documents that were filed before citations were read.

    LOOKED_THROUGH at a time, each in transactions of its own; then it queues itself for those ``after``. One that
    cannot be read is logged and passed over, until ``catch_up`` begins from the first again.
    """
    async with sessions() as session:
        values = {"before": clock.now() - READ_AFTER, "after": after, "rows": LOOKED_THROUGH}
        waiting = (await session.scalars(_NOT_LOOKED_THROUGH, values)).all()
    for document_id in waiting:
        try:
            await index(sessions, document_id=document_id)
        except (ValueError, LookupError, TypeError, RecursionError):
            log.exception("document_not_looked_through", document_id=document_id)
    if len(waiting) == LOOKED_THROUGH:
        async with transaction(sessions) as session:
            await enqueue(session, "documents.look_through", alone=True, queue=SLOW, after=waiting[-1])


_TAKE_FAILED = text(
    """
    DELETE FROM procrastinate_jobs
    WHERE status = 'failed' AND task_name IN ('documents.read_text', 'documents.read_scan', 'documents.index',
        'documents.look_through')
    RETURNING task_name, args, queue_name
    """
)
_WAITING = text(
    """
    SELECT version.document_id::text, version.file_id::text
    FROM file JOIN document_file AS version ON version.file_id = file.id
    WHERE file.text_status = 'waiting' AND file.stored_at < :before AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS job
        WHERE job.task_name IN ('documents.read_text', 'documents.read_scan') AND job.status IN ('todo', 'doing')
          AND job.args ->> 'file_id' = file.id::text
    )
    ORDER BY file.id
    LIMIT 1000
    """
)


_LEFT_OUT = text(
    """
    SELECT DISTINCT ON (file.id) version.document_id::text, version.file_id::text
    FROM file JOIN document_file AS version ON version.file_id = file.id
    WHERE file.text_reason = 'ocr_unavailable' AND file.text_status IN ('cut', 'failed')
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
            await enqueue(session, job.task_name, queue=job.queue_name, **job.args)
        waiting = (await session.execute(_WAITING, {"before": clock.now() - READ_AFTER})).all()
        for document_id, file_id in waiting:
            await enqueue(session, "documents.read_text", document_id=document_id, file_id=file_id)
        await _begin_to_look_through(session)
    if failed or waiting:
        log.info("documents_caught_up", failed=len(failed), waiting=len(waiting))


async def _begin_to_look_through(session: AsyncSession) -> None:
    before = {"before": clock.now() - READ_AFTER, "after": str(UUID(int=0)), "rows": 1}
    left = (await session.scalars(_NOT_LOOKED_THROUGH, before)).first()
    if left is not None and not await session.scalar(_LOOKING_THROUGH):
        await enqueue(session, "documents.look_through", alone=True, queue=SLOW)
