"""The wording of official papers, Vietnamese and English: letters laid flat, dates, names of kinds. Pure.

Wording is looked for in flat text, in which it does not matter whether a tone is there and where it is put, and
what is found there is read off the text itself: both have the same length. Texts are NFC, as everything stored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from docflow.core.text import fold
from docflow.documents.symbols import YEARS


class _FlatTable(dict[int, str]):
    """What each character is when laid flat: always one."""

    def __missing__(self, code_point: int) -> str:
        folded = fold(chr(code_point))
        # A lone mark folds to nothing, a Korean syllable to three letters; neither is in any wording of ours.
        flat = folded if len(folded) == 1 else chr(code_point)
        if len(self) < _KEPT:
            self[code_point] = flat
        return flat


_KEPT = 20_000
_FLAT = _FlatTable({0x2019: "'"})


def flatten(text: str) -> str:
    """`text` folded character by character, so that positions stay: `Quyết định số 05` is `quyet dinh so 05`."""
    return text.lower() if text.isascii() else text.translate(_FLAT)


class WrittenDate(NamedTuple):
    """A date and where it ends in the text."""

    day: date
    end: int


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sept sep", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_ORDINAL = r"(?:\s?(?:st|nd|rd|th))?"
_DATES = (
    re.compile(r"(?:ngay\s{0,3})?(?P<d>[0-9]{1,2})\s{0,3}thang\s{0,3}(?P<m>[0-9]{1,2})\s{0,3},?\s{0,3}nam\s{0,3}(?P<y>[0-9]{4})(?![0-9])"),
    re.compile(r"(?:ngay\s{0,3})?(?P<d>[0-9]{1,2})\s?(?P<by>[-/.])\s?(?P<m>[0-9]{1,2})\s?(?P=by)\s?(?P<y>[0-9]{4})(?![0-9])"),
    re.compile(rf"(?:the\s{{1,3}})?(?P<d>[0-9]{{1,2}}){_ORDINAL}\s{{1,3}}(?:day\s{{1,3}})?(?:of\s{{1,3}})?{_MONTH},?\s{{1,3}}(?P<y>[0-9]{{4}})(?![0-9])"),
    re.compile(rf"{_MONTH}\s{{1,3}}(?P<d>[0-9]{{1,2}}){_ORDINAL}\s{{0,3}},?\s{{1,3}}(?P<y>[0-9]{{4}})(?![0-9])"),
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9])"),
)  # fmt: skip
"""Day before month in figures, as in Vietnam: `05/26/2020` is no date."""


def date_at(flat: str, start: int) -> WrittenDate | None:
    """The date that is written at `start` of a flat text; None where none is, or none that the calendar knows."""
    for shape in _DATES:
        if found := shape.match(flat, start):
            parts = found.groupdict()
            month = _MONTHS.get(parts.get("month") or "") or int(parts["m"])
            try:
                day = date(int(parts["y"]), month, int(parts["d"]))
            except ValueError:
                return None
            return WrittenDate(day, found.end()) if day.year in YEARS else None
    return None


class KindNames(Protocol):
    """What is asked of a kind of document: `documents.kinds.Kind` and the row of a kind both have it."""

    @property
    def code(self) -> str: ...
    @property
    def symbol(self) -> str | None: ...
    @property
    def name_vi(self) -> str: ...
    @property
    def name_en(self) -> str: ...


_FROM_OUTSIDE = {
    "nghị định": "NĐ", "decree": "NĐ", "thông tư": "TT", "circular": "TT", "thông tư liên tịch": "TTLT",
    "joint circular": "TTLT", "nghị quyết liên tịch": "NQLT", "joint resolution": "NQLT", "luật": None, "law": None,
    "bộ luật": None, "code": None, "pháp lệnh": "PL", "ordinance": "PL", "lệnh": "L", "order": "L",
    "kết luận": "KL", "conclusion": "KL", "văn bản": None, "công văn": None, "document": None,
    "official dispatch": None, "dispatch": None, "letter": None,
}  # fmt: skip
"""Names of papers that are no kinds of administrative document, with their symbols where they have one."""
FROM_OUTSIDE = frozenset(_FROM_OUTSIDE)


class KindNamed(NamedTuple):
    """The name of a kind in a text: where it begins, and the symbols that it may stand for."""

    start: int
    symbols: frozenset[str | None]


class KindLexicon:
    """The names of kinds as they are found in flat text."""

    def __init__(self, kinds: Iterable[KindNames]) -> None:
        kinds = list(kinds)
        self.symbols = frozenset(kind.symbol for kind in kinds if kind.symbol)
        names: dict[str, set[str | None]] = {}
        for name, symbol in (*_FROM_OUTSIDE.items(), *_names_of(kinds)):
            for form in (flatten(name), f"{flatten(name)}s"):
                names.setdefault(" ".join(_WORD.findall(form)), set()).add(symbol)
        self._names: Mapping[str, frozenset[str | None]] = {
            name: frozenset(symbols) for name, symbols in names.items()
        }
        self._most_words = max(name.count(" ") + 1 for name in self._names)
        self._reach = max(map(len, self._names)) + 2 * self._most_words

    def before(self, flat: str, end: int, words_between: int = 0) -> KindNamed | None:
        """The longest name of a kind that ends at `end`, but for white space and at most so many words."""
        first = max(0, end - self._reach - 9 * words_between)
        words = list(_WORD.finditer(flat, first, end))
        if first > 0 and words and words[0].start() == first:
            del words[0]  # may begin before
        for between in range(words_between + 1):
            until = words[len(words) - between].start() if 0 < between <= len(words) else end
            last = len(words) - between
            if last < 1 or flat[words[last - 1].end() : until].strip():
                return None
            if named := self._at_end(words[:last]):
                return named
        return None

    def _at_end(self, words: Sequence[re.Match[str]]) -> KindNamed | None:
        for count in range(min(self._most_words, len(words)), 0, -1):
            symbols = self._names.get(" ".join(word[0] for word in words[-count:]))
            if symbols is not None:
                return KindNamed(words[-count].start(), symbols)
        return None


_WORD = re.compile(r"[^\W_]+")


def _names_of(kinds: Iterable[KindNames]) -> Iterator[tuple[str, str | None]]:
    for kind in kinds:
        yield kind.name_vi, kind.symbol
        yield kind.name_en, kind.symbol
