"""What became of each row and file, and how it is told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from docflow.core import clock
from docflow.core.errors import DocflowError, FieldError, Invalid, NotAllowed
from docflow.core.messages import Language, text_of
from docflow.documents.manifests import Column
from docflow.printing.tables import CellKind, Row, Table
from docflow.printing.tables import Column as TableColumn
from docflow.printing.writers import Format, TableWriter, open_writer


class Result(StrEnum):
    """What became of a row or a file. The value is its code in the catalogue."""

    REGISTERED = "import_registered"
    WOULD_BE_REGISTERED = "import_would_be_registered"
    DRAFTED = "import_drafted"
    WOULD_BE_DRAFTED = "import_would_be_drafted"
    ALREADY = "import_already"
    DUPLICATE = "import_duplicate"
    REFUSED = "import_refused"
    NOT_REACHED = "import_not_reached"
    WITHOUT_ROW = "import_without_row"


NOT_DONE = frozenset({Result.DUPLICATE, Result.REFUSED, Result.NOT_REACHED})
"""What makes the exit status 1."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row, or of one file without a row (``line`` None)."""

    result: Result
    file: str
    line: int | None = None
    symbol: str = ""
    number: str = ""
    reason: str = ""


def reason_of(error: DocflowError, language: Language, headings: Mapping[Column, str] | None = None) -> str:
    """Why something was refused, in the user's words: each field by the title that its column has in the manifest."""
    if isinstance(error, Invalid) and error.fields:
        return "; ".join(_field_told(field, language, headings or {}) for field in error.fields)
    facts = dict(error.facts)
    if isinstance(error, NotAllowed) and "reason" in facts:
        facts["reason_text"] = text_of(facts["reason"], language)
    return text_of(error.code, language, **facts)


def _field_told(wrong: FieldError, language: Language, headings: Mapping[Column, str]) -> str:
    said = text_of(wrong.code, language, **wrong.facts)
    name = wrong.pointer.strip("/").removesuffix("_id")
    title = headings.get(Column(name)) if name in set(Column) else None
    return f"{title}: {said}" if title else said


@dataclass(slots=True)
class Tally:
    """How many of each, and the numbers that were given, by the book."""

    counts: Counter[Result] = field(default_factory=Counter)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.result] += 1

    @property
    def is_done(self) -> bool:
        return not any(self.counts[result] for result in NOT_DONE)

    def lines(self, language: Language, *, dry_run: bool) -> list[str]:
        """The summary."""
        told = [
            f"{text_of(result.value, language)}: {self.counts[result]}"
            for result in Result
            if self.counts[result]
        ]
        code = "import_numbers_would_be" if dry_run else "import_numbers"
        for book, numbers in self.numbers.items():
            told.append(text_of(code, language, book=book, numbers=ranges(numbers)))
        return told


def ranges(numbers: Sequence[int]) -> str:
    """``13-15, 18`` of 13, 14, 15, 18."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(f"{first:02d}" if first == last else f"{first:02d}-{last:02d}" for first, last in spans)


_COLUMNS = (
    ("import_column_line", 0.4, CellKind.NUMBER),
    ("import_column_file", 2.0, CellKind.TEXT),
    ("import_column_symbol", 1.0, CellKind.TEXT),
    ("import_column_result", 1.0, CellKind.TEXT),
    ("import_column_number", 0.5, CellKind.TEXT),
    ("import_column_reason", 3.0, CellKind.TEXT),
)
FORMATS = {".csv": Format.CSV, ".xlsx": Format.XLSX}


def partial_of(path: Path) -> Path:
    """Where a report is written until it is whole."""
    return path.with_name(f".{path.name}.part")


class Report:
    """A row for each outcome, as CSV or XLSX. The file appears whole under its name, or not at all."""

    def __init__(self, path: Path, language: Language, *, source: str) -> None:
        """Raises OSError when it cannot be written there."""
        self._path, self._language = path, language
        self._is_finished = False
        self._partial = partial_of(path)
        self._out: BinaryIO = self._partial.open("wb")
        columns = tuple(TableColumn(text_of(code, language), share, kind) for code, share, kind in _COLUMNS)
        moment = f"{clock.now().astimezone(clock.LOCAL_ZONE):%d/%m/%Y %H:%M}"
        titles = (text_of("import_report", language), f"{source}, {moment}")
        table = Table(titles, columns, language)
        self._writer: TableWriter = open_writer(FORMATS[path.suffix.lower()], table, self._out)

    def add(self, outcome: Outcome) -> None:
        result = text_of(outcome.result.value, self._language)
        cells = (outcome.line, outcome.file, outcome.symbol, result, outcome.number, outcome.reason)
        self._writer.write([Row(cells)])

    def finish(self, foot: Sequence[str]) -> None:
        self._writer.finish(foot)
        self._out.close()
        self._partial.replace(self._path)
        self._is_finished = True

    def abandon(self) -> None:
        """Leave nothing behind; does nothing after ``finish``."""
        if not self._is_finished:
            self._writer.abandon()
            self._out.close()
            self._partial.unlink(missing_ok=True)
