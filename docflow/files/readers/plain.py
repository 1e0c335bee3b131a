"""Plain text in whatever encoding it was written."""

import codecs
import contextlib

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Unreadable
from docflow.files.readers.source import Sink, Source
from docflow.files.readers.vietnamese import is_vietnamese, told_by_syllables

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_BYTES = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))
_UNMARKED_FROM = 8
_NULS_IN_UTF_16 = 0.2
"""Share of NUL bytes on one side of every pair: Vietnamese has about 0.7, and no other encoding has any."""


def read_plain(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """The text of the file; never more than may be kept is decoded."""
    data = source.file.read(4 * limits.text_bytes + 4)  # four bytes a character, in UTF-32
    whole = not source.file.read(1)
    sink.write(decoded(data, whole=whole))
    if not whole:
        raise Unreadable(ExtractionReason.TEXT_TOO_LONG)


def decoded(data: bytes, *, whole: bool = True) -> str:
    """Text by its byte order mark, as UTF-8, as UTF-16 by its NUL bytes, in a Vietnamese encoding of old, or Latin.

    Raises `Unreadable` with `wrong_type` for what is no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return codecs.getincrementaldecoder(encoding)("replace").decode(data[len(mark) :])
    if (unmarked := _without_mark(data)) is not None:
        return data.decode(unmarked, "replace")
    with contextlib.suppress(UnicodeDecodeError):
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, whole)
    if len(data) - len(data.translate(None, _BINARY_BYTES)) > len(data) // 20:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    if (legacy := told_by_syllables(data)) is not None:
        return legacy
    return _windows(data)


def _windows(data: bytes) -> str:
    """Windows-1258 when it is Vietnamese so, else Windows-1252; Latin-1 knows every byte."""
    for encoding in ("cp1258", "cp1252") if is_vietnamese(data.decode("cp1258", "replace")) else ("cp1252",):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("latin-1")


def _without_mark(data: bytes) -> str | None:
    """UTF-16 of a program that left the byte order mark out."""
    start = data[:4096]
    if len(start) < _UNMARKED_FROM or len(data) % 2:
        return None
    first, second = start[0::2].count(0) / (len(start) / 2), start[1::2].count(0) / (len(start) / 2)
    encoding = "utf-16-le" if second > first else "utf-16-be"
    if max(first, second) < _NULS_IN_UTF_16 or min(first, second) > 0:
        return None
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(start)
    except UnicodeDecodeError:
        return None
    return encoding if all(letter.isprintable() or letter.isspace() for letter in text) else None
