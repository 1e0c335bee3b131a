"""The text of OpenDocument files (ODF 1.3 part 3): texts, sheets and presentations, read as a stream of events."""

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.readers.package import Package
from docflow.files.readers.source import Sink, Source

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE, _DRAW = f"{_NS}text:1.0", f"{_NS}table:1.0", f"{_NS}office:1.0", f"{_NS}drawing:1.0"
_XLINK = "http://www.w3.org/1999/xlink href"
_CONTENT, _STYLES, _MANIFEST = "content.xml", "styles.xml", "META-INF/manifest.xml"
_ROOTS = frozenset({f"{_OFFICE} document-content", f"{_OFFICE} document-styles"})
_SKIPPED = frozenset({f"{_TEXT} tracked-changes", f"{_OFFICE} event-listeners", f"{_TEXT} ruby-text"})
_PARAGRAPHS = frozenset({f"{_TEXT} p", f"{_TEXT} h"})
_LOADED = frozenset(
    {f"{_DRAW} image", f"{_DRAW} object", f"{_TABLE} table-source", f"{_TEXT} section-source"}
)
_MARGINS = frozenset(f"{_NS}style:1.0 {name}" for name in ("header", "header-left", "footer", "footer-left"))
_SPACES_AT_ONCE = 100
_CHARACTERS = {f"{_TEXT} tab": "\t", f"{_TEXT} line-break": "\n"}
_LOADS_FROM_ELSEWHERE = ("http:", "https:", "ftp:", "file:", "smb:", "\\\\", "//")


def read_odf(source: Source, sink: Sink, limits: ExtractionLimits) -> int | None:
    """The body, then headers and footers. Sheets and slides are pages, and their number is returned."""
    package = Package(source.file, limits.xml_bytes)
    if _CONTENT not in package:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    _refuse_encrypted(package)
    package.notice(sink)
    body = _Story(sink, limits.pages)
    for _ in package.parse(_CONTENT, body.start, body.end, body.characters):
        pass
    if _STYLES in package:
        margins = _Story(sink, limits.pages, margins=True)
        for _ in package.parse(_STYLES, margins.start, margins.end, margins.characters):
            pass
    return body.pages or None


def _refuse_encrypted(package: Package) -> None:
    """ODF 1.3 part 2, 3.4: the manifest says of each part how it was encrypted."""
    encrypted = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal encrypted
        encrypted = encrypted or tag.endswith(" encryption-data")

    if _MANIFEST in package:
        for _ in package.parse(_MANIFEST, start, None, None):
            pass
    if encrypted:
        raise Unreadable(ExtractionReason.PASSWORD_PROTECTED)


class _Story:
    """Writes lines while the events of one part come."""

    def __init__(self, sink: Sink, most_pages: int, *, margins: bool = False) -> None:
        self._sink = sink
        self._most_pages = most_pages
        self._reading = not margins
        self._skipping = 0
        self._tables = 0
        self._paragraphs: list[list[str]] = []  # more than one: a frame stands inside a paragraph
        self._rows: list[list[str]] = []
        self._root_seen = False
        self._in_spreadsheet = False
        self.pages = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._root_seen:
            if tag not in _ROOTS:
                raise Unreadable(ExtractionReason.WRONG_TYPE)
            self._root_seen = True
        if self._skipping or tag in _SKIPPED:
            self._skipping += 1
            return
        if tag in _MARGINS:
            self._reading = True
        if tag in _LOADED and attributes.get(_XLINK, "").lower().startswith(_LOADS_FROM_ELSEWHERE):
            self._sink.notice(Mark.EXTERNAL_REFERENCES)
        self._open(tag, attributes)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _PARAGRAPHS:
            self._paragraphs.append([])
        elif tag == f"{_TABLE} table-row":
            self._rows.append([])
        elif tag == f"{_OFFICE} spreadsheet":
            self._in_spreadsheet = True
        elif tag == f"{_DRAW} page":
            self._next_page("")
        elif tag == f"{_TABLE} table":
            if self._in_spreadsheet and not self._tables:
                self._next_page(attributes.get(f"{_TABLE} name", ""))
            self._tables += 1
        else:
            self._add(_character(tag, attributes))

    def characters(self, data: str) -> None:
        self._add(data)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        if tag in _MARGINS:
            self._reading = False
        if tag in _PARAGRAPHS and self._paragraphs:
            self._close("".join(self._paragraphs.pop()))
        elif tag == f"{_TABLE} table-row" and self._rows:
            row = self._rows.pop()
            self._close("\t".join(row))
        elif tag == f"{_TABLE} table":
            self._tables -= 1
        elif tag == f"{_OFFICE} spreadsheet":
            self._in_spreadsheet = False

    def _add(self, data: str) -> None:
        if self._paragraphs and self._reading and not self._skipping:
            self._paragraphs[-1].append(data)

    def _close(self, line: str) -> None:
        if not line:
            return
        if self._rows:
            self._rows[-1].append(" ".join(line.split()))
        else:
            self._sink.line(line)

    def _next_page(self, name: str) -> None:
        self.pages += 1
        if self.pages > self._most_pages:
            raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
        self._sink.next_page()
        self._sink.line(name)


def _character(tag: str, attributes: dict[str, str]) -> str:
    """What an empty element inside a paragraph stands for."""
    if tag == f"{_TEXT} s":
        count = attributes.get(f"{_TEXT} c", "1")
        spaces = int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 1
        return " " * min(spaces, _SPACES_AT_ONCE)
    return _CHARACTERS.get(tag, "")
