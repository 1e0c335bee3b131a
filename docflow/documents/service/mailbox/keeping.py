"""What is written of a mailbox and its mails, in the transactions of whoever fetches them.

A mail is *announced* before it is looked at and *kept* in one transaction with everything it becomes and with the
position behind it. Between the two anything may happen: the mail is then fetched again, and what was kept already is
recognised by its number in the folder and by its content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.jobs import LAST, enqueue
from docflow.documents.mail_reading.terms import MailFault, MailOddity, MailSaid
from docflow.documents.models import Draft, DraftFile, Mailbox, MailMessage, MailState, Source
from docflow.files.models import File, TextStatus
from docflow.files.service import Received

NAME = "mailbox"
"""Who did it, in the trail."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies on its server, and in whose registry it belongs."""

    mailbox: str
    unit_id: UUID
    uid_validity: int
    uid: int


async def open_position(session: AsyncSession, mailbox: str, uid_validity: int) -> int:
    """The last UID that was dealt with. Under another UIDVALIDITY than before everything is looked at again.

    RFC 3501, 2.3.1.1: the old numbers mean nothing then. Mails that were kept already are recognised by content.
    """
    await session.execute(
        insert(Mailbox)
        .values(name=mailbox, uid_validity=uid_validity, last_uid=0)
        .on_conflict_do_nothing(index_elements=[Mailbox.name])
    )
    known = await session.get_one(Mailbox, mailbox, with_for_update=True)
    if known.uid_validity != uid_validity:
        known.uid_validity, known.last_uid = uid_validity, 0
        known.trying_uid, known.attempts = None, 0
    return known.last_uid


async def announce(session: AsyncSession, place: Place) -> int:
    """Say that this mail is about to be looked at, before it is; the how manieth time that is."""
    known = await session.get_one(Mailbox, place.mailbox, with_for_update=True)
    known.attempts = known.attempts + 1 if known.trying_uid == place.uid else 1
    known.trying_uid = place.uid
    return known.attempts


async def take_back(session: AsyncSession, place: Place) -> None:
    """That attempt did not fail by the mail: it does not count."""
    await session.execute(
        update(Mailbox)
        .where(Mailbox.name == place.mailbox, Mailbox.trying_uid == place.uid, Mailbox.attempts > 0)
        .values(attempts=Mailbox.attempts - 1)
    )


async def note_poll(session: AsyncSession, mailbox: str, failure: str | None) -> None:
    """Keep when the folder was looked at last, and why that failed if it did."""
    values = {"polled_at": clock.now(), "failure": failure}
    await session.execute(
        insert(Mailbox)
        .values(name=mailbox, uid_validity=0, last_uid=0, **values)
        .on_conflict_do_update(index_elements=[Mailbox.name], set_=values)
    )


async def advance(session: AsyncSession, place: Place) -> bool:
    """Set the position behind this mail; False when somebody else has been here meanwhile, and nothing may be kept."""
    moved = await session.scalar(
        update(Mailbox)
        .where(
            Mailbox.name == place.mailbox,
            Mailbox.uid_validity == place.uid_validity,
            Mailbox.last_uid < place.uid,
        )
        .values(last_uid=place.uid, trying_uid=None, attempts=0)
        .returning(Mailbox.last_uid)
    )
    return moved is not None


async def is_repeated(session: AsyncSession, unit_id: UUID, content_key: bytes) -> bool:
    """Whether the unit's registry has had this mail before."""
    found = await session.scalar(
        select(MailMessage.id).where(
            MailMessage.unit_id == unit_id,
            MailMessage.content_key == content_key,
            MailMessage.state != MailState.REPEATED,
        )
    )
    return found is not None


async def keep_repeated(session: AsyncSession, place: Place, said: MailSaid, size: int) -> None:
    """A mail that came before: told by its row alone."""
    if await advance(session, place):
        session.add(_message(place, said, size, MailState.REPEATED))
        await session.flush()


