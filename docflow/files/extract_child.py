"""Reads one file's text in a process that has given up almost everything. Run by `docflow.files.extraction`.

`python -m docflow.files.extract_child MEDIA_TYPE [PARENT_PID [limit=number …]]` reads the file from standard
input (a regular file), writes its text as UTF-8 to standard output, and one line `REASON PAGES` to standard error,
with `-` for what there is not. Whoever takes over this process through a fault of a parser can open no file and no
socket: when the first byte is looked at, everything needed is loaded and the limit of open files is zero.
"""

import codecs
import contextlib
import ctypes
import mmap
import os
import re
import resource
import signal
import sys
import unicodedata
from collections.abc import Callable
from typing import Any, BinaryIO

from docflow.files.extract_terms import (
    DOCX,
    PDF,
    PLAIN,
    ExtractionLimits,
    ExtractionReason,
    Unreadable,
)

Reader = Callable[["Sink", ExtractionLimits], int | None]

_DELETED = [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x200B, 0xFEFF, 0xFFFE, 0xFFFF]
_LINE_ENDS = dict.fromkeys([0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
_ALIKE = {0x09: "\t", 0xA0: " ", 0x202F: " ", 0x2010: "-", 0x2011: "-"}
_CLEANED: dict[int, str | None] = {**dict.fromkeys(_DELETED), **_LINE_ENDS, **_ALIKE}

_PDF_HEADER_WITHIN = 1024
_PDF_ERR_PASSWORD, _PDF_ERR_SECURITY = 4, 5
# PDFium writes 0x02 for a hyphen that ends a line and then joins the lines; "45/BC-" + "SNV" is one symbol.
_PDF_LINE_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-"})
_PDF_BROKEN_SYMBOL = re.compile(r"(?<=\w)([-/])\r?\n(?=\w)")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_BYTES = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))
_NOBODY = 65534
_VERDICT_ROOM = 64 * 1024
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


def clean(text: str) -> str:
    """NFC, lines ended by a line feed, no control characters but the tab, no invisible ones inside words."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_CLEANED))


class Sink:
    """Cleaned text on its way to standard output: never more than `room` bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting = bytearray()

    def write(self, text: str) -> None:
        """Raise `Unreadable` with `text_too_long` when it does not fit; what fits is kept."""
        piece = clean(text).encode("utf-8", "replace")
        fitting = piece if len(piece) <= self._room else _whole_characters(piece[: self._room])
        self._waiting += fitting
        self._room -= len(fitting)
        if len(self._waiting) >= 1 << 16:
            self.flush()
        if len(fitting) < len(piece):
            raise Unreadable(ExtractionReason.TEXT_TOO_LONG)

    def flush(self) -> None:
        while self._waiting:
            del self._waiting[: os.write(1, self._waiting)]


def _whole_characters(piece: bytes) -> bytes:
    return piece.decode("utf-8", "ignore").encode()


def contain(limits: ExtractionLimits) -> None:
    """Give up memory, time, room to write, children and dumps beyond what the limits say."""
    written = limits.text_bytes + _VERDICT_ROOM
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, written, written),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))
    os.nice(10)


