"""What stands in a cell, read as the field that its column says. Whatever is not clear is refused, never guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from docflow.access.actor import Secrecy
from docflow.core.text import fold
from docflow.documents.models import Authority, Direction, Urgency


class Odd(Enum):
    """Content of a cell that is no value."""

    FORMULA = "manifest_formula"
    """It would be computed by whoever opens the table."""
    ERROR = "manifest_cell_error"
    """``#REF!`` and the like."""
    OTHER = "manifest_cell_not_text"
    """A truth value, a time of day, a duration."""


Cell = str | int | float | date | datetime | Odd | None
"""``datetime`` is a spreadsheet's day with a time of day, without a zone."""


@dataclass(frozen=True, slots=True)
class CellWrong(Exception):
    """A cell cannot be what its column says: a code of the catalogue and the facts that fill it."""

    code: str
    facts: Mapping[str, Any]


def text_in(cell: Cell) -> str:
    """The cell as text, as it stands; empty for an empty one.

    Raises CellWrong for a formula, an error, and a date: spreadsheets make a date of a symbol like ``5/11`` by
    themselves, and what was written before cannot be known any more.
    """
    if cell is None:
        return ""
    if isinstance(cell, Odd):
        raise CellWrong(cell.value, {})
    if isinstance(cell, date):
        raise CellWrong("manifest_cell_is_a_date", {"given": f"{cell:%d/%m/%Y}"})
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


# Day first, as everybody in Vietnam writes, or ISO 8601; a year has four digits.
_DAY_FIRST = re.compile(r"(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?(\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_MOST_TOLD = 40


def day_in(cell: Cell) -> date | None:
    """The cell as a date, None for an empty one. Raises CellWrong: a bare number may be anything, so it is none."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = text_in(cell).strip()
    if not text:
        return None
    if isinstance(cell, str):
        for pattern, order in ((_DAY_FIRST, (3, 2, 1)), (_YEAR_FIRST, (1, 2, 3))):
            if found := pattern.fullmatch(text):
                try:
                    return date(*(int(found[place]) for place in order))
                except ValueError:
                    break
    raise CellWrong("manifest_not_a_date", {"given": text[:_MOST_TOLD]})


def _words(*meanings: tuple[str, tuple[str, ...]]) -> dict[str, str]:
    return {_plain(word): meaning for meaning, words in meanings for word in words}


def _plain(word: str) -> str:
    return " ".join(fold(word).replace("_", " ").replace(".", " ").split())


URGENCIES = _words(
    (Urgency.NORMAL.value, ("normal", "thường", "bình thường", "không")),
    (Urgency.URGENT.value, ("urgent", "khẩn")),
    (Urgency.VERY_URGENT.value, ("very urgent", "thượng khẩn")),
    (Urgency.FLASH.value, ("flash", "hỏa tốc")),
)
SECRECIES = _words(
    (Secrecy.NONE.name.lower(), ("none", "không", "không mật", "thường", "bình thường")),
    (Secrecy.SECRET.name.lower(), ("secret", "mật")),
    (Secrecy.TOP_SECRET.name.lower(), ("top secret", "tối mật")),
    (Secrecy.UTMOST_SECRET.name.lower(), ("utmost secret", "tuyệt mật")),
)
AUTHORITIES = _words(*((one.value, (one.value,)) for one in Authority))
DIRECTIONS = _words(
    (Direction.INCOMING.value, ("incoming", "đến", "văn bản đến")),
    (Direction.OUTGOING.value, ("outgoing", "đi", "văn bản đi")),
    (Direction.INTERNAL.value, ("internal", "nội bộ", "văn bản nội bộ")),
)


def word_in(cell: Cell, words: Mapping[str, str]) -> str:
    """The meaning of one of ``words``, empty for an empty cell. Raises CellWrong."""
    text = text_in(cell).strip()
    if not text:
        return ""
    meaning = words.get(_plain(text))
    if meaning is None:
        raise CellWrong("field_not_a_choice", {"given": text[:_MOST_TOLD]})
    return meaning


def names_in(cell: Cell) -> tuple[str, ...]:
    """Several names of files, between semicolons or on lines of their own."""
    return tuple(filter(None, map(str.strip, re.split(r"[;\n]", text_in(cell)))))
