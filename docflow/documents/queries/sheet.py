"""What of the circulation sheet this capability knows: registration, receipts, comments and replies."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.core.messages import Language, text_of
from docflow.core.working_calendar import end_of_day
from docflow.documents.models import (
    Acquaintance,
    Comment,
    Document,
    Receipt,
    ReceiptRole,
    ReceiptState,
)
from docflow.documents.numbering import number_text
from docflow.documents.policy import comments_visible_to, receipts_seen_by, receipts_visible, visible_to
from docflow.documents.queries.rows import Rows
from docflow.documents.sheet import Receivers, SheetLine, SheetSources, in_order
from docflow.printing.tables import printed_text

ROLES = (
    ReceiptRole.DIRECTION,
    ReceiptRole.LEAD,
    ReceiptRole.COORDINATE,
    ReceiptRole.INFORMATION,
)
"""In the order in which a leader names them."""


async def list_lines(
    session: AsyncSession, actor: Actor, document: Document, language: Language, sources: SheetSources
) -> list[SheetLine]:
    """Every line that the actor, who sees the document, may see, in time order."""
    receipts = await _receipts(session, actor, document, language)
    lines = [
        await _registered(session, document, language),
        *_givings(receipts),
        *_endings(receipts),
        *await _comments(session, actor, document, language),
        *await _replies(session, actor, document),
    ]
    for more in sources.more:
        lines += await more(session, actor, document, language)
    return in_order(lines)


async def _registered(session: AsyncSession, document: Document, language: Language) -> SheetLine:
    clerk = await session.get_one(Person, document.registered_by)
    arrived = document.arrived_on is not None
    number = number_text(document.register_number, document.register_suffix)
    code = "sheet_arrival" if arrived else "sheet_number"
    text = text_of(code, language, number=number, arrived_on=printed_text(document.arrived_on))
    if document.voided_at is not None:
        text = f"{text} {text_of('sheet_void', language, on=printed_text(document.voided_at))}"
    what = "arrived" if arrived else "registered"
    return SheetLine(at=document.registered_at, what=what, by=clerk.full_name, text=text)


async def _receipts(session: AsyncSession, actor: Actor, document: Document, language: Language) -> Rows:
    return (await session.execute(_given(language), receipts_seen_by(actor, document.id))).all()


@cache
def _given(language: Language) -> Select[*tuple[Any, ...]]:
    """Built once for each language: building it takes longer than running it."""
    owner, unit, parent = aliased(Unit), aliased(Unit), aliased(Receipt)
    holder, sender, ender = aliased(Person), aliased(Person), aliased(Person)
    return (
        select(
            *(Receipt.id, Receipt.parent_id, Receipt.role, Receipt.state, Receipt.note, Receipt.due_at),
            *(Receipt.sent_by, Receipt.sent_at, Receipt.ended_at, Receipt.ended_by, Receipt.end_note),
            *(Receipt.acquaintance_id, parent.role.label("parent_role")),
            func.coalesce(name_of(unit, language), holder.full_name).label("name"),
            sender.full_name.label("sender"),
            ender.full_name.label("ender"),
            Acquaintance.title,
            Acquaintance.due_on,
        )
        .join(Principal, Principal.no == Receipt.principal_no)
        .outerjoin(unit, unit.id == Principal.unit_id)
        .outerjoin(holder, holder.id == Principal.person_id)
        .join(sender, sender.id == Receipt.sent_by)
        .outerjoin(ender, ender.id == Receipt.ended_by)
        .outerjoin(parent, parent.id == Receipt.parent_id)
        .outerjoin(Acquaintance, Acquaintance.id == Receipt.acquaintance_id)
        .join(Document, Document.id == Receipt.document_id)
        .join(owner, owner.id == Document.unit_id)
        .where(Receipt.document_id == bindparam("receipt_document"), receipts_visible(owner))
        .order_by(Receipt.id)
    )


def name_of(unit: Any, language: Language) -> ColumnElement[str] | InstrumentedAttribute[str]:
    """A unit's name in the language; the Vietnamese one where it has no other."""
    vietnamese: InstrumentedAttribute[str] = unit.name_vi
    if language is Language.VI:
        return vietnamese
    return func.coalesce(func.nullif(unit.name_en, ""), unit.name_vi)


