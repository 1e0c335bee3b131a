"""The text of a WordprocessingML document (ECMA-376 part 1, section 17), read as a stream of XML events.

Nothing is built in memory but the paragraph or table row at hand.
"""

from collections.abc import Iterator

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Unreadable
from docflow.files.readers.package import Package
from docflow.files.readers.source import Sink, Source

_WORD = frozenset(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    }
)
_MATH_TEXT = "http://schemas.openxmlformats.org/officeDocument/2006/math t"
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
# Properties define tab stops with the element that is a tab elsewhere; the rest is deleted or moved away.
_SKIPPED = frozenset({"pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "del", "moveFrom", "instrText"})
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read_docx(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """The lines of the headers, the body, the foot- and endnotes and the footers, in this order.

    A row of a table is one line with tabs between its cells, unless a cell has several paragraphs.
    """
    package = Package(source.file, limits.xml_bytes)
    main, before, after = _parts(package)
    package.notice(sink)
    package.admit(*before, main, *after)
    package.notice_references(sink)
    seen: set[str] = set()
    for part in before:
        _write(sink, _once(seen, _lines(package, part)))
    _write(sink, _lines(package, main, root="document"))
    seen.clear()
    for part in after:
        _write(sink, _once(seen, _lines(package, part)))


def _write(sink: Sink, lines: Iterator[str]) -> None:
    for line in lines:
        sink.line(line)


def _once(seen: set[str], lines: Iterator[str]) -> Iterator[str]:
    """First-page, even and odd headers mostly repeat each other."""
    for line in lines:
        if line.strip() and line not in seen:
            seen.add(line)
            yield line


def _parts(package: Package) -> tuple[str, list[str], list[str]]:
    """The main part, the headers, and the notes and footers, found by relationship."""
    mains = [name for kind, name, _ in package.related("") if kind == "officeDocument"]
    if not mains or mains[0] not in package:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    main = mains[0]
    of_kind: dict[str, list[str]] = {"header": [], "footnotes": [], "endnotes": [], "footer": []}
    for kind, name, _ in package.related(main):
        if kind in of_kind and name in package and name not in of_kind[kind]:
            of_kind[kind].append(name)
    before = of_kind.pop("header")
    return main, before, [name for names in of_kind.values() for name in names]


def _lines(package: Package, part: str, root: str | None = None) -> Iterator[str]:
    story = _Story(root)
    for _ in package.parse(part, story.start, story.end, story.characters):
        yield from story.finished_lines()


class _Story:
    """Collects paragraphs and rows from the events of one part (a story: body, header, notes)."""

    def __init__(self, root: str | None) -> None:
        self._root = root
        self._skipping = 0
        self._in_text = False
        self._paragraphs: list[list[str]] = []  # more than one: a text box stands inside a paragraph
        self._rows: list[list[list[str]]] = []
        self._frames: list[list[str]] = [[]]  # finished lines of the part, then of each open cell

    def finished_lines(self) -> list[str]:
        lines = self._frames[0]
        self._frames[0] = []
        return lines

    def start(self, tag: str, _: dict[str, str]) -> None:
        namespace, name = tag.rpartition(" ")[::2]
        if self._root is not None:
            if namespace not in _WORD or name != self._root:
                raise Unreadable(ExtractionReason.WRONG_TYPE)
            self._root = None
        if self._skipping or tag == _FALLBACK or (name in _SKIPPED and namespace in _WORD):
            self._skipping += 1
        elif tag == _MATH_TEXT:
            self._in_text = True
        elif namespace in _WORD:
            self._open(name)

    def _open(self, name: str) -> None:
        if name == "t":
            self._in_text = True
        elif name == "p":
            self._paragraphs.append([])
        elif name == "tr":
            self._rows.append([])
        elif name == "tc":
            self._frames.append([])
        elif name in _MARKS and self._paragraphs:
            self._paragraphs[-1].append(_MARKS[name])

    def characters(self, data: str) -> None:
        if self._in_text and not self._skipping and self._paragraphs:
            self._paragraphs[-1].append(data)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        namespace, name = tag.rpartition(" ")[::2]
        if name == "t":
            self._in_text = False
        elif namespace in _WORD:
            self._close(name)

    def _close(self, name: str) -> None:
        if name == "p":
            if line := "".join(self._paragraphs.pop()):
                self._frames[-1].append(line)
        elif name == "tc":
            lines = self._frames.pop()
            if not self._rows:
                raise Unreadable(ExtractionReason.BROKEN)
            self._rows[-1].append(lines)
        elif name == "tr":
            cells = [lines for lines in self._rows.pop() if lines]
            between = "\t" if all(len(lines) == 1 for lines in cells) else "\n"
            if cells:
                self._frames[-1].append(between.join("\n".join(lines) for lines in cells))
