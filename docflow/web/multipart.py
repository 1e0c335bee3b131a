"""A form with a file, read while it arrives (multipart/form-data, RFC 7578).

The bytes of a file go to their sink as they come; only the text fields are held in memory, so one upload costs
the same however large the file is. The pace is the sink's: the next bytes are taken from the client when the
last were written.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol
from urllib.parse import unquote_to_bytes

from litestar.exceptions import InternalServerException
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from docflow.core.filenames import filename_from_wire, safe_filename
from docflow.web.form_errors import (
    BodyBroken,
    ClientGone,
    FieldNotText,
    FieldRepeated,
    FieldTooLarge,
    FileTooLarge,
    NotMultipart,
    TooManyFields,
    TooManyFiles,
)
from docflow.web.patience import IDLE_SECONDS, paced

HUNG_UP: tuple[type[Exception], ...] = (InternalServerException,)
"""What Litestar's ``Request.stream()`` raises when the client disconnects."""

_PLAIN_ENCODINGS = frozenset({b"", b"7bit", b"8bit", b"binary"})
_HEADERS_PER_PART = 16
_BOUNDARY_BYTES = 256
_EXTENDED = re.compile(rb"filename\*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What one form may hold, sizes in bytes. ``header_bytes`` is for all headers of one part together."""

    file_bytes: int
    files: int = 1
    field_bytes: int = 64 * 1024
    fields: int = 50
    header_bytes: int = 8 * 1024

    @property
    def framing_bytes(self) -> int:
        """Most that may come beside the contents: headers, boundaries, preamble and epilogue."""
        return (self.files + self.fields + 1) * (self.header_bytes + _BOUNDARY_BYTES)

    @property
    def body_bytes(self) -> int:
        """No form within the limits is longer."""
        return self.files * self.file_bytes + self.fields * self.field_bytes + self.framing_bytes


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of the form: its field's name, its safe file name, and the type that the client claims."""

    name: str
    filename: str
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form: texts and files by the name of their field."""

    fields: dict[str, str]
    files: dict[str, FilePart]


class ByteSink(Protocol):
    """Where the bytes of one file go. ``write`` returns when it can take more."""

    async def write(self, chunk: bytes, /) -> None: ...


Sink = Callable[[FilePart], AbstractAsyncContextManager[ByteSink]]
"""Opens the place for one file: entered at its headers, left at its last byte, with the error if one came."""


class FormReader:
    """Reads one multipart body from an async byte iterator.

    Raises NotMultipart or BodyBroken for a Content-Type that cannot be read. ``hung_up`` are the exceptions with
    which the stream says that the client is gone; ``idle_seconds`` is how long one may fall silent.
    """

    def __init__(
        self,
        content_type: str | bytes,
        limits: FormLimits,
        *,
        hung_up: tuple[type[Exception], ...] = HUNG_UP,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._boundary = boundary_of(content_type)
        self._limits = limits
        self._hung_up = hung_up
        self._idle_seconds = idle_seconds

    def refuse_announced(self, content_length: int | None) -> None:
        """Refuse before the first byte what cannot fit. Raises FileTooLarge."""
        if content_length is not None and content_length > self._limits.body_bytes:
            raise FileTooLarge(self._limits.file_bytes)

    async def read(self, stream: AsyncIterator[bytes], sink: Sink) -> Form:
        """Read the whole body; parts may come in any order. Every error of ``form_errors`` may be raised.

        An open sink is left with the error, so it can abort. A file that was already finished when a later
        part fails is the caller's to remove.
        """
        parts = _Parts(self._boundary, self._limits)
        target: ByteSink | None = None
        async with AsyncExitStack() as opened, aclosing(self._chunks(stream)) as chunks:
            async for chunk in chunks:
                for event in parts.feed(chunk):
                    if isinstance(event, FilePart):
                        target = await opened.enter_async_context(sink(event))
                    elif event is _End.FILE:
                        await opened.aclose()
                        target = None
                    elif target is not None:
                        await target.write(event)
            parts.require_closed()
        return Form(parts.fields, parts.files)

    async def _chunks(self, stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(paced(stream, self._idle_seconds)) as chunks:
                async for chunk in chunks:
                    if chunk:
                        yield chunk
        except self._hung_up as error:
            raise ClientGone from error


def boundary_of(content_type: str | bytes) -> bytes:
    """The boundary of a multipart/form-data Content-Type (RFC 2046 §5.1.1). Raises NotMultipart, BodyBroken."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise NotMultipart
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _BOUNDARY_BYTES or b"\r" in boundary or b"\n" in boundary:
        raise BodyBroken("the Content-Type has no usable boundary")
    return boundary


class _End(Enum):
    FILE = "the file is whole"


_Event = FilePart | bytes | _End


@dataclass(slots=True)
class _Part:
    """The part being read. ``opened`` says that its sink is: a file input left empty never opens one."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    header_name: bytes = b""
    header_value: bytes = b""
    header_bytes: int = 0
    name: str = ""
    file: FilePart | None = None
    opened: bool = False
    text: bytearray = field(default_factory=bytearray)


class _Parts:
    """The synchronous half: callbacks of the push parser become events, fields are collected, limits kept."""

    def __init__(self, boundary: bytes, limits: FormLimits) -> None:
        self.fields: dict[str, str] = {}
        self.files: dict[str, FilePart] = {}
        self._limits = limits
        self._part = _Part()
        self._names: set[str] = set()
        self._events: list[_Event] = []
        self._received = self._content = self._file_bytes = 0
        self._closed = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._form_ends,
            },
            max_header_count=_HEADERS_PER_PART,
            max_header_size=limits.header_bytes,
        )

    def feed(self, chunk: bytes) -> list[_Event]:
        """Take one chunk; the events in it, in order."""
        self._events = []
        self._received += len(chunk)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BodyBroken(str(error)) from error
        # What the parser still holds back is shorter than a boundary.
        if self._received - self._content > self._limits.framing_bytes:
            raise BodyBroken("too much between the parts")
        return self._events

    def require_closed(self) -> None:
        if not self._closed:
            raise BodyBroken("the body ends before its closing boundary")

    def _part_begins(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _header_ends(self) -> None:
        part = self._part
        name, value = part.header_name.lower(), part.header_value
        part.header_name = part.header_value = b""
        part.header_bytes += len(name) + len(value)
        if part.header_bytes > self._limits.header_bytes:
            raise BodyBroken("the headers of a part are too long")
        if name in part.headers:
            raise BodyBroken("a header of a part is repeated")
        part.headers[name] = value

    def _headers_end(self) -> None:
        part = self._part
        kind, options = parse_options_header(part.headers.get(b"content-disposition"))
        if kind != b"form-data" or not options.get(b"name"):
            raise BodyBroken("a part has no name")
        if part.headers.get(b"content-transfer-encoding", b"").strip().lower() not in _PLAIN_ENCODINGS:
            raise BodyBroken("a part has a transfer encoding (RFC 7578 §4.7)")
        part.name = _name_of(options[b"name"])
        if part.name in self._names:
            raise FieldRepeated(part.name)
        self._names.add(part.name)
        raw = _filename(part.headers[b"content-disposition"], options)
        if raw is None:
            if len(self._names) - len(self.files) > self._limits.fields:
                raise TooManyFields(self._limits.fields)
            return
        claimed = part.headers.get(b"content-type", b"").decode("latin-1").strip()
        part.file = FilePart(part.name, safe_filename(filename_from_wire(raw)), claimed or None)
        if raw:
            self._open(part, part.file)

    def _open(self, part: _Part, file: FilePart) -> None:
        if len(self.files) == self._limits.files:
            raise TooManyFiles(self._limits.files)
        part.opened = True
        self.files[part.name] = file
        self._file_bytes = 0
        self._events.append(file)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        self._content += end - start
        if part.file is None:
            if len(part.text) + end - start > self._limits.field_bytes:
                raise FieldTooLarge(part.name, self._limits.field_bytes)
            part.text += data[start:end]
            return
        if not part.opened:
            self._open(part, part.file)
        self._file_bytes += end - start
        if self._file_bytes > self._limits.file_bytes:
            raise FileTooLarge(self._limits.file_bytes)
        self._events.append(data[start:end])

    def _part_ends(self) -> None:
        part = self._part
        if part.opened:
            self._events.append(_End.FILE)
        elif part.file is None:
            self.fields[part.name] = _text_of(part.name, part.text)

    def _form_ends(self) -> None:
        self._closed = True


def _name_of(raw: bytes) -> str:
    try:
        return _unescape(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyBroken("the name of a part is not UTF-8") from error


def _text_of(name: str, raw: bytearray) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FieldNotText(name) from error
    if "\0" in text:
        raise FieldNotText(name)
    return text


def _filename(disposition: bytes, options: dict[bytes, bytes]) -> bytes | None:
    """The file name as bytes, empty when no file was chosen, None for a text field.

    ``filename*`` (RFC 5987) is forbidden in forms (RFC 7578 §4.2), yet some clients send nothing else: it counts
    only where there is no plain ``filename``, so that it cannot contradict one.
    """
    if b"filename" in options:
        return _unescape(options[b"filename"])
    # The same parser, under a name that it does not skip.
    _, extended = parse_options_header(_EXTENDED.sub(b"filename-extended", disposition))
    if b"filename-extended" not in extended:
        return None
    return unquote_to_bytes(extended[b"filename-extended"].rpartition(b"'")[2])


def _unescape(raw: bytes) -> bytes:
    """Undo what browsers escape in names, and nothing else (HTML §4.10.21.8, multipart/form-data encoding)."""
    return raw.replace(b"%22", b'"').replace(b"%0D", b"\r").replace(b"%0A", b"\n")
