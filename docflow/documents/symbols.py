"""The number and symbol of an official document: `45/BC-SNV`, `12/UBND-VX`, `711-QĐ/TU`, `30/2020/NĐ-CP`.

Decree 30/2020/NĐ-CP, Appendix I (II.3) for named kinds and official letters; the Party's and the legislature's
own rules for their two forms. A symbol is stored as written: Đ and D, upper and lower case are different
letters (HD is not HĐ, CT is not CTr). What is read is bounded and every pattern runs in linear time.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from docflow.core.text import fold
from docflow.documents.kinds import LEGISLATIVE_SYMBOLS, PARTY_SYMBOLS

MAX_LENGTH = 100
MAX_NUMBER = 9_999_999
YEARS = range(1945, 2100)


class Form(StrEnum):
    """How number, kind, body and unit are put together."""

    NAMED = "named"
    """`45/BC-SNV`: number / KIND - BODY."""
    LETTER = "letter"
    """`12/UBND-VX`: number / BODY - drafting unit or field; an official letter has no kind."""
    PARTY = "party"
    """`711-QĐ/TU`: number - KIND / BODY."""
    LEGISLATIVE = "legislative"
    """`30/2020/NĐ-CP`: number / year / KIND - BODY; a law has no kind: `45/2019/QH14`."""


class Unclear(StrEnum):
    """What is wrong with a text that is not a symbol."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    IS_A_DATE = "is_a_date"
    NUMBER_MISSING = "number_missing"
    NUMBER_IMPOSSIBLE = "number_impossible"
    YEAR_IMPOSSIBLE = "year_impossible"
    BODY_MISSING = "body_missing"
    CHARACTER_NOT_ALLOWED = "character_not_allowed"
    TEXT_AFTER = "text_after"
    SHAPE_UNKNOWN = "shape_unknown"


