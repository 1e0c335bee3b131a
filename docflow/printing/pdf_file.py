"""The few objects of a PDF (ISO 32000-1) that a table needs, written to the file as soon as they are known.

reportlab reads and subsets the faces; its canvas is not used, because it keeps every page in memory until the last
is drawn. Here a page is forgotten when it is written: what grows is the list of places of the objects.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from docflow.printing.typeface import MISSING, Face, Typeface, typeface

_FAMILY = 6
"""Letters of the tag before the name of a subset (9.6.4)."""
_WIDTHS_AT_ONCE = 100


class EmbeddedFace:
    """The letters of a face that one document uses, each with the number that stands for it in a page."""

    def __init__(self, face: Face) -> None:
        self.face: Typeface = typeface(face)
        self._numbers = _Numbers(self.face.glyphs)

    def shown(self, text: str) -> bytes:
        """The text as a page shows it: two bytes for each letter, in hexadecimal."""
        return text.translate(self._numbers).encode("utf-16-be").hex().encode()

    @property
    def letters(self) -> str:
        """Those that were shown, in the order in which they got their numbers."""
        return "".join(map(chr, self._numbers))

    def codes(self) -> dict[int, int]:
        """The letter that each number in use stands for; of several that look alike the first."""
        found: dict[int, int] = {}
        for code_point, number in self._numbers.items():
            found.setdefault(ord(number), code_point)
        return found


class _Numbers(dict[int, str]):
    """Gives a letter the number of its glyph in the subset, as ``Typeface.subset`` will count them.

    Two letters with one glyph share a number; whatever the face lacks has that of a white square. Its own box for a
    missing letter, number 0, is not drawn by every viewer: the text would look as if nothing stood there.
    """

    def __init__(self, glyphs: Mapping[int, int]) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._given = {0: 0}

    def __missing__(self, code_point: int) -> str:
        if code_point not in self._glyphs and code_point != MISSING:
            self[code_point] = self[MISSING]
            return self[code_point]
        number = self._given.setdefault(self._glyphs.get(code_point, 0), len(self._given))
        self[code_point] = chr(number)
        return self[code_point]


class PdfFile:
    """A document under way. Objects have numbers from 1; a number may be taken before its object is written."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._written = 0
        self._places: list[int] = []
        self._pages: list[int] = []
        self._tree = self.take()
        self.resources = self.take()
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def take(self) -> int:
        """The number of an object that is still to be written."""
        self._places.append(0)
        return len(self._places)

    def write(self, number: int, body: bytes) -> int:
        """Write an object under its number."""
        self._places[number - 1] = self._written
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def write_stream(self, number: int, content: bytes, entries: bytes = b"") -> int:
        """Write a stream, compressed."""
        packed = zlib.compress(content, 6)
        head = b"<< %b /Length %d /Filter /FlateDecode >>" % (entries, len(packed))
        return self.write(number, head + b"\nstream\n" + packed + b"\nendstream")

    def add_page(self, content: bytes, width: float, height: float) -> None:
        """A page of ``width`` by ``height`` points."""
        stream = self.write_stream(self.take(), content)
        page = (
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources %d 0 R /Contents %d 0 R >>"
        )
        self._pages.append(
            self.write(self.take(), page % (self._tree, width, height, self.resources, stream))
        )

    def write_face(self, embedded: EmbeddedFace) -> int:
        """The face with the letters that were shown (9.7.4, CIDFontType2); the number of its font object."""
        face, letters = embedded.face, embedded.letters
        name = f"{_tag(letters)}+{face.name}".encode()
        program = face.subset(letters)
        file = self.write_stream(self.take(), program, b"/Length1 %d" % len(program))
        descriptor = self.write(self.take(), _descriptor(face, name, file))
        descendant = self.write(
            self.take(),
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%b /FontDescriptor %d 0 R /CIDToGIDMap /Identity"
            b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 /W [0 [%b]] >>"
            % (name, descriptor, _widths(embedded)),
        )
        unicode_map = self.write_stream(self.take(), _unicode_map(embedded))
        return self.write(
            self.take(),
            b"<< /Type /Font /Subtype /Type0 /BaseFont /%b /Encoding /Identity-H /DescendantFonts [%d 0 R]"
            b" /ToUnicode %d 0 R >>" % (name, descendant, unicode_map),
        )

    def finish(self, title: str, language: str, made_at: datetime) -> None:
        """Write the tree of pages, the title and the table of places. ``resources`` must be written by then."""
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self.write(self._tree, b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(self._pages), kids))
        catalog = self.write(
            self.take(),
            b"<< /Type /Catalog /Pages %d 0 R /Lang (%b) /ViewerPreferences << /DisplayDocTitle true >> >>"
            % (self._tree, language.encode()),
        )
        about = self.write(
            self.take(),
            b"<< /Title <feff%b> /Producer (docflow) /CreationDate (D:%b) >>"
            % (title.encode("utf-16-be").hex().encode(), f"{made_at:%Y%m%d%H%M%S}Z".encode()),
        )
        table, size = self._written, len(self._places) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for place in self._places:
            self._put(b"%010d 00000 n \n" % place)
        trailer = b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        self._put(trailer % (size, catalog, about, table))

    def _put(self, piece: bytes) -> None:
        self._out.write(piece)
        self._written += len(piece)


def _tag(letters: str) -> str:
    rest, tag = zlib.crc32(letters.encode("utf-8", "replace")), ""
    for _ in range(_FAMILY):
        rest, letter = divmod(rest, 26)
        tag += chr(ord("A") + letter)
    return tag


def _descriptor(face: Typeface, name: bytes, file: int) -> bytes:
    box = b" ".join(b"%d" % round(edge) for edge in face.box)
    return (
        b"<< /Type /FontDescriptor /FontName /%b /Flags %d /FontBBox [%b] /ItalicAngle %d /Ascent %d /Descent %d"
        b" /CapHeight %d /StemV %d /FontFile2 %d 0 R >>"
        % (
            name,
            face.flags,
            box,
            face.italic_angle,
            face.ascent,
            face.descent,
            face.cap_height,
            face.stem,
            file,
        )
    )


def _widths(embedded: EmbeddedFace) -> bytes:
    codes = embedded.codes()
    last = max(codes, default=0)
    missing = embedded.face.width_of("\uffff")
    return b" ".join(
        b"%d" % round(embedded.face.width_of(chr(codes[number])) if codes.get(number) else missing)
        for number in range(last + 1)
    )


def _unicode_map(embedded: EmbeddedFace) -> bytes:
    """Which letters the numbers stand for (9.10.3), for copying and searching."""
    codes = [(number, code) for number, code in sorted(embedded.codes().items()) if number]
    parts = [
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        b"1 begincodespacerange <0000> <ffff> endcodespacerange\n"
    ]
    for start in range(0, len(codes), _WIDTHS_AT_ONCE):
        some = codes[start : start + _WIDTHS_AT_ONCE]
        lines = b"".join(
            b"<%04x> <%b>\n" % (number, chr(code).encode("utf-16-be").hex().encode()) for number, code in some
        )
        parts.append(b"%d beginbfchar\n%bendbfchar\n" % (len(some), lines))
    parts.append(b"endcmap CMapName currentdict /CMap defineresource pop end end\n")
    return b"".join(parts)
