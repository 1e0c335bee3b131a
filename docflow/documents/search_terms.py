"""Text as PostgreSQL's tsvector, made here and not by PostgreSQL's parser. Searches for it are in ``search_query``.

That parser takes `45/bc-snv` for a path and cuts `711-qđ/tu` in the wrong place, so numbers of documents would
not be found. Here a word is a run of letters and digits, folded (`core.text.fold`), without leading zeros. An
official number or a date stands at one position as its parts and as its beginnings up to the whole:
`45/BC-SNV` is `45`, `bc`, `snv`, `45/bc` and `45/bc-snv`, and so is `45 /BC - SNV`.

Lexemes of words hold letters, digits and `/ - . &` only: no quote or backslash can occur in a literal. Beside
them a vector holds two kinds of lexeme that no text can contain:

- `_` and three letters: a pair of neighbouring words. PostgreSQL's index knows which documents have both words of
  a phrase, and must read each of them to see whether they are neighbours; common syllables stand in almost all.
  A pair is hashed to 18 bits: so the index stays small, and what the hash confuses is sorted out by the words.
- `=` and a mark: a fact of the document that lists are narrowed to, so that one index serves words, readers and
  filters together.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise, product
from typing import Literal
from zlib import crc32

from docflow.core.text import fold

Weight = Literal["A", "B", "C", "D"]

# PostgreSQL, "Text Search: Limitations": a lexeme under 2 KB, a vector under 1 MB, 256 positions a lexeme,
# positions to 16,383. We stay two below that, as PostgreSQL itself moves every later position onto the last.
LAST_POSITION = 16_381
MAX_POSITIONS = 256
MAX_LEXEME = 200
MAX_VECTOR_BYTES = 1_000_000
MAX_CHARACTERS = 4_000_000
MAX_EXACT_WORDS = 20_000
FIELD_GAP = 10

_DASH = "-\u2010-\u2015\u2212"
WORD = r"[^\W_]++"
_LETTERS = r"[^\W\d_][^\W_]*+"
_NUMBER = r"[0-9][^\W_]*+"
_SLASH = r"\s{0,2}+/\s{0,2}+"
_HYPHEN = rf"\s{{0,2}}+[{_DASH}]\s{{0,2}}+"
_TAIL = rf"(?:[{_DASH}/.&]{_LETTERS}){{0,4}}+"
# Spaces are allowed only where the whole shape is there; `45/BC` or `45/2019/QH14` must be written together.
OFFICIAL = "|".join((
    rf"{_NUMBER}{_SLASH}(?:[0-9]{{4}}{_SLASH})?{_LETTERS}{_HYPHEN}{_LETTERS}{_TAIL}",
    rf"{_NUMBER}{_HYPHEN}{_LETTERS}{_SLASH}{_LETTERS}{_TAIL}",
    rf"{_NUMBER}/(?:[0-9]{{4}}/)?{_LETTERS}{_TAIL}",
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}(?![^\W_])",
    r"[0-9]++(?:/[0-9]++){1,3}+(?![^\W_])",
))  # fmt: skip
JOINT_SIGNS = f"{_DASH}/.&"
_TOKEN = re.compile(f"{OFFICIAL}|{WORD}")
_JOINT = re.compile(rf"(\s*[{JOINT_SIGNS}]\s*)")
_LEADING_ZEROS = re.compile("^0+(?=[0-9])")
_PLAIN_WORD = re.compile(WORD)
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."
HASHES = 1 << 18


def lexemes(text: str) -> Iterator[tuple[int, str]]:
    """Each lexeme of `text` with its position; positions count words from 1, an official number as one word."""
    for position, token in enumerate(_TOKEN.findall(fold(text)), 1):
        for lexeme in lexemes_of(token):
            yield position, lexeme


def tsvector_literal(fields: Sequence[tuple[str, Weight]]) -> str:
    """What casts with `::tsvector` to the lexemes of all `fields`, each a text and its weight.

    Positions run through the fields with a gap, so that no phrase crosses from one into the next. Put short
    and heavy fields first, for this is how it stays within PostgreSQL's limits: words after position
    LAST_POSITION (about 40 pages) are found alone but not in a phrase, and weigh D; a lexeme keeps its first
    MAX_POSITIONS positions and its first MAX_LEXEME characters; lexemes first met after MAX_VECTOR_BYTES are
    filled, or after MAX_CHARACTERS of text, are left out.
    """
    return " ".join(_within_limit(_places(fields), MAX_VECTOR_BYTES))


def document_vector(fields: Sequence[tuple[str, Weight]], marks: Iterable[str]) -> str:
    """`tsvector_literal` with the pairs of neighbouring words and with `marks`; these are never left out."""
    pairs: set[int] = set()
    places = _places(fields, pairs)
    beside = [f"'={mark}'" for mark in dict.fromkeys(marks)] + [f"'{_pair(one)}'" for one in sorted(pairs)]
    room = MAX_VECTOR_BYTES - sum(len(lexeme.encode()) for lexeme in beside)
    return " ".join(chain(_within_limit(places, room), beside))


def pair_of(first: str, second: str) -> str:
    """The lexeme of two neighbouring words."""
    return _pair(_hash(f"{first} {second}"))


def mark_of(kind: str, value: str) -> str:
    """A mark for a value of any length, by its hash."""
    return f"{kind}{_letters(_hash(value))}"


def exact_literal(texts: Iterable[str]) -> str:
    """What casts with `::tsvector` to the words of `texts` as they are accented; words without accents are not there.

    No positions: it tells only whether a word is written so somewhere. At most MAX_EXACT_WORDS.
    """
    found: dict[str, None] = {}
    for text in texts:
        for word in dict.fromkeys(_PLAIN_WORD.findall(unicodedata.normalize("NFC", text).lower())):
            if not word.isascii() and (key := exact_key(word)):
                found[key] = None
                if len(found) == MAX_EXACT_WORDS:
                    break
    return " ".join(f"'{key}'" for key in found)


@lru_cache(maxsize=20_000)
def exact_key(word: str) -> str | None:
    """A word with its accents, equal wherever the tone is put: `hoả` and `hỏa` are `hoa2`. None without accents."""
    letters = unicodedata.normalize("NFD", word.lower())
    tone = next((_TONES[letter] for letter in letters if letter in _TONES), "0")
    plain = unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES))
    if tone == "0" and plain == fold(word):
        return None
    return f"{plain[:MAX_LEXEME]}{tone}"


def vocabulary_of(texts: Iterable[str]) -> set[str]:
    """The folded words of `texts` that somebody might mistype: letters only, of 2 to 30 letters."""
    return {
        word
        for text in texts
        for word in set(_TOKEN.findall(fold(text)))
        if word.isalpha() and word.isascii() and 2 <= len(word) <= 30
    }


def _places(fields: Sequence[tuple[str, Weight]], pairs: set[int] | None = None) -> dict[str, list[str]]:
    """The positions of each lexeme with their weights, as they are written; `pairs` is filled, too."""
    places: dict[str, list[str]] = {}
    before, room = 0, MAX_CHARACTERS
    for text, weight in fields:
        tokens = _TOKEN.findall(fold(text[:room]))
        room -= min(len(text), room)
        placed = max(LAST_POSITION - before, 0)
        mark = "" if weight == "D" else weight
        for position, token in enumerate(tokens[:placed], before + 1):
            for lexeme in lexemes_of(token):
                at = places.setdefault(lexeme, [])
                if len(at) < MAX_POSITIONS:
                    at.append(f"{position}{mark}")
        for token in dict.fromkeys(tokens[placed:]):
            for lexeme in lexemes_of(token):
                places.setdefault(lexeme, [])
        if pairs is not None:
            pairs.update(_pairs_of(tokens[:placed]))
        before += len(tokens) + FIELD_GAP
    return places


def _pairs_of(tokens: Sequence[str]) -> Iterator[int]:
    """Pairs of neighbours; of an official number each part and beginning, for a phrase may name any of them."""
    for first, second in set(pairwise(tokens)):
        for one, other in product(lexemes_of(first), lexemes_of(second)):
            yield _hash(f"{one} {other}")


def _hash(text: str) -> int:
    return crc32(text.encode()) % HASHES


def _pair(number: int) -> str:
    return f"_{_letters(number)}"


def _letters(number: int) -> str:
    return _BITS[number >> 12] + _BITS[number >> 6 & 63] + _BITS[number & 63]


def _within_limit(places: dict[str, list[str]], room: int) -> Iterator[str]:
    filled = 0
    for lexeme, at in places.items():
        # Positions are two bytes each, and before them padding to an even length and their count.
        filled += len(lexeme.encode()) + (3 + 2 * len(at) if at else 0)
        if filled > room:
            return
        yield f"'{lexeme}':{','.join(at)}" if at else f"'{lexeme}'"


def lexemes_of(token: str) -> Iterable[str]:
    """What stands at one position: a word, or the parts and beginnings of an official number."""
    if token.isalnum():
        return (word_of(token),)
    return dict.fromkeys(chain.from_iterable(zip(words_of(token), beginnings_of(token), strict=True)))


def words_of(token: str) -> list[str]:
    """`45`, `bc`, `snv` of a folded `45 /bc - snv`."""
    return [word_of(word) for word in _JOINT.split(token)[::2]]


def beginnings_of(token: str) -> list[str]:
    """`45`, `45/bc`, `45/bc-snv` of `45 /bc - snv`. All joints of a date are written as slashes."""
    pieces = _JOINT.split(token)
    date = all(word.isdigit() for word in pieces[::2])
    beginnings = [word_of(pieces[0])]
    for joint, word in zip(pieces[1::2], pieces[2::2], strict=True):
        plain = "/" if date else joint.strip() if joint.strip() in "/.&" else "-"
        beginnings.append(f"{beginnings[-1]}{plain}{word_of(word)}"[:MAX_LEXEME])
    return beginnings


def word_of(word: str) -> str:
    """A folded word as a lexeme: without leading zeros, not too long."""
    return _LEADING_ZEROS.sub("", word)[:MAX_LEXEME]
