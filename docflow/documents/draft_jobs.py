"""What the worker does for what waits in registries."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.jobs import SLOW, enqueue
from docflow.documents.jobs import READ_AFTER
from docflow.documents.service import drafts
from docflow.documents.service.mailbox import polling, settling
from docflow.documents.service.mailbox.polling import Inbox
from docflow.files import scans
from docflow.files import service as files_service
from docflow.files.models import File
from docflow.files.recognition import find_recogniser
from docflow.files.service import FileStore, GoOn

log = structlog.get_logger("docflow.documents")


async def poll_mailbox(sessions: Sessions, files: FileStore, inbox: Inbox | None) -> None:
    """Fetch new mails, where a mailbox is named. Running it twice does no harm, at once included."""
    if inbox is not None:
        await polling.poll(sessions, files, inbox)


async def read_mail(sessions: Sessions, files: FileStore, inbox: Inbox | None, *, mail_id: str) -> None:
    """Read a mail that was set aside once more."""
    await settling.read_again(sessions, files, inbox, UUID(mail_id))


async def read_draft(sessions: Sessions, files: FileStore, *, file_id: str) -> None:
    """Read the text of a draft's file, for suggestions. Nothing is done for a file that was dropped meanwhile."""
    if await _is_there(sessions, file_id):
        await files_service.read_text(sessions, files, UUID(file_id), _recognising(file_id))


async def read_draft_scan(sessions: Sessions, files: FileStore, *, file_id: str, first_page: int = 1) -> None:
    """Recognise pages of a draft's file that are pictures, a step at a time."""
    if await _is_there(sessions, file_id):
        await scans.read_scan(sessions, files, UUID(file_id), first_page, _recognising(file_id))


def _recognising(file_id: str) -> GoOn:
    async def go_on(session: AsyncSession, page: int) -> None:
        await enqueue(session, "documents.read_draft_scan", queue=SLOW, file_id=file_id, first_page=page)

    return go_on


async def _is_there(sessions: Sessions, file_id: str) -> bool:
    async with sessions() as session:
        return await session.get(File, UUID(file_id)) is not None


async def drop_discarded(sessions: Sessions, grace: timedelta) -> None:
    """Drop the files of drafts that were discarded longer ago than ``grace``."""
    while True:
        async with transaction(sessions) as session:
            dropped = await drafts.drop_discarded(session, grace)
        if not dropped:
            return
        log.info("discarded_drafts_emptied", count=dropped)


_TAKE_FAILED = text(
    """
    DELETE FROM procrastinate_jobs
    WHERE status = 'failed'
      AND task_name IN ('documents.read_draft', 'documents.read_draft_scan', 'documents.read_mail', 'files.remove_objects')
    RETURNING task_name, args, queue_name
    """
)
_WAITING = text(
    """
    SELECT file.id::text
    FROM file JOIN draft_file ON draft_file.file_id = file.id JOIN draft ON draft.id = draft_file.draft_id
    WHERE file.text_status = 'waiting' AND draft.state = 'waiting' AND file.stored_at < :before AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS job
        WHERE job.task_name IN ('documents.read_draft', 'documents.read_draft_scan') AND job.status IN ('todo', 'doing')
          AND job.args ->> 'file_id' = file.id::text
    )
    ORDER BY file.id
    LIMIT 1000
    """
)
_LEFT_OUT = text(
    """
    SELECT file.id::text
    FROM file JOIN draft_file ON draft_file.file_id = file.id JOIN draft ON draft.id = draft_file.draft_id
    WHERE file.text_reason = 'ocr_unavailable' AND file.text_status IN ('cut', 'failed') AND draft.state = 'waiting'
    ORDER BY file.id
    LIMIT 1000
    """
)


async def catch_up_drafts(sessions: Sessions, files: FileStore) -> None:
    """Queue again what was given up in an outage, files that nobody was told to read, and scans that can be read now.

    A file that is registered meanwhile is caught up with as its document's.
    """
    able = await find_recogniser(files.tesseract) is not None
    async with transaction(sessions) as session:
        failed = (await session.execute(_TAKE_FAILED)).all()
        for job in failed:
            await enqueue(session, job.task_name, queue=job.queue_name, **job.args)
        waiting = (await session.scalars(_WAITING, {"before": clock.now() - READ_AFTER})).all()
        for file_id in waiting:
            await enqueue(session, "documents.read_draft", file_id=file_id)
        left = (await session.scalars(_LEFT_OUT)).all() if able else []
        for file_id in left:
            file = await session.get_one(File, UUID(file_id), with_for_update=True)
            await scans.read_left_out(session, file, _recognising(file_id))
    if failed or waiting or left:
        log.info("drafts_caught_up", failed=len(failed), waiting=len(waiting), scans=len(left))
