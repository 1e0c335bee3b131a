"""A mail (RFC 5322, MIME): its letter is the first page, each attachment that has text begins another.

A mail attached to a mail is read too, down to a depth; archives are not opened.
"""

import email
import email.policy
from collections.abc import Callable, Iterator, Mapping
from email.header import decode_header
from email.message import Message

from docflow.core.filenames import safe_filename
from docflow.files.extract_terms import (
    MAIL,
    READABLE_TYPES,
    ExtractionLimits,
    ExtractionReason,
    Mark,
    Unreadable,
)
from docflow.files.readers.html_text import write_html
from docflow.files.readers.plain import decoded
from docflow.files.readers.source import Reader, Sink, Source
from docflow.files.sniffing import HEAD_BYTES, sniff

_TOLD = ("From", "To", "Cc", "Date", "Subject")
_DEEPEST = 3
_PARTS = 500
_HEADER_LETTERS = 2000
_ARCHIVES = frozenset({"application/zip", "application/x-ole-storage"})

Readers = Mapping[str, Reader]


def mail_reader(readers: Callable[[], Readers]) -> Reader:
    """The reader of mails, which gives attachments to the other ``readers``."""

    def read_mail(source: Source, sink: Sink, limits: ExtractionLimits) -> int:
        message = email.message_from_binary_file(source.file, policy=email.policy.compat32)
        if not message.keys():
            raise Unreadable(ExtractionReason.WRONG_TYPE)
        reading = _Reading(readers(), sink, limits)
        reading.letter(message, 1)
        if reading.unread:
            raise Unreadable(ExtractionReason.ATTACHMENT_UNREADABLE)
        return reading.pages

    return read_mail


class _Reading:
    """One mail while it is read, with the mails inside."""

    def __init__(self, readers: Readers, sink: Sink, limits: ExtractionLimits) -> None:
        self._readers = readers
        self._sink = sink
        self._limits = limits
        self._parts = 0
        self.pages = 0
        self.unread = False

    def letter(self, message: Message, depth: int) -> None:
        """The headers a reader wants, the body, the attachments in their order."""
        self._begin_page()
        raw = [(name.lower(), str(value)) for name, value in message.raw_items()]
        for name in _TOLD:
            for value in [value for key, value in raw if key == name.lower()][:5]:
                self._sink.line(f"{name}: {_header(value)}")
        attachments: list[Message] = []
        for part in self._bodies(message, attachments):
            self._body(part)
        for part in attachments:
            self._attachment(part, depth)

    def _bodies(self, part: Message, attachments: list[Message], level: int = 0) -> Iterator[Message]:
        """Leaves to be read as the letter itself; what is to be saved goes to ``attachments``."""
        self._parts += 1
        if self._parts > _PARTS or level > _PARTS // 10:
            self.unread = True
            return
        kind = part.get_content_type()
        if kind == MAIL:
            attachments.append(part)
        elif part.is_multipart():
            inside = [inner for inner in part.get_payload() if isinstance(inner, Message)]
            if kind == "multipart/alternative":
                inside = [_preferred(inside)] if inside else []
            for inner in inside:
                yield from self._bodies(inner, attachments, level + 1)
        elif (
            part.get_filename()
            or part.get_content_disposition() == "attachment"
            or not kind.startswith("text/")
        ):
            attachments.append(part)
        else:
            yield part

    def _body(self, part: Message) -> None:
        text = _text_of(part)
        if part.get_content_type() == "text/html":
            write_html(text, self._sink)
        else:
            self._sink.line(text.strip("\r\n"))

    def _attachment(self, part: Message, depth: int) -> None:
        if part.get_content_type() == MAIL and part.is_multipart():
            if depth >= _DEEPEST:
                self.unread = True
                return
            for inner in part.get_payload():
                if isinstance(inner, Message):
                    self.letter(inner, depth + 1)
            return
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            return
        name = safe_filename(_header(part.get_filename() or ""))
        media_type = sniff(content[:HEAD_BYTES], name, part.get_content_type())
        if media_type in _ARCHIVES:
            self._sink.notice(Mark.NESTED_ARCHIVE)
        if media_type not in READABLE_TYPES:
            return
        self._begin_page()
        self._sink.line(name)
        if media_type == MAIL:
            self._inner_mail(content, depth)
        else:
            self._read(self._readers[media_type], content)

    def _inner_mail(self, content: bytes, depth: int) -> None:
        """A mail that came as a file."""
        if depth >= _DEEPEST:
            self.unread = True
        else:
            self.letter(email.message_from_bytes(content, policy=email.policy.compat32), depth + 1)

    def _read(self, reader: Reader, content: bytes) -> None:
        """One that cannot be read leaves the others."""
        inner = _Attached(self._sink)
        try:
            reader(Source.of_bytes(content), inner, self._limits)
        except Unreadable as error:
            if error.reason is ExtractionReason.TEXT_TOO_LONG:
                raise
            if error.reason is ExtractionReason.PASSWORD_PROTECTED:
                self._sink.notice(Mark.PASSWORD_PROTECTED)
            self.unread = True
        except Exception:  # whatever a parser stumbles over in a hostile attachment
            self.unread = True
        self.pages += inner.breaks
        self.unread = self.unread or bool(
            inner.scanned
        )  # pictures of text are recognised in files of their own alone

    def _begin_page(self) -> None:
        self.pages += 1
        self._sink.next_page()


class _Attached(Sink):
    """What an attachment writes: its first page is the one that was begun for it."""

    def __init__(self, outer: Sink) -> None:
        super().__init__(0)
        self._outer = outer
        self._first = True
        self.breaks = 0
        self.marks = outer.marks

    def write(self, text: str) -> None:
        self._outer.write(text)

    def line(self, text: str) -> None:
        self._outer.line(text)

    def next_page(self) -> None:
        if self._first:
            self._first = False
            self._outer.write("\n")
            return
        self.breaks += 1
        self._outer.next_page()

    def flush(self) -> None:
        self._outer.flush()


def _preferred(alternatives: list[Message]) -> Message:
    """Plain text says what the page does, without its furniture."""
    return next((part for part in alternatives if part.get_content_type() == "text/plain"), alternatives[-1])


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "strict")
    except (UnicodeDecodeError, LookupError, ValueError, OSError):
        return decoded(data)


def _header(value: str) -> str:
    """A header's words (RFC 2047), however badly they are encoded; 8-bit headers as UTF-8 or Latin."""
    words = []
    try:
        pieces = decode_header(value[:_HEADER_LETTERS])
    except (ValueError, LookupError):
        return value[:_HEADER_LETTERS]
    for word, charset in pieces:
        data = word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word
        try:
            words.append(data.decode(charset or "utf-8"))
        except (UnicodeDecodeError, LookupError, OSError):
            words.append(decoded(data))
    return " ".join("".join(words).split())
