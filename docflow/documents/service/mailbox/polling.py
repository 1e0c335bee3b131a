"""Fetching the mails of a folder: each once, whole, in the order in which they came; whatever one of them holds.

No transaction is open while the mail server, the store or the reading child are waited for. A crash between any two
lines leaves at most objects without a row, which are swept, and the same mail to be fetched again.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

import structlog
from msgspec.structs import replace as replace_said
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Unit
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import DocflowError
from docflow.documents.errors import MailboxUnitNotKnown
from docflow.documents.imap import Folder, ImapSettings, MailNotGiven, MailServerDown, open_folder
from docflow.documents.mail_reading import reader
from docflow.documents.mail_reading.terms import Attached, MailFault, MailOddity, MailSaid, Written
from docflow.documents.service.mailbox import keeping
from docflow.documents.service.mailbox.keeping import Place
from docflow.files.children import ChildLost, Children
from docflow.files.errors import FileEmpty
from docflow.files.service import FileStore, Received
from docflow.files.storing import store_file
from docflow.web.form_errors import FileTooLarge

ATTEMPTS = 3
"""A mail that took its worker with it so often is kept unread; so often again, and only its place is kept."""
POLL_SECONDS = 60.0
"""No mail is begun later than so long after the poll; the next minute's goes on."""

log = structlog.get_logger("docflow.documents")


SettleReport = Callable[[AsyncSession, bytes], Awaitable[bool]]
"""Is given the beginning of an automatic mail; whether it was a report on a letter of ours, which is now noted there.

Told twice of the same mail it says the same."""
REPORT_BYTES = 256 * 1024
"""Of a report; more of it is not looked at."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The folder to fetch from and the code of the unit whose registry gets the mails.

    ``max_bytes``: a larger mail stays on the server. ``own_address`` is docflow's: its letters become no drafts. ``settle``
    is told of automatic mails.
    """

    imap: ImapSettings
    unit_code: str
    max_bytes: int
    own_address: str = ""
    settle: SettleReport | None = None


@dataclass(frozen=True, slots=True)
class _Parts:
    sessions: Sessions
    files: FileStore
    inbox: Inbox
    folder: Folder


async def poll(sessions: Sessions, files: FileStore, inbox: Inbox, *, within: float = POLL_SECONDS) -> int:
    """Fetch what is new; how many mails were dealt with. A server that is down is told in ``mailbox.failure``.

    Never raises for a mail or for the mail server: the next minute tries again, and nothing is passed over.
    """
    name, done, failure = inbox.imap.name, 0, None
    try:
        unit_id = await _unit(sessions, inbox.unit_code)
        async with open_folder(inbox.imap) as folder:
            parts = _Parts(sessions, files, inbox, folder)
            done = await _fetch_new(parts, unit_id, time.monotonic() + within)
    except (MailServerDown, DocflowError, OSError) as error:
        failure = (f"{error}" if isinstance(error, (MailServerDown, OSError)) else type(error).code)[:500]
        log.warning("mailbox_not_read", mailbox=name, failure=failure)
    async with transaction(sessions) as session:
        await keeping.note_poll(session, name, failure)
    return done


async def _fetch_new(parts: _Parts, unit_id: UUID, until: float) -> int:
    done, name, validity = 0, parts.inbox.imap.name, parts.folder.uid_validity
    async with transaction(parts.sessions) as session:
        last = await keeping.open_position(session, name, validity)
    for uid in await parts.folder.uids_after(last):
        if time.monotonic() > until:
            break
        await _fetch(parts, Place(name, unit_id, validity, uid))
        done += 1
    return done


async def _fetch(parts: _Parts, place: Place) -> None:
    """One mail, from its announcement to its place behind us. Whatever is raised, the next poll begins with it again."""
    async with transaction(parts.sessions) as session:
        attempts = await keeping.announce(session, place)
    if attempts > 2 * ATTEMPTS:
        await _keep_place(parts, place)
        return
    try:
        with tempfile.TemporaryFile(prefix="docflow-mail-") as mail:
            await _fetch_into(parts, place, mail, unread=attempts > ATTEMPTS)
    except MailNotGiven as refusal:
        if attempts < ATTEMPTS:
            raise MailServerDown(f"{place.mailbox}: mail {place.uid} is refused: {refusal}") from refusal
        await _keep_place(parts, place)
    except (MailServerDown, ChildLost, MemoryError):
        raise  # it may be the mail's doing, and counts
    except BaseException:
        # The store, the disk, the database, or our own end: none of it is the mail's fault.
        async with transaction(parts.sessions) as session:
            await keeping.take_back(session, place)
        raise


async def _fetch_into(parts: _Parts, place: Place, mail: BinaryIO, *, unread: bool) -> None:
    size = await parts.folder.size_of(place.uid)
    if size is None:  # somebody deleted it meanwhile
        async with transaction(parts.sessions) as session:
            await keeping.advance(session, place)
        return
    fault: MailFault | None = MailFault.TOO_LARGE if size > parts.inbox.max_bytes else None
    if fault is None and not await spool(parts.folder, place.uid, mail, parts.inbox.max_bytes):
        fault = MailFault.TOO_LARGE  # its size was not what the server said
        mail.truncate(0)
    if fault is not None:
        mail.seek(0)
        mail.write(await parts.folder.head_of(place.uid))
    fault = fault or (MailFault.KILLED_READER if unread else None)
    await _keep(parts, place, mail, size, fault)


