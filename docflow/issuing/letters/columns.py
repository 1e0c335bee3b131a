"""What stands in two columns, the head and the foot of a letter, as lines at their places. Pure.

A place is counted from the upper left corner of the block, downwards, in points.
"""

from collections.abc import Iterable
from typing import NamedTuple

from docflow.issuing.letters import measures as m
from docflow.issuing.letters import phrases
from docflow.issuing.letters.facts import LetterFacts
from docflow.printing.typeface import Face, typeface, wrapped

NUMBER_ROOM, DAY_ROOM, YEAR_ROOM = 34.0, 15.0, 28.0
"""Widths of the form fields: a number of five signs, two digits, four."""
_RULE_BELOW = 6.0


class Text(NamedTuple):
    """A line; ``x`` is its left end, ``y`` its base line."""

    x: float
    y: float
    text: str
    face: Face
    size: float


class Rule(NamedTuple):
    """A horizontal line."""

    x: float
    y: float
    width: float


class Field(NamedTuple):
    """Where digits are to come; ``y`` is the base line. ``align``: 1 in the middle, 2 on the right (ISO 32000-2, 12.7.4.3)."""

    x: float
    y: float
    width: float
    name: str
    face: Face
    size: float
    align: int


class Block(NamedTuple):
    """Lines at their places and the height that they take."""

    texts: tuple[Text, ...]
    rules: tuple[Rule, ...]
    fields: tuple[Field, ...]
    height: float


def balanced(text: str, face: Face, size: float, width: float) -> list[str]:
    """``text`` in as few lines as ``width`` allows, about as long as each other: no last line of one word."""
    lines = wrapped(text, face, size, width)
    narrower = width
    while len(lines) > 1 and (narrower := narrower - size) > width / 2:
        tried = wrapped(text, face, size, narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def length_of(lines: Iterable[str], face: Face, size: float) -> float:
    """Of the longest of some lines."""
    return max(typeface(face).width(line, size) for line in lines)


class Column:
    """Lines one below the other, in the middle of a width or from its left edge."""

    def __init__(self, left: float, width: float, top: float = 0.0) -> None:
        self.left, self.width, self.y = left, width, top
        self.texts: list[Text] = []
        self.rules: list[Rule] = []
        self.fields: list[Field] = []
        self._longest = 0.0

    def centred(self, text: str, face: Face, size: float) -> None:
        """As many lines as it needs, about as long as each other."""
        lines = balanced(text, face, size, self.width)
        self._longest = length_of(lines, face, size)
        for line in lines:
            self._put(self.left + (self.width - typeface(face).width(line, size)) / 2, line, face, size)

    def plain(self, text: str, face: Face, size: float) -> None:
        """As many lines as it needs, from the left edge."""
        for line in wrapped(text, face, size, self.width):
            self._put(self.left, line, face, size)

    def rule(self, share: float) -> None:
        """A line below what was centred last, of a share of its length."""
        length = self._longest * share
        self.rules.append(Rule(self.left + (self.width - length) / 2, self.y + _RULE_BELOW - 1.5, length))
        self.y += _RULE_BELOW

    def parts(self, parts: Iterable[str | tuple[str, float, int]], face: Face, size: float) -> None:
        """One line in the middle: texts, and fields as name, width and alignment. A line that is too long is set smaller."""
        pieces = _merged(parts)
        length = _length(pieces, face, size)
        if length > self.width:
            size *= self.width / length
            length = self.width
        x = self.left + (self.width - length) / 2
        self.y += size * m.LEADING
        for piece in pieces:
            if isinstance(piece, str):
                self.texts.append(Text(x, self.y, piece, face, size))
                x += typeface(face).width(piece, size)
            else:
                name, width, align = piece
                self.fields.append(Field(x, self.y, width, name, face, size, align))
                x += width

    def _put(self, x: float, line: str, face: Face, size: float) -> None:
        self.y += size * m.LEADING
        self.texts.append(Text(x, self.y, line, face, size))


def _merged(parts: Iterable[str | tuple[str, float, int]]) -> list[str | tuple[str, float, int]]:
    """Texts that follow each other as one, so that they are found and copied as one."""
    merged: list[str | tuple[str, float, int]] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(before := merged[-1], str):
            merged[-1] = before + part
        else:
            merged.append(part)
    return merged


def _length(pieces: Iterable[str | tuple[str, float, int]], face: Face, size: float) -> float:
    return sum(typeface(face).width(piece, size) if isinstance(piece, str) else piece[1] for piece in pieces)


def head(facts: LetterFacts) -> Block:
    """Issuer and nation, number and date; below an official letter's number what it is about (II.1 to II.5)."""
    split = m.TEXT_WIDTH * m.LEFT_COLUMN
    left, right = Column(0, split - 6), Column(split, m.TEXT_WIDTH - split)
    if facts.parent:
        left.centred(facts.parent.upper(), Face.REGULAR, m.PARENT)
    left.centred(facts.issuer.upper(), Face.BOLD, m.ISSUER)
    left.rule(0.4)
    nation, motto = phrases.state(facts)
    right.parts([nation], Face.BOLD, m.STATE)
    right.centred(motto, Face.BOLD, m.MOTTO)
    right.rule(1.0)
    left.y = right.y = max(left.y, right.y) + 4
    number = facts.number if facts.number is not None else ("number", NUMBER_ROOM, 2)
    left.parts([phrases.number_word(facts), number, facts.after_number], Face.REGULAR, m.NUMBER)
    right.parts(_date(facts), Face.ITALIC, m.DATE)
    if facts.is_official_letter:
        left.y += 3
        left.centred(phrases.about(facts), Face.REGULAR, m.ABOUT)
    return _joined(left, right)


def _date(facts: LetterFacts) -> list[str | tuple[str, float, int]]:
    parts = phrases.date_parts(facts)
    rooms = (("day", DAY_ROOM, 1), ("month", DAY_ROOM, 1), ("year", YEAR_ROOM, 1))
    digits: tuple[str | tuple[str, float, int], ...] = parts.digits or rooms
    return [piece for pair in zip(parts.before, digits, strict=True) for piece in pair]


def recipients(facts: LetterFacts, lines: Iterable[str], *, headed: bool) -> Block:
    """The list of recipients, or a part of it, in the left half (II.9)."""
    column = Column(0, m.TEXT_WIDTH * 0.46)
    if headed:
        column.plain(phrases.recipients_word(facts), Face.BOLD_ITALIC, m.RECIPIENTS_HEAD)
    for line in lines:
        column.plain(line, Face.REGULAR, m.RECIPIENTS)
    return _joined(column)


def signer(facts: LetterFacts) -> tuple[Block, float]:
    """Authority, post, room for signature and seal, name, in the right half (II.7); and where that room begins."""
    half = m.TEXT_WIDTH * 0.48
    column = Column(m.TEXT_WIDTH - half, half)
    for line in (facts.signer.authority, facts.signer.post):
        if line:
            column.centred(line.upper(), Face.BOLD, m.SIGNER)
    begins = column.y
    column.y += m.SIGNING_SPACE
    column.centred(facts.signer.name or " ", Face.BOLD, m.SIGNER)
    return _joined(column), begins


def _joined(*columns: Column) -> Block:
    return Block(
        tuple(text for column in columns for text in column.texts),
        tuple(rule for column in columns for rule in column.rules),
        tuple(field for column in columns for field in column.fields),
        max(column.y for column in columns) + 3,
    )
