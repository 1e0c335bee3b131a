"""Sending an issued document: who gets a copy how, sending it again, and what the registry notes of it.

Decree 30/2020/NĐ-CP, article 17: sent on the day it is signed, at the latest on the next working day.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor, Secrecy
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents.errors import DocumentDestroyed, DocumentVoided, StubNotGivenOn
from docflow.documents.models import Document, ReceiptRole
from docflow.documents.service.routing.give import Giving, give
from docflow.files.service import FileStore
from docflow.issuing.dispatch_policy import decide_dispatch
from docflow.issuing.errors import DocumentRecalled, NoLink, NoteOfOtherChannel
from docflow.issuing.models import Channel, Dispatch, RecipientRole
from docflow.issuing.queries.issued import find_recall, get_issued, lock_dispatch, main_file
from docflow.issuing.schemas.issued import DispatchNote, Recipient
from docflow.issuing.service.dispatch_letters import (
    Terms,
    facts_of,
    letter,
    post_outside,
    revoke_links,
)
from docflow.notifications.mail import Attachment, MailAddressNotValid, checked_address
from docflow.notifications.service import Postman

_RECEIPTS = {
    RecipientRole.ACT: ReceiptRole.LEAD,
    RecipientRole.KNOW: ReceiptRole.INFORMATION,
    RecipientRole.FILE: ReceiptRole.INFORMATION,
}


async def send_on(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    files: FileStore,
    terms: Terms,
    document_id: UUID,
    to: Sequence[Recipient],
) -> Document:
    """Send an issued document to further recipients.

    Raises NotFound, NotAllowed, Invalid, NotIssued, DocumentRecalled, DocumentVoided, StubNotGivenOn.
    """
    document = await get_issued(session, actor, document_id, lock=True)
    decide_dispatch(actor, document).require()
    await _require_valid(session, document)
    await dispatch(session, actor, postman, files, terms, document, to)
    return document


async def dispatch(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    files: FileStore,
    terms: Terms,
    document: Document,
    to: Sequence[Recipient],
) -> list[Dispatch]:
    """A copy for each, and its letter. For verbs that have decided; the document is locked, or new. Raises Invalid."""
    known = await _known(session, to)
    first = await session.scalar(
        select(func.coalesce(func.max(Dispatch.position), 0)).where(Dispatch.document_id == document.id)
    )
    attachment = await _attachment(session, files, terms, document, to)
    rows = []
    for place, one in enumerate(to):
        row = _row(actor, document, one, known.get(_key(one)), attachment)
        row.position = (first or 0) + place + 1
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    await _give(session, actor, postman, document, rows, list(known.values()))
    await post_outside(session, actor, postman, document, rows, terms, attachment)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_DISPATCHED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        copies=[_told(row) for row in rows],
    )
    return rows


async def send_again(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    files: FileStore,
    terms: Terms,
    document_id: UUID,
    dispatch_id: UUID,
    version: int,
) -> None:
    """Write to a recipient outside again, with a new link in the place of the old one. Raises as ``send_on``, Stale,
    NoteOfOtherChannel for a copy that does not go by mail."""
    document, row = await _changeable(session, actor, document_id, dispatch_id, version)
    await _require_valid(session, document)
    if row.channel not in (Channel.MAIL_FILE, Channel.MAIL_LINK):
        raise NoteOfOtherChannel
    row.bounced_at = row.bounce_reason = None
    attachment = None
    if row.channel is Channel.MAIL_FILE:
        attachment = await _bytes_of(session, files, document)
    await post_outside(session, actor, postman, document, [row], terms, attachment)
    await audit.record(session, actor, Tag.DISPATCH_LINK_SENT, "document", document.id, **_told(row))


async def revoke(
    session: AsyncSession, actor: Actor, document_id: UUID, dispatch_id: UUID, version: int
) -> None:
    """End the personal link of a copy. Raises as ``send_again``, and NoLink where none stands."""
    document, row = await _changeable(session, actor, document_id, dispatch_id, version)
    if not await revoke_links(session, [row.id], clock.now()):
        raise NoLink
    await audit.record(session, actor, Tag.DISPATCH_LINK_REVOKED, "document", document.id, **_told(row))


async def note(
    session: AsyncSession,
    actor: Actor,
    document_id: UUID,
    dispatch_id: UUID,
    version: int,
    data: DispatchNote,
) -> None:
    """Note what the registry heard of a copy. Raises as ``send_again``, and Invalid."""
    document, row = await _changeable(session, actor, document_id, dispatch_id, version)
    if data.sent_on is not None:
        if row.channel is not Channel.PAPER:
            raise NoteOfOtherChannel
        row.sent_at = _moment_on(document, data)
    if row.channel is Channel.HOUSE and (data.acknowledged_by or data.bounced):
        raise NoteOfOtherChannel
    now = clock.now()
    if data.acknowledged_by:
        row.acknowledged_at, row.acknowledged_by = row.acknowledged_at or now, data.acknowledged_by
    if data.bounced:
        row.bounced_at, row.bounce_reason = now, data.bounced
    await session.flush()
    told: dict[str, Any] = {
        "sent_on": data.sent_on.isoformat() if data.sent_on else None,
        "acknowledged_by": data.acknowledged_by or None,
        "bounced": data.bounced or None,
    }
    await audit.record(session, actor, Tag.DISPATCH_NOTED, "document", document.id, **_told(row), **told)


def _moment_on(document: Document, data: DispatchNote) -> datetime:
    """The start of the day on the clocks of the house; of the day of issue not before that. Raises Invalid."""
    if data.sent_on is None or not document.issued_on <= data.sent_on <= clock.today():
        raise invalid("sent_on", "sent_on_not_possible")
    start = datetime.combine(data.sent_on, time(), clock.LOCAL_ZONE).astimezone(UTC)
    return max(start, document.registered_at)


async def _require_valid(session: AsyncSession, document: Document) -> None:
    if document.voided_at is not None:
        raise DocumentVoided
    if document.destroyed_at is not None:
        raise DocumentDestroyed
    if document.secrecy > Secrecy.NONE:
        raise StubNotGivenOn
    if await find_recall(session, document.id) is not None:
        raise DocumentRecalled


async def _changeable(
    session: AsyncSession, actor: Actor, document_id: UUID, dispatch_id: UUID, version: int
) -> tuple[Document, Dispatch]:
    document = await get_issued(session, actor, document_id, lock=True)
    row = await lock_dispatch(session, actor, document, dispatch_id)
    decide_dispatch(actor, document).require()
    require_version(row.version, version)
    return document, row


_Key = tuple[UUID | None, UUID | None]


def _key(one: Recipient) -> _Key:
    return one.unit_id, one.person_id


async def _known(session: AsyncSession, to: Sequence[Recipient]) -> dict[_Key, Addressee]:
    """Whom of the house the recipients are. Raises Invalid for one that is nobody, or more than one."""
    for one in to:
        named = [bool(one.unit_id), bool(one.person_id), bool(one.email)]
        if sum(named) > 1 or not (any(named) or one.name):
            raise invalid("to", "recipient_not_one")
        if one.email:
            try:
                checked_address(one.email)
            except MailAddressNotValid as error:
                raise invalid("to", "address_not_valid") from error
    units = await addressees.units(session, {one.unit_id for one in to if one.unit_id}, "to")
    people = await addressees.people(session, {one.person_id for one in to if one.person_id}, "to")
    return {(one.unit_id, one.person_id): one for one in (*units, *people)}


def _row(
    actor: Actor, document: Document, one: Recipient, inside: Addressee | None, file: Attachment | None
) -> Dispatch:
    if inside is not None:
        channel = Channel.HOUSE
    elif not one.email:
        channel = Channel.PAPER
    else:
        channel = Channel.MAIL_LINK if one.by_link or file is None else Channel.MAIL_FILE
    return Dispatch(
        document_id=document.id,
        role=one.role,
        channel=channel,
        principal_no=inside.principal_no if inside else None,
        name=one.name or (inside.name if inside else one.email),
        email=one.email or None,
        sent_by=actor.person_id,
        queued_at=clock.now(),
        version=1,
    )


async def _attachment(
    session: AsyncSession, files: FileStore, terms: Terms, document: Document, to: Sequence[Recipient]
) -> Attachment | None:
    """The file for those who get it by mail; None when nobody does, or it is larger than mails carry."""
    file = await main_file(session, document.id)
    wanted = any(one.email and not one.by_link for one in to)
    if file is None or not wanted or file.size > terms.attachment_bytes:
        return None
    return await _bytes_of(session, files, document)


async def _bytes_of(session: AsyncSession, files: FileStore, document: Document) -> Attachment | None:
    file = await main_file(session, document.id)
    if file is None:
        return None
    pieces = [piece async for piece in files.read(file)]
    return Attachment(file.filename, file.media_type.partition(";")[0], b"".join(pieces))


async def _give(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    rows: Sequence[Dispatch],
    known: Sequence[Addressee],
) -> None:
    """Receipts for those of the house, and a letter to each that has an address."""
    inside = {one.principal_no: one for one in known}
    house = [(row, inside[row.principal_no]) for row in rows if row.principal_no is not None]
    if not house:
        return
    given = await give(session, actor, document, [Giving(one, _RECEIPTS[row.role]) for row, one in house], "")
    receipts = {(one.to.principal_no, one.role): one.receipt_id for one in given}
    facts, drafts = await facts_of(session, document), []
    for row, one in house:
        row.receipt_id = receipts.get((one.principal_no, _RECEIPTS[row.role]))
        if not one.email:
            continue
        row.letter_effect = f"dispatch/{row.id}/given"
        link = postman.link(f"/api/v1/documents/{document.id}")
        said: dict[str, Any] = {
            **facts[one.language],
            "sender_name": actor.name,
            "role": row.role.value,
            "link": link,
        }
        drafts.append(letter(postman, "given", row, one.email, one.language, said, effect=row.letter_effect))
    await session.flush()
    await postman.post(session, drafts)


def _told(row: Dispatch) -> dict[str, Any]:
    """A copy as the trail tells it."""
    return {
        "dispatch": str(row.id),
        "position": row.position,
        "channel": row.channel.value,
        "role": row.role.value,
        "name": row.name,
        "principal": row.principal_no,
        "receipt": str(row.receipt_id) if row.receipt_id else None,
    }
