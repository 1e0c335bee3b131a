"""Numbers kept for documents to come, and numbers that are given to nobody any more."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotAllowed, NotFound, invalid
from docflow.documents.errors import NumberVoided, RegisterClosed, RegisterNotOfToday
from docflow.documents.models import Document, Register, RegisterEntry
from docflow.documents.numbering import number_text
from docflow.documents.policy import decide_book, visible_to
from docflow.documents.queries.registers import get_entries, get_register
from docflow.documents.queries.rows import Rows
from docflow.documents.schemas import Reserve
from docflow.documents.service.registers.numbers import take_many
from docflow.documents.workflow import require_possible

_DAY = timedelta(days=1)


async def reserve(session: AsyncSession, actor: Actor, register_id: UUID, data: Reserve) -> Rows:
    """Take the next numbers of a register for documents to come; their rows, in order.

    They are taken now, so later numbers stand after them, and each is used or voided some day. Raises NotFound,
    NotAllowed, Invalid, RegisterClosed, RegisterNotOfToday.
    """
    register = await get_register(session, actor, register_id)
    decide_book(actor, Action.NUMBER_RESERVE, register.unit_id).require()
    today = clock.today()
    if register.closed_at is not None:
        raise RegisterClosed(title=register.title)
    if not register.starts_on <= today < register.ends_on:
        raise RegisterNotOfToday(title=register.title)
    if not today <= data.until < register.ends_on:
        last = (register.ends_on - _DAY).isoformat()
        raise invalid("until", "reserved_until_not_possible", last=last)
    numbers = await take_many(session, actor, register.id, data.count, data.reserved_for, data.until)
    await audit.record(
        session,
        actor,
        Tag.NUMBER_RESERVED,
        "register",
        register.id,
        on_behalf_of=register.unit_id,
        numbers=[number_text(number) for number in numbers],
        reserved_for=data.reserved_for,
        until=data.until.isoformat(),
    )
    return await get_entries(session, actor, register.id, numbers)


async def void(
    session: AsyncSession, actor: Actor, register_id: UUID, number: int, suffix: str, reason: str
) -> Rows:
    """Give a number to nobody any more, for ever: it stays in the register, struck through; its row.

    Its document stays readable with its receipts, and nothing is begun with it. Raises NotFound, NotAllowed,
    RegisterClosed, NumberVoided.
    """
    register = await get_register(session, actor, register_id)
    decide_book(actor, Action.NUMBER_VOID, register.unit_id, ending=True).require()
    # A closing waits for what is voided, and what is voided for a closing.
    register = await get_register(session, actor, register_id, lock=True)
    if register.closed_at is not None:
        raise RegisterClosed(title=register.title)
    entry = await session.get(RegisterEntry, (register.id, number, suffix), with_for_update=True)
    if entry is None:
        raise NotFound
    # First of all: whether a hidden document's number is void is hidden too.
    document = await _document_of(session, actor, entry)
    if entry.voided_at is not None:
        raise NumberVoided(number=number_text(number, suffix))
    now = clock.now()
    entry.voided_at, entry.voided_by, entry.void_reason = now, actor.person_id, reason
    await session.flush()
    if document is not None:
        require_possible(document, Action.NUMBER_VOID)
        document.voided_at = document.touched_at = now
        await session.flush()
    await _record(session, actor, register, entry, document)
    return await get_entries(session, actor, register.id, [number], suffix)


async def _document_of(session: AsyncSession, actor: Actor, entry: RegisterEntry) -> Document | None:
    """The entry's document, locked; None for a number that is only reserved. Raises NotAllowed for a hidden one."""
    place = (
        Document.register_id == entry.register_id,
        Document.register_number == entry.number,
        Document.register_suffix == entry.suffix,
    )
    document = await session.scalar(
        select(Document).where(*place, visible_to(actor)).with_for_update(key_share=True)
    )
    if document is None and await session.scalar(select(Document.id).where(*place)) is not None:
        raise NotAllowed(reason="entry_hidden")
    return document


async def _record(
    session: AsyncSession, actor: Actor, register: Register, entry: RegisterEntry, document: Document | None
) -> None:
    number = number_text(entry.number, entry.suffix)
    # Whoever reads the trail of the house may not be cleared for the words about a state secret.
    secret = document is not None and document.secrecy > 0
    told: dict[str, Any] = {"number": number, "reason": None if secret else entry.void_reason}
    await audit.record(
        session, actor, Tag.NUMBER_VOIDED, "register", register.id, on_behalf_of=register.unit_id, **told
    )
    if document is not None:
        await audit.record(
            session,
            actor,
            Tag.DOCUMENT_VOIDED,
            "document",
            document.id,
            on_behalf_of=register.unit_id,
            **told,
        )
