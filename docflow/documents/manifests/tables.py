"""CSV (RFC 4180) and XLSX (ECMA-376) as lines of cells, bounded in size whatever the file claims of itself."""

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.parsers import expat

import openpyxl

from docflow.core.errors import FieldError
from docflow.documents.errors import ManifestNotUsable
from docflow.documents.manifests.cells import Cell, Odd
from docflow.documents.manifests.columns import find_column

MAX_BYTES = 32 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
"""Characters: what a spreadsheet's cell takes."""

_MAX_BLANK_ROWS = 10 * MAX_ROWS
_MAX_UNPACKED = 256 * 1024 * 1024
_MAX_PARTS = 1_000
_PACKED = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATORS = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: where it begins, counted from 1 as an editor or a spreadsheet does, and its cells."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_empty(self) -> bool:
        return not any(
            cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in self.cells
        )


def lines_of(content: bytes) -> Iterator[Line]:
    """Every line that is not empty. What the file is says its beginning, not its name. Raises ManifestNotUsable."""
    if len(content) > MAX_BYTES:
        raise refused("manifest_too_large", limit=f"{MAX_BYTES // 1024**2} MiB")
    if content.startswith(_COMPOUND):
        raise refused("manifest_old_spreadsheet")
    lines = _of_xlsx(content) if content.startswith(_PACKED) else _of_csv(content)
    for count, line in enumerate(lines):
        if count == MAX_ROWS:
            raise refused("manifest_too_many_rows", limit=MAX_ROWS)
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in line.cells):
            raise refused("manifest_cell_too_long", line=line.number)
        yield line


def refused(code: str, **facts: Any) -> ManifestNotUsable:
    """The manifest as a whole cannot be used: a code of the catalogue and the facts that fill it."""
    return ManifestNotUsable(FieldError("/manifest", code, facts))


def _of_csv(content: bytes) -> Iterator[Line]:
    text = _decoded(content)
    hint, _, rest = text.partition("\n")
    skipped = 0
    # Excel's own way of saying what separates the cells of a CSV.
    if hint.strip().lower().startswith("sep=") and hint.strip()[4:]:
        separator, text, skipped = hint.strip("\r")[4], rest, 1
    elif hint.strip().lower() == "sep=":
        separator, text, skipped = "\t", rest, 1
    else:
        separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    first = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise refused("manifest_quoting", line=first + skipped) from error
        if cells is None:
            return
        line = Line(first + skipped, tuple(Odd.FORMULA if _computes(cell) else cell for cell in cells))
        first = reader.line_num + 1
        if len(cells) > MAX_COLUMNS and any(map(str.strip, cells[MAX_COLUMNS:])):
            raise refused("manifest_too_wide", line=line.number, limit=MAX_COLUMNS)
        if not line.is_empty:
            yield line


def _computes(cell: str) -> bool:
    """Whether a spreadsheet would take the text for a formula that nobody writes as a text: ``=cmd|…``."""
    return cell.lstrip().startswith("=")


def _decoded(content: bytes) -> str:
    """UTF-8, or UTF-16 with its mark or betrayed by its zeros. Nothing else is tried: a wrong guess is read as text."""
    mark, encoding = next(((one, name) for one, name in _BOMS if content.startswith(one)), (b"", "utf-8"))
    content = content[len(mark) :]
    start = content[:200]
    if not mark and start[1::2].count(0) > len(start) // 4:
        encoding = "utf-16-le"
    elif not mark and start[::2].count(0) > len(start) // 4:
        encoding = "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused("manifest_encoding", line=line) from error
    if "\0" in text:
        raise refused("manifest_encoding", line=text.count("\n", 0, text.index("\0")) + 1)
    return text


def _separator(text: str) -> str:
    """Whichever makes most columns known in some of the first lines; of equals the first in use in Vietnam."""
    head = text.split("\n", 20)[:20]

    def known(separator: str) -> int:
        return max(
            sum(find_column(cell.strip('" \r')) is not None for cell in line.split(separator))
            for line in head
        )

    return max(_SEPARATORS, key=known)


def _of_xlsx(content: bytes) -> Iterator[Line]:
    _refuse_hostile(content)
    try:
        # openpyxl warns of what it leaves out, as rules for what may be entered: nothing that is read here.
        with warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            with closing(book):
                lines = list(_of_book(book))
    except ManifestNotUsable:
        raise
    except Exception as error:  # whatever openpyxl stumbles over: it promises no errors of its own
        raise refused("manifest_broken") from error
    yield from lines


def _of_book(book: openpyxl.Workbook) -> Iterator[Line]:
    """The lines of the first sheet that is shown, with formulas as formulas and not as what they once gave."""
    sheet: Any = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
    if sheet is None:
        raise refused("manifest_without_sheet")
    sheet.reset_dimensions()
    found = 0
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        line = Line(number, tuple(map(_cell, row)))
        if len(row) > MAX_COLUMNS and line.cells[MAX_COLUMNS] is not None:
            raise refused("manifest_too_wide", line=number, limit=MAX_COLUMNS)
        if not line.is_empty:
            found += 1
            yield line
        if found > MAX_ROWS or number - found > _MAX_BLANK_ROWS:
            raise refused("manifest_too_many_rows", limit=MAX_ROWS)


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return None
    if kind == "f":
        return Odd.FORMULA
    if kind == "e":
        return Odd.ERROR
    if isinstance(value, str):
        return Odd.FORMULA if _computes(value) else value
    if isinstance(value, bool) or not isinstance(value, (int, float, date, datetime)):
        return Odd.OTHER
    return value


def _refuse_hostile(content: bytes) -> None:
    """Sizes before unpacking, and no declaration of entities: before openpyxl sees anything of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
                raise refused("manifest_too_large", limit=f"{_MAX_UNPACKED // 1024**2} MiB")
            if any(part.flag_bits & 0x1 for part in parts):
                raise refused("manifest_broken")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    _refuse_declarations(package, part)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        expat.ExpatError,
        ValueError,
    ) as error:
        raise refused("manifest_broken") from error


class _Declared(ValueError):
    """An XML part has a document type declaration, which no spreadsheet needs and which could expand or fetch."""


def _refuse_declarations(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    parser = expat.ParserCreate()

    def declared(*_: object) -> None:
        raise _Declared

    parser.StartDoctypeDeclHandler = declared
    with package.open(part) as source:
        while chunk := source.read(64 * 1024):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
