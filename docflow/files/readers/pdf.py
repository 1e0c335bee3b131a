"""The text layer of a PDF, page by page, and which pages have none and show a picture instead."""

import ctypes
import mmap
import re
import zlib
from typing import Any

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.pdfium import BEYOND_PASSWORDS, pdfium
from docflow.files.readers.source import Sink, Source

_HEADER_WITHIN = 1024
# PDFium writes 0x02 for a hyphen that ends a line and then joins the lines; "45/BC-" + "SNV" is one symbol.
_LINE_HYPHEN = str.maketrans({"\x02": "-", "\ufffe": "-"})
_BROKEN_SYMBOL = re.compile(r"(?<=\w)([-/])\r?\n(?=\w)")
_FEW_LETTERS = 120
"""A page with fewer letters that is mostly a picture is a scan with a stamp or a page number upon it."""
_LETTERS = re.compile(r"[^\W_]")
_MOSTLY = 0.5
_OBJECTS_LOOKED_AT = 500
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)
_UNPACKED_AT_MOST = 32 * 1024 * 1024
_UNPACKED_EACH = 1024 * 1024


def _spelled(name: bytes) -> bytes:
    """A name as PDF may write it: each letter itself or its code in hexadecimal (ISO 32000-1, 7.3.5)."""
    return b"".join(b"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in name)


_ACTION = re.compile(
    rb"/%s\s*/(?:%s)(?![A-Za-z0-9])" % (_spelled(b"S"), b"|".join(map(_spelled, (b"JavaScript", b"Launch"))))
)
"""An action that runs a script or starts a program (ISO 32000-1, 12.6.4)."""


def read_pdf(source: Source, sink: Sink, limits: ExtractionLimits) -> int:
    """Write every page; returns their number. Pages that are pictures are told to the sink by their numbers."""
    buffer = source.buffer
    if buffer.find(b"%PDF-", 0, _HEADER_WITHIN) < 0:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    whole = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    document = pdfium.FPDF_LoadMemDocument64(whole, len(buffer), None)
    if not document:
        locked = pdfium.FPDF_GetLastError() in BEYOND_PASSWORDS
        raise Unreadable(ExtractionReason.PASSWORD_PROTECTED if locked else ExtractionReason.BROKEN)
    _notice(document, buffer, sink)
    pages: int = pdfium.FPDF_GetPageCount(document)
    missing = False
    for number in range(min(pages, limits.pages)):
        text, scanned = _read_page(document, number)
        missing = missing or text is None
        if scanned:
            sink.scanned.append(number + 1)
        sink.next_page()
        sink.write(_BROKEN_SYMBOL.sub(r"\1", (text or "").translate(_LINE_HYPHEN)).strip("\r\n"))
        sink.flush()  # a later page may end this process
    if pages > limits.pages:
        raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
    if missing or pages <= 0:
        raise Unreadable(ExtractionReason.BROKEN)
    return pages


def _read_page(document: object, number: int) -> tuple[str | None, bool]:
    """The text of a page, None when it cannot be loaded; whether it is a picture."""
    page = pdfium.FPDF_LoadPage(document, number)
    text_page = pdfium.FPDFText_LoadPage(page) if page else None
    if not text_page:
        return None, False
    box = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, box)
    corners = (box.left, box.top, box.right, box.bottom)
    text = _bounded_text(text_page, corners)
    area = abs((box.right - box.left) * (box.top - box.bottom))
    scanned = _is_picture(page, len(_LETTERS.findall(text)), area)
    pdfium.FPDFText_ClosePage(text_page)
    pdfium.FPDF_ClosePage(page)
    return text, scanned


def _bounded_text(text_page: object, corners: tuple[float, float, float, float]) -> str:
    """What stands inside the page. Asked for once: each answer takes as long as the page has letters."""
    room = 2 * max(pdfium.FPDFText_CountChars(text_page), 0) + 16
    units = (ctypes.c_ushort * room)()
    length = pdfium.FPDFText_GetBoundedText(text_page, *corners, units, room)
    if length >= room:
        length = pdfium.FPDFText_GetBoundedText(text_page, *corners, None, 0)
        units = (ctypes.c_ushort * length)()
        length = pdfium.FPDFText_GetBoundedText(text_page, *corners, units, length)
    return bytes(units)[: 2 * max(length, 0)].decode("utf-16-le", "ignore").rstrip("\0")


def _is_picture(page: object, letters: int, area: float) -> bool:
    """Whether a page shows something that its text does not say."""
    if letters >= _FEW_LETTERS:
        return False
    count = min(pdfium.FPDFPage_CountObjects(page), _OBJECTS_LOOKED_AT)
    if letters == 0:
        return bool(count > 0)
    pictured = sum(_area_of(pdfium.FPDFPage_GetObject(page, number)) for number in range(count))
    return pictured > _MOSTLY * area > 0


def _area_of(thing: Any) -> float:
    """How much of the page a picture covers, in square points; 0 for anything else."""
    if pdfium.FPDFPageObj_GetType(thing) != pdfium.FPDF_PAGEOBJ_IMAGE:
        return 0.0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return 0.0
    return abs((right.value - left.value) * (top.value - bottom.value))


def _notice(document: object, buffer: mmap.mmap | bytearray, sink: Sink) -> None:
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0 or _runs_something(buffer):
        sink.notice(Mark.SCRIPT)
    if pdfium.FPDF_GetSignatureCount(document) > 0:
        sink.notice(Mark.SIGNED)


def _runs_something(buffer: mmap.mmap | bytearray) -> bool:
    """Whether an action in plain sight or in a packed object stream (ISO 32000-1, 7.5.7) runs something."""
    if _ACTION.search(buffer):
        return True
    room = _UNPACKED_AT_MOST
    for found in _OBJECT_STREAM.finditer(buffer):
        packed = bytes(buffer[found.end() : found.end() + _UNPACKED_EACH])
        try:
            objects = zlib.decompressobj().decompress(packed, _UNPACKED_EACH)
        except zlib.error:
            continue
        room -= len(objects)
        if _ACTION.search(objects):
            return True
        if room < 0:
            return False
    return False
