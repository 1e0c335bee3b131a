"""Liberation Serif, in whose widths Times New Roman's texts fit: how wide a text is, and the part of it that a
document needs, for embedding.

The faces are vendored under ``fonts`` (SIL Open Font License 1.1) with the hashes of their files in ``lock.json``.
"""

from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase.ttfonts import TTFontFile

MISSING = 0x25A1
"""What is shown for a letter that the face lacks: a white square."""
FONTS = Path(__file__).parent / "fonts"


class Face(StrEnum):
    """The value is the name of the file."""

    REGULAR = "LiberationSerif-Regular"
    BOLD = "LiberationSerif-Bold"
    ITALIC = "LiberationSerif-Italic"
    BOLD_ITALIC = "LiberationSerif-BoldItalic"


class _Widths(dict[int, float]):
    """Widths by code point, in thousandths of the size; what the face has no letter for is as wide as what is shown for it."""

    def __init__(self, widths: dict[int, float], missing: float) -> None:
        super().__init__(widths)
        self._missing = missing

    def __missing__(self, code_point: int) -> float:
        return self._missing


class Typeface:
    """One face, read once and shared by all documents. Measures in thousandths of the size."""

    def __init__(self, face: Face) -> None:
        self._file = TTFontFile(str(FONTS / f"{face}.ttf"))
        self._reading = Lock()
        self._widths = _Widths(
            self._file.charWidths, self._file.charWidths.get(MISSING, self._file.defaultWidth)
        )
        self.glyphs: dict[int, int] = self._file.charToGlyph
        self.name: str = face.value
        self.ascent: float = self._file.ascent
        self.descent: float = self._file.descent
        self.cap_height: float = self._file.capHeight
        self.box: list[float] = list(self._file.bbox)
        self.italic_angle: float = self._file.italicAngle
        self.stem: float = self._file.stemV
        self.flags: int = self._file.flags

    def width_of(self, letter: str) -> float:
        return self._widths[ord(letter)]

    def width(self, text: str, size: float) -> float:
        """The width of a line in points."""
        return sum(map(self._widths.__getitem__, map(ord, text))) * size / 1000

    def subset(self, letters: str) -> bytes:
        """A TrueType file with the glyphs of ``letters`` in the order of their first appearance, after the box for
        what is missing."""
        with self._reading:
            made: bytes = self._file.makeSubset([ord(letter) for letter in letters])
        return made


@cache
def typeface(face: Face) -> Typeface:
    """The face, read when it is first asked for."""
    return Typeface(face)


@lru_cache(maxsize=20_000)
def word_width(face: Face, word: str) -> float:
    """Of size 1. Vietnamese is written in some thousands of syllables, so most are known already."""
    return typeface(face).width(word, 1.0)


# Where a word that is too long for a column, as a symbol may be, is broken before any other letter.
_BREAKS_AFTER = frozenset("/-_.,;:@&")


def wrapped(text: str, face: Face, size: float, width: float) -> list[str]:
    """``text`` in lines at most ``width`` points wide; its own line feeds are kept, at least one line."""
    room = width / size
    space = word_width(face, " ")
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, filled = "", 0.0
        for word in paragraph.split():
            taken = word_width(face, word) if len(word) < 64 else typeface(face).width(word, 1.0)
            if line and filled + space + taken <= room:
                line, filled = f"{line} {word}", filled + space + taken
                continue
            if line:
                lines.append(line)
            *whole, line = _pieces(word, face, room) if taken > room else [word]
            lines.extend(whole)
            filled = word_width(face, line)
        lines.append(line)
    return lines


def _pieces(word: str, face: Face, room: float) -> list[str]:
    """A word in pieces that fit, broken after a sign where that leaves at least a third of the line filled."""
    widths = typeface(face)
    pieces: list[str] = []
    start, filled, last_break = 0, 0.0, 0
    for place, letter in enumerate(word):
        taken = widths.width_of(letter) / 1000
        if filled + taken > room and place > start:
            end = last_break if last_break - start > (place - start) / 3 else place
            pieces.append(word[start:end])
            start, filled = end, widths.width(word[end:place], 1.0)
        filled += taken
        if letter in _BREAKS_AFTER:
            last_break = place + 1
    return [*pieces, word[start:]]
