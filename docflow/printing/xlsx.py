"""Tables as XLSX, by openpyxl's write-only mode: rows go to a temporary file as they come.

Dates and whole numbers are real ones, everything else is typed as text, so no cell is a formula whatever stands in
it (see ``formulas``). The titles of the columns stay on the screen and are repeated on each printed page. Heights of rows
are given, because not every program makes room for wrapped lines by itself; a row is at most 409 points high, so of
a cell with more than 28 lines the rest is there but not seen on paper: print DOCX or PDF.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Font, NamedStyle, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from docflow.core import clock
from docflow.printing import paper
from docflow.printing.formulas import neutralised
from docflow.printing.tables import Cell, CellKind, Row, Table, note_of, printed_text, texts_of
from docflow.printing.typeface import Face, wrapped

MAX_ROWS = 1_048_576
MM_OF_A_CHARACTER = 1.9
"""Widths of columns are counted in digits; the sheet is then fitted to the paper's width."""
POINTS_OF_A_CHARACTER = 5.2
LINE_PT, MAX_HEIGHT_PT = 14.2, 409.0
CELL_PT = 11.0
EARLIEST = date(1900, 3, 1)
"""Before it the calendar of spreadsheets is wrong (it has a 29 February 1900) or begins: such a date is a text."""
INCH = 25.4

_SHEET_FORBIDS = re.compile(r"[\[\]:*?/\\']")
# ECMA-376-1, 22.9.2.19: what looks like an escaped character would be read as one.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class TooManyRows(ValueError):
    """A sheet holds 1,048,576 rows."""


