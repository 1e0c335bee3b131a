"""Contents of parts, decoded piece by piece (RFC 2045, 6). Broken coding gives what can be had of it, never an error."""

import binascii
import re
from collections.abc import Iterator

from docflow.documents.mail_reading.source import Bytes

PIECE_BYTES = 1024 * 1024
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
_UU_WORDS = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})


def content_of(source: Bytes, start: int, end: int, encoding: str) -> Iterator[bytes]:
    """What lies from ``start`` to ``end``, decoded, in pieces of at most a MiB. An unknown encoding is none."""
    if encoding == "base64":
        return _from_base64(_pieces(source, start, end))
    if encoding == "quoted-printable":
        return _from_quoted(_pieces(source, start, end))
    if encoding in _UU_WORDS:
        return _from_uu(source, start, end)
    return _pieces(source, start, end)


def _pieces(source: Bytes, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, PIECE_BYTES):
        yield bytes(source[at : min(at + PIECE_BYTES, end)])


def _from_base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whatever is no letter of base64 is passed over (RFC 2045, 6.8); so is a letter too many at the end."""
    waiting = b""
    for piece in pieces:
        waiting += piece.translate(None, _NOT_BASE64)
        # Some programs end every line by itself; decoding stops at a "=" unless what follows is taken alone.
        *whole, waiting = re.split(rb"(?<==)(?=[^=])", waiting)
        for each in whole:
            yield _decoded_base64(each)
        cut = len(waiting) - len(waiting) % 4 if b"=" not in waiting else 0
        if cut:
            yield _decoded_base64(waiting[:cut])
        waiting = waiting[cut:]
    if waiting:
        yield _decoded_base64(waiting)


def _decoded_base64(letters: bytes) -> bytes:
    letters = letters.rstrip(b"=")
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _from_quoted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    waiting = b""
    for piece in pieces:
        waiting += piece
        cut = waiting.rfind(b"\n") + 1 or max(waiting.rfind(b"=", len(waiting) - 2), 0) or len(waiting)
        yield binascii.a2b_qp(waiting[:cut])
        waiting = waiting[cut:]
    if waiting:
        yield binascii.a2b_qp(waiting)


def _from_uu(source: Bytes, start: int, end: int) -> Iterator[bytes]:
    begin = _UU_BEGIN.search(source, start, end)
    at = begin.end() if begin else start
    while at < end:
        stop = source.find(b"\n", at, end)
        stop = end if stop < 0 else stop + 1
        line = bytes(source[at : min(stop, at + 100)]).rstrip(b"\r\n")
        if line.strip() == b"end":
            return
        at = stop
        if line:
            yield _uu_line(line)


def _uu_line(line: bytes) -> bytes:
    """A line as it should be, or as long as it says it is (as many programs pad wrongly)."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        count = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:count])
        except binascii.Error:
            return b""
