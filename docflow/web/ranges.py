"""Serving a file over HTTP: the part that is wanted, whether it is wanted at all, and the headers (RFC 9110).

Ranges and conditions apply to GET (RFC 9110 §14.2).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from urllib.parse import quote

from docflow.core.errors import DocflowError
from docflow.core.filenames import ascii_filename
from docflow.web.etags import EntityTag, parse_etag_list

_RANGE = re.compile(r"bytes=[ \t,]*([0-9]{0,19})-([0-9]{0,19})[ \t,]*", re.IGNORECASE)
_ATTR_CHARS = "!#$&+-.^_`|~"

_CACHING = "private, no-cache"
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
# Chromium and Safari refuse to start their PDF reader in a sandboxed document, and Chromium's page around it
# needs its styles and its embed. What keeps a PDF harmless is nosniff and a fixed type: it is never HTML.
_PDF_READER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class RangeNotSatisfiable(DocflowError):
    """Nothing of the file lies in the range: 416, with ``unsatisfiable_headers``. ``size`` is in bytes."""

    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(size=size)
        self.size = size


class Disposition(StrEnum):
    """Shown in the browser, or saved (RFC 6266 §4.2)."""

    INLINE = "inline"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``first`` to ``last``, both included, counted from 0."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes, at least 1."""
        return self.last - self.first + 1


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The part of a file of ``size`` bytes that a Range header asks for; None means the whole (RFC 9110 §14.2).

    Other units, malformed ranges and several ranges at once are answered with the whole, as the RFC allows.
    Raises RangeNotSatisfiable when no byte of the file lies in the range (§14.1.1).
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise RangeNotSatisfiable(size)
    return ByteRange(int(first), min(int(last), size - 1) if last else size - 1)


def requested_range(
    range_header: str | None, if_range: str | None, *, size: int, etag: str, modified_at: datetime
) -> ByteRange | None:
    """``parse_range``, unless If-Range names another state of the file: then the whole (RFC 9110 §13.1.5)."""
    if range_header is None or not if_range_matches(if_range, etag, modified_at):
        return None
    return parse_range(range_header, size)


def if_range_matches(if_range: str | None, etag: str, modified_at: datetime) -> bool:
    """Whether a range may be served (RFC 9110 §13.1.5): no condition, the same strong tag, the same date."""
    if if_range is None:
        return True
    mine = parse_etag_list(etag)
    theirs = parse_etag_list(if_range)
    if theirs:
        return len(theirs) == 1 and theirs[0].matches_strongly(mine[0])
    return _date(if_range) == _whole_second(modified_at)


def not_modified(
    if_none_match: str | None, if_modified_since: str | None, etag: str, modified_at: datetime
) -> bool:
    """Whether the client's copy is still good, so 304 (RFC 9110 §13.1.2, §13.1.3).

    If-Modified-Since counts only without If-None-Match, and not at all when it is no date.
    """
    if if_none_match is not None:
        if if_none_match.strip() == "*":
            return True
        (mine,) = parse_etag_list(etag)
        return any(mine.matches_weakly(theirs) for theirs in parse_etag_list(if_none_match))
    since = _date(if_modified_since)
    return since is not None and _whole_second(modified_at) <= since


def file_etag(checksum: str) -> str:
    """The strong tag of an immutable file: its checksum in hexadecimal."""
    return str(EntityTag(checksum))


def download_headers(
    *,
    filename: str,
    media_type: str,
    size: int,
    etag: str,
    modified_at: datetime,
    part: ByteRange | None = None,
    disposition: Disposition = Disposition.ATTACHMENT,
) -> dict[str, str]:
    """All headers of a 200, or of a 206 when there is a ``part``. ``size`` is that of the whole file in bytes.

    The caller asks for INLINE only for types that do no harm there.
    """
    length = size if part is None else part.length
    headers = validator_headers(etag, modified_at) | {
        "Content-Type": f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type,
        "Content-Length": str(length),
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition(filename, disposition),
        "Content-Security-Policy": _policy(media_type, disposition),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return headers


def validator_headers(etag: str, modified_at: datetime) -> dict[str, str]:
    """What a 304 carries, and every download: how to ask again, and that asking is needed each time."""
    return {
        "ETag": etag,
        "Last-Modified": format_datetime(modified_at.astimezone(UTC), usegmt=True),
        "Cache-Control": _CACHING,
    }


def unsatisfiable_headers(size: int) -> dict[str, str]:
    """What a 416 carries (RFC 9110 §15.5.17)."""
    return {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}


def content_disposition(filename: str, disposition: Disposition) -> str:
    """Content-Disposition with the name in UTF-8 and, for old clients, in ASCII (RFC 6266 §4.3, RFC 8187)."""
    plain = f'{disposition}; filename="{ascii_filename(filename)}"'
    if ascii_filename(filename) == filename:
        return plain
    return f"{plain}; filename*=UTF-8''{quote(filename, safe=_ATTR_CHARS)}"


def _suffix(length: int, size: int) -> ByteRange | None:
    if length == 0:
        raise RangeNotSatisfiable(size)
    # An empty file has no byte that a Content-Range could name.
    return ByteRange(max(size - length, 0), size - 1) if size else None


def _policy(media_type: str, disposition: Disposition) -> str:
    shown = disposition is Disposition.INLINE and media_type == "application/pdf"
    return _PDF_READER if shown else _SANDBOX


def _date(header: str | None) -> datetime | None:
    """An HTTP date in any of its three forms (RFC 9110 §5.6.7), or None."""
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
