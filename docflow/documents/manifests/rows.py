"""The rows of a manifest as the fields that a clerk would fill in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from docflow.core.errors import FieldError
from docflow.core.messages import Language
from docflow.documents.manifests.cells import (
    AUTHORITIES,
    DIRECTIONS,
    SECRECIES,
    URGENCIES,
    Cell,
    CellWrong,
    day_in,
    names_in,
    text_in,
    word_in,
)
from docflow.documents.manifests.columns import NOT_TAKEN, REQUIRED, Column, columns_told, find_column
from docflow.documents.manifests.tables import Line, lines_of, refused

HEADING_WITHIN = 20
"""The titles of the columns stand in one of the first lines; above it may stand the name of the table."""
_LEAST_KNOWN = 3
_COUNTING = re.compile(r"\(?\d{1,3}\)?")

_WORDS: dict[Column, Mapping[str, str]] = {
    Column.URGENCY: URGENCIES,
    Column.SECRECY: SECRECIES,
    Column.SIGNER_AUTHORITY: AUTHORITIES,
    Column.DIRECTION: DIRECTIONS,
}
_DAYS = frozenset({Column.ISSUED_ON, Column.ARRIVED_ON, Column.DUE_ON})


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What one row says. ``fields`` are texts by the names of the form, dates in ISO 8601, without the empty ones.

    ``kind`` and ``unit`` are as written: what they name is known to the database. ``faults`` point at columns.
    """

    line: int
    fields: Mapping[str, str]
    file: str
    annexes: tuple[str, ...] = ()
    kind: str = ""
    unit: str = ""
    faults: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """All rows in order; ``headings`` are the titles of columns as written, ``unknown`` those that nobody knows."""

    rows: tuple[ManifestRow, ...]
    headings: Mapping[Column, str]
    unknown: tuple[str, ...]


@dataclass(slots=True)
class _Heading:
    line: int
    places: dict[int, Column] = field(default_factory=dict)
    titles: dict[Column, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)


def read_manifest(content: bytes, *, ignore_unknown: bool, language: Language = Language.VI) -> Manifest:
    """Read a whole manifest. Raises ManifestNotUsable when it cannot be understood as a whole; what is wrong with a
    row stands in its ``faults``.

    The titles of the columns may be repeated (two tables put together) and may be followed by the columns' numbers,
    as in printed registers; other titles further below would make every row after them wrong, so they are refused.
    A column that nobody knows is refused unless ``ignore_unknown``: a misspelt title must not lose a field.
    """
    heading: _Heading | None = None
    rows: list[ManifestRow] = []
    for line in lines_of(content):
        if heading is None:
            heading = _find_heading(line, language, ignore_unknown=ignore_unknown)
            if heading is None and line.number > HEADING_WITHIN:
                break
        elif _is_heading(line):
            _refuse_other_heading(line, heading)
        elif line.number > heading.line + 1 or not _counts_columns(line):
            rows.append(_row(line, heading))
    if heading is None:
        raise refused("manifest_without_heading", columns=columns_told(REQUIRED, language))
    return Manifest(tuple(rows), heading.titles, tuple(heading.unknown.values()))


def _title(cell: Cell) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def _find_heading(line: Line, language: Language, *, ignore_unknown: bool) -> _Heading | None:
    titles = [_title(cell) for cell in line.cells]
    if sum(find_column(title) is not None for title in titles if title) < _LEAST_KNOWN:
        return None
    heading = _Heading(line.number)
    for place, (title, cell) in enumerate(zip(titles, line.cells, strict=True)):
        column = find_column(title) if title else None
        if column is None:
            if cell is not None and (title or not isinstance(cell, str)):
                heading.unknown[place] = title[:60] or "?"
        elif column in heading.titles:
            raise refused("manifest_column_twice", first=heading.titles[column], second=title)
        else:
            heading.places[place] = column
            heading.titles[column] = title
    if heading.unknown and not ignore_unknown:
        known = columns_told([column for column in Column if column not in NOT_TAKEN], language)
        unknown = ", ".join(f"“{title}”" for title in heading.unknown.values())
        raise refused("manifest_columns_unknown", unknown=unknown, known=known)
    if missing := [column for column in REQUIRED if column not in heading.titles]:
        raise refused("manifest_columns_missing", columns=columns_told(missing, language))
    return heading


def _is_heading(line: Line) -> bool:
    """Nothing but names of columns: no document is described so."""
    titles = [title for title in map(_title, line.cells) if title]
    return len(titles) >= _LEAST_KNOWN and all(find_column(title) is not None for title in titles)


def _refuse_other_heading(line: Line, heading: _Heading) -> None:
    places = {
        place: column
        for place, cell in enumerate(line.cells)
        if (title := _title(cell)) and (column := find_column(title)) is not None
    }
    if places != heading.places:
        raise refused("manifest_two_headings", first=heading.line, second=line.number)


def _counts_columns(line: Line) -> bool:
    texts = [str(cell).strip() for cell in line.cells if cell is not None and str(cell).strip()]
    return len(texts) >= _LEAST_KNOWN and all(_COUNTING.fullmatch(text) for text in texts)


def _row(line: Line, heading: _Heading) -> ManifestRow:
    faults: list[FieldError] = []
    said: dict[Column, str] = {}
    annexes: tuple[str, ...] = ()
    for place, cell in enumerate(line.cells):
        column = heading.places.get(place)
        try:
            if column is Column.ANNEXES:
                annexes = names_in(cell)
            elif column is None:
                _refuse_stray(place, cell, heading)
            elif column not in NOT_TAKEN:
                said[column] = _said(column, cell)
        except CellWrong as wrong:
            pointer = f"/{column.value}" if column else f"/{place + 1}"
            faults.append(FieldError(pointer, wrong.code, dict(wrong.facts)))
    wrong_columns = {fault.pointer for fault in faults}
    faults.extend(
        FieldError(f"/{column.value}", "field_missing")
        for column in REQUIRED
        if not said.get(column) and f"/{column.value}" not in wrong_columns
    )
    faults.extend(_not_to_be_imported(said))
    beside = {Column.FILE, Column.KIND, Column.UNIT, Column.DIRECTION}
    return ManifestRow(
        line=line.number,
        fields={column.value: text for column, text in said.items() if text and column not in beside},
        file=said.get(Column.FILE, ""),
        annexes=annexes,
        kind=said.get(Column.KIND, ""),
        unit=said.get(Column.UNIT, ""),
        faults=tuple(faults),
    )


def _refuse_stray(place: int, cell: Cell, heading: _Heading) -> None:
    """A value outside the columns shows that a separator was not quoted, so the cells before it are shifted."""
    empty = cell is None or (isinstance(cell, str) and not cell.strip())
    if not empty and place not in heading.unknown:
        raise CellWrong("manifest_cell_without_column", {"place": place + 1})


def _said(column: Column, cell: Cell) -> str:
    if column in _DAYS:
        day = day_in(cell)
        return day.isoformat() if day else ""
    if column in _WORDS:
        return word_in(cell, _WORDS[column])
    return text_in(cell).strip()


def _not_to_be_imported(said: Mapping[Column, str]) -> Iterable[FieldError]:
    if said.get(Column.SECRECY, "none") not in ("none", ""):
        # Known before any file is opened: a secret one is not even read (domain §1.3).
        yield FieldError("/secrecy", "secret_file_refused")
    if said.get(Column.DIRECTION, "incoming") not in ("incoming", ""):
        yield FieldError("/direction", "import_incoming_only")
