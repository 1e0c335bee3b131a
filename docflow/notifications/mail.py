"""Mails as bytes: RFC 5322 headers, RFC 2045 parts, RFC 2047 words, the invitation layout of RFC 6047. Pure.

The bytes are written directly instead of through ``email.message``: the layout never varies, it costs a
thirtieth, and equal input gives equal bytes on every version of Python. All bodies are base64, so that a
calendar's CRLF and its long lines survive every server on the way.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote


class MailNotValid(ValueError):
    """What was given cannot stand in a mail: a line break in a header, a NUL in a text, an odd name."""


class MailAddressNotValid(MailNotValid):
    """Not an address that every mail server takes: ``local@domain``, ASCII, without quotes or comments."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address and the name shown beside it, which may hold any letters."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class MailText:
    """What a mail says. ``subject`` is one line."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. ``media_type`` is ``type/subtype`` without parameters."""

    filename: str
    media_type: str
    content: bytes = field(repr=False)


class MailWords(Protocol):
    """Whoever puts a mail into words: ``rendering.MailTemplates``. Business code sees this and no template."""

    def render(self, name: str, language: str, **facts: object) -> MailText:
        """The mail ``<capability>/<name>`` in a language, filled with its facts."""
        ...


# RFC 5321 §4.1.2 without quoted strings and address literals; lengths of §4.5.3.1.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})*\Z")
_MESSAGE_ID = re.compile(rf"<(?=.{{3,250}}\Z){_LOCAL}@{_LABEL}(?:\.{_LABEL})*>\Z")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z")
_PRINTABLE = re.compile(r"[ -~]{1,900}\Z")
_PLAIN_WORDS = re.compile(r"[ -~]{0,66}\Z")
_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+")
_MEDIA_TYPE = re.compile(r"[a-z]{2,20}/[A-Za-z0-9.+-]{1,100}\Z")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_METHOD = re.compile(r"[A-Z]{3,20}\Z")
_OWN_HEADERS = frozenset(
    {
        *("from", "to", "cc", "bcc", "sender", "reply-to"),
        *("subject", "date", "message-id", "auto-submitted", "mime-version"),
    }
)
_WORD_BYTES = 39
"""Bytes of UTF-8 in one encoded word: 64 characters written, so that it fits beside ``Subject:`` in 78."""


def checked_address(address: str) -> str:
    """The address as given. Raises MailAddressNotValid for anything that is not plainly one."""
    if _ADDRESS.match(address) is None:
        raise MailAddressNotValid(f"not a mail address: {address[:100]!r}")
    return address


def one_line(text: str) -> str:
    """The text with every run of blanks, line breaks and control characters made one space."""
    return _BREAKS.sub(" ", text).strip()


