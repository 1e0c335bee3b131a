"""Text as it enters, as it is searched, and as Vietnamese people put it in order.

Stored text is NFC. Folded text is for the search index only: folding confuses HD with HĐ, so nothing that
names a document is ever stored folded.
"""

import re
import unicodedata

_CARRIAGE_RETURN = re.compile(r"\r\n?")
# C0 control characters other than tab and line ends, and halves of surrogate pairs, which no encoding can store.
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class TextNotAllowed(ValueError):
    """A character that no text of ours may hold.

    `position` counts characters from 0 in the text as given; `code_point` is the offending character's number.
    """

    def __init__(self, position: int, code_point: int) -> None:
        self.position = position
        self.code_point = code_point
        super().__init__(f"character U+{code_point:04X} at position {position} is not allowed in text")


def clean(text: str) -> str:
    """`text` in NFC without outer white space. Line ends (CR LF, as browsers send, or CR) become line feeds.

    Inner white space is kept as it is. Raises TextNotAllowed for NUL and the other C0 control characters
    except line feed and tab, and for lone surrogates.
    """
    if found := _NOT_ALLOWED.search(text):
        raise TextNotAllowed(found.start(), ord(found[0]))
    return unicodedata.normalize("NFC", _CARRIAGE_RETURN.sub("\n", text)).strip()


def clean_line(text: str) -> str:
    """`clean(text)` on one line: every run of white space, line ends included, is one space."""
    return " ".join(clean(text).split())


class _FoldTable(dict[int, str]):
    """What each character folds to, filled as characters are met; `str.translate` reads it."""

    def __missing__(self, code_point: int) -> str:
        letters = unicodedata.normalize("NFD", chr(code_point).lower())
        folded = "".join(letter for letter in letters if unicodedata.category(letter) != "Mn")
        # Đ has no decomposition. Eth (ð) and the African Ɖ (ɖ) are what other keyboards put in its place.
        folded = folded.translate(_BARRED_D)
        if len(self) < _FOLDS_KEPT:
            self[code_point] = folded
        return folded


_BARRED_D = {ord(letter): "d" for letter in "đðɖ"}
_FOLDS_KEPT = 20_000
_FOLDS = _FoldTable()


def fold(text: str) -> str:
    """`text` for searching: lower case, NFD, no marks (category Mn), đ as d. Folding twice changes nothing.

    Each character is folded by itself. Lower case and not case folding, so that PostgreSQL can say the same:
    `translate(regexp_replace(normalize(lower(t COLLATE pg_c_utf8), NFD),
    '[\\u0300-\\u036f]', '', 'g'), 'đðɖ', 'ddd')`.
    Both agree for every text whose marks, once it is decomposed, all lie in U+0300 to U+036F, so for everything
    written in Latin, Greek or modern Cyrillic letters. Of other scripts (Thai, Devanagari, Arabic …) PostgreSQL
    keeps the marks that are dropped here; and it knows letters of a later Unicode than Python does.
    """
    return text.lower().translate(_BARRED_D) if text.isascii() else text.translate(_FOLDS)


# The order of the Vietnamese alphabet and of its tones: Unicode CLDR, collation "vi".
_LETTERS = {
    "a": "a0", "a\u0306": "a1", "a\u0302": "a2",
    "d": "d0", "đ": "d1", "ð": "d1",
    "e": "e0", "e\u0302": "e1",
    "o": "o0", "o\u0302": "o1", "o\u031b": "o2",
    "u": "u0", "u\u031b": "u1",
}  # fmt: skip
_SHAPES = "\u0302\u0306\u031b"
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_LETTER_WITH_MARKS = re.compile("([^\u0300-\u036f])([\u0300-\u036f]*)")
_LEVEL_END = "\t"


def vietnamese_sort_key(name: str) -> str:
    """A key that plain byte order (collation C) sorts as the Vietnamese alphabet does.

    Three levels, ended by a tab, which is below every other character of the key:
    1. letters in lower case without tones; a, d, e, o, u take a digit so that `a0 a1 a2` are a, ă, â;
    2. one digit for the tone of each word: 0 level, 1 huyền, 2 hỏi, 3 ngã, 4 sắc, 5 nặng;
    3. the name itself in NFC, so that different names never share a key and order is total.

    So `Hoả` and `Hỏa` stand side by side, and tones decide only between names with the same letters.
    """
    name = clean_line(name)
    return _levels(name) + name


def person_sort_key(full_name: str) -> str:
    """The key of a person's name: the given name, which is the last word, comes first, then the rest.

    The given name decides with its tone before the family name is looked at: every An before any Án.
    """
    name = clean_line(full_name)
    rest, _, given = name.rpartition(" ")
    return _levels(given) + _levels(rest) + name


def _levels(line: str) -> str:
    words = [_letters_and_tone(word) for word in line.split(" ")]
    letters = " ".join(letters for letters, _ in words)
    tones = "".join(tone for _, tone in words)
    return f"{letters}{_LEVEL_END}{tones}{_LEVEL_END}"


def _letters_and_tone(word: str) -> tuple[str, str]:
    letters, tone = [], "0"
    for found in _LETTER_WITH_MARKS.finditer(unicodedata.normalize("NFD", word.lower())):
        letter, marks = found.groups()
        shape = "".join(mark for mark in marks if mark in _SHAPES)
        letters.append(_LETTERS.get(letter + shape) or _LETTERS.get(letter, letter))
        tone = next((_TONES[mark] for mark in marks if mark in _TONES), tone)
    return "".join(letters), tone
