"""The checksum of a printed table: the same exactly when every printed cell is.

Version 1 of the canonical text, all of it UTF-8:

- the head: ``docflow-print-1``, then each fact that says what was printed, each ended by U+001F, and U+001E at the end;
- for each row: ``-`` when it is struck through, else ``+``; then each cell's printed text (``tables.printed_text``)
  and last the row's note, each ended by U+001F, and U+001E at the end.

A printed text holds neither U+001F nor U+001E, so no two tables share a canonical text. The checksum is its SHA-256
(FIPS 180-4), written in hexadecimal; a row's own is the first eight bytes of the SHA-256 of its line. What a format
does to a text (an apostrophe before a formula, line breaks) is not part of it: the three files of one table have
one checksum.
"""

import hashlib

from docflow.printing.tables import Row, note_of, printed_text

VERSION = "docflow-print-1"
ROW_BYTES = 8

_UNIT, _RECORD = "\x1f", "\x1e"


def canonical(row: Row) -> bytes:
    """A row's part of the canonical text."""
    texts = (*(printed_text(cell) for cell in row.cells), note_of(row))
    line = ("-" if row.struck else "+") + "".join(text + _UNIT for text in texts) + _RECORD
    return line.encode()


def row_digest(line: bytes) -> bytes:
    """The eight bytes that a row is recognised by."""
    return hashlib.sha256(line).digest()[:ROW_BYTES]


class Checksum:
    """Takes rows as they are printed. ``head`` says what is printed: two tables of other things never agree."""

    def __init__(self, *head: str) -> None:
        facts = "".join(fact + _UNIT for fact in (VERSION, *head))
        self._hash = hashlib.sha256((facts + _RECORD).encode())

    def add(self, row: Row) -> bytes:
        """The row's own eight bytes."""
        line = canonical(row)
        self._hash.update(line)
        return row_digest(line)

    def digest(self) -> bytes:
        """32 bytes over all that was added."""
        return self._hash.digest()
