"""Text of an uploaded file, read in a child process that can harm nobody (see `extract_child`).

A hostile file costs at most what `ExtractionLimits` says and never raises: it becomes an `Extraction` with a reason.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from docflow.files.extract_terms import (
    READABLE_TYPES,
    ExtractionLimits,
    ExtractionReason,
    ExtractionStatus,
)

__all__ = ["Extraction", "ExtractionLimits", "ExtractionReason", "ExtractionStatus", "extract", "is_readable"]

log = structlog.get_logger("docflow.files")

_SOURCES = Path(__file__).parents[2]
# `-I` leaves out the working directory, PYTHONPATH and the user's packages; our own sources go last on the path.
_START = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from docflow.files.extract_child import main; sys.exit(main(sys.argv[2:]))"
)
_VERDICT_BYTES = 16 * 1024
_VERDICT = re.compile(rb"(?P<reason>-|%s) (?P<pages>-|[0-9]{1,9})\n" % "|".join(ExtractionReason).encode())
_REASON_OF_SIGNAL = {
    -signal.SIGXCPU: ExtractionReason.TIMEOUT,
    -signal.SIGABRT: ExtractionReason.MEMORY,  # how PDFium ends when an allocation fails
    -signal.SIGKILL: ExtractionReason.MEMORY,  # not by us: the kernel was short of it
}
_PARTLY_READ = frozenset({ExtractionReason.TEXT_TOO_LONG, ExtractionReason.TOO_MANY_PAGES})


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read. `text` is NFC, its lines end with a line feed, no control character but the tab.

    `reason` is there when the status is `cut` or `failed`; `pages` is the whole number of pages of a PDF that was
    read to its end.
    """

    status: ExtractionStatus
    text: str = ""
    reason: ExtractionReason | None = None
    pages: int | None = None


def is_readable(media_type: str) -> bool:
    """Whether text is read from files of this type; parameters (`; charset=`) and case do not matter."""
    return _bare(media_type) in READABLE_TYPES


async def extract(
    source: Path | AsyncIterator[bytes], media_type: str, limits: ExtractionLimits | None = None
) -> Extraction:
    """Read the text of a file on disk or of a stream of bytes, which is kept in a nameless temporary file.

    Raises only what the source raises and `OSError` when there is no disk, memory or process to be had.
    """
    limits = limits or ExtractionLimits()
    if not is_readable(media_type):
        return Extraction(ExtractionStatus.UNSUPPORTED)
    if isinstance(source, Path):
        with await asyncio.to_thread(source.open, "rb") as file:
            return await _extract_file(file, media_type, limits)
    with tempfile.TemporaryFile(prefix="docflow-extract-") as spooled:
        size = 0
        async for piece in source:
            size += len(piece)
            if size > limits.input_bytes:
                break
            await asyncio.to_thread(spooled.write, piece)
        spooled.seek(0)
        return await _extract_file(spooled, media_type, limits, size)


async def _extract_file(
    file: BinaryIO, media_type: str, limits: ExtractionLimits, size: int | None = None
) -> Extraction:
    size = os.fstat(file.fileno()).st_size if size is None else size
    if size == 0:
        return Extraction(ExtractionStatus.EMPTY)
    if size > limits.input_bytes:
        return Extraction(ExtractionStatus.FAILED, reason=ExtractionReason.TOO_LARGE)
    numbers = [f"{name}={number}" for name, number in limits._asdict().items()]
    arguments = [_bare(media_type), str(os.getpid()), *numbers]
    return await run_child([sys.executable, "-I", "-c", _START, str(_SOURCES), *arguments], file, limits)


async def run_child(command: Sequence[str], file: BinaryIO, limits: ExtractionLimits) -> Extraction:
    """Run `command` with `file` as standard input in a process group of its own, and judge what it wrote.

    It writes to nameless files, not pipes: nobody can block on the other, and the kernel counts its output. The group
    is gone when this returns or is cancelled, whatever its members were doing.
    """
    with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as verdict:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=file, stdout=text, stderr=verdict, env={}, cwd="/", start_new_session=True
        )
        timed_out = False
        try:
            async with asyncio.timeout(limits.wall_seconds):
                await child.wait()
        except TimeoutError:
            timed_out = True
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
        text.seek(0)
        verdict.seek(0)
        written = text.read(limits.text_bytes)
        if timed_out:
            return _judged(written, ExtractionReason.TIMEOUT, None)
        assert child.returncode is not None
        return _judged(written, *_verdict(child.returncode, verdict.read(_VERDICT_BYTES)))


def _verdict(exit_code: int, line: bytes) -> tuple[ExtractionReason | None, int | None]:
    """Why text is missing and the number of pages, from how the child ended and the line it left."""
    if exit_code in _REASON_OF_SIGNAL:
        return _REASON_OF_SIGNAL[exit_code], None
    found = _VERDICT.fullmatch(line)
    if exit_code != 0 or found is None:
        log.warning(
            "extraction_child_failed", exit_code=exit_code, error=line[-2000:].decode("utf-8", "replace")
        )
        return ExtractionReason.CRASHED, None
    reason, pages = found["reason"].decode(), found["pages"]
    return (None if reason == "-" else ExtractionReason(reason)), (None if pages == b"-" else int(pages))


def _judged(written: bytes, reason: ExtractionReason | None, pages: int | None) -> Extraction:
    """Text that came before a fault is kept: `cut`. The child cleaned it; here only its encoding is not trusted."""
    text = written.decode("utf-8", "ignore").replace("\0", "").strip()
    if reason is None:
        status = ExtractionStatus.EXTRACTED if text else ExtractionStatus.EMPTY
    elif text or reason in _PARTLY_READ:
        status = ExtractionStatus.CUT
    else:
        status = ExtractionStatus.FAILED
    return Extraction(status, text, reason, pages)


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
