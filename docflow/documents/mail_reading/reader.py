"""Letting a child read a mail, and giving the files in it piece by piece."""

import asyncio
import mmap
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

import msgspec
import structlog

from docflow.documents.mail_reading.child import said_by_nobody
from docflow.documents.mail_reading.coding import content_of
from docflow.documents.mail_reading.terms import Attached, MailFault, MailLimits, MailSaid, Written
from docflow.files.children import Children
from docflow.files.extract_terms import ExtractionLimits

_WORK = "docflow.documents.mail_reading.child:read"
_TOO_COSTLY = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ, -signal.SIGABRT, -signal.SIGKILL})

log = structlog.get_logger("docflow.documents")


async def read(children: Children, mail: BinaryIO, fault: MailFault | None = None) -> MailSaid:
    """What a mail in a file says, by a child that can harm nobody; its headers alone when it has a ``fault`` already.

    Never raises for the mail, whatever it holds: it becomes a fault. Raises ChildLost when no child is to be had.
    """
    limits = MailLimits()
    mail.flush()
    size = os.fstat(mail.fileno()).st_size
    allowed = ExtractionLimits(
        input_bytes=size,
        text_bytes=limits.told_bytes,
        memory_bytes=limits.memory_bytes + size,
        cpu_seconds=limits.cpu_seconds,
        wall_seconds=limits.wall_seconds,
    )
    ended = await children.run(_WORK, mail, allowed, fault=fault or "")
    if ended.exit_code == 0:
        try:
            said = msgspec.json.decode(ended.written, type=MailSaid)
        except msgspec.MsgspecError:
            log.warning("mail_child_not_understood", said=ended.written[:200].decode("utf-8", "replace"))
        else:
            return _within(said, size)
    costly = ended.exit_code is None or ended.exit_code in _TOO_COSTLY
    log.warning(
        "mail_child_failed",
        exit_code=ended.exit_code,
        error=ended.verdict[-2000:].decode("utf-8", "replace"),
    )
    return await asyncio.to_thread(
        _unread, mail, fault or (MailFault.TOO_COSTLY if costly else MailFault.BROKEN)
    )


def unread(mail: BinaryIO, fault: MailFault) -> MailSaid:
    """A mail that nobody reads: its bytes are all that is known of it."""
    mail.flush()
    return _unread(mail, fault)


async def pieces_of(mail: BinaryIO, part: Attached | Written | None = None) -> AsyncIterator[bytes]:
    """The bytes of a file in a mail, decoded; of the mail itself when none is named. In pieces of a MiB."""
    if isinstance(part, Written):
        yield part.text.encode("utf-8", "replace")
        return
    with _mapped(mail) as source:
        start, end = (part.start, part.end) if part else (0, len(source))
        pieces: Iterator[bytes] = content_of(source, start, end, part.encoding if part else "")
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def _within(said: MailSaid, size: int) -> MailSaid:
    """The child is not trusted: a file outside the mail is none."""
    if all(0 <= part.start <= part.end <= size for part in said.files):
        return said
    return msgspec.structs.replace(said, files=[], written=None, fault=MailFault.BROKEN)


def _unread(mail: BinaryIO, fault: MailFault) -> MailSaid:
    with _mapped(mail) as source:
        return said_by_nobody(source, fault)


def _mapped(mail: BinaryIO) -> mmap.mmap:
    return mmap.mmap(mail.fileno(), 0, access=mmap.ACCESS_READ)