def give_up_the_rest(parent: int | None) -> None:
    """From here on no file, pipe or socket can be opened; root is nobody; the parent's death is ours."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a container may not know that user
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user would have undone it
    if parent is not None and os.getppid() != parent:
        sys.exit(1)  # it died before the signal was asked for


def _pdf_page_text(pdfium: Any, document: object, number: int) -> str | None:
    """The text of a page; None when the page cannot be loaded."""
    page = pdfium.FPDF_LoadPage(document, number)
    text_page = pdfium.FPDFText_LoadPage(page) if page else None
    if not text_page:
        return None
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, box)
    corners = (box.left, box.top, box.right, box.bottom)
    length = pdfium.FPDFText_GetBoundedText(text_page, *corners, None, 0)
    units = (ctypes.c_ushort * max(length, 0))()
    pdfium.FPDFText_GetBoundedText(text_page, *corners, units, length)
    pdfium.FPDFText_ClosePage(text_page)
    pdfium.FPDF_ClosePage(page)
    return bytes(units).decode("utf-16-le", "ignore")


def pdf_reader(file: BinaryIO) -> Reader:
    """Load PDFium and map the file; the reader returns the document's number of pages."""
    import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

    pdfium.FPDF_InitLibrary()
    codecs.lookup("utf-16-le")
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # duplicates the descriptor

    def read_pdf(sink: Sink, limits: ExtractionLimits) -> int:
        if mapped.find(b"%PDF-", 0, _PDF_HEADER_WITHIN) < 0:
            raise Unreadable(ExtractionReason.WRONG_TYPE)
        whole = (ctypes.c_char * len(mapped)).from_buffer(mapped)
        document = pdfium.FPDF_LoadMemDocument64(whole, len(mapped), None)
        if not document:
            locked = pdfium.FPDF_GetLastError() in (_PDF_ERR_PASSWORD, _PDF_ERR_SECURITY)
            raise Unreadable(ExtractionReason.PASSWORD_PROTECTED if locked else ExtractionReason.BROKEN)
        pages: int = pdfium.FPDF_GetPageCount(document)
        missing = False
        for number in range(min(pages, limits.pages)):
            text = _pdf_page_text(pdfium, document, number)
            missing = missing or text is None
            joined = _PDF_BROKEN_SYMBOL.sub(r"\1", (text or "").translate(_PDF_LINE_HYPHEN))
            sink.write(joined + "\n" if joined else "")
            sink.flush()  # a later page may end this process
        if pages > limits.pages:
            raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
        if missing or pages <= 0:
            raise Unreadable(ExtractionReason.BROKEN)
        return pages

    return read_pdf


def docx_reader(file: BinaryIO) -> Reader:
    """Load what unpacking and XML need."""
    from docflow.files.extract_docx import read_docx

    codecs.lookup("cp437")  # names inside a ZIP

    def read_lines(sink: Sink, limits: ExtractionLimits) -> None:
        for line in read_docx(file, limits.xml_bytes):
            sink.write(line + "\n")

    return read_lines


def plain_reader(file: BinaryIO) -> Reader:
    """Load the codecs."""
    for name in ("cp1258", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1"):
        codecs.lookup(name)

    def read_plain(sink: Sink, limits: ExtractionLimits) -> None:
        data = file.read(4 * limits.text_bytes + 4)  # four bytes a character, in UTF-32
        whole = not file.read(1)
        sink.write(_decoded(data, whole))
        if not whole:
            raise Unreadable(ExtractionReason.TEXT_TOO_LONG)

    return read_plain


def _decoded(data: bytes, whole: bool) -> str:
    """Text by its byte order mark, as UTF-8, else as Windows-1258: Vietnamese before Unicode, Latin otherwise."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return codecs.getincrementaldecoder(encoding)("replace").decode(data[len(mark) :])
    with contextlib.suppress(UnicodeDecodeError):
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, whole)
    if len(data) - len(data.translate(None, _BINARY_BYTES)) > len(data) // 20:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    try:
        return data.decode("cp1258")
    except UnicodeDecodeError:
        return data.decode("latin-1")


READERS: dict[str, Callable[[BinaryIO], Reader]] = {PDF: pdf_reader, DOCX: docx_reader, PLAIN: plain_reader}


def read(reader: Reader, limits: ExtractionLimits) -> tuple[ExtractionReason | None, int | None]:
    """Write the text to standard output; return why some is missing, and the number of pages."""
    sink = Sink(limits.text_bytes)
    reason, pages = None, None
    try:
        pages = reader(sink, limits)
    except Unreadable as error:
        reason = error.reason
    except MemoryError:
        reason = ExtractionReason.MEMORY
    except Exception:  # whatever a parser stumbles over in a hostile file
        reason = ExtractionReason.BROKEN
    sink.flush()
    return reason, pages


def main(arguments: list[str]) -> int:
    """See the module's docstring. Returns 0 whenever a verdict was written."""
    media_type, parent, *numbers = [*arguments, ""] if len(arguments) == 1 else arguments
    named = (number.partition("=") for number in numbers)
    limits = ExtractionLimits(**{name: int(value) for name, _, value in named})
    contain(limits)
    reader = READERS[media_type](sys.stdin.buffer)
    give_up_the_rest(int(parent) if parent else None)
    reason, pages = read(reader, limits)
    sys.stderr.write(f"{reason or '-'} {'-' if pages is None else pages}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
