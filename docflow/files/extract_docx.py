"""The text of a WordprocessingML document (ECMA-376 part 1, section 17), read as a stream of XML events.

Nothing is built in memory but the paragraph or table row at hand. A document type declaration is refused before
an entity could be declared, so neither expansion nor external entities exist.
"""

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from docflow.files.extract_terms import ExtractionReason, Unreadable

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
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_CHUNK = 64 * 1024
_RATIO = 400  # one page repeated 4,000 times packs to 1/180; deflate's limit is 1/1,032
_RATIO_MATTERS_FROM = 4 * 1024 * 1024


def read_docx(file: BinaryIO, xml_bytes: int) -> Iterator[str]:
    """Yield the lines of the headers, the body, the foot- and endnotes and the footers, in this order.

    A row of a table is one line with tabs between its cells, unless a cell has several paragraphs.
    Raises `Unreadable`.
    """
    _refuse_compound_file(file)
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise Unreadable(ExtractionReason.WRONG_TYPE) from None
    main, before, after = _parts(archive)
    _check_size(archive, [*before, main, *after], xml_bytes)
    seen: set[str] = set()
    for part in before:
        yield from _once(seen, _lines(archive, part))
    yield from _lines(archive, main, root="document")
    seen.clear()
    for part in after:
        yield from _once(seen, _lines(archive, part))


def _refuse_compound_file(file: BinaryIO) -> None:
    """A protected document is wrapped in a compound file ([MS-OFFCRYPTO] 2.3.4); an old .doc is one too."""
    magic = file.read(len(_OLE_MAGIC))
    if magic != _OLE_MAGIC:
        return
    protected = _ENCRYPTED_PACKAGE in file.read()
    raise Unreadable(
        ExtractionReason.PASSWORD_PROTECTED if protected else ExtractionReason.WRONG_TYPE,
    )


def _once(seen: set[str], lines: Iterator[str]) -> Iterator[str]:
    """First-page, even and odd headers mostly repeat each other."""
    for line in lines:
        if line.strip() and line not in seen:
            seen.add(line)
            yield line


def _parts(archive: zipfile.ZipFile) -> tuple[str, list[str], list[str]]:
    """The main part, the headers, and the notes and footers, found by relationship (ECMA-376 part 2, 6.5)."""
    mains = [name for kind, name in _relations(archive, "") if kind == "officeDocument"]
    if not mains or mains[0] not in archive.namelist():
        raise Unreadable(ExtractionReason.WRONG_TYPE)
    main = mains[0]
    of_kind: dict[str, list[str]] = {"header": [], "footnotes": [], "endnotes": [], "footer": []}
    for kind, name in _relations(archive, main):
        if kind in of_kind and name in archive.namelist() and name not in of_kind[kind]:
            of_kind[kind].append(name)
    before = of_kind.pop("header")
    return main, before, [name for names in of_kind.values() for name in names]


def _relations(archive: zipfile.ZipFile, source: str) -> list[tuple[str, str]]:
    """(kind, part name) of every internal relationship of a part; of the package when `source` is empty."""
    folder, name = posixpath.split(source)
    found: list[tuple[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith(" Relationship") and attributes.get("TargetMode") != "External":
            target = posixpath.join("/", folder, attributes.get("Target", ""))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found.append((kind, posixpath.normpath(target).lstrip("/")))

    part = posixpath.join(folder, "_rels", f"{name}.rels")
    if part in archive.namelist():
        _check_size(archive, [part], _RATIO_MATTERS_FROM)
        for _ in _parse(archive, part, start, None, None):
            pass
    return found


def _check_size(archive: zipfile.ZipFile, parts: list[str], limit: int) -> None:
    """Refuse by the declared sizes: `ZipExtFile` never gives more than was declared."""
    total = 0
    for part in parts:
        info = archive.getinfo(part)
        if info.flag_bits & 0x1:
            raise Unreadable(ExtractionReason.PASSWORD_PROTECTED)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(ExtractionReason.BROKEN)
        total += info.file_size
        if info.file_size > max(_RATIO_MATTERS_FROM, info.compress_size * _RATIO) or total > limit:
            raise Unreadable(ExtractionReason.EXPANDS_TOO_FAR)


def _lines(archive: zipfile.ZipFile, part: str, root: str | None = None) -> Iterator[str]:
    story = _Story(root)
    for _ in _parse(archive, part, story.start, story.end, story.characters):
        yield from story.finished_lines()


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None,
    characters: Callable[[str], None] | None,
) -> Iterator[None]:
    """Feed a part to the handlers, stopping after every chunk."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
                yield
        parser.Parse(b"", True)
    except expat.ExpatError:
        yield  # what came before the fault is still text
        raise Unreadable(ExtractionReason.BROKEN) from None
    yield


def _refuse_doctype(*_: object) -> None:
    raise Unreadable(ExtractionReason.FORBIDDEN_MARKUP)


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
