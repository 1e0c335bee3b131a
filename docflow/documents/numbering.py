"""How numbers and the names of books are written. Pure."""

import re
from datetime import date

from docflow.documents.models.words import Direction, Series

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SUFFIXES = ("", *_LETTERS, *(first + second for first in _LETTERS for second in _LETTERS))
_WRITTEN = re.compile(r"0{0,6}([1-9][0-9]{0,6})([a-zđ]{0,2})")
_DIRECTIONS = {
    Direction.INCOMING: "văn bản đến",
    Direction.OUTGOING: "văn bản đi",
    Direction.INTERNAL: "văn bản nội bộ",
}


def number_text(number: int, suffix: str = "") -> str:
    """Numbers below 10 have a leading zero (Decree 30/2020, Appendix I, II.3); `45a` stands after `45`."""
    return f"{number:02d}{suffix}"


def read_number(written: str) -> tuple[int, str] | None:
    """The number and suffix of `05`, `45a`; None for anything else."""
    found = _WRITTEN.fullmatch(written)
    return (int(found[1]), found[2]) if found else None


def next_suffix(last: str) -> str | None:
    """What follows the suffix: nothing, a, b … z, aa, ab … zz; None when there is none left."""
    place = _SUFFIXES.index(last) + 1 if last in _SUFFIXES else len(_SUFFIXES)
    return _SUFFIXES[place] if place < len(_SUFFIXES) else None


def after_number(kind_symbol: str | None, unit_symbol: str, field: str, series: Series = Series.YEAR) -> str:
    """What follows the number in a symbol of our own making: `/BC-SNV`, `/UBND-VX`, `-QĐ/TU`.

    An official letter has no kind in its symbol but the drafting unit or field; a series counted by terms is the
    Party's, where the kind stands before the body and an official letter is CV.
    """
    if series is Series.TERM:
        return f"-{kind_symbol or 'CV'}/{unit_symbol}"
    if kind_symbol:
        return f"/{kind_symbol}-{unit_symbol}"
    return f"/{unit_symbol}-{field}"


def book_title(direction: Direction, *, is_secret: bool, year: int) -> str:
    """The title of a book that nobody named (Decree 30/2020, Appendix IV): `Sổ đăng ký văn bản đến năm 2026`."""
    secret = " mật" if is_secret else ""
    return f"Sổ đăng ký {_DIRECTIONS[direction]}{secret} năm {year}"


def year_of(day: date) -> tuple[date, date]:
    """The first day of the year and the first that is no more in it (domain §1.2: 1 January to 31 December)."""
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)
