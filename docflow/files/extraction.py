"""Text of an uploaded file, read in a child process that can harm nobody (see `extract_child`).

A hostile file costs at most what `ExtractionLimits` says and never raises: it becomes an `Extraction` with a reason.
"""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from docflow.files.children import Children, Ended
from docflow.files.extract_terms import (
    IMAGE_TYPES,
    MARKED_TYPES,
    READABLE_TYPES,
    ExtractionLimits,
    ExtractionReason,
    ExtractionStatus,
    Mark,
)

__all__ = [
    "Extraction",
    "ExtractionLimits",
    "ExtractionReason",
    "ExtractionStatus",
    "Mark",
    "extract",
    "is_readable",
    "on_disk",
]

log = structlog.get_logger("docflow.files")

_WORK = "docflow.files.extract_child:read_file"
_VERDICT = re.compile(
    rb"(?P<reason>-|%s) (?P<pages>-|[0-9]{1,9}) (?P<marks>-|(?:%s)(?:,(?:%s)){0,20})"
    rb" (?P<scanned>-|[0-9]{1,9}(?:-[0-9]{1,9})?(?:,[0-9]{1,9}(?:-[0-9]{1,9})?){0,9999})\n"
    % ("|".join(ExtractionReason).encode(), "|".join(Mark).encode(), "|".join(Mark).encode())
)
_REASON_OF_SIGNAL = {
    -signal.SIGXCPU: ExtractionReason.TIMEOUT,
    -signal.SIGABRT: ExtractionReason.MEMORY,  # how PDFium ends when an allocation fails
    -signal.SIGKILL: ExtractionReason.MEMORY,  # not by us: the kernel was short of it
}
_PARTLY_READ = frozenset({ExtractionReason.TEXT_TOO_LONG, ExtractionReason.TOO_MANY_PAGES})
_KNOWN_TYPES = READABLE_TYPES | IMAGE_TYPES | MARKED_TYPES


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a child said of its work; `scanned` are numbers of pages that are pictures."""

    reason: ExtractionReason | None
    pages: int | None = None
    marks: frozenset[Mark] = frozenset()
    scanned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read. `text` is NFC, its lines end with a line feed, its pages with a form feed (see `pages`).

    `reason` is there when the status is `cut` or `failed`; `pages` is the whole number of pages of a file that has them
    and was read to its end. `scanned` are the pages, counted from 1, that say nothing and show something.
    """

    status: ExtractionStatus
    text: str = ""
    reason: ExtractionReason | None = None
    pages: int | None = None
    marks: frozenset[Mark] = frozenset()
    scanned: tuple[int, ...] = ()


def is_readable(media_type: str) -> bool:
    """Whether text is read from files of this type; parameters (`; charset=`) and case do not matter."""
    return bare(media_type) in READABLE_TYPES


async def extract(
    source: Path | AsyncIterator[bytes],
    media_type: str,
    limits: ExtractionLimits | None = None,
    *,
    children: Children | None = None,
) -> Extraction:
    """Read the text of a file on disk or of a stream of bytes, which is kept in a nameless temporary file.

    Raises only what the source raises and `OSError` when there is no disk, memory or process to be had.
    """
    limits = limits or ExtractionLimits()
    if bare(media_type) not in _KNOWN_TYPES:
        return Extraction(ExtractionStatus.UNSUPPORTED)
    async with on_disk(source, limits) as file:
        return await extract_file(file, media_type, limits, children or Children())


@asynccontextmanager
async def on_disk(source: Path | AsyncIterator[bytes], limits: ExtractionLimits) -> AsyncIterator[BinaryIO]:
    """A file that a child can be given: the path's, or one without a name with no more than is looked at."""
    if isinstance(source, Path):
        with await asyncio.to_thread(source.open, "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile(prefix="docflow-extract-") as spooled:
        size = 0
        async for piece in source:
            size += len(piece)
            await asyncio.to_thread(spooled.write, piece)
            if size > limits.input_bytes:
                break
        await asyncio.to_thread(spooled.flush)
        yield spooled


async def extract_file(
    file: BinaryIO, media_type: str, limits: ExtractionLimits, children: Children
) -> Extraction:
    """``extract`` for a file that is open already; it is read from its first byte."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return Extraction(ExtractionStatus.EMPTY)
    if size > limits.input_bytes:
        return Extraction(ExtractionStatus.FAILED, reason=ExtractionReason.TOO_LARGE)
    file.seek(0)
    ended = await children.run(_WORK, file, limits, media_type=bare(media_type))
    return _judged(ended.written, verdict_of(ended))


def verdict_of(ended: Ended) -> Verdict:
    """How a child ended and the line it left, which is not trusted, as what they mean."""
    if ended.exit_code is None:
        return Verdict(ExtractionReason.TIMEOUT)
    if ended.exit_code in _REASON_OF_SIGNAL:
        return Verdict(_REASON_OF_SIGNAL[ended.exit_code])
    # The last line: a library may have grumbled before it.
    found = _VERDICT.fullmatch(ended.verdict, ended.verdict.rfind(b"\n", 0, -1) + 1)
    if ended.exit_code != 0 or found is None:
        error = ended.verdict[-2000:].decode("utf-8", "replace")
        log.warning("extraction_child_failed", exit_code=ended.exit_code, error=error)
        return Verdict(ExtractionReason.CRASHED)
    told = {name: "" if word == b"-" else word.decode() for name, word in found.groupdict().items()}
    return Verdict(
        ExtractionReason(told["reason"]) if told["reason"] else None,
        int(told["pages"]) if told["pages"] else None,
        frozenset(map(Mark, filter(None, told["marks"].split(",")))),
        tuple(_numbers(told["scanned"])),
    )


def _numbers(ranges: str) -> Iterator[int]:
    most = ExtractionLimits().pages
    for run in filter(None, ranges.split(",")):
        first, _, last = run.partition("-")
        yield from range(int(first), min(int(last or first), int(first) + most) + 1)


def _judged(written: bytes, verdict: Verdict) -> Extraction:
    """Text that came before a fault is kept: `cut`. The child cleaned it; here only its encoding is not trusted."""
    text = written.decode("utf-8", "ignore").replace("\0", "").strip(" \n\t").rstrip()
    text = text if text.strip() else ""
    if verdict.reason is None:
        status = ExtractionStatus.EXTRACTED if text else ExtractionStatus.EMPTY
    elif verdict.reason is ExtractionReason.NOT_READ:
        return Extraction(ExtractionStatus.UNSUPPORTED, marks=verdict.marks)
    elif text or verdict.reason in _PARTLY_READ:
        status = ExtractionStatus.CUT
    else:
        status = ExtractionStatus.FAILED
    return Extraction(status, text, verdict.reason, verdict.pages, verdict.marks, verdict.scanned)


def bare(media_type: str) -> str:
    """A media type in lower case and without its parameters."""
    return media_type.partition(";")[0].strip().lower()
