"""Delivery status notifications (RFC 3462, RFC 3464) about letters that carry a copy: which one failed, and why. Pure.

Whatever a mail holds, it gives a report or none. Only a failure for good counts; that it is late is no news.
"""

import re
from email import message_from_bytes, policy
from email.message import Message

import msgspec

LARGEST = 256 * 1024
"""A report is short; of a longer one only the beginning is looked at."""
_HEADER = re.compile(
    rb"^X-Docflow-Dispatch:[ \t]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[ \t]*\r?$", re.M | re.I
)
_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*(?:\r?\n[ \t]+)?(<[!-~]{3,250}>)[ \t]*\r?$", re.M | re.I)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_BLANKS = re.compile(r"\s+")


class Bounce(msgspec.Struct, frozen=True):
    """One letter that did not arrive. ``message_id`` is the letter's own, with its angle brackets."""

    dispatch_id: str
    message_id: str
    reason: str


def read_bounce(content: bytes) -> Bounce | None:
    """What a mail says of one of our letters, when it is a report that it failed for good."""
    content = content[:LARGEST]
    try:
        mail = message_from_bytes(content, policy=policy.compat32)
        if mail.get_content_type() != "multipart/report" or not mail.is_multipart():
            return None
        parts = mail.get_payload()
        reports = (
            part
            for part in parts
            if isinstance(part, Message) and part.get_content_type() == "message/delivery-status"
        )
        told = next(reports, None)
        reason = _failure(told) if told is not None else None
        if reason is None:
            return None
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    named = _HEADER.search(content)
    identified = _MESSAGE_ID.search(_head_around(content, named)) if named else None
    if named is None or identified is None:
        return None
    return Bounce(named[1].decode().lower(), identified[1].decode(), reason)


def _head_around(content: bytes, named: re.Match[bytes]) -> bytes:
    """The head of the returned letter, between the blank lines around our header: the report's own is another."""
    before = [found.end() for found in _BLANK_LINE.finditer(content, 0, named.start())]
    after = _BLANK_LINE.search(content, named.end())
    return content[before[-1] if before else 0 : after.start() if after else len(content)]


def _failure(told: Message) -> str | None:
    """Why it failed, of a report with ``Action: failed``; None for anything else."""
    for block in told.get_payload():
        if not isinstance(block, Message) or str(block.get("action", "")).strip().lower() != "failed":
            continue
        status = _STATUS.search(str(block.get("status", "")))
        words = _BLANKS.sub(" ", str(block.get("diagnostic-code", ""))).strip()
        return f"{status[0] if status else '5.0.0'} {words}".strip()[:500]
    return None
