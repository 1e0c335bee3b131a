"""Passages of a document in which a search stands, with the words marked. Pure.

What comes out is HTML: the text escaped, and ``<mark>`` around what was found; nothing else is in it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from docflow.core.text import fold
from docflow.documents.search_query import Query, Sought
from docflow.files.pages import PAGE_BREAK

LENGTH = 240
BEFORE = 60
MOST_PLACES = 400
"""Places of a text that are looked at for the best passage."""

_BETWEEN = r"[\W_]{1,20}"
_JOINT = r"\s{0,2}[-\u2010-\u2015\u2212/.&]\s{0,2}"
_PARTS = re.compile("[-/.&]")
_ALPHABETS = (range(0x30, 0x530), range(0x1E00, 0x2000))
_SPACE = re.compile(r"\s+")
# Controls, and what would turn the direction of the text around it.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A marked passage, and on which page of the text its first marked word stands, from 1."""

    html: str
    page: int


@dataclass(frozen=True, slots=True)
class Marker:
    """Finds what a search looks for in texts as they are written, with and without accents."""

    pattern: re.Pattern[str]

    def passage(self, text: str, *, length: int = LENGTH) -> Passage | None:
        """The passage with most of what is looked for, at most about ``length`` characters; the first of equals.

        A text that is not longer is shown whole.
        """
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
        places = [found for found, _ in zip(self.pattern.finditer(text), range(MOST_PLACES), strict=False)]
        if not places:
            return None
        first = _best(places, length - BEFORE)
        start, end = _window(text, places[first].start(), length)
        shown = [place for place in places[first:] if place.end() <= end]
        page = text.count(PAGE_BREAK, 0, places[first].start()) + 1
        return Passage(_marked(text, start, end, shown), page)


@lru_cache(maxsize=1_000)
def marker_of(query: Query) -> Marker:
    """The marker of a search."""
    wanted = dict.fromkeys(_written(phrase) for phrase in query.wanted)
    ordered = sorted((first, rest) for first, rest in (one for each in wanted for one in each))
    firsts = "".join(sorted({letter for first, _ in ordered for letter in first}))
    rests = "|".join(f"((?<=[{re.escape(first)}]){rest})" for first, rest in ordered)
    # A set of letters comes first, for that is what the engine can skip to.
    return Marker(re.compile(f"[{re.escape(firsts)}](?<![^\\W_].)(?:{rests})", re.DOTALL))


def _written(phrase: Sequence[Sought]) -> tuple[tuple[str, str], ...]:
    """How a phrase may be written: the letters it may begin with, and a pattern of the rest."""
    head, *others = phrase
    rest = "".join(_BETWEEN + _token(sought) for sought in others)
    found: list[tuple[str, str]] = []
    for words, joint in _forms(head):
        tail = "".join(joint + _word(word) for word in words[1:])
        end = _end(head) + rest
        letters = _letters(words[0][0])
        found.append((letters, _literal(words[0][1:]) + tail + end))
        if words[0][0].isdigit():
            found.append(("0", f"0*{_literal(words[0])}{tail}{end}"))
    return tuple(found)


def _forms(sought: Sought) -> list[tuple[tuple[str, ...], str]]:
    forms: list[tuple[tuple[str, ...], str]] = []
    if sought.whole:
        forms.append((tuple(_PARTS.split(sought.whole)), _JOINT))
    if sought.words:
        forms.append((tuple(part for word in sought.words for part in _PARTS.split(word)), _BETWEEN))
    return forms


def _token(sought: Sought) -> str:
    forms = "|".join(joint.join(map(_word, words)) for words, joint in _forms(sought))
    return f"(?:{forms}){_end(sought)}"


def _end(sought: Sought) -> str:
    return r"[^\W_]*" if sought.open else r"(?![^\W_])"


def _word(word: str) -> str:
    return ("0*" if word[:1].isdigit() else "") + _literal(word)


def _literal(word: str) -> str:
    return "".join(f"[{re.escape(_letters(letter))}]" for letter in word)


@lru_cache(maxsize=5_000)
def _letters(letter: str) -> str:
    """Every letter that folds to this one."""
    return _folded().get(letter, "") or "".join(
        dict.fromkeys((letter, letter.upper()[:1], letter.lower()[:1]))
    )


@lru_cache(maxsize=1)
def _folded() -> dict[str, str]:
    classes: dict[str, list[str]] = {}
    for alphabet in _ALPHABETS:
        for code_point in alphabet:
            folded = fold(chr(code_point))
            if len(folded) == 1 and folded.isalnum():
                classes.setdefault(folded, []).append(chr(code_point))
    return {letter: "".join(others) for letter, others in classes.items()}


def _best(places: Sequence[re.Match[str]], reach: int) -> int:
    """The place from which on most different things are found within ``reach`` characters."""
    best, most, last = 0, 0, 0
    within: dict[int | None, int] = {}
    for first, place in enumerate(places):
        while last < len(places) and places[last].end() <= max(place.start() + reach, place.end()):
            within[places[last].lastindex] = within.get(places[last].lastindex, 0) + 1
            last += 1
        if len(within) > most:
            best, most = first, len(within)
        within[place.lastindex] = within.get(place.lastindex, 1) - 1
        if within[place.lastindex] <= 0:
            del within[place.lastindex]
    return best


def _window(text: str, at: int, length: int) -> tuple[int, int]:
    """From and to where a passage around ``at`` goes; it breaks no word and no page if it can."""
    if len(text) <= length:
        return 0, len(text)
    start = max(at - BEFORE, 0)
    page = text.rfind(PAGE_BREAK, start, at)
    start = page + 1 if page >= 0 else start
    if start > 0 and text[start - 1].isalnum():
        space = _SPACE.search(text, start, at)
        start = space.end() if space else start
    end = min(start + length, len(text))
    page = text.find(PAGE_BREAK, at, end)
    end = page if page >= 0 else end
    if end < len(text) and text[end].isalnum():
        space_at = max(text.rfind(" ", at, end), text.rfind("\n", at, end))
        end = space_at if space_at > at else end
    return start, end


def _marked(text: str, start: int, end: int, places: Iterable[re.Match[str]]) -> str:
    pieces = ["… " if start > 0 else ""]
    at = start
    for place in places:
        pieces += [_plain(text[at : place.start()]), "<mark>", _plain(place[0]), "</mark>"]
        at = place.end()
    pieces += [_plain(text[at:end]), " …" if end < len(text) else ""]
    return "".join(pieces).strip()


def _plain(text: str) -> str:
    return escape(_SPACE.sub(" ", _UNSEEN.sub("", text)))
