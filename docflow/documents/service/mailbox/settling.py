"""What people do about a mail that was set aside: deal with it themselves, or have it read once more."""

import tempfile
from contextlib import aclosing
from typing import BinaryIO
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, require_version, transaction
from docflow.core.jobs import enqueue
from docflow.documents.errors import MailNotSetAside
from docflow.documents.imap import MailNotGiven, MailServerDown, open_folder
from docflow.documents.mail_reading import reader
from docflow.documents.mail_reading.terms import MailOddity, MailSaid
from docflow.documents.models import MailMessage, MailState
from docflow.documents.policy import decide_draft
from docflow.documents.queries.drafts import get_mail
from docflow.documents.service.mailbox import keeping
from docflow.documents.service.mailbox.polling import (
    Inbox,
    spool,
    stored,
)
from docflow.files.models import File
from docflow.files.service import FileStore, Received

log = structlog.get_logger("docflow.documents")


async def settle(session: AsyncSession, actor: Actor, mail_id: UUID, version: int, note: str) -> MailMessage:
    """Say that a mail that was set aside has been dealt with. Raises NotFound, NotAllowed, Stale, MailNotSetAside."""
    mail = await _set_aside(session, actor, mail_id, version)
    mail.state = MailState.SETTLED
    mail.settled_by, mail.settled_at, mail.settled_note = actor.person_id, clock.now(), note
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MAIL_SETTLED,
        "mail",
        mail.id,
        on_behalf_of=mail.unit_id,
        note=note,
        sender=mail.sender,
        subject=mail.subject,
    )
    return mail


async def ask_again(session: AsyncSession, actor: Actor, mail_id: UUID, version: int) -> MailMessage:
    """Have the worker read a mail again that was set aside: after an upgrade, or with a higher limit. Raises as ``settle``."""
    mail = await _set_aside(session, actor, mail_id, version)
    await enqueue(session, "documents.read_mail", mail_id=str(mail.id))
    return mail


async def ask_to_fetch(session: AsyncSession) -> None:
    """Have the mailbox polled without waiting for the minute's tick; asking often makes one poll after another."""
    await enqueue(session, "documents.poll_mailbox", alone=True)


async def note_mail_taken(session: AsyncSession, actor: Actor, mail: MailMessage) -> None:
    """Record that the actor took the mail as it came."""
    await audit.record(
        session, actor, Tag.DRAFT_READ, "mail", mail.id, on_behalf_of=mail.unit_id, subject=mail.subject
    )


async def read_again(sessions: Sessions, files: FileStore, inbox: Inbox | None, mail_id: UUID) -> None:
    """Read a mail that was set aside; it becomes a draft, or stays where it is with the reason of this time.

    One that is not kept here is fetched once more from its folder, if that is still the same. Running it twice does no
    harm: only a mail that is set aside becomes anything.
    """
    async with sessions() as session:
        mail = await session.get(MailMessage, mail_id)
        kept = await session.get(File, mail.file_id) if mail and mail.file_id else None
    if mail is None or mail.state is not MailState.SET_ASIDE:
        return
    with tempfile.TemporaryFile(prefix="docflow-mail-") as spooled:
        if not await _bring(files, inbox, mail, kept, spooled):
            return
        said = await reader.read(files.children, spooled)
        said, raw, attached = await stored(files, spooled, said, whole=kept is None)
    async with transaction(sessions) as session:
        await _become(session, mail_id, said, raw, attached)


async def _bring(
    files: FileStore, inbox: Inbox | None, mail: MailMessage, kept: File | None, spooled: BinaryIO
) -> bool:
    """The mail's bytes into a file: from the store, or from its folder once more."""
    if kept is not None:
        async with aclosing(files.read(kept)) as pieces:
            async for piece in pieces:
                spooled.write(piece)
        return True
    if inbox is None or inbox.imap.name != mail.mailbox:
        return False
    try:
        async with open_folder(inbox.imap) as folder:
            if folder.uid_validity != mail.uid_validity or await folder.size_of(mail.uid) is None:
                return False
            return await spool(folder, mail.uid, spooled, inbox.max_bytes) and spooled.tell() > 0
    except (MailServerDown, MailNotGiven) as error:
        log.warning("mail_not_fetched_again", mail=str(mail.id), detail=str(error))
        return False


async def _become(
    session: AsyncSession, mail_id: UUID, said: MailSaid, raw: Received | None, files: list[Received]
) -> None:
    mail = await session.get_one(MailMessage, mail_id, with_for_update=True)
    if mail.state is not MailState.SET_ASIDE:
        return  # somebody was quicker; the objects are orphans
    if raw is not None:
        mail.file_id = (await keeping.add_unread_file(session, raw)).id
    if said.fault is not None:
        mail.reason = said.fault.value
        await session.flush()
        return
    known = said.content_key != mail.content_key and await keeping.is_repeated(
        session, mail.unit_id, said.content_key
    )
    mail.state = MailState.REPEATED if known else MailState.DRAFTED
    mail.reason = MailOddity.CAME_AGAIN.value if known else None
    mail.content_key, mail.message_id = said.content_key, said.message_id
    mail.sender, mail.sender_name, mail.subject = said.sender, said.sender_name, said.subject
    mail.sent_at, mail.is_automatic = said.sent_at, said.is_automatic
    await session.flush()
    if not known:
        await keeping.become(session, mail, said, files)


async def _set_aside(session: AsyncSession, actor: Actor, mail_id: UUID, version: int) -> MailMessage:
    mail = await get_mail(session, actor, mail_id, lock=True)
    decide_draft(actor, Action.DRAFT_SETTLE, mail.unit_id).require()
    require_version(mail.version, version)
    if mail.state is not MailState.SET_ASIDE:
        raise MailNotSetAside
    return mail
