"""The text of files whose pages are pictures, recognised in steps: each keeps what it has and queues the next.

A page takes a second or more and a file may have hundreds, so a step ends after some seconds: a worker that is stopped
loses no more than that, and what was recognised is found meanwhile.
"""

import time
from contextlib import aclosing
from typing import BinaryIO
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.db import Sessions, transaction
from docflow.files import pages as paging
from docflow.files.extract_terms import ExtractionLimits, ExtractionReason
from docflow.files.extraction import Extraction, extract_file, on_disk
from docflow.files.models import File, TextOrigin, TextStatus
from docflow.files.recognition import Recognised, Recogniser, find_recogniser, recognise_page
from docflow.files.service import FileStore, GoOn, keep_text, text_of

STEP_SECONDS = 15
"""No page is begun after so long in one step; the first always is."""

PAGES_RECOGNISED = 1000
"""Of one file; the rest of a longer scan is left out, and said to be."""

log = structlog.get_logger("docflow.files")


async def read_scan(
    sessions: Sessions,
    files: FileStore,
    file_id: UUID,
    first_page: int,
    go_on: GoOn,
    *,
    seconds: float = STEP_SECONDS,
) -> None:
    """Recognise the pages from ``first_page`` on that are pictures, as many as fit into a step.

    Running it twice does no harm. Raises ChildLost, and what the store raises.
    """
    async with sessions() as session:
        file = await session.get(File, file_id)
    if file is None or file.text_status is not TextStatus.WAITING:
        return
    recogniser = await find_recogniser(files.tesseract)
    limits = ExtractionLimits()
    async with aclosing(files.read(file)) as source, on_disk(source, limits) as spooled:
        extraction = await extract_file(spooled, file.media_type, limits, files.children)
        waiting = [page for page in extraction.scanned[:PAGES_RECOGNISED] if page >= first_page]
        found = await _recognise(files, recogniser, spooled, file, waiting, seconds) if recogniser else {}
    left = [page for page in waiting if page not in found] if recogniser else []
    async with transaction(sessions) as session:
        file = await session.get(File, file_id, with_for_update=True)
        if file is None or file.text_status is not TextStatus.WAITING:
            return
        # As it is now: a step that is done once more, after a crash, may come behind its successors.
        known = await text_of(session, file_id) or extraction.text
        content = _merged(known, extraction, found)
        await keep_text(session, file_id, content)
        _remember(file, found)
        if left:
            await go_on(session, left[0])
        else:
            _judge(file, extraction, content, able=recogniser is not None)


async def read_left_out(session: AsyncSession, file: File, go_on: GoOn) -> None:
    """Let a file wait again whose pictures could not be recognised when it was read."""
    file.text_status, file.text_reason = TextStatus.WAITING, None
    await go_on(session, 1)


async def _recognise(
    files: FileStore,
    recogniser: Recogniser,
    spooled: BinaryIO,
    file: File,
    waiting: list[int],
    seconds: float,
) -> dict[int, Recognised]:
    found: dict[int, Recognised] = {}
    began = time.monotonic()
    for page in waiting:
        if found and time.monotonic() - began > seconds:
            break
        found[page] = await recognise_page(files.children, recogniser, spooled, file.media_type, page)
    return found


def _merged(known: str, extraction: Extraction, found: dict[int, Recognised]) -> str:
    """The known text with what was recognised behind what its page said already."""
    pages = paging.pages_of(known)
    pages += [""] * (max(found, default=1) - len(pages))
    layer = paging.pages_of(extraction.text)
    for number, read in found.items():
        said = layer[number - 1] if number <= len(layer) else ""
        pages[number - 1] = "\n".join(filter(None, (said.strip("\n"), read.text)))
    whole = paging.joined(pages)
    most = ExtractionLimits().text_bytes
    return whole.encode()[:most].decode("utf-8", "ignore") if len(whole) > most // 4 else whole


def _remember(file: File, found: dict[int, Recognised]) -> None:
    """The first reason for a page that is missing stays until the last step has been made."""
    reason = next((read.reason for read in found.values() if read.reason), None)
    file.text_reason = file.text_reason or (reason.value if reason else None)


def _judge(file: File, extraction: Extraction, content: str, *, able: bool) -> None:
    if not able:
        file.text_reason = ExtractionReason.OCR_UNAVAILABLE
    elif extraction.reason is not None:
        file.text_reason = extraction.reason.value
    elif len(extraction.scanned) > PAGES_RECOGNISED:
        file.text_reason = ExtractionReason.TOO_MANY_PAGES
    if file.text_reason is None:
        file.text_status = TextStatus.EXTRACTED if content else TextStatus.EMPTY
    else:
        file.text_status = TextStatus.CUT if content else TextStatus.FAILED
    if content and content != extraction.text:
        file.text_origin = TextOrigin.MIXED if extraction.text else TextOrigin.OCR
