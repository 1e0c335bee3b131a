"""The text of a PresentationML document (ECMA-376 part 1, section 19): a page per slide, with its notes."""

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Unreadable
from docflow.files.readers.package import Package
from docflow.files.readers.source import Sink, Source

_MAIN = frozenset(
    {
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        "http://purl.oclc.org/ooxml/presentationml/main",
    }
)
_DRAWING = frozenset(
    {
        "http://schemas.openxmlformats.org/drawingml/2006/main",
        "http://purl.oclc.org/ooxml/drawingml/main",
    }
)
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_FIELDS_LEFT_OUT = frozenset({"slidenum"})


def read_pptx(source: Source, sink: Sink, limits: ExtractionLimits) -> int:
    """Slides in the order they are shown; a row of a table is one line. Returns the number of slides."""
    package = Package(source.file, limits.xml_bytes)
    main = next((name for kind, name, _ in package.related("") if kind == "officeDocument"), None)
    if main is None or main not in package:
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    package.notice(sink)
    package.notice_references(sink)
    show = _Show()
    for _ in package.parse(main, show.start, None, None):
        pass
    parts = {key: name for kind, name, key in package.related(main) if kind == "slide"}
    for key in show.slides[: limits.pages]:
        sink.next_page()
        if (slide := parts.get(key, "")) in package:
            _write(package, slide, sink)
            notes = [name for kind, name, _ in package.related(slide) if kind == "notesSlide"]
            for name in notes[:1]:
                if name in package:
                    _write(package, name, sink)
    if len(show.slides) > limits.pages:
        raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
    return len(show.slides)


def _write(package: Package, part: str, sink: Sink) -> None:
    slide = _Slide()
    for _ in package.parse(part, slide.start, slide.end, slide.characters):
        for line in slide.finished_lines():
            sink.line(line)


class _Show:
    """The slides of the show: ids of relationships."""

    def __init__(self) -> None:
        self.slides: list[str] = []
        self._root_seen = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, name = tag.rpartition(" ")[::2]
        if not self._root_seen:
            if namespace not in _MAIN or name != "presentation":
                raise Unreadable(ExtractionReason.WRONG_TYPE)
            self._root_seen = True
        if name == "sldId" and namespace in _MAIN:
            self.slides.extend(
                value for key, value in attributes.items() if key.endswith("/relationships id")
            )


class _Slide:
    """Collects paragraphs and table rows from the events of one slide."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._paragraph: list[str] = []
        self._cells: list[str] | None = None
        self._in_text = False
        self._in_number = False
        self._skipping = 0

    def finished_lines(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, name = tag.rpartition(" ")[::2]
        if self._skipping or tag == _FALLBACK:
            self._skipping += 1
        elif namespace in _DRAWING:
            if name == "t":
                self._in_text = not self._in_number
            elif name == "br":
                self._paragraph.append("\n")
            elif name == "tr":
                self._cells = []
            elif name == "fld":
                self._in_number = attributes.get("type") in _FIELDS_LEFT_OUT

    def characters(self, data: str) -> None:
        if self._in_text and not self._skipping:
            self._paragraph.append(data)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        namespace, name = tag.rpartition(" ")[::2]
        if namespace not in _DRAWING:
            return
        if name == "t":
            self._in_text = False
        elif name == "fld":
            self._in_number = False
        elif name == "p":
            self._close("".join(self._paragraph))
            self._paragraph.clear()
        elif name == "tr" and self._cells is not None:
            self._lines.append("\t".join(self._cells))
            self._cells = None

    def _close(self, paragraph: str) -> None:
        if self._cells is None:
            self._lines.append(paragraph)
        elif paragraph:
            self._cells.append(" ".join(paragraph.split()))
