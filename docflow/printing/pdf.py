"""Tables as PDF, drawn page by page: the titles of the columns on each, its number of how many at its foot."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from docflow.core import clock
from docflow.printing import paper
from docflow.printing.paper import page_words
from docflow.printing.pdf_file import EmbeddedFace, PdfFile
from docflow.printing.tables import CellKind, Row, Table, note_of, printed_text
from docflow.printing.typeface import Face, wrapped

POINT = 72 / 25.4
"""Points in a millimetre."""
WIDTH, HEIGHT = paper.WIDTH_MM * POINT, paper.HEIGHT_MM * POINT
LEFT, ABOVE, BELOW = paper.LEFT_MM * POINT, paper.ABOVE_MM * POINT, paper.BELOW_MM * POINT
TABLE = paper.TABLE_MM * POINT
TOP = HEIGHT - ABOVE

LEADING = 1.18
"""Of a line, in its size."""
BESIDE, AROUND = 2.5, 2.0
"""Room between a cell's text and its border, in points."""
STRIKE_AT = 0.24
"""Height of the line through a text, in its size."""
NAMES = {Face.REGULAR: b"R", Face.BOLD: b"B", Face.ITALIC: b"I"}
PAGE_PT = 9.0


class Line(NamedTuple):
    """A line of a cell."""

    text: str
    face: Face = Face.REGULAR
    struck: bool = False


Cells = list[list[Line]]