def _givings(rows: Rows) -> list[SheetLine]:
    """One line for what one person gave in one moment with the same words, whoever got it."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        key = (row.sent_by, row.sent_at, row.parent_id, row.acquaintance_id, row.note, row.due_at)
        groups.setdefault(key, []).append(row)
    return [_giving(group) for group in groups.values()]


def _giving(group: Sequence[Any]) -> SheetLine:
    first = group[0]
    return SheetLine(
        at=first.sent_at,
        what=_what(group),
        by=first.sender,
        to=_by_role(group),
        text=": ".join(filter(None, (first.title, first.note))),
        due_at=first.due_at or (end_of_day(first.due_on) if first.due_on else None),
    )


def _what(group: Sequence[Any]) -> str:
    first = group[0]
    roles = {row.role for row in group}
    if first.acquaintance_id is not None:
        return "listed"
    if ReceiptRole.DIRECTION in roles:
        return "submitted"
    if first.parent_role is ReceiptRole.DIRECTION:
        return "directed"
    return "forwarded" if first.parent_id is not None else "given"


_ENDED = {
    ReceiptState.COMPLETED: "completed",
    ReceiptState.CLOSED: "closed",
    ReceiptState.RETURNED: "returned",
    ReceiptState.RECALLED: "recalled",
}


def _endings(rows: Rows) -> list[SheetLine]:
    """One line for what one deed brought to an end in one way."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        if row.ended_at is not None:
            key = (row.ended_at, row.state, row.ended_by, row.end_note)
            groups.setdefault(key, []).append(row)
    return [
        SheetLine(
            at=group[0].ended_at,
            what=_ENDED[group[0].state],
            by=group[0].ender or "",
            to=_by_role(group),
            text=group[0].end_note or "",
        )
        for group in groups.values()
    ]


def _by_role(group: Iterable[Any]) -> tuple[Receivers, ...]:
    named: dict[ReceiptRole, list[str]] = {role: [] for role in ROLES}
    for row in group:
        named[row.role].append(row.name)
    return tuple(Receivers(role.value, tuple(names)) for role, names in named.items() if names)


async def _comments(
    session: AsyncSession, actor: Actor, document: Document, language: Language
) -> list[SheetLine]:
    rows = await session.execute(
        select(
            *(Comment.written_at, Comment.withdrawn_at, Comment.body, Person.full_name),
            name_of(Unit, language).label("unit_name"),
        )
        .join(Person, Person.id == Comment.author_id)
        .outerjoin(Unit, Unit.id == Comment.unit_id)
        .where(Comment.document_id == document.id, comments_visible_to(actor))
        .order_by(Comment.id)
    )
    return [
        SheetLine(
            at=row.written_at,
            what="commented",
            by=row.full_name,
            to=(Receivers(None, (row.unit_name,)),) if row.unit_name else (),
            text=row.body if row.withdrawn_at is None else text_of("sheet_withdrawn", language),
        )
        for row in rows
    ]


async def _replies(session: AsyncSession, actor: Actor, document: Document) -> list[SheetLine]:
    """Documents that answer this one and that the actor sees."""
    answering = select(Receipt.reply_id).where(
        Receipt.document_id == document.id, Receipt.reply_id.is_not(None)
    )
    rows = await session.execute(
        select(
            *(Document.registered_at, Document.symbol, Document.issued_on, Document.subject),
            Person.full_name,
        )
        .join(Person, Person.id == Document.registered_by)
        .where(or_(Document.answers_id == document.id, Document.id.in_(answering)), visible_to(actor))
        .order_by(Document.registered_at, Document.id)
    )
    return [
        SheetLine(
            at=row.registered_at,
            what="replied",
            by=row.full_name,
            text=f"{row.symbol}, {printed_text(row.issued_on)}: {row.subject}",
        )
        for row in rows
    ]