def compose(
    *,
    sender: Mailbox,
    recipient: Mailbox,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    reply_to: Mailbox | None = None,
    calendar: bytes | None = None,
    method: str | None = None,
    attachment: Attachment | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One mail to one person, ready for SMTP: ASCII bytes, CRLF, no line longer than 78 but for long tokens.

    ``date`` is aware; ``message_id`` is ``<unique@domain>`` and stays the same at every attempt. ``calendar``
    is a whole iCalendar file with the same ``method`` (RFC 6047 §2.4): shown as the last alternative and
    attached as ``invite.ics``. ``attachment`` is a file beside the text, where there is no calendar. ``headers`` adds others, ASCII only. Raises MailNotValid and
    MailAddressNotValid.
    """
    lines = [
        _address_header("From", sender),
        _address_header("To", recipient),
        *([_address_header("Reply-To", reply_to)] if reply_to else ()),
        _subject_header(one_line(subject)),
        _date_header(date),
        _message_id_header(message_id),
        "Auto-Submitted: auto-generated",
        *_further_headers(headers or {}),
        "MIME-Version: 1.0",
    ]
    boundary = sha256(message_id.encode()).hexdigest()[:24]
    if calendar is None and attachment is not None:
        body = _with_file(text, html, attachment, boundary)
    elif calendar is None:
        body = _alternatives(text, html, boundary)
    else:
        body = _invitation(text, html, calendar, method or "", boundary)
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + body


def _alternatives(text: str, html: str, boundary: str, last: bytes = b"") -> bytes:
    return _multipart(
        "alternative",
        f"=_alternative_{boundary}",
        _part("text/plain; charset=utf-8", _base64(_canonical(text))),
        _part("text/html; charset=utf-8", _base64(_canonical(html))),
        *([last] if last else ()),
    )


def _invitation(text: str, html: str, calendar: bytes, method: str, boundary: str) -> bytes:
    if _METHOD.match(method) is None or f"\r\nMETHOD:{method}\r\n".encode() not in calendar:
        raise MailNotValid("the method of the mail is not the METHOD of its calendar")
    if b"\0" in calendar:
        raise MailNotValid("a calendar holds no NUL")
    encoded = _base64(calendar)
    shown = _part(f"text/calendar; charset=utf-8; method={method}", encoded)
    attached = _part(
        'application/ics; name="invite.ics"',
        encoded,
        'Content-Disposition: attachment; filename="invite.ics"',
    )
    return _multipart(
        "mixed", f"=_mixed_{boundary}", _alternatives(text, html, boundary, last=shown), attached
    )


def _with_file(text: str, html: str, attachment: Attachment, boundary: str) -> bytes:
    if _MEDIA_TYPE.match(attachment.media_type) is None:
        raise MailNotValid(f"not a media type: {attachment.media_type[:60]!r}")
    # RFC 2231 §4: the name in UTF-8 for whoever reads it, and one of plain letters for whoever does not.
    plain = _NOT_PLAIN.sub("_", attachment.filename) or "file"
    named = quote(one_line(attachment.filename), safe="")
    attached = _part(
        f'{attachment.media_type};\r\n name="{plain}"',
        _base64(attachment.content),
        f"Content-Disposition: attachment;\r\n filename=\"{plain}\";\r\n filename*=utf-8''{named}",
    )
    return _multipart("mixed", f"=_mixed_{boundary}", _alternatives(text, html, boundary), attached)


def _multipart(kind: str, boundary: str, *parts: bytes) -> bytes:
    # "=_" cannot occur in base64, nor "--=_" in a header of ours: the boundary is safe (RFC 2045 §6.7).
    mark = b"--" + boundary.encode("ascii")
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _part(content_type: str, encoded: bytes, disposition: str = "") -> bytes:
    head = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64"]
    if disposition:
        head.append(disposition)
    return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + encoded


def _base64(content: bytes) -> bytes:
    encoded = b2a_base64(content, newline=False)
    return b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))


def _canonical(text: str) -> bytes:
    """A text part's bytes: UTF-8, every line ended by CRLF (RFC 2046 §4.1.1)."""
    if "\0" in text:
        raise MailNotValid("the text of a mail holds no NUL")
    try:
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    except UnicodeEncodeError as error:
        raise MailNotValid("the text of a mail is Unicode without surrogates") from error


@lru_cache(maxsize=512)
def _address_header(name: str, mailbox: Mailbox) -> str:
    address = checked_address(mailbox.address)
    shown = one_line(mailbox.name)
    if not shown:
        return f"{name}: {address}"
    if _PLAIN_WORDS.match(shown) and "=?" not in shown:
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        words = f'{name}: "{escaped}"'
    else:
        words = f"{name}: {_encoded_words(shown)}"
    last_line = words.rpartition("\n")[2]
    blank = " " if len(last_line) + len(address) <= 75 else "\r\n "
    return f"{words}{blank}<{address}>"


@lru_cache(maxsize=64)
def _subject_header(subject: str) -> str:
    if _PLAIN_WORDS.match(subject) and "=?" not in subject:
        return f"Subject: {subject}"
    return f"Subject: {_encoded_words(subject)}"


def _date_header(date: datetime) -> str:
    if date.tzinfo is None:
        raise MailNotValid("the date of a mail needs a time zone")
    return f"Date: {format_datetime(date)}"


def _message_id_header(message_id: str) -> str:
    if _MESSAGE_ID.match(message_id) is None:
        raise MailNotValid(f"not a message id: {message_id[:100]!r}")
    return f"Message-ID: {message_id}"


def _encoded_words(text: str) -> str:
    """RFC 2047: several words, each whole characters, on folded lines; readers join them without blanks."""
    return "\r\n ".join(
        f"=?utf-8?b?{b2a_base64(piece, newline=False).decode('ascii')}?=" for piece in _pieces(text.encode())
    )


def _pieces(content: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(content):
        end = min(start + _WORD_BYTES, len(content))
        while end < len(content) and content[end] & 0xC0 == 0x80:
            end -= 1
        yield content[start:end]
        start = end


def _further_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        own = name.lower() in _OWN_HEADERS or name.lower().startswith("content-")
        if _HEADER_NAME.match(name) is None or own:
            raise MailNotValid(f"not a header to add: {name[:60]!r}")
        if _PRINTABLE.match(value) is None:
            raise MailNotValid(f"{name} holds something else than printable ASCII")
        yield f"{name}: {value}"