async def spool(folder: Folder, uid: int, mail: BinaryIO, max_bytes: int) -> bool:
    """The whole mail into a file on disk; False when it is larger than may be. Raises MailNotGiven, MailServerDown."""
    got = 0
    async for piece in folder.pieces_of(uid):
        got += len(piece)
        if got > max_bytes:
            return False
        await asyncio.to_thread(mail.write, piece)
    return True


async def _keep(parts: _Parts, place: Place, mail: BinaryIO, size: int, fault: MailFault | None) -> None:
    """Read it, store its bytes, and keep it in one transaction."""
    said = await _read(parts.files.children, mail, fault)
    async with transaction(parts.sessions) as session:
        if await keeping.is_repeated(session, place.unit_id, said.content_key):
            await keeping.keep_repeated(session, place, said, size)
            return
    settled = await _settled(parts, mail, said)
    whole = said.fault is not MailFault.TOO_LARGE and os.fstat(mail.fileno()).st_size > 0
    wanted = replace_said(said, files=[], written=None) if settled else said
    told, raw, files = await stored(parts.files, mail, wanted, whole=whole)
    said = said if told is wanted else told
    async with transaction(parts.sessions) as session:
        kept = await keeping.keep(session, place, said, size, raw, files, settled=settled)
    if kept is not None:
        log.info("mail_kept", mail=str(kept), files=len(files), fault=said.fault)


async def _settled(parts: _Parts, mail: BinaryIO, said: MailSaid) -> MailOddity | None:
    """Why a mail becomes no draft though nothing is wrong with it."""
    if not said.is_automatic:
        return None
    if said.sender.lower() == parts.inbox.own_address.lower():
        return MailOddity.SENT_BY_US
    if parts.inbox.settle is None:
        return None
    mail.seek(0)
    beginning = await asyncio.to_thread(mail.read, REPORT_BYTES)
    async with transaction(parts.sessions) as session:
        noted = await parts.inbox.settle(session, beginning)
    return MailOddity.DELIVERY_REPORT if noted else None


async def _read(children: Children, mail: BinaryIO, fault: MailFault | None) -> MailSaid:
    mail.flush()
    if os.fstat(mail.fileno()).st_size == 0:
        return nothing_said(fault or MailFault.BROKEN)
    if fault is MailFault.KILLED_READER:
        return await asyncio.to_thread(reader.unread, mail, fault)
    return await reader.read(children, mail, fault)


async def stored(
    files: FileStore, mail: BinaryIO, said: MailSaid, *, whole: bool
) -> tuple[MailSaid, Received | None, list[Received]]:
    """The mail as it came (when it is here ``whole``) and the files in it, as objects; without rows they are orphans.

    What the store's own limits refuse becomes the mail's fault: it would be refused for ever. Raises StoreDown.
    """
    raw: Received | None = None
    try:
        if whole:
            raw = await store_file(files, reader.pieces_of(mail), "mail.eml")
            raw = replace(raw, media_type="message/rfc822")
        return said, raw, await _stored_files(files, mail, said)
    except FileTooLarge:
        fault = MailFault.TOO_LARGE
    except FileEmpty:
        fault = MailFault.BROKEN
    return replace_said(said, files=[], written=None, fault=fault), raw, []


async def _stored_files(files: FileStore, mail: BinaryIO, said: MailSaid) -> list[Received]:
    """The attachments, or the words of a mail without any."""
    attached: list[Attached | Written] = [*said.files]
    if said.written is not None:
        attached.append(said.written)
    kept = [
        await store_file(files, reader.pieces_of(mail, part), part.filename, part.declared)
        for part in attached
    ]
    # What the words are is known; only strangers' files are judged by their bytes.
    return kept if said.written is None else [replace(kept[0], media_type=said.written.declared)]


async def _keep_place(parts: _Parts, place: Place) -> None:
    """A mail that cannot even be fetched: a person is told where it lies, and the others go on."""
    said = nothing_said(MailFault.NOT_GIVEN, f"{place.mailbox}/{place.uid_validity}/{place.uid}")
    async with transaction(parts.sessions) as session:
        await keeping.keep(session, place, said, 0, None, [])


def nothing_said(fault: MailFault, key: str = "") -> MailSaid:
    """A mail of which nothing is known."""
    return MailSaid(
        content_key=key.encode(),
        message_id=None,
        sender="",
        sender_name="",
        subject="",
        sent_at=None,
        is_automatic=False,
        fault=fault,
    )


async def _unit(sessions: Sessions, code: str) -> UUID:
    """The unit in service with this code. Raises MailboxUnitNotKnown."""
    today = clock.today()
    async with sessions() as session:
        found = await session.scalar(
            select(Unit.id).where(
                Unit.code == code,
                Unit.valid_from <= today,
                or_(Unit.valid_to.is_(None), Unit.valid_to > today),
            )
        )
    if found is None:
        raise MailboxUnitNotKnown(unit=code)
    return found
