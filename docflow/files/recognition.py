"""Text in pictures, recognised by tesseract when it is installed: page by page, each in a limited child.

Tesseract never sees an uploaded file: the page is drawn by a child that gave everything up, and tesseract gets its grey
pixels in the plainest format there is.
"""

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

import structlog

from docflow.files.children import Children
from docflow.files.extract_terms import ExtractionLimits, ExtractionReason
from docflow.files.extraction import bare, verdict_of
from docflow.files.readers.source import clean

VIETNAMESE, ENGLISH = "vie", "eng"
DRAWING = ExtractionLimits(text_bytes=32 * 1024 * 1024, cpu_seconds=20, wall_seconds=40)
"""What drawing one page may cost; its text is pixels here."""
RECOGNISING = ExtractionLimits(text_bytes=1024 * 1024, cpu_seconds=60, wall_seconds=90)
"""What recognising one page may cost."""

_PATIENCE_SECONDS = 10
_LETTERS_TO_TELL = 40
_LEAST_SHARE_OF_ACCENTS = 0.02
_ETH = re.compile("ĐÐ|ÐĐ|Ð")
"""The Vietnamese model doubts between Đ and the Icelandic letter that looks like it, and may write both."""
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")

log = structlog.get_logger("docflow.files")


@dataclass(frozen=True, slots=True)
class Recogniser:
    """An installed tesseract. It knows Vietnamese, and perhaps English."""

    program: str
    english: bool


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of one page, or why there is none."""

    text: str = ""
    reason: ExtractionReason | None = None


async def find_recogniser(program: str) -> Recogniser | None:
    """The tesseract of this machine; None without one, or without its Vietnamese. ``program``: a name or a path."""
    found = shutil.which(program) if program else None
    if found is None:
        return None
    try:
        asked = await asyncio.create_subprocess_exec(
            found,
            "--list-langs",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            told, _ = await asked.communicate()
    except TimeoutError:
        asked.kill()
        await asked.wait()
        return None
    languages = set(told.decode("utf-8", "replace").split())
    return Recogniser(found, ENGLISH in languages) if VIETNAMESE in languages else None


async def recognise_page(
    children: Children, recogniser: Recogniser, file: BinaryIO, media_type: str, page: int
) -> Recognised:
    """The text of one page, counted from 1, of a PDF or an image. Raises ChildLost.

    The Vietnamese model reads Vietnamese best when it is alone; a page that turns out to have hardly an accent is read
    once more by the English one.
    """
    file.seek(0)
    work = "docflow.files.picture_child:draw_page"
    drawn = await children.run(work, file, DRAWING, media_type=bare(media_type), page=page)
    if (reason := verdict_of(drawn).reason) is not None:
        return Recognised(reason=reason)
    with tempfile.TemporaryFile(prefix="docflow-page-") as picture:
        await asyncio.to_thread(picture.write, drawn.written)
        await asyncio.to_thread(picture.flush)
        read = await _read(children, recogniser.program, VIETNAMESE, picture)
        if recogniser.english and read.text and not _is_vietnamese(read.text):
            in_english = await _read(children, recogniser.program, ENGLISH, picture)
            return in_english if in_english.reason is None else read
        return read


async def _read(children: Children, program: str, language: str, picture: BinaryIO) -> Recognised:
    picture.seek(0)
    work = "docflow.files.picture_child:recognise"
    ended = await children.run(work, picture, RECOGNISING, program=program, language=language)
    if ended.exit_code != 0:
        error = ended.verdict[-500:].decode("utf-8", "replace")
        log.warning("page_not_recognised", exit_code=ended.exit_code, error=error)
        timed_out = ended.exit_code is None or ended.exit_code == -24  # SIGXCPU
        return Recognised(reason=ExtractionReason.TIMEOUT if timed_out else ExtractionReason.CRASHED)
    text = _ETH.sub("Đ", clean(ended.written.decode("utf-8", "replace")))
    return Recognised(_BLANK_LINES.sub("\n", text).strip())


def _is_vietnamese(text: str) -> bool:
    """A page of Vietnamese has an accent on every third letter or so."""
    letters = [letter for letter in text if letter.isalpha()]
    accented = sum(not letter.isascii() for letter in letters)
    return len(letters) < _LETTERS_TO_TELL or accented >= _LEAST_SHARE_OF_ACCENTS * len(letters)