class XlsxWriter:
    """A writer of ``writers.TableWriter``."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        self._table = table
        self._out = out
        self._book = Workbook(write_only=True)
        self._book.properties.creator = "docflow"
        self._book.properties.title = printed_text(" ".join(table.titles))
        self._book.properties.created = self._book.properties.modified = clock.now().replace(tzinfo=None)
        name = _SHEET_FORBIDS.sub(" ", table.titles[0])[:31] if table.titles else ""
        self._sheet = self._book.create_sheet(name or "docflow")
        self._rows = 0
        self._finished = False
        self._rooms = [
            width / MM_OF_A_CHARACTER * POINTS_OF_A_CHARACTER for width in table.widths(paper.TABLE_MM)
        ]
        for style in _styles():
            self._book.add_named_style(style)
        self._set_up()
        self._write_heading()

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            cells = [
                self._cell(cell, column.kind, struck=row.struck)
                for cell, column in zip(row.cells, self._table.columns, strict=True)
            ]
            if row.note:
                cells[-1] = self._noted(row)
            self._append(cells, self._height(texts_of(row), Face.REGULAR))

    def finish(self, foot: Sequence[str] = ()) -> None:
        if foot:
            self._append([])
        for line in foot:
            self._append_across(line, "foot")
        archive = ZipFile(self._out, "w", ZIP_DEFLATED, allowZip64=True)
        try:
            ExcelWriter(self._book, archive).save()
        except BaseException:
            # Else it ends itself when it is forgotten, and fails once more where nobody looks.
            with suppress(Exception):
                archive.close()
            raise
        self._finished = True

    def abandon(self) -> None:
        writer = self._sheet._writer
        if self._finished or writer is None:
            return
        self._finished = True
        # Whatever went wrong may go wrong again here; what counts is that the temporary file goes.
        with suppress(Exception):
            if not self._sheet.closed:
                self._sheet.close()
        Path(writer.out).unlink(missing_ok=True)

    def _set_up(self) -> None:
        sheet, heading = self._sheet, len(self._table.issuer) + len(self._table.titles)
        for place, width in enumerate(self._table.widths(paper.TABLE_MM), 1):
            sheet.column_dimensions[get_column_letter(place)].width = width / MM_OF_A_CHARACTER
        first = heading + 2 if heading else 1
        last = first + int(self._table.numbered)
        sheet.freeze_panes = f"A{last + 1}"
        sheet.print_title_rows = f"{first}:{last}"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        margins = sheet.page_margins
        margins.left, margins.right = paper.LEFT_MM / INCH, paper.RIGHT_MM / INCH
        margins.top, margins.bottom = paper.ABOVE_MM / INCH, paper.BELOW_MM / INCH
        margins.header = margins.footer = 7 / INCH
        before, between, after = paper.page_words(self._table.language)
        sheet.oddFooter.center.font, sheet.oddFooter.center.size = f"{paper.FACE},Regular", 9
        sheet.oddFooter.center.text = f"{before}&P{between}&N{after}"

    def _write_heading(self) -> None:
        table = self._table
        for place, line in enumerate(table.issuer, 1):
            across = max(1, round(len(table.columns) * 0.4))
            self._append_across(line, "issuer" if place < len(table.issuer) else "unit", across)
        for place, line in enumerate(table.titles):
            self._append_across(line, "subtitle" if place else "title")
        if self._rows:
            self._append([])
        titles = [column.title for column in table.columns]
        self._append([self._text(title, "head") for title in titles], self._height(titles, Face.BOLD))
        if table.numbered:
            self._append([self._text(number, "number_of_column") for number in table.numbers()])

    def _append_across(self, line: str, style: str, columns: int | None = None) -> None:
        """One text over the first columns, or over all."""
        self._append([self._text(printed_text(line), style)])
        last = get_column_letter(columns or len(self._table.columns))
        if last != "A":
            self._sheet.merged_cells.add(f"A{self._rows}:{last}{self._rows}")

    def _append(self, cells: list[Any], height: float | None = None) -> None:
        if self._rows == MAX_ROWS:
            raise TooManyRows
        self._rows += 1
        if height:
            self._sheet.row_dimensions[self._rows].height = height
        self._sheet.append(cells)
        # It is written: what the library would remember of each row is forgotten.
        self._sheet.row_dimensions.pop(self._rows, None)

    def _height(self, texts: Sequence[str], face: Face) -> float:
        """Of a row that shows ``texts`` whole, in points."""
        lines = max(
            len(wrapped(text, face, CELL_PT, room)) for text, room in zip(texts, self._rooms, strict=True)
        )
        return min(MAX_HEIGHT_PT, lines * LINE_PT + 2)

    def _cell(self, cell: Cell, kind: CellKind, *, struck: bool) -> Any:
        struck_too = "_struck" if struck else ""
        if isinstance(cell, datetime):
            wall = cell.astimezone(clock.LOCAL_ZONE).replace(tzinfo=None)
            if wall.date() >= EARLIEST:
                return self._valued(wall, f"moment{struck_too}")
        elif isinstance(cell, date):
            if cell >= EARLIEST:
                return self._valued(cell, f"date{struck_too}")
        elif isinstance(cell, int):
            return self._valued(cell, f"number{struck_too}")
        middle = kind is not CellKind.TEXT
        return self._text(printed_text(cell), f"{'middle' if middle else 'text'}{struck_too}")

    def _noted(self, row: Row) -> Any:
        """The last cell of a row with a note: its own text struck like the others, the note in italics below."""
        own = printed_text(row.cells[-1])
        if not own:
            return self._text(note_of(row), "note")
        struck = InlineFont(rFont=paper.FACE, sz=CELL_PT, strike=row.struck)
        noted = InlineFont(rFont=paper.FACE, sz=CELL_PT, i=True)
        pieces = (
            TextBlock(struck, _escaped(neutralised(own))),
            TextBlock(noted, _escaped(f"\n{note_of(row)}")),
        )
        cell = WriteOnlyCell(self._sheet)
        cell.value = CellRichText(*pieces)
        cell.style = "note"
        return cell

    def _valued(self, value: date | int, style: str) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell.value = value
        cell.style = style
        return cell

    def _text(self, text: str, style: str) -> Any:
        cell = WriteOnlyCell(self._sheet, _escaped(neutralised(text)))
        cell.data_type = "s"
        cell.style = style
        return cell


def _escaped(text: str) -> str:
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def _styles() -> Iterable[NamedStyle]:
    """The looks of cells, by name."""
    line = Side(style="thin")
    box = Border(left=line, right=line, top=line, bottom=line)
    found: list[NamedStyle] = []

    def look(name: str, across: str, *, number_format: str = "@", boxed: bool = True, **font: Any) -> None:
        # What is too long is wrapped; a number or a date cannot be, and is made smaller.
        wraps = number_format == "@"
        found.append(
            NamedStyle(
                name=name,
                font=Font(name=paper.FACE, size=font.pop("size", CELL_PT), **font),
                alignment=Alignment(
                    horizontal=across, vertical="top", wrap_text=wraps, shrink_to_fit=not wraps
                ),
                border=box if boxed else Border(),
                number_format=number_format,
            )
        )

    for struck in (False, True):
        tail = "_struck" if struck else ""
        look(f"text{tail}", "left", strike=struck)
        look(f"middle{tail}", "center", strike=struck)
        look(f"number{tail}", "center", number_format="0", strike=struck)
        look(f"date{tail}", "center", number_format="dd/mm/yyyy", strike=struck)
        look(f"moment{tail}", "center", number_format="dd/mm/yyyy\\ hh:mm", strike=struck)
    look("note", "left", italic=True)
    look("head", "center", bold=True)
    look("number_of_column", "center", italic=True)
    look("issuer", "center", boxed=False)
    look("unit", "center", boxed=False, bold=True)
    look("title", "center", boxed=False, bold=True, size=paper.TITLE_PT)
    look("subtitle", "center", boxed=False)
    look("foot", "left", boxed=False, italic=True, size=10)
    return found
