"""The words of an HTML page: nothing of it is run, loaded or followed."""

import re
from html.parser import HTMLParser

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Mark, Unreadable
from docflow.files.readers.plain import decoded
from docflow.files.readers.source import Sink, Source

_SKIPPED = frozenset({"script", "style", "template", "noscript", "object", "svg", "math", "select"})
_BLOCK_NAMES = (
    "address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 head header hr html li main nav ol option p pre section table tbody tfoot thead title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset({"td", "th"})
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_CHARSETS = frozenset({"windows-1258", "cp1258", "windows-1252", "iso-8859-1", "utf-16", "utf-8", "us-ascii"})
_LOADED = {"img": "src", "iframe": "src", "link": "href", "script": "src", "object": "data", "embed": "src"}
_ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_AT_ONCE = 1 << 16
_UNFINISHED = 1000
"""Letters. A longer tag or comment that never ends says nothing, as in a browser; the parser would look at each `<` in it."""


def read_html(source: Source, sink: Sink, limits: ExtractionLimits) -> None:
    """A line per block; cells of a row are parted by tabs."""
    data = source.file.read(limits.xml_bytes + 1)
    if len(data) > limits.xml_bytes:
        raise Unreadable(ExtractionReason.TOO_LARGE)
    write_html(_decoded(data), sink)


def write_html(markup: str, sink: Sink) -> None:
    """The words of a page that is text already: the body of a mail, say."""
    page, start = _Page(sink), 0
    while start < len(markup):
        # What is not finished is looked at again with each piece: pieces grow with it.
        piece = markup[start : start + max(_AT_ONCE, len(page.rawdata))]
        page.feed(piece)
        start += len(piece)
    if len(page.rawdata) <= _UNFINISHED:
        page.close()
    page.end_line()


def _decoded(data: bytes) -> str:
    """As the bytes tell; what the page claims matters only where they do not."""
    claimed = _META.search(data[:2048])
    name = claimed[1].decode().lower() if claimed else ""
    if name in _CHARSETS - {"utf-8", "utf-16", "us-ascii"}:
        text = decoded(data)
        return text if text.isascii() or _is_utf_8(data) else data.decode(_python_name(name), "replace")
    return decoded(data)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _python_name(charset: str) -> str:
    return {"windows-1258": "cp1258", "windows-1252": "cp1252", "iso-8859-1": "cp1252"}.get(charset, charset)


class _Page(HTMLParser):
    """Writes lines while the tags come."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(convert_charrefs=True)
        self._sink = sink
        self._line: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._notice(tag, dict(attrs))
        if tag in _SKIPPED:
            if tag not in self._skipping:
                self._skipping.append(tag)
        elif tag in _BLOCKS:
            self.end_line()
        elif tag in _CELLS and self._line:
            self._line.append("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipping:
            del self._skipping[self._skipping.index(tag) :]
        elif tag in _BLOCKS:
            self.end_line()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def end_line(self) -> None:
        """What stands between two blocks is one line."""
        cells = "".join(self._line).split("\t")
        self._line.clear()
        self._sink.line("\t".join(cell for cell in map(str.strip, cells) if cell))

    def _notice(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "script" or any(
            name.startswith("on") or (value or "").lstrip().lower().startswith("javascript:")
            for name, value in attributes.items()
        ):
            self._sink.notice(Mark.SCRIPT)
        if tag in _LOADED and _ELSEWHERE.match(attributes.get(_LOADED[tag]) or ""):
            self._sink.notice(Mark.EXTERNAL_REFERENCES)
