"""The parts of a mail, found by their boundaries (RFC 2046)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docflow.documents.mail_reading.headers import Headers, headers_of
from docflow.documents.mail_reading.source import Bytes, Unreadable
from docflow.documents.mail_reading.terms import MailFault, MailLimits

_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r|\Z)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds no others: its content lies from ``start`` to ``end``. ``within`` is the kind of multipart around."""

    headers: Headers
    start: int
    end: int
    content_type: str
    within: str
    place: int
    """Among the parts of that multipart, from 0."""

    @property
    def encoding(self) -> str:
        """How its bytes are written, in small letters (RFC 2045, 6)."""
        return self.headers.plain("content-transfer-encoding").strip("\"' ;")


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    depth: int
    within: str
    place: int


def leaves_of(source: Bytes, limits: MailLimits) -> tuple[Headers, Iterator[Leaf]]:
    """The mail's own headers, and every leaf in order. A mail inside a mail is a leaf.

    Raises Unreadable: at once for headers that cannot be found, on the way for too many parts or levels.
    """
    headers, start = headers_of(source, 0, len(source), limits.header_bytes)
    if not headers:
        raise Unreadable(MailFault.BROKEN)
    return headers, _walk(source, headers, _Span(start, len(source), 0, "", 0), limits)


def _walk(source: Bytes, headers: Headers, whole: _Span, limits: MailLimits) -> Iterator[Leaf]:
    """Depth first, with a stack of our own: how deep it goes is the sender's choice."""
    stack: list[tuple[Headers | None, _Span]] = [(headers, whole)]
    seen = 0
    while stack:
        known, span = stack.pop()
        seen += 1
        if seen > limits.parts:
            raise Unreadable(MailFault.TOO_MANY_PARTS)
        if span.depth > limits.depth:
            raise Unreadable(MailFault.TOO_DEEP)
        start = span.start
        if known is None:
            known, start = headers_of(source, span.start, span.end, limits.header_bytes)
        # RFC 2046, 5.1.5: inside a digest a part is a mail unless it says otherwise.
        kind = known.content_type("message/rfc822" if span.within == "multipart/digest" else "text/plain")
        inside = _inside(source, known, kind, start, span, limits)
        if inside:
            stack.extend((None, part) for part in reversed(inside))
        else:
            kind = "text/plain" if kind.startswith("multipart/") else kind
            yield Leaf(known, start, span.end, kind, span.within, span.place)


def _inside(
    source: Bytes, headers: Headers, kind: str, start: int, span: _Span, limits: MailLimits
) -> list[_Span]:
    """The parts between the boundaries; none for a leaf, and for a multipart whose boundary never comes."""
    boundary = headers.parameter("boundary") if kind.startswith("multipart/") else None
    if not boundary or len(boundary) > 300:
        return []
    mark = b"--" + boundary.rstrip().encode("utf-8", "replace")
    spans: list[_Span] = []
    begun: int | None = None
    for at, after, is_last in _marks(source, mark, start, span.end):
        if begun is not None:
            spans.append(_Span(begun, max(begun, at), span.depth + 1, kind, len(spans)))
        if len(spans) > limits.parts:
            raise Unreadable(MailFault.TOO_MANY_PARTS)
        begun = None if is_last else after
        if is_last:
            break
    if begun is not None:
        spans.append(_Span(begun, span.end, span.depth + 1, kind, len(spans)))
    return spans


def _marks(source: Bytes, mark: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Each line that is the boundary: where the content before it ends, where that after it begins, whether it is the last.

    The line end before a boundary belongs to it (RFC 2046, 5.1.1).
    """
    at = source.find(mark, start, end)
    while at >= 0:
        rest = at + len(mark)
        line = _AFTER_BOUNDARY.match(source, rest, end)
        if line and (at == start or source[at - 1 : at] in {b"\n", b"\r"}):
            before = at - 1 if at > start and source[at - 1 : at] == b"\n" else at
            before = before - 1 if before > start and source[before - 1 : before] == b"\r" else before
            yield before, line.end(), line[1] is not None
            rest = line.end()
        at = source.find(mark, rest, end)