class PdfWriter:
    """A writer of ``writers.TableWriter``."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        self._table = table
        self._file = PdfFile(out)
        self._faces = {face: EmbeddedFace(face) for face in NAMES}
        self._widths = [width * POINT for width in table.widths(paper.TABLE_MM)]
        self._centred = [column.kind is not CellKind.TEXT for column in table.columns]
        self._edges = [LEFT]
        for width in self._widths:
            self._edges.append(self._edges[-1] + width)
        self._head = self._head_rows()
        self._page_words = page_words(table.language)
        self._total = self._file.take()
        self._pages = 0
        self._drawn: list[bytes] = []
        self._y = TOP
        self._draw_heading()
        self._draw_head()

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            cells = [
                [
                    Line(line, Face.REGULAR, row.struck)
                    for line in wrapped(printed_text(cell), Face.REGULAR, paper.CELL_PT, width - 2 * BESIDE)
                ]
                for cell, width in zip(row.cells, self._widths, strict=True)
            ]
            if row.note:
                room = self._widths[-1] - 2 * BESIDE
                noted = [
                    Line(line, Face.ITALIC)
                    for line in wrapped(note_of(row), Face.ITALIC, paper.CELL_PT, room)
                ]
                cells[-1] = [*(cells[-1] if printed_text(row.cells[-1]) else []), *noted]
            self._add(cells)

    def finish(self, foot: Sequence[str] = ()) -> None:
        lines = [
            line for text in foot for line in wrapped(printed_text(text), Face.ITALIC, paper.CELL_PT, TABLE)
        ]
        leading = paper.CELL_PT * LEADING
        if self._y - leading * (len(lines) + 1) < BELOW:
            self._end_page()
        self._y -= leading
        for line in lines:
            self._y -= leading
            self._show(line, Face.ITALIC, paper.CELL_PT, LEFT, self._y)
        self._end_page()
        self._write_total()
        fonts = b" ".join(
            b"/%b %d 0 R" % (NAMES[face], self._file.write_face(embedded))
            for face, embedded in self._faces.items()
        )
        self._file.write(
            self._file.resources, b"<< /Font << %b >> /XObject << /N %d 0 R >> >>" % (fonts, self._total)
        )
        name = printed_text(" ".join(self._table.titles))
        self._file.finish(name, self._table.language.value, clock.now())

    def abandon(self) -> None:
        self._drawn.clear()

    def _head_rows(self) -> list[Cells]:
        rows = [
            [
                [
                    Line(line, Face.BOLD)
                    for line in wrapped(
                        printed_text(column.title), Face.BOLD, paper.HEAD_PT, width - 2 * BESIDE
                    )
                ]
                for column, width in zip(self._table.columns, self._widths, strict=True)
            ]
        ]
        if self._table.numbered:
            rows.append([[Line(number, Face.ITALIC)] for number in self._table.numbers()])
        return rows

    def _draw_heading(self) -> None:
        """Whose table it is and what it is called, on the first page."""
        table = self._table
        for place, text in enumerate(table.issuer, 1):
            face = Face.BOLD if place == len(table.issuer) else Face.REGULAR
            self._draw_centred(text, face, 11, TABLE * 0.4)
        for place, text in enumerate(table.titles):
            if place == 0:
                self._y -= 4
            self._draw_centred(
                text, Face.REGULAR if place else Face.BOLD, 11 if place else paper.TITLE_PT, TABLE
            )
        self._y -= 6 if table.titles or table.issuer else 0

    def _draw_centred(self, text: str, face: Face, size: float, width: float) -> None:
        for line in wrapped(printed_text(text), face, size, width):
            self._y -= size * LEADING
            across = (width - self._faces[face].face.width(line, size)) / 2
            self._show(line, face, size, LEFT + across, self._y)

    def _draw_head(self) -> None:
        for cells in self._head:
            self._draw(cells, [True] * len(cells))

    def _add(self, cells: Cells) -> None:
        """Draw a row, on the next page when there is no room for it; one that no page holds is broken."""
        if self._y - _height(cells) < BELOW and _height(cells) <= self._whole_page():
            self._end_page()
            self._draw_head()
        while self._y - _height(cells) < BELOW:
            fitting = int((self._y - BELOW - 2 * AROUND) / (paper.CELL_PT * LEADING))
            if fitting > 0:
                self._draw([lines[:fitting] for lines in cells], self._centred)
                cells = [lines[fitting:] for lines in cells]
            self._end_page()
            self._draw_head()
        self._draw(cells, self._centred)

    def _whole_page(self) -> float:
        return TOP - BELOW - sum(map(_height, self._head))

    def _draw(self, cells: Cells, centred: Sequence[bool]) -> None:
        bottom = self._y - _height(cells)
        edges = self._edges
        for (left, right), lines, middle in zip(pairwise(edges), cells, centred, strict=True):
            y = self._y - AROUND + paper.CELL_PT * (LEADING - 1) / 2
            for line in lines:
                y -= paper.CELL_PT * LEADING
                if not line.text:
                    continue
                width = self._faces[line.face].face.width(line.text, paper.CELL_PT)
                x = left + (right - left - width) / 2 if middle else left + BESIDE
                base = y + paper.CELL_PT * 0.12
                self._show(line.text, line.face, paper.CELL_PT, x, base)
                if line.struck:
                    through = base + paper.CELL_PT * STRIKE_AT
                    self._drawn.append(_stroke(0.6, [(x, through, x + width, through)]))
        upright = [(edge, self._y, edge, bottom) for edge in edges]
        lying = [(edges[0], y, edges[-1], y) for y in (self._y, bottom)]
        self._drawn.append(_stroke(0.5, [*upright, *lying]))
        self._y = bottom

    def _show(self, text: str, face: Face, size: float, x: float, y: float) -> None:
        shown = self._faces[face].shown(text)
        self._drawn.append(b"BT /%b %.4g Tf %.2f %.2f Td <%b> Tj ET" % (NAMES[face], size, x, y, shown))

    def _end_page(self) -> None:
        self._pages += 1
        face = self._faces[Face.REGULAR].face
        before, between, _ = self._page_words
        text = f"{before}{self._pages}{between}"
        x = WIDTH / 2 - face.width(text, PAGE_PT) / 2 - PAGE_PT
        self._show(text, Face.REGULAR, PAGE_PT, x, BELOW / 2)
        # How many pages there are is drawn once, at the end, and shown on each by its name.
        moved = b"q 1 0 0 1 %.2f %.2f cm /N Do Q" % (x + face.width(text, PAGE_PT), BELOW / 2)
        self._file.add_page(b"\n".join((*self._drawn, moved)), WIDTH, HEIGHT)
        self._drawn.clear()
        self._y = TOP

    def _write_total(self) -> None:
        text = f"{self._pages}{self._page_words[2]}"
        shown = self._faces[Face.REGULAR].shown(text)
        self._file.write_stream(
            self._total,
            b"BT /R %.4g Tf 0 0 Td <%b> Tj ET" % (PAGE_PT, shown),
            b"/Type /XObject /Subtype /Form /BBox [0 -10 200 20] /Resources %d 0 R" % self._file.resources,
        )


def _height(cells: Cells) -> float:
    return max(1, *map(len, cells)) * paper.CELL_PT * LEADING + 2 * AROUND


def _stroke(width: float, lines: Iterable[tuple[float, float, float, float]]) -> bytes:
    paths = b" ".join(b"%.2f %.2f m %.2f %.2f l" % line for line in lines)
    return b"%.2g w %b S" % (width, paths)
