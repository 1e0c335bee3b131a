"""What is printed: a table's heading and columns, its rows, and the text of a cell, which is the same everywhere."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language

Cell = str | int | date | datetime | None

MAX_CELL = 32_000
"""Characters of a cell; what is longer is cut in every format alike. A spreadsheet's cell takes 32,767."""

CUT = "…"


class CellKind(StrEnum):
    """How a column's cells are written; any of them may hold a text instead."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """``share`` is its part of the table's width, compared with the other columns' shares."""

    title: str
    share: float = 1.0
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """A cell for each column. ``struck``: struck through, all but the ``note``, which stands in the last column
    below the cell's own text."""

    cells: Sequence[Cell]
    struck: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """``issuer`` stands at the upper left, its last line in bold; of ``titles`` the first is the table's name.

    ``numbered``: below the titles of the columns stand their numbers, (1), (2), as in the forms of Decree
    30/2020/NĐ-CP, Appendix IV.
    """

    titles: tuple[str, ...]
    columns: tuple[Column, ...]
    language: Language
    issuer: tuple[str, ...] = ()
    numbered: bool = False

    def widths(self, width: float) -> list[float]:
        """The width of each column of a table that is ``width`` wide."""
        whole = sum(column.share for column in self.columns)
        return [width * column.share / whole for column in self.columns]

    def numbers(self) -> list[str]:
        """The line below the titles of the columns."""
        return [f"({place})" for place in range(1, len(self.columns) + 1)]


def printed_text(cell: Cell) -> str:
    """The cell as people read it, in every format: dates as 05/11/2026, moments as 05/11/2026 14:30 on the wall.

    NFC with lines ended by line feeds. Control characters are shown as U+FFFD, because no XML can hold them;
    bidirectional controls are left out, because they would let a text be read in another order than it is kept.
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        wall = cell.astimezone(LOCAL_ZONE)
        return f"{_day(wall)} {wall.hour:02d}:{wall.minute:02d}"
    if isinstance(cell, date):
        return _day(cell)
    if isinstance(cell, int):
        return str(cell)
    return _readable(cell)


def _day(day: date) -> str:
    # Not strftime, which writes the year 45 without zeros on some systems.
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def note_of(row: Row) -> str:
    """The row's note as it is printed."""
    return _readable(row.note)


def texts_of(row: Row) -> list[str]:
    """Every cell as it is printed, the note below the last one's text; for formats that have no styles."""
    texts = [printed_text(cell) for cell in row.cells]
    if row.note:
        texts[-1] = "\n".join(filter(None, (texts[-1], note_of(row))))
    return texts


_CARRIAGE_RETURN = re.compile(r"\r\n?")
_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# C0 and C1 but for the line feed, halves of surrogate pairs, and the two that are no characters of XML 1.0.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def _readable(text: str) -> str:
    text = text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + CUT
    text = _BIDIRECTIONAL.sub("", _CARRIAGE_RETURN.sub("\n", text)).replace("\t", " ")
    text = unicodedata.normalize("NFC", _UNPRINTABLE.sub(_REPLACEMENT, text))
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + CUT
