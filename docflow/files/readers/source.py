"""What a reader reads from and writes to."""

import io
import mmap
import os
import unicodedata
from collections.abc import Callable
from typing import BinaryIO

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.pages import PAGE_BREAK

_DELETED = [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x200B, 0xFEFF, 0xFFFE, 0xFFFF]
_LINE_ENDS = dict.fromkeys([0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")
_ALIKE = {0x09: "\t", 0xA0: " ", 0x202F: " ", 0x2010: "-", 0x2011: "-"}
_CLEANED: dict[int, str | None] = {**dict.fromkeys(_DELETED), **_LINE_ENDS, **_ALIKE}
_FLUSHED_FROM = 1 << 16


def clean(text: str) -> str:
    """NFC, lines ended by a line feed, no control characters but the tab, no invisible ones inside words.

    A form feed of the file's own ends a line: pages are only what a reader says they are.
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_CLEANED))


class Source:
    """The bytes of one file: as a file to be read and sought in, and as one writable buffer of its own."""

    def __init__(self, file: BinaryIO, buffer: mmap.mmap | bytearray) -> None:
        self.file = file
        self.buffer = buffer

    @classmethod
    def of_file(cls, file: BinaryIO) -> "Source":
        """A regular file that is not empty; to be made while a descriptor can still be had."""
        return cls(file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))

    @classmethod
    def of_bytes(cls, content: bytes) -> "Source":
        """Something found inside another file."""
        return cls(io.BytesIO(content), bytearray(content))


class Sink:
    """Cleaned text on its way to standard output, never more than `room` bytes, and what was noticed."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting = bytearray()
        self._page_begun = False
        self._began = False
        self.marks: set[Mark] = set()
        self.scanned: list[int] = []
        """Numbers of pages that show something and say nothing: pictures of text, perhaps."""

    def write(self, text: str) -> None:
        """Raise `Unreadable` with `text_too_long` when it does not fit; what fits is kept."""
        piece = clean(text)
        if piece:
            self._page_begun = True
            self._put(piece)

    def line(self, text: str) -> None:
        """A line of the present page; an empty one is left out. Raises as `write`."""
        if text:
            self.write(f"\n{text}" if self._page_begun else text)

    def next_page(self) -> None:
        """Begin a page, the first one included. Raises as `write`."""
        if self._began:
            self._put(PAGE_BREAK)
        self._began = True
        self._page_begun = False

    def notice(self, mark: Mark) -> None:
        """Say of the file what is worth knowing before it is opened elsewhere."""
        self.marks.add(mark)

    def flush(self) -> None:
        """Give what waits to whoever reads standard output."""
        while self._waiting:
            del self._waiting[: os.write(1, self._waiting)]

    def _put(self, text: str) -> None:
        piece = text.encode("utf-8", "replace")
        fitting = piece if len(piece) <= self._room else _whole_characters(piece[: self._room])
        self._waiting += fitting
        self._room -= len(fitting)
        if len(self._waiting) >= _FLUSHED_FROM:
            self.flush()
        if len(fitting) < len(piece):
            raise Unreadable(ExtractionReason.TEXT_TOO_LONG)


def _whole_characters(piece: bytes) -> bytes:
    return piece.decode("utf-8", "ignore").encode()


Reader = Callable[[Source, Sink, ExtractionLimits], "int | None"]
"""Writes the text; the number of pages when the file has them. Raises `Unreadable`, and anything when it is broken."""