async def keep(
    session: AsyncSession,
    place: Place,
    said: MailSaid,
    size: int,
    raw: Received | None,
    files: Sequence[Received],
    *,
    settled: MailOddity | None = None,
) -> UUID | None:
    """A mail with everything it becomes: a draft with its files, or a mail set aside with the reason.

    ``raw`` is the mail as it came, in the store; none where it could not be had. ``settled``: why it becomes nothing,
    as one of our own letters does. The id of the mail; None when it is repeated, or somebody else kept it meanwhile.
    """
    if not await advance(session, place):
        return None
    if await is_repeated(session, place.unit_id, said.content_key):
        session.add(_message(place, said, size, MailState.REPEATED))
        await session.flush()
        return None
    mail = _message(place, said, size, MailState.SET_ASIDE if said.fault else MailState.DRAFTED)
    mail.reason = said.fault.value if said.fault else None
    if raw is not None:
        mail.file_id = (await add_unread_file(session, raw)).id
    if settled is not None:
        mail.state, mail.reason = MailState.SETTLED, settled.value
    session.add(mail)
    await session.flush()
    if settled is None:
        await become(session, mail, said, files)
    return mail.id


async def become(session: AsyncSession, mail: MailMessage, said: MailSaid, files: Sequence[Received]) -> None:
    """What follows of a mail that was read: a draft, or that it waits for a person."""
    if said.fault is not None:
        await audit.record(
            session,
            None,
            Tag.MAIL_SET_ASIDE,
            "mail",
            mail.id,
            name=NAME,
            on_behalf_of=mail.unit_id,
            reason=said.fault.value,
            sender=mail.sender,
            subject=mail.subject,
        )
        return
    if said.message_id is not None and await _is_seen(session, mail):
        mail.reason = MailOddity.MESSAGE_ID_SEEN_BEFORE.value
    await _add_draft(session, mail, said, files)
    await session.flush()


async def add_unread_file(session: AsyncSession, raw: Received) -> File:
    """The row of a mail as it came; its text is that of its draft's files, and is not read twice."""
    file = _file(raw)
    file.text_status = TextStatus.UNSUPPORTED
    session.add(file)
    await session.flush()
    return file


async def _add_draft(
    session: AsyncSession, mail: MailMessage, said: MailSaid, files: Sequence[Received]
) -> None:
    draft = Draft(
        unit_id=mail.unit_id, source=Source.MAIL, mail_id=mail.id, came_at=mail.fetched_at, note=said.note
    )
    rows = [_file(received) for received in files]
    session.add_all([draft, *rows])
    await session.flush()
    session.add_all(
        DraftFile(draft_id=draft.id, position=position, file_id=row.id) for position, row in enumerate(rows)
    )
    await session.flush()
    for row in rows:
        await enqueue(session, "documents.read_draft", priority=LAST, file_id=str(row.id))
    await audit.record(
        session,
        None,
        Tag.DRAFT_ADDED,
        "draft",
        draft.id,
        name=NAME,
        on_behalf_of=mail.unit_id,
        source=Source.MAIL.value,
        mail=str(mail.id),
        sender=mail.sender,
        subject=mail.subject,
        files=[row.filename for row in rows],
    )


async def _is_seen(session: AsyncSession, mail: MailMessage) -> bool:
    """Whether another mail, with another content, said to have this id (RFC 5322, 3.6.4: there is only one)."""
    count = await session.scalar(
        select(func.count())
        .select_from(MailMessage)
        .where(
            MailMessage.message_id == mail.message_id,
            MailMessage.unit_id == mail.unit_id,
            MailMessage.id != mail.id,
            MailMessage.content_key != mail.content_key,
        )
    )
    return bool(count)


def _file(received: Received) -> File:
    return File(
        object_key=received.object_key,
        filename=received.filename,
        media_type=received.media_type,
        size=received.size,
        sha256=received.sha256,
        stored_at=clock.now(),
        stored_by=None,
        text_status=TextStatus.WAITING,
    )


def _message(place: Place, said: MailSaid, size: int, state: MailState) -> MailMessage:
    return MailMessage(
        unit_id=place.unit_id,
        mailbox=place.mailbox,
        uid_validity=place.uid_validity,
        uid=place.uid,
        fetched_at=clock.now(),
        size=size,
        content_key=said.content_key,
        message_id=said.message_id,
        sender=said.sender,
        sender_name=said.sender_name,
        subject=said.subject,
        sent_at=said.sent_at,
        is_automatic=said.is_automatic,
        state=state,
        reason=MailFault(said.fault).value if said.fault else None,
    )
