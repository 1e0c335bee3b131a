"""The cells of a SpreadsheetML workbook (ECMA-376 part 1, section 18): a page per sheet, a line per row.

Formulas are not read and nothing is computed: a cell says what its program last saw in it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Unreadable
from docflow.files.readers.package import Package
from docflow.files.readers.source import Sink, Source

_MAIN = frozenset(
    {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    }
)
_BUILT_IN_DATES = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
"""Number formats with a date (18.8.30); those of a time alone are left as numbers."""
_NOT_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_FORMAT_LETTERS = 255
"""As many as a format may have; a longer one is cut."""
_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_SERIAL = 2_958_466  # the end of the year 9999
_BOOLEANS = {"0": "FALSE", "1": "TRUE"}


def read_xlsx(source: Source, sink: Sink, limits: ExtractionLimits) -> int:
    """Each sheet begins with its name; cells of a row are parted by tabs. Returns the number of sheets."""
    package = Package(source.file, limits.xml_bytes)
    main = _part_of(package, "", "officeDocument")
    if main is None:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    package.notice(sink)
    package.notice_references(sink)
    book = _Book()
    for _ in package.parse(main, book.start, None, None):
        pass
    strings = _shared_strings(package, _part_of(package, main, "sharedStrings"), limits.memory_bytes // 16)
    styles = _Styles()
    if (part := _part_of(package, main, "styles")) is not None:
        for _ in package.parse(part, styles.start, None, None):
            pass
    parts = {key: name for _, name, key in package.related(main)}
    for name, key in book.sheets[: limits.pages]:
        sink.next_page()
        sink.line(name)
        if (part := parts.get(key, "")) in package:
            sheet = _Sheet(strings.finished, styles.dates, _EPOCH_1904 if book.from_1904 else _EPOCH_1900)
            for _ in package.parse(part, sheet.start, sheet.end, sheet.characters):
                for row in sheet.finished_rows():
                    sink.line(row)
    if len(book.sheets) > limits.pages:
        raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
    if strings.full:
        raise Unreadable(ExtractionReason.TEXT_TOO_LONG)
    return len(book.sheets)


def _part_of(package: Package, source: str, kind: str) -> str | None:
    return next((name for of, name, _ in package.related(source) if of == kind and name in package), None)


class _Book:
    """Names of the sheets in their order, each with the id of its relationship."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False
        self._root_seen = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, name = tag.rpartition(" ")[::2]
        if not self._root_seen:
            if namespace not in _MAIN or name != "workbook":
                raise Unreadable(ExtractionReason.WRONG_TYPE)
            self._root_seen = True
        if namespace not in _MAIN:
            return
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
            self.sheets.append((attributes.get("name", ""), key))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}


class _Styles:
    """Which cell styles show a number as a date."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._formats = set(_BUILT_IN_DATES)
        self._in_cells = False
        self._number = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "numFmt":
            code = _NOT_IN_FORMAT.sub("", attributes.get("formatCode", "")[:_FORMAT_LETTERS]).lower()
            if "y" in code or "d" in code:
                self._formats.add(_number(attributes.get("numFmtId")))
        elif name in {"cellXfs", "cellStyleXfs", "dxfs"}:
            self._in_cells = name == "cellXfs"
        elif name == "xf" and self._in_cells:
            if _number(attributes.get("numFmtId")) in self._formats:
                self.dates.add(self._number)
            self._number += 1


class _Strings:
    """The table of strings that cells share (18.4.9); phonetic hints are left out."""

    def __init__(self, room: int) -> None:
        self.finished: list[str] = []
        self.full = False
        self._room = room
        self._pieces: list[str] = []
        self._in_text = False
        self._skipping = 0

    def start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "rPh":
            self._skipping += 1
        self._in_text = name == "t" and not self._skipping

    def characters(self, data: str) -> None:
        if self._in_text:
            self._pieces.append(data)

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        self._in_text = False
        if name == "rPh":
            self._skipping -= 1
        elif name == "si":
            whole = "".join(self._pieces)
            self._pieces.clear()
            self._room -= len(whole) + 64
            if self._room < 0:
                self.full = True
            else:
                self.finished.append(whole)


def _shared_strings(package: Package, part: str | None, room: int) -> _Strings:
    """As many as there is room for: cells that share one beyond say nothing."""
    strings = _Strings(room)
    if part is not None:
        for _ in package.parse(part, strings.start, strings.end, strings.characters):
            if strings.full:
                break
    return strings


class _Sheet:
    """Collects rows from the events of one sheet (18.3)."""

    def __init__(self, strings: list[str], dates: set[int], epoch: datetime) -> None:
        self._strings = strings
        self._dates = dates
        self._epoch = epoch
        self._rows: list[str] = []
        self._cells: list[str] = []
        self._kind, self._style = "n", 0
        self._value: list[str] = []
        self._in_value = False

    def finished_rows(self) -> Iterator[str]:
        rows, self._rows = self._rows, []
        yield from rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._kind, self._style = attributes.get("t", "n"), _number(attributes.get("s"))
            self._value.clear()
        self._in_value = name == "v" or (name == "t" and self._kind == "inlineStr")

    def characters(self, data: str) -> None:
        if self._in_value:
            self._value.append(data)

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        self._in_value = False
        if name == "c":
            if told := self._told("".join(self._value)):
                self._cells.append(" ".join(told.split()))
        elif name == "row":
            self._rows.append("\t".join(self._cells))
            self._cells.clear()

    def _told(self, value: str) -> str:
        if self._kind == "s":
            place = _number(value, -1)
            return self._strings[place] if 0 <= place < len(self._strings) else ""
        if self._kind == "b":
            return _BOOLEANS.get(value, value)
        if self._kind == "n" and self._style in self._dates:
            return _date_of(value, self._epoch)
        return value


def _date_of(serial: str, epoch: datetime) -> str:
    """Days since the epoch as people here write a date."""
    try:
        days = float(serial)
    except ValueError:
        return serial
    if not 1 <= days < _LAST_SERIAL:
        return serial
    return f"{epoch + timedelta(days=int(days)):%d/%m/%Y}"


def _number(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
