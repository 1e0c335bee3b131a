"""A year's list as a table and back: the same columns in CSV and XLSX, what was exported can be imported. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from docflow.core.errors import FieldError
from docflow.core.messages import Language, text_of
from docflow.core.text import TextNotAllowed, clean_line, fold
from docflow.documents.errors import ManifestNotUsable
from docflow.documents.manifests.cells import CellWrong, text_in
from docflow.documents.manifests.tables import Line, lines_of
from docflow.dossiers.errors import ListNotUsable
from docflow.dossiers.models import Retention
from docflow.printing.tables import Column, Row, Table

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 5_000
COLUMNS = ("code", "title", "retention", "keeper")
_SHARES = {"code": 1.0, "title": 5.0, "retention": 1.5, "keeper": 2.0}
_PACKED = b"PK\x03\x04"
_TOLD = 40


class Listed(msgspec.Struct, frozen=True):
    """A line of a table: a heading as it is wanted. ``keeper`` is a user name; empty: nobody; None: the
    table does not say."""

    line: int
    code: str
    title: str
    retention: Retention
    keeper: str | None


def table_of(unit_name: str, year: int, language: Language) -> Table:
    """The heading and columns of the list as a file (Decree 30/2020/NĐ-CP, Appendix V: Danh mục hồ sơ)."""
    columns = tuple(Column(text_of(f"heading_column_{one}", language), _SHARES[one]) for one in COLUMNS)
    title = text_of("heading_list_title", language, year=str(year))
    return Table((title,), columns, language, (unit_name.upper(),))


def row_of(row: Any, language: Language) -> Row:
    """A heading with its keeper's user name as a row of the table."""
    heading = row.DossierHeading
    retention = text_of(f"retention_{heading.retention.value}", language)
    return Row((heading.code, heading.title, retention, row.keeper_username or ""))


def read_list(content: bytes) -> list[Listed]:
    """The headings of a CSV or XLSX table, whose first line names the columns in Vietnamese or English.

    Raises ListNotUsable with every line that is wrong.
    """
    if len(content) > MAX_BYTES:
        raise ListNotUsable(FieldError("/", "list_too_large", {"limit": f"{MAX_BYTES // 1024**2} MiB"}))
    lines = list(_lines(content))
    first, places = _places(lines)
    lines = lines[first + 1 :]
    if len(lines) > MAX_LINES:
        raise ListNotUsable(FieldError("/", "list_too_long", {"limit": MAX_LINES}))
    found: list[Listed] = []
    faults: list[FieldError] = []
    seen: dict[str, int] = {}
    for line in lines:
        try:
            listed = _listed(line, places, seen)
        except CellWrong as wrong:
            column = wrong.facts.get("column", "")
            faults.append(FieldError(f"/lines/{line.number}/{column}", wrong.code, dict(wrong.facts)))
            continue
        seen[listed.code] = listed.line
        found.append(listed)
    if faults:
        raise ListNotUsable(*faults[:100])
    return found


def _lines(content: bytes) -> Iterator[Line]:
    if content.startswith(_PACKED):
        try:
            yield from lines_of(content)
        except ManifestNotUsable as error:
            raise ListNotUsable(*error.fields) from error
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListNotUsable(FieldError("/", "list_encoding", {})) from error
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Line(reader.line_num, tuple(cells))
    except csv.Error as error:
        raise ListNotUsable(FieldError("/", "list_quoting", {"line": reader.line_num})) from error


def _places(lines: Sequence[Line]) -> tuple[int, dict[str, int]]:
    """The line of the titles, and where each column stands: a sheet that was exported has its name above them."""
    for place, line in enumerate(lines[:20]):
        words = [_plain(cell) for cell in line.cells]
        found = {name: words.index(word) for name in COLUMNS for word in _titles(name) if word in words}
        if {"code", "title", "retention"} <= found.keys():
            return place, found
    raise ListNotUsable(FieldError("/", "list_without_columns", {}))


def _listed(line: Line, places: dict[str, int], seen: dict[str, int]) -> Listed:
    cells = {name: _cell(line, place, name) for name, place in places.items()}
    for name, limit in (("code", 40), ("title", 300)):
        if not cells[name]:
            raise CellWrong("field_empty", {"column": name})
        if len(cells[name]) > limit:
            raise CellWrong("field_too_long", {"column": name, "limit": limit})
    if not all(letter.isalnum() or letter in ".-" for letter in cells["code"]):
        raise CellWrong("heading_code_not_valid", {"column": "code"})
    if cells["code"] in seen:
        raise CellWrong("list_code_twice", {"column": "code", "before": seen[cells["code"]]})
    retention = _retentions().get(_plain(cells["retention"]))
    if retention is None:
        raise CellWrong("field_not_a_choice", {"column": "retention", "given": cells["retention"][:_TOLD]})
    keeper = cells["keeper"].lower() if "keeper" in cells else None
    return Listed(line.number, cells["code"], cells["title"], retention, keeper)


def _cell(line: Line, place: int, name: str) -> str:
    cell = line.cells[place] if place < len(line.cells) else None
    try:
        text = clean_line(text_in(cell))
    except TextNotAllowed as error:
        raise CellWrong("text_not_allowed", {"column": name}) from error
    except CellWrong as wrong:
        raise CellWrong(wrong.code, {**wrong.facts, "column": name}) from wrong
    if text.startswith("="):
        raise CellWrong("manifest_formula", {"column": name})
    return text


def _plain(cell: Any) -> str:
    return " ".join(fold(str(cell)).replace("_", " ").split()) if cell is not None else ""


def _titles(name: str) -> set[str]:
    return {_plain(name), *(_plain(text_of(f"heading_column_{name}", language)) for language in Language)}


@cache
def _retentions() -> dict[str, Retention]:
    found: dict[str, Retention] = {}
    for one in Retention:
        for language in Language:
            found[_plain(text_of(f"retention_{one.value}", language))] = one
        found[_plain(one.value)] = one
        years = one.value.removeprefix("years_")
        if years.isdigit():
            found |= {years: one, f"{years} nam": one, f"{years} years": one}
    return found
