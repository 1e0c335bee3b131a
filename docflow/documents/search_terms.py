"""Text and searches as PostgreSQL's tsvector and tsquery, made here and not by PostgreSQL's parser.

That parser takes `45/bc-snv` for a path and cuts `711-qđ/tu` in the wrong place, so numbers of documents would
not be found. Here a word is a run of letters and digits, folded (`core.text.fold`), without leading zeros. An
official number or a date stands at one position as its parts and as its beginnings up to the whole:
`45/BC-SNV` is `45`, `bc`, `snv`, `45/bc` and `45/bc-snv`, and so is `45 /BC - SNV`.

Lexemes hold letters, digits and `/ - . &` only: no quote or backslash can occur in a literal.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Literal, NamedTuple

from docflow.core.text import fold

Weight = Literal["A", "B", "C", "D"]

# PostgreSQL, "Text Search: Limitations": a lexeme under 2 KB, a vector under 1 MB, 256 positions a lexeme,
# positions to 16,383. We stay two below that, as PostgreSQL itself moves every later position onto the last.
LAST_POSITION = 16_381
MAX_POSITIONS = 256
MAX_LEXEME = 200
MAX_VECTOR_BYTES = 1_000_000
MAX_CHARACTERS = 4_000_000
FIELD_GAP = 10
MAX_QUERY = 1_000
MAX_TERMS = 50

_DASH = "-\u2010-\u2015\u2212"
_WORD = r"[^\W_]++"
_LETTERS = r"[^\W\d_][^\W_]*+"
_NUMBER = r"[0-9][^\W_]*+"
_SLASH = r"\s{0,2}+/\s{0,2}+"
_HYPHEN = rf"\s{{0,2}}+[{_DASH}]\s{{0,2}}+"
_TAIL = rf"(?:[{_DASH}/.&]{_LETTERS}){{0,4}}+"
# Spaces are allowed only where the whole shape is there; `45/BC` or `45/2019/QH14` must be written together.
_OFFICIAL = "|".join((
    rf"{_NUMBER}{_SLASH}(?:[0-9]{{4}}{_SLASH})?{_LETTERS}{_HYPHEN}{_LETTERS}{_TAIL}",
    rf"{_NUMBER}{_HYPHEN}{_LETTERS}{_SLASH}{_LETTERS}{_TAIL}",
    rf"{_NUMBER}/(?:[0-9]{{4}}/)?{_LETTERS}{_TAIL}",
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}(?![^\W_])",
    r"[0-9]++(?:/[0-9]++){1,3}+(?![^\W_])",
))  # fmt: skip
_TOKEN = re.compile(f"{_OFFICIAL}|{_WORD}")
_JOINT = re.compile(rf"(\s*[{_DASH}/.&]\s*)")
_QUOTE = re.compile('["“”„«»]')
_WITHOUT_PHRASE = re.compile(r"(?<!\S)-\Z")
_SOUGHT = re.compile(
    rf"(?P<without>(?<!\S)-)?(?:(?P<official>{_OFFICIAL})|(?P<words>{_WORD}(?:[{_DASH}/.&]{_WORD})*+))(?P<open>\*)?"
)
_LEADING_ZEROS = re.compile("^0+(?=[0-9])")


def lexemes(text: str) -> Iterator[tuple[int, str]]:
    """Each lexeme of `text` with its position; positions count words from 1, an official number as one word."""
    for position, token in enumerate(_TOKEN.findall(fold(text)), 1):
        for lexeme in _lexemes_of(token):
            yield position, lexeme


def tsvector_literal(fields: Sequence[tuple[str, Weight]]) -> str:
    """What casts with `::tsvector` to the lexemes of all `fields`, each a text and its weight.

    Positions run through the fields with a gap, so that no phrase crosses from one into the next. Put short
    and heavy fields first, for this is how it stays within PostgreSQL's limits: words after position
    LAST_POSITION (about 40 pages) are found alone but not in a phrase, and weigh D; a lexeme keeps its first
    MAX_POSITIONS positions and its first MAX_LEXEME characters; lexemes first met after MAX_VECTOR_BYTES are
    filled, or after MAX_CHARACTERS of text, are left out.
    """
    places: dict[str, list[str]] = {}
    before, room = 0, MAX_CHARACTERS
    for text, weight in fields:
        tokens = _TOKEN.findall(fold(text[:room]))
        room -= min(len(text), room)
        placed = max(LAST_POSITION - before, 0)
        mark = "" if weight == "D" else weight
        for position, token in enumerate(tokens[:placed], before + 1):
            for lexeme in _lexemes_of(token):
                at = places.setdefault(lexeme, [])
                if len(at) < MAX_POSITIONS:
                    at.append(f"{position}{mark}")
        for token in dict.fromkeys(tokens[placed:]):
            for lexeme in _lexemes_of(token):
                places.setdefault(lexeme, [])
        before += len(tokens) + FIELD_GAP
    return " ".join(_within_limit(places))


def tsquery_literal(query: str) -> str | None:
    """What casts with `::tsquery` to what a person searches for; None when nothing is named to look for.

    All words must occur. `"words in quotes"` follow each other; `hành*` begins so; `-word` and `-"a phrase"` must
    not occur, and a search of exclusions alone is None. An official number or date is looked for as a whole, or
    as far as it is written: `711-QD/TU`, `45/BC`, `711`. Anything else is read as space, a quote without its
    partner too. No more is read than MAX_QUERY characters and MAX_TERMS terms.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for excluded, phrase in islice(_phrases(fold(query[:MAX_QUERY])), MAX_TERMS):
        (unwanted if excluded else wanted).append(_expression(phrase))
    if not wanted:
        return None
    return " & ".join([*wanted, *(f"!{expression}" for expression in unwanted)])


