"""What a mail says: who sent what when, the words, the files."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from docflow.core.filenames import UNNAMED, extension_of, safe_filename
from docflow.documents.mail_reading.charsets import decoded, lines
from docflow.documents.mail_reading.coding import content_of
from docflow.documents.mail_reading.headers import Headers, headers_of
from docflow.documents.mail_reading.page_words import words_of
from docflow.documents.mail_reading.parts import Leaf, leaves_of
from docflow.documents.mail_reading.source import Bytes, Unreadable
from docflow.documents.mail_reading.terms import Attached, MailFault, MailLimits, MailSaid, Written

_VERSION = b"docflow mail 1"
_BODIES = frozenset({"text/plain", "text/html"})
_SIGNATURES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_EXTENSIONS = {
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/xml": "xml",
}
_NAMED = {"application/ms-tnef": "winmail.dat", "application/vnd.ms-tnef": "winmail.dat"}
_SHOWN_IMAGE = re.compile(r"cid:([^\"'\s>)]{1,300})", re.IGNORECASE)


@dataclass
class _Letter:
    """What has been read of a mail so far."""

    limits: MailLimits
    digest: "hashlib._Hash" = field(default_factory=sha256)
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[Attached] = field(default_factory=list)


def read_mail(source: Bytes, limits: MailLimits) -> MailSaid:
    """Read a mail whole.

    Raises Unreadable only when not even headers are there; any later fault is told beside the headers, with no files.
    """
    headers, leaves = leaves_of(source, limits)
    letter = _Letter(limits)
    fault = None
    try:
        for leaf, is_shown in _with_shown(source, list(leaves), limits):
            _take(source, leaf, letter, is_shown=is_shown)
    except Unreadable as error:
        fault = error.fault
    return _said(
        headers,
        key=key_of(headers, letter.digest.digest() if fault is None else sha256(source).digest()),
        note=lines("\n\n".join(letter.plain) or words_of("\n".join(letter.html)), limits.note_letters),
        letter=letter if fault is None else None,
        fault=fault,
    )


def read_headers(source: Bytes, fault: MailFault, limits: MailLimits) -> MailSaid:
    """What the headers alone say, for a mail that is not read further. Raises Unreadable when there are none."""
    headers, _ = headers_of(source, 0, len(source), limits.header_bytes)
    if not headers:
        raise Unreadable(MailFault.BROKEN)
    return _said(headers, key=key_of(headers, sha256(source).digest()), note="", letter=None, fault=fault)


def key_of(headers: Headers, content: bytes) -> bytes:
    """What makes two mails the same: who says it was sent by whom when about what, and what is in it."""
    digest = sha256(_VERSION)
    moment = headers.sent_at()
    address, name = headers.sender()
    for text in (
        headers.message_id() or "",
        address.lower(),
        name,
        moment.isoformat() if moment else headers.text("date"),
        headers.text("subject"),
    ):
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    digest.update(content)
    return digest.digest()


def _said(
    headers: Headers, *, key: bytes, note: str, letter: _Letter | None, fault: MailFault | None
) -> MailSaid:
    address, name = headers.sender()
    return MailSaid(
        content_key=key,
        message_id=headers.message_id(),
        sender=address,
        sender_name=name,
        subject=headers.text("subject"),
        sent_at=headers.sent_at(),
        is_automatic=headers.is_automatic(),
        note=note,
        files=letter.files if letter else [],
        written=_written(letter) if letter and not letter.files else None,
        fault=fault,
    )


def _with_shown(source: Bytes, leaves: list[Leaf], limits: MailLimits) -> Iterator[tuple[Leaf, bool]]:
    """Each leaf, and whether it is an image that the text shows in its place."""
    shown: set[str] = set()
    for leaf in leaves:
        if leaf.content_type == "text/html" and not _is_attachment(leaf):
            shown.update(_SHOWN_IMAGE.findall(_text(source, leaf, limits.body_bytes)))
    for leaf in leaves:
        name = leaf.headers.plain("content-id").strip("<>")
        is_image = leaf.content_type.startswith("image/") and bool(name)
        yield leaf, is_image and name in {one.lower() for one in shown}


def _take(source: Bytes, leaf: Leaf, letter: _Letter, *, is_shown: bool) -> None:
    """One leaf becomes words, a file, or nothing: a signature of the mail's own, a logo in its text."""
    length = leaf.end - leaf.start
    if leaf.content_type in _BODIES and not _is_attachment(leaf) and length <= letter.limits.body_bytes:
        text = _text(source, leaf, letter.limits.body_bytes)
        (letter.plain if leaf.content_type == "text/plain" else letter.html).append(text.strip())
        _count(
            letter, leaf, "", sha256(text.replace("\r\n", "\n").strip().encode("utf-8", "replace")).digest()
        )
        return
    is_signature = leaf.within == "multipart/signed" and leaf.place == 1 and leaf.content_type in _SIGNATURES
    is_logo = is_shown and length <= letter.limits.logo_bytes and not _is_marked_attachment(leaf)
    if is_signature:
        return
    digest, size = sha256(), 0
    for piece in content_of(source, leaf.start, leaf.end, leaf.encoding):
        digest.update(piece)
        size += len(piece)
    name = "" if is_logo else _name(leaf, len(letter.files) + 1)
    _count(letter, leaf, name, digest.digest())
    if is_logo or not size:
        return  # a file without a byte has nothing that could be kept
    if len(letter.files) >= letter.limits.files:
        raise Unreadable(MailFault.TOO_MANY_PARTS)
    letter.files.append(Attached(name, leaf.content_type, leaf.start, leaf.end, leaf.encoding))


def _written(letter: _Letter) -> Written | None:
    """A mail without attachments is itself the document: its words become the file, as plain text when it has any."""
    if text := "\n\n".join(filter(None, letter.plain)):
        return Written("body.txt", "text/plain", text)
    if any(letter.html):
        # The mark of UTF-8 in front stands above what the page says of itself (HTML, 13.2.3.2).
        return Written("body.html", "text/html", "\ufeff" + "\n".join(letter.html))
    return None


def _count(letter: _Letter, leaf: Leaf, name: str, content: bytes) -> None:
    words = f"{leaf.content_type}\0{name}\0".encode("utf-8", "replace")
    letter.digest.update(len(words).to_bytes(8, "big") + words + content)


def _is_attachment(leaf: Leaf) -> bool:
    return _is_marked_attachment(leaf) or bool(leaf.headers.filename())


def _is_marked_attachment(leaf: Leaf) -> bool:
    return leaf.headers.content.get_content_disposition() == "attachment"


def _name(leaf: Leaf, number: int) -> str:
    """The name that its sender gave, safe to keep; one by its type when there is none."""
    kind = _EXTENSIONS.get(leaf.content_type, "")
    name = safe_filename(leaf.headers.filename())
    if name == UNNAMED:
        name = _NAMED.get(leaf.content_type, f"attachment-{number}")
    if kind == "eml" and extension_of(name) != "eml":
        return safe_filename(f"{name}.eml")
    return f"{name}.{kind}" if kind and "." not in name else name


def _text(source: Bytes, leaf: Leaf, longest: int) -> str:
    """The words of a text leaf, of its first ``longest`` bytes."""
    raw = bytearray()
    for piece in content_of(source, leaf.start, leaf.end, leaf.encoding):
        raw += piece[: longest - len(raw)]
        if len(raw) >= longest:
            break
    return decoded(bytes(raw), leaf.headers.parameter("charset")).replace("\0", "")
