"""Documents packed as ZIP (ECMA-376 part 2, ODF 1.3 part 2): sizes refused before unpacking, XML read as a stream.

A document type declaration is refused before an entity could be declared, so neither expansion nor external
entities exist. What is packed inside once more is named, never opened.
"""

import contextlib
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from docflow.files.extract_terms import ExtractionReason, Mark, Unreadable
from docflow.files.readers.source import Sink

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ARCHIVE_MAGIC = (
    b"PK\x03\x04",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
)
_LOOKED_AT = 2000
_CHUNK = 64 * 1024
_RATIO = 400  # one page repeated 4,000 times packs to 1/180; deflate's limit is 1/1,032
_RATIO_MATTERS_FROM = 4 * 1024 * 1024
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MACRO_PART = re.compile(
    r"(^|/)vbaProject\.bin$|^Basic/[^/]+/(?!script-l)[^/]+\.xml$|^Scripts/.", re.IGNORECASE
)
_SIGNATURE_PART = re.compile(r"^_xmlsignatures/|^META-INF/[^/]*signatures\.xml$", re.IGNORECASE)


def refuse_compound_file(file: BinaryIO) -> None:
    """A protected document is wrapped in a compound file ([MS-OFFCRYPTO] 2.3.4); an old .doc is one too."""
    magic = file.read(len(_OLE_MAGIC))
    if magic == _OLE_MAGIC:
        protected = _ENCRYPTED_PACKAGE in file.read()
        raise Unreadable(
            ExtractionReason.PASSWORD_PROTECTED if protected else ExtractionReason.WRONG_TYPE,
        )
    file.seek(0)


class Package:
    """An opened package whose parts are read for at most ``xml_bytes`` unpacked bytes in all."""

    def __init__(self, file: BinaryIO, xml_bytes: int) -> None:
        refuse_compound_file(file)
        try:
            self._archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise Unreadable(ExtractionReason.WRONG_TYPE) from None
        self._room = xml_bytes
        self._admitted: set[str] = set()

    def __contains__(self, part: str) -> bool:
        return part in self._archive.NameToInfo

    def names(self) -> list[str]:
        """Every part, in the order of the package."""
        return list(self._archive.NameToInfo)

    def admit(self, *parts: str) -> None:
        """Refuse by the declared sizes: `ZipExtFile` never gives more than was declared."""
        for part in parts:
            if part in self._admitted:
                continue
            info = self._archive.getinfo(part)
            if info.flag_bits & 0x1:
                raise Unreadable(ExtractionReason.PASSWORD_PROTECTED)
            if info.compress_type not in _READABLE_METHODS:
                raise Unreadable(ExtractionReason.BROKEN)
            swells = info.file_size > max(_RATIO_MATTERS_FROM, info.compress_size * _RATIO)
            if swells or info.file_size > self._room:
                raise Unreadable(ExtractionReason.EXPANDS_TOO_FAR)
            self._room -= info.file_size
            self._admitted.add(part)

    def related(self, source: str) -> list[tuple[str, str, str]]:
        """(kind, part, id) of every internal relationship of a part, of the package when ``source`` is empty.

        ECMA-376 part 2, 6.5.
        """
        return [
            (kind, name, key) for kind, name, key, external in self._relationships(source) if not external
        ]

    def _relationships(self, source: str) -> list[tuple[str, str, str, bool]]:
        folder, name = posixpath.split(source)
        found: list[tuple[str, str, str, bool]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag.endswith(" Relationship"):
                external = attributes.get("TargetMode") == "External"
                target = posixpath.join("/", folder, attributes.get("Target", ""))
                kind = attributes.get("Type", "").rpartition("/")[2]
                key = attributes.get("Id", "")
                found.append((kind, posixpath.normpath(target).lstrip("/"), key, external))

        part = posixpath.join(folder, "_rels", f"{name}.rels")
        if part in self:
            for _ in self.parse(part, start, None, None):
                pass
        return found

    def parse(
        self, part: str, start: Start, end: End | None, characters: Callable[[str], None] | None
    ) -> Iterator[None]:
        """Feed a part to the handlers, stopping after every chunk. Tags are ``namespace name``."""
        self.admit(part)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        try:
            with self._archive.open(part) as stream:
                while chunk := stream.read(_CHUNK):
                    parser.Parse(chunk, False)
                    yield
            parser.Parse(b"", True)
        except expat.ExpatError:
            yield  # what came before the fault is still text
            raise Unreadable(ExtractionReason.BROKEN) from None
        yield

    def begins(self, part: str, length: int) -> bytes:
        """The first bytes of a part; nothing when it cannot be unpacked."""
        info = self._archive.getinfo(part)
        if info.flag_bits & 0x1 or info.compress_type not in _READABLE_METHODS or info.is_dir():
            return b""
        try:
            with self._archive.open(part) as stream:
                return stream.read(length)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return b""

    def notice(self, sink: Sink) -> None:
        """Say what the parts tell by their names and first bytes; what is broken tells nothing."""
        for name in self.names()[:_LOOKED_AT]:
            if _MACRO_PART.search(name):
                sink.notice(Mark.MACROS)
            if _SIGNATURE_PART.search(name):
                sink.notice(Mark.SIGNED)
            if self._archive.getinfo(name).flag_bits & 0x1:
                sink.notice(Mark.PASSWORD_PROTECTED)
            if self.begins(name, 6).startswith(_ARCHIVE_MAGIC):
                sink.notice(Mark.NESTED_ARCHIVE)

    def notice_references(self, sink: Sink) -> None:
        """Say whether a part is loaded from elsewhere; a link that only a click follows is none."""
        rels = [name for name in self.names() if name.endswith(".rels")][:_LOOKED_AT]
        for name in rels:
            folder, file = posixpath.split(name)
            source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
            with contextlib.suppress(Unreadable):  # what the text needs is judged when it is read
                if any(
                    external and kind != "hyperlink" for kind, _, _, external in self._relationships(source)
                ):
                    sink.notice(Mark.EXTERNAL_REFERENCES)


def _refuse_doctype(*_: object) -> None:
    raise Unreadable(ExtractionReason.FORBIDDEN_MARKUP)