class _Sought(NamedTuple):
    """One token of a search: an official number as a `whole`, or `words`, or either. `open`: may go on."""

    whole: str | None
    words: tuple[str, ...]
    open: bool


def _phrases(query: str) -> Iterator[tuple[bool, list[_Sought]]]:
    """Each thing looked for, in the order of the query, and whether it is excluded."""
    pieces = _QUOTE.split(query)
    for index, piece in enumerate(pieces):
        found = list(_SOUGHT.finditer(piece))
        if index % 2 == 0 or index + 1 == len(pieces):
            for match in found:
                yield from _unquoted(bool(match["without"]), _sought(match))
        elif found:
            yield bool(_WITHOUT_PHRASE.search(pieces[index - 1])), [_sought(match) for match in found]


def _unquoted(excluded: bool, sought: _Sought) -> Iterator[tuple[bool, list[_Sought]]]:
    if excluded or sought.whole:
        yield excluded, [sought]
        return
    # `BC-SNV` or `te-xa` without quotes: all of its words, wherever they are.
    for number, word in enumerate(sought.words, 1):
        yield False, [_Sought(None, (word,), sought.open and number == len(sought.words))]


def _sought(match: re.Match[str]) -> _Sought:
    unfinished = match["open"] is not None
    if match["words"]:
        return _Sought(None, tuple(_word(word) for word in _JOINT.split(match["words"])[::2]), unfinished)
    token = match["official"]
    beginnings, words = _beginnings(token), _words(token)
    # `45/2019/QH14 - Luật` may be one symbol or a symbol and a word: what is written together decides.
    together = sum(map(bool, _words(token.split()[0])))
    if "/" not in beginnings[together - 1]:
        return _Sought(beginnings[-1], (), unfinished)
    return _Sought(beginnings[-1], (beginnings[together - 1], *words[together:]), unfinished)


def _expression(phrase: list[_Sought]) -> str:
    """The words of `phrase` one after another. Joined words may also be parts of an official number, at one place."""
    expression = " | ".join(dict.fromkeys((_chain(phrase, as_one=True), _chain(phrase, as_one=False))))
    return f"({expression})" if " " in expression else expression


def _chain(phrase: list[_Sought], *, as_one: bool) -> str:
    written = ""
    for sought in phrase:
        words = (sought.whole,) if sought.whole and (as_one or not sought.words) else sought.words
        for number, word in enumerate(words):
            operator = " <0> " if as_one and number else " <-> "
            written += f"{operator if written else ''}'{word}'"
        written += ":*" if sought.open else ""
    return written


def _within_limit(places: dict[str, list[str]]) -> Iterator[str]:
    filled = 0
    for lexeme, at in places.items():
        # Positions are two bytes each, and before them padding to an even length and their count.
        filled += len(lexeme.encode()) + (3 + 2 * len(at) if at else 0)
        if filled > MAX_VECTOR_BYTES:
            return
        yield f"'{lexeme}':{','.join(at)}" if at else f"'{lexeme}'"


def _lexemes_of(token: str) -> Iterable[str]:
    """What stands at one position: a word, or the parts and beginnings of an official number."""
    if token.isalnum():
        return (_word(token),)
    return dict.fromkeys(chain.from_iterable(zip(_words(token), _beginnings(token), strict=True)))


def _words(token: str) -> list[str]:
    return [_word(word) for word in _JOINT.split(token)[::2]]


def _beginnings(token: str) -> list[str]:
    """`45`, `45/bc`, `45/bc-snv` of `45 /bc - snv`. All joints of a date are written as slashes."""
    pieces = _JOINT.split(token)
    date = all(word.isdigit() for word in pieces[::2])
    beginnings = [_word(pieces[0])]
    for joint, word in zip(pieces[1::2], pieces[2::2], strict=True):
        plain = "/" if date else joint.strip() if joint.strip() in "/.&" else "-"
        beginnings.append(f"{beginnings[-1]}{plain}{_word(word)}"[:MAX_LEXEME])
    return beginnings


def _word(word: str) -> str:
    return _LEADING_ZEROS.sub("", word)[:MAX_LEXEME]