class SymbolNotUnderstood(ValueError):
    """`text` is no number and symbol, because of `reason`."""

    def __init__(self, reason: Unclear, text: str) -> None:
        self.reason = reason
        self.text = text
        super().__init__(f"{text[:MAX_LENGTH]!r} is not a document's number and symbol: {reason}")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A number and symbol that was understood. Equal when it is the same symbol, however it was written.

    `suffix` is the letter in `30c`. `kind` is the kind's symbol in its exact letters, None for an official
    letter or a law. `unit` is the drafting unit or field of an official letter. `written` is the text in NFC
    without label and outer punctuation. `candidates` are the kinds that an ASCII text may mean, the one that
    was read first, when there are more than one: HD may be HĐ.
    """

    form: Form
    number: int
    suffix: str
    year: int | None
    kind: str | None
    body: str
    unit: str | None = None
    written: str = field(default="", compare=False)
    candidates: tuple[str, ...] = field(default=(), compare=False)

    @property
    def canonical(self) -> str:
        """The symbol as the decree writes it: no spaces, numbers below 10 with a leading zero."""
        return f"{self.number:02d}{self.suffix}{self._after_number(self.body, self.unit)}"

    @property
    def match_key(self) -> str:
        """The same for one symbol written differently (spaces, leading zeros, case of the body), for warnings.

        The kind keeps its exact letters, so HD and HĐ, CT and CTr never share a key.
        """
        unit = self.unit and self.unit.lower()
        return f"{self.number}{self.suffix.lower()}{self._after_number(self.body.lower(), unit)}"

    def _after_number(self, body: str, unit: str | None) -> str:
        if self.form is Form.PARTY:
            return f"-{self.kind}/{body}"
        year = f"/{self.year}" if self.year else ""
        return f"{year}/" + "-".join(part for part in (self.kind, body, unit) if part)


def parse(text: str, kinds: Mapping[str, object] | Collection[str]) -> Symbol:
    """What `text` says as a number and symbol; `kinds` are the symbols of the known kinds (or map from them).

    Spaces around separators, other dashes, a label (`Số:`, `No.`) and decomposed letters are accepted. A kind
    written without its bar or in the wrong case is repaired only when one known kind fits: QD is QĐ, and so is
    QDD, which is QĐ typed in Telex where nothing composed it. Where the form itself says that a kind stands
    (party, legislative), an unknown one is kept as written.
    Raises SymbolNotUnderstood.
    """
    written = _without_noise(text)
    plain = written.translate(_LOOKALIKES)
    if _DATE.fullmatch("".join(plain.split())):
        raise SymbolNotUnderstood(Unclear.IS_A_DATE, text)
    head = _NUMBER.match(plain)
    if head is None:
        number_glued = "0" <= plain[0] <= "9"
        raise SymbolNotUnderstood(Unclear.SHAPE_UNKNOWN if number_glued else Unclear.NUMBER_MISSING, text)
    number = int(head[1])
    if not 1 <= number <= MAX_NUMBER:
        raise SymbolNotUnderstood(Unclear.NUMBER_IMPOSSIBLE, text)
    read = _read(_parts(plain, head.end(), text), frozenset(kinds), text)
    return Symbol(number=number, suffix=head[2], written=written, **read._asdict())


# Eth and the African letter are typed for Đ; dashes and slashes of other blocks for - and /.
_LOOKALIKES = str.maketrans("ÐƉðɖ‐‑‒–—―−∕⁄／", "ĐĐđđ-------///")
_NOISE_AROUND = " \t\r\n\u00a0\"'“”‘’()[].,;:"
_LABEL = re.compile(
    r"(?:(?:số|so|no|nr)(?:[\s,]*+(?:ký\s*+)?hiệu)?|number|[№#])[\s.:]*+(?=[0-9])", re.IGNORECASE
)
_NUMBER = re.compile(r"([0-9]++)([^\W\d_]{0,3}+)(?![^\W_])")
_JOINT = re.compile(r"\s*+([-/])\s*+")
_SEGMENT = re.compile(r"[^\W_](?:[^\W_]|[.&])*+")
_DATE = re.compile(
    r"(?:\d{1,2}[-/.])?\d{1,2}[-/.]\d{4}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
    re.ASCII,
)

_TELEX = re.compile("[dD][dD]")

_Parts = list[tuple[str, str]]


class _Read(NamedTuple):
    form: Form
    year: int | None
    kind: str | None
    body: str
    unit: str | None = None
    candidates: tuple[str, ...] = ()


def _without_noise(text: str) -> str:
    # Normalising may take quadratic time, so what cannot become short enough is not normalised.
    if len(text) > 4 * MAX_LENGTH:
        raise SymbolNotUnderstood(Unclear.TOO_LONG, text)
    written = unicodedata.normalize("NFC", text).strip(_NOISE_AROUND)
    if label := _LABEL.match(written):
        written = written[label.end() :]
    if not written:
        raise SymbolNotUnderstood(Unclear.EMPTY, text)
    if len(written) > MAX_LENGTH:
        raise SymbolNotUnderstood(Unclear.TOO_LONG, text)
    return written


def _parts(plain: str, start: int, text: str) -> _Parts:
    """What follows the number: pairs of separator and segment, at least one."""
    parts: _Parts = []
    while start < len(plain):
        joint = _JOINT.match(plain, start)
        if joint is None:
            raise SymbolNotUnderstood(Unclear.TEXT_AFTER if parts else Unclear.SHAPE_UNKNOWN, text)
        segment = _SEGMENT.match(plain, joint.end())
        if segment is None:
            ended = joint.end() == len(plain)
            raise SymbolNotUnderstood(Unclear.BODY_MISSING if ended else Unclear.CHARACTER_NOT_ALLOWED, text)
        parts.append((joint[1], segment[0]))
        start = segment.end()
    if not parts:
        raise SymbolNotUnderstood(Unclear.BODY_MISSING, text)
    return parts


def _read(parts: _Parts, kinds: frozenset[str], text: str) -> _Read:
    joint, first = parts[0]
    if joint == "-":
        kind, candidates = _kind(first, kinds | PARTY_SYMBOLS, text)
        return _Read(Form.PARTY, None, kind or first, _body(parts[1:], "/", text), candidates=candidates)
    if first.isdigit():
        return _legislative(parts, kinds | LEGISLATIVE_SYMBOLS, text)
    kind, candidates = _kind(first, kinds, text)
    rest = _body(parts[1:], "-", text) if kind or len(parts) > 1 else None
    if kind and rest:
        return _Read(Form.NAMED, None, kind, rest, candidates=candidates)
    return _Read(Form.LETTER, None, None, first, rest)


def _legislative(parts: _Parts, kinds: frozenset[str], text: str) -> _Read:
    year = parts[0][1]
    if not (len(year) == 4 and year.isdecimal() and int(year) in YEARS):
        raise SymbolNotUnderstood(Unclear.YEAR_IMPOSSIBLE, text)
    first = _body(parts[1:2], "/", text)
    kind, candidates = _kind(first, kinds, text)
    if kind is None and len(parts) == 2:
        return _Read(Form.LEGISLATIVE, int(year), None, first)
    body = _body(parts[2:], "-", text)
    return _Read(Form.LEGISLATIVE, int(year), kind or first, body, candidates=candidates)


def _body(parts: _Parts, joint: str, text: str) -> str:
    """`parts` as one piece, which `joint` must join to what stands before it."""
    if not parts:
        raise SymbolNotUnderstood(Unclear.BODY_MISSING, text)
    if parts[0][0] != joint:
        raise SymbolNotUnderstood(Unclear.SHAPE_UNKNOWN, text)
    return "".join(separator + segment for separator, segment in parts)[1:]


def _kind(segment: str, known: frozenset[str], text: str) -> tuple[str | None, tuple[str, ...]]:
    """The kind that `segment` is, or None, and the candidates when an ASCII text may mean several."""
    alike = _by_letters(known).get(fold(segment), ())
    same_letters = [kind for kind in alike if kind.lower() == segment.lower()]
    fits = same_letters or (list(alike) if segment.isascii() else [])
    if not fits:
        return _kind_in_telex(segment, known), ()
    kind = fits[0] if len(fits) == 1 and segment not in known else segment
    # A writer who has Vietnamese letters at hand means the D that he writes.
    vietnamese = any(letter.isalpha() and not letter.isascii() for letter in text)
    may_mean = fits if vietnamese and kind in known else alike
    if list(may_mean) == [kind]:
        return kind, ()
    return kind, tuple(sorted(may_mean, key=lambda other: (other != kind, other)))


def _kind_in_telex(segment: str, known: frozenset[str]) -> str | None:
    """QĐ for a QDD: who writes two D by Telex means the letter with the bar, and nothing else."""
    if not segment.isascii():
        return None
    barred = _TELEX.sub("Đ", segment).lower()
    meant = [kind for kind in _by_letters(known).get(fold(barred), ()) if kind.lower() == barred]
    return meant[0] if len(meant) == 1 and barred != segment.lower() else None


@lru_cache(maxsize=64)
def _by_letters(known: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """The kinds that are alike but for bars, marks and case, by their folded letters."""
    alike: dict[str, list[str]] = {}
    for kind in sorted(known):
        alike.setdefault(fold(kind), []).append(kind)
    return {letters: tuple(kinds) for letters, kinds in alike.items()}
