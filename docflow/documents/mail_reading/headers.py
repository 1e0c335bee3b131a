"""Headers: where they end, what they say, in whatever shape programs left them (RFC 5322, 2047, 2231)."""

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from docflow.documents.mail_reading.charsets import decoded, decoded_header, one_line
from docflow.documents.mail_reading.source import Bytes, Unreadable
from docflow.documents.mail_reading.terms import MailFault

_BLOCK = re.compile(rb"(?:[!-9;-~]+[ \t]*:[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*)*")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\n]*(?:\n|\Z))(?:[ \t][^\n]*(?:\n|\Z))*)")
_MBOX = re.compile(rb">?From [^\n]*\n")
_BLANK = re.compile(rb"\r?\n")
_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{1,40})?\?([bBqQ])\?([^?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_ID = re.compile(r"<[^<>\s]{1,900}>")
_CONTENT_BYTES = 4 * 1024
"""Of a header that describes a part: what the standard library reads these by is quadratic in their length."""
_ADDRESS_LETTERS = 4 * 1024
_BULK = frozenset({"bulk", "junk", "list"})
_MACHINES = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@-]|$)", re.IGNORECASE
)


class Headers:
    """The headers of a mail or a part, by name; the first of a name counts, as readers show it."""

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self._fields = fields
        self.content = Message()
        for name in ("content-type", "content-disposition"):
            if (raw := self._first(name)) is not None:
                self.content[name] = decoded_header(raw[:_CONTENT_BYTES])

    def __bool__(self) -> bool:
        return bool(self._fields)

    def __contains__(self, name: str) -> bool:
        return self._first(name) is not None

    def text(self, name: str, longest: int = 1000) -> str:
        """The first field of the name in readable words on one line; empty when there is none."""
        raw = self._first(name)
        return "" if raw is None else one_line(readable(decoded_header(raw[: 8 * longest])), longest)

    def plain(self, name: str) -> str:
        """The first field of the name as it stands, in small letters, for words of the protocols."""
        return one_line(decoded_header((self._first(name) or b"")[:_CONTENT_BYTES])).lower()

    def message_id(self, name: str = "message-id") -> str | None:
        """The first id in a field, with its brackets; whatever stands there when it has none."""
        text = one_line(decoded_header((self._first(name) or b"")[:_CONTENT_BYTES]), 900)
        found = _ID.search(text)
        return found[0] if found else text or None

    def sender(self) -> tuple[str, str]:
        """Address and shown name of the first of whoever it is from; the words as they stand when none is an address."""
        raw = decoded_header((self._first("from") or self._first("sender") or b"")[:_ADDRESS_LETTERS])
        try:
            pairs = getaddresses([raw])
        except (ValueError, IndexError, RecursionError):
            pairs = []
        for name, address in pairs:
            if "@" in address:
                return one_line(address, 320), one_line(readable(name), 300)
        return one_line(readable(raw), 320), ""

    def sent_at(self) -> datetime | None:
        """When it says it was sent, in UTC; None for what is no date."""
        try:
            moment = parsedate_to_datetime(self.text("date", 200))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError, IndexError):
            return None

    def is_automatic(self) -> bool:
        """Whether a program, a list or a mail server sent it (RFC 3834, 2; RFC 2919; RFC 5230, 4.6)."""
        if self.plain("auto-submitted").partition(";")[0].strip() not in {"", "no"}:
            return True
        if self.plain("precedence") in _BULK or self.plain("return-path") == "<>":
            return True
        if any(name.startswith("list-") or name == "x-auto-response-suppress" for name, _ in self._fields):
            return True
        kind = self.content.get_content_type()
        return kind == "multipart/report" or _MACHINES.match(self.sender()[0]) is not None

    def content_type(self, default: str) -> str:
        """The media type, in small letters; ``default`` where there is none to be read."""
        return self.content.get_content_type() if "content-type" in self else default

    def parameter(self, name: str) -> str | None:
        """A parameter of the content type, with its continuations and encodings undone (RFC 2231)."""
        try:
            value = self.content.get_param(name)
        except (ValueError, LookupError, TypeError):
            return None
        if isinstance(value, tuple):
            return decoded(value[2].encode("latin-1", "replace"), value[0])
        return str(value) if value else None

    def filename(self) -> str:
        """The name its sender gave the part, in readable words; empty when there is none."""
        try:
            name = self.content.get_filename("")
        except (ValueError, LookupError, TypeError):
            return ""
        return readable(str(name))

    def _first(self, name: str) -> bytes | None:
        return next((value for each, value in self._fields if each == name), None)


def headers_of(source: Bytes, start: int, end: int, longest: int) -> tuple[Headers, int]:
    """The headers that begin at ``start``, and where the content begins. Raises Unreadable when they are endless.

    A line that is no header ends them, as in the mails of programs that forget the empty line.
    """
    if separator := _MBOX.match(source, start, min(end, start + 1000)):
        start = separator.end()
    reach = min(end, start + longest)
    block = _BLOCK.match(source, start, reach)
    stop = block.end() if block else start
    if stop == reach < end:
        raise Unreadable(MailFault.HEADERS_TOO_LONG)
    fields = [
        (found[1].decode("ascii").lower(), unfolded(found[2])) for found in _fields(source, start, stop)
    ]
    blank = _BLANK.match(source, stop, end)
    return Headers(fields), blank.end() if blank else stop


def _fields(source: Bytes, start: int, stop: int) -> Iterator[re.Match[bytes]]:
    return _FIELD.finditer(source, start, stop)


def unfolded(value: bytes) -> bytes:
    """A field's value on one line (RFC 5322, 2.2.3)."""
    return value.replace(b"\r", b"").replace(b"\n", b"").strip()


def readable(text: str) -> str:
    """Encoded words as what they mean (RFC 2047). Neighbours of one charset are joined before they are decoded.

    Many programs cut a letter of several bytes in two words. A word that cannot be decoded stays as it is written.
    """
    out: list[str] = []
    waiting, charset, last = b"", "", 0
    for word in _WORD.finditer(text):
        between = text[last : word.start()]
        raw = _word_bytes(word[2].lower(), word[3])
        if waiting and (raw is None or between.strip() or word[1].lower() != charset):
            out.append(decoded(waiting, charset))
            waiting = b""
        if between.strip() or (not out and not waiting):
            out.append(between)
        if raw is None:
            out.append(word[0])
        else:
            waiting, charset = waiting + raw, word[1].lower()
        last = word.end()
    if waiting:
        out.append(decoded(waiting, charset))
    return "".join(out) + text[last:]


def _word_bytes(encoding: str, payload: str) -> bytes | None:
    raw = payload.encode("utf-8", "replace")
    if encoding == "q":
        return _HEX.sub(lambda found: bytes([int(found[1], 16)]), raw.replace(b"_", b" "))
    letters = _NOT_BASE64.sub(b"", raw)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return None
