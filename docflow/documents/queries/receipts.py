"""Receipts: of a document as a tree, one for a verb on it, and what waits for somebody."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, RoleHeld, Unit
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.documents.models import (
    Document,
    Receipt,
    ReceiptRole,
    ReceiptState,
)
from docflow.documents.policy import (
    VISIBLE,
    ReceiptPlace,
    receipts_seen_by,
    receipts_visible,
    seen_by,
    visible_to,
)
from docflow.documents.queries.documents import get_document
from docflow.documents.queries.rows import ROW, Rows

_OPEN = (ReceiptState.WAITING, ReceiptState.FORWARDED)


async def list_receipts(session: AsyncSession, actor: Actor, document_id: UUID) -> Rows:
    """Receipts of a document that the actor sees, in the order in which they were given. Raises NotFound."""
    await get_document(session, actor, document_id)
    values = {**receipts_seen_by(actor, document_id), **seen_by(actor)}
    return (await session.execute(_shown().order_by(Receipt.id), values)).all()


async def get_receipt(session: AsyncSession, actor: Actor, receipt_id: UUID) -> Row[*tuple[Any, ...]]:
    """One receipt that the actor sees, as of ``list_receipts``. Raises NotFound."""
    document_id = await session.scalar(select(Receipt.document_id).where(Receipt.id == receipt_id))
    if document_id is None:
        raise NotFound
    values = {**receipts_seen_by(actor, document_id), **seen_by(actor)}
    row = (
        await session.execute(_shown().where(Receipt.id == receipt_id, visible_to(actor)), values)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


@cache
def _shown() -> Select[*tuple[Any, ...]]:
    """Built once: building it takes longer than running it."""
    owner, above, sender = aliased(Unit), aliased(Receipt), aliased(Person)
    held_above, sends = aliased(Principal), aliased(Principal)
    reply = aliased(Document)
    # The read rule on the replying document, which has the rule's own name only in here.
    seen = select(Document.id).where(Document.id == reply.id, VISIBLE).correlate(reply).exists()
    return (
        select(
            Receipt,
            Principal.unit_id,
            Principal.person_id,
            Unit.name_vi,
            Person.full_name,
            sender.full_name.label("sender_name"),
            sends.no.label("sender_principal"),
            above.principal_no.label("parent_principal"),
            held_above.unit_id.label("parent_unit_id"),
            Document.unit_id.label("owner_unit_id"),
            reply.id.label("seen_reply_id"),
            receipts_visible(owner, above).label("parent_seen"),
        )
        .join(Principal, Principal.no == Receipt.principal_no)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(Person, Person.id == Principal.person_id)
        .join(sender, sender.id == Receipt.sent_by)
        .join(sends, sends.person_id == Receipt.sent_by)
        .outerjoin(above, above.id == Receipt.parent_id)
        .outerjoin(held_above, held_above.no == above.principal_no)
        .join(Document, Document.id == Receipt.document_id)
        .join(owner, owner.id == Document.unit_id)
        .outerjoin(reply, and_(reply.id == Receipt.reply_id, seen))
        .where(Receipt.document_id == bindparam("receipt_document"), receipts_visible(owner))
        .execution_options(populate_existing=True)
    )


def place_of(row: Row[Any]) -> ReceiptPlace:
    """Of a row of ``list_receipts``: what says who may do what to it."""
    return ReceiptPlace(
        principal_no=row.Receipt.principal_no,
        unit_id=row.unit_id,
        sender_principal=row.sender_principal,
        is_root=row.Receipt.parent_id is None,
        parent_principal=row.parent_principal,
        parent_unit_id=row.parent_unit_id,
        owner_unit_id=row.owner_unit_id,
    )


async def list_waiting(session: AsyncSession, actor: Actor, limit: int) -> Rows:
    """Documents given to the actor or their units that nobody has acknowledged yet, the oldest first."""
    return (
        await session.execute(
            select(Receipt.id.label("receipt_id"), Receipt.role, Receipt.sent_at, *ROW)
            .join(Document, Document.id == Receipt.document_id)
            .where(
                Receipt.principal_no.in_(actor.principals),
                Receipt.acknowledged_at.is_(None),
                Receipt.state.in_(_OPEN),
                visible_to(actor),
            )
            .order_by(Receipt.id)
            .limit(limit)
        )
    ).all()


async def list_open_receipts(
    session: AsyncSession, actor: Actor, role: ReceiptRole, *, cursor: str | None, limit: int
) -> Rows:
    """What the actor and their units have in a role and have neither passed on nor ended, the oldest first.

    ``limit + 1`` at most. Each principal's are read off the index in order, and then merged.
    """
    after = key_of(cursor, UUID)
    mine = select(func.unnest(cast(list(actor.principals), ARRAY(Integer))).label("no")).subquery("mine")
    each = (
        select(Receipt.id, Receipt.principal_no, Receipt.sent_at, Receipt.due_at, Receipt.version)
        .join(Document, Document.id == Receipt.document_id)
        .where(
            Receipt.principal_no == mine.c.no,
            Receipt.role == role,
            Receipt.state == ReceiptState.WAITING,
            visible_to(actor),
            *([Receipt.id > after[0]] if after else []),
        )
        .order_by(Receipt.id)
        .limit(limit + 1)
        .correlate(mine)
        .lateral("each")
    )
    return (
        await session.execute(
            select(
                each.c.id.label("receipt_id"),
                *(each.c.sent_at, each.c.due_at.label("receipt_due_at"), each.c.version),
                *(Receipt.note, Receipt.reply_required, Receipt.role, Receipt.opened_at),
                *(Principal.unit_id.label("holder_unit_id"), Person.full_name.label("sender_name"), *ROW),
            )
            .select_from(mine.join(each, true()))
            .join(Receipt, Receipt.id == each.c.id)
            .join(Principal, Principal.no == Receipt.principal_no)
            .join(Person, Person.id == Receipt.sent_by)
            .join(Document, Document.id == Receipt.document_id)
            .order_by(each.c.id)
            .limit(limit + 1)
        )
    ).all()


class Placed(msgspec.Struct, frozen=True):
    """The units in which a person holds a role today, by number: these, and with all above them."""

    units: frozenset[int]
    lineage: frozenset[int]


async def places_of_people(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, Placed]:
    """Where people are; whoever holds no role in a unit that is in service is left out."""
    today = clock.today()
    rows = await session.execute(
        select(RoleHeld.person_id, Unit.lineage)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(
            RoleHeld.person_id.in_(person_ids),
            RoleHeld.valid_from <= today,
            or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > today),
            Unit.valid_from <= today,
            or_(Unit.valid_to.is_(None), Unit.valid_to > today),
        )
    )
    held: dict[UUID, list[list[int]]] = {}
    for person_id, lineage in rows:
        held.setdefault(person_id, []).append(lineage)
    return {
        person_id: Placed(
            frozenset(lineage[-1] for lineage in lineages), frozenset(no for one in lineages for no in one)
        )
        for person_id, lineages in held.items()
    }
