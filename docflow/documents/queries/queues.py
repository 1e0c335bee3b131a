"""What waits: documents that the registry has not passed on, and those that wait with a leader for direction.

Both are ordered as they are to be done, the most urgent and then the oldest first, and each is read from an index of
exactly that order: for one unit or one principal a page costs the same however many wait. An actor has a few of
these, so the statements read the first rows of each and merge them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.core.errors import NotFound
from docflow.core.paging import COUNTED, Total, key_of, page_of, total_of
from docflow.documents.models import Document, Receipt
from docflow.documents.models.words import URGENCY_RANK
from docflow.documents.policy import VISIBLE, seen_by
from docflow.documents.queries.rows import ROW

Statement = Select[*tuple[Any, ...]]


class Queue(msgspec.Struct, frozen=True):
    """A page of a queue."""

    rows: Sequence[Any]
    next: str | None
    total: Total


_D, _R = Document.__table__.c, Receipt.__table__.c
_RANK: ColumnElement[int] = literal_column(URGENCY_RANK, Integer)
_ROWS = bindparam("rows", type_=Integer, literal_execute=True)
_COUNTED = literal_column(str(COUNTED + 1), Integer)

# Written out, not bound: they have to be the conditions of the indexes.
_NOT_PASSED_ON = and_(
    _D.direction == literal_column("'incoming'"), _D.passed_on_at.is_(None), _D.voided_at.is_(None)
)
_WAITING = and_(_R.state == literal_column("'waiting'"), _R.role == literal_column("'direction'"))


async def list_to_pass_on(
    session: AsyncSession, actor: Actor, *, unit_id: UUID | None, cursor: str | None, limit: int
) -> Queue:
    """Documents that arrived and were given to nobody yet, of the registries that the actor keeps.

    Raises NotFound for another's registry, Invalid for a bad cursor.
    """
    mine = actor.units_for(Action.DOCUMENT_REGISTER, inherited=True)
    if unit_id is not None and unit_id not in mine:
        raise NotFound
    after = key_of(cursor, int, datetime, UUID)
    values: dict[str, Any] = {
        "units": sorted({unit_id} if unit_id is not None else mine),
        "rows": limit + 1,
        **seen_by(actor),
        **dict(zip(("rank", "at", "id"), after or (), strict=after is not None)),
    }
    rows = (await session.execute(_registry_page(first=after is None), values)).all()
    kept, following = page_of(rows, limit, lambda row: (row.rank, row.registered_at, row.id))
    counted = await session.scalar(_registry_count(), values)
    return Queue(kept, following, total_of(counted or 0))


async def list_to_direct(session: AsyncSession, actor: Actor, *, cursor: str | None, limit: int) -> Queue:
    """What was submitted to the actor, their units, or whoever they stand in for, and waits for direction.

    Whoever holds an open receipt is a reader, so the count needs no look at the documents; the rows take it all the
    same. Raises Invalid for a bad cursor.
    """
    after = key_of(cursor, int, UUID)
    values: dict[str, Any] = {
        "holders": list(actor.principals),
        "rows": limit + 1,
        **seen_by(actor),
        **dict(zip(("rank", "id"), after or (), strict=after is not None)),
    }
    rows = (await session.execute(_direction_page(first=after is None), values)).all()
    kept, following = page_of(rows, limit, lambda row: (row.urgency_rank, row.receipt_id))
    counted = await session.scalar(_direction_count(), values)
    return Queue([row for row in kept if row.id is not None], following, total_of(counted or 0))


@cache
def _registry_page(*, first: bool) -> Statement:
    units = _each("units", Uuid())
    near = select(*ROW, _RANK.label("rank")).where(_D.unit_id == units.c.one, _NOT_PASSED_ON, VISIBLE)
    if not first:
        last = tuple_(
            bindparam("rank", type_=Integer), bindparam("at", type_=DateTime(timezone=True)), bindparam("id")
        )
        near = near.where(tuple_(_RANK, _D.registered_at, _D.id) > last)
    page = near.order_by(_RANK, _D.registered_at, _D.id).limit(_ROWS).lateral("near")
    return (
        select(*page.c)
        .select_from(units.join(page, true()))
        .order_by(page.c.rank, page.c.registered_at, page.c.id)
        .limit(_ROWS)
    )


@cache
def _registry_count() -> Select[int]:
    units = cast(bindparam("units"), ARRAY(Uuid))
    probe = select(literal(1)).where(_D.unit_id == any_(units), _NOT_PASSED_ON, VISIBLE).limit(_COUNTED)
    return select(func.count()).select_from(probe.subquery())


@cache
def _direction_page(*, first: bool) -> Statement:
    holders = _each("holders", Integer())
    near = select(
        *(_R.id, _R.document_id, _R.principal_no, _R.urgency_rank),
        *(_R.sent_by, _R.sent_at, _R.note, _R.due_at, _R.opened_at),
    ).where(_R.principal_no == holders.c.one, _WAITING)
    if not first:
        last = tuple_(bindparam("rank", type_=SmallInteger), bindparam("id"))
        near = near.where(tuple_(_R.urgency_rank, _R.id) > last)
    one = near.order_by(_R.urgency_rank, _R.id).limit(_ROWS).lateral("near")
    page = (
        select(*one.c)
        .select_from(holders.join(one, true()))
        .order_by(one.c.urgency_rank, one.c.id)
        .limit(_ROWS)
        .cte("page")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    sender, holder = aliased(Person), aliased(Person)
    return (
        select(
            page.c.id.label("receipt_id"),
            *(page.c.urgency_rank, page.c.sent_at, page.c.note, page.c.due_at, page.c.opened_at),
            sender.full_name.label("sent_by_name"),
            func.coalesce(Unit.name_vi, holder.full_name).label("given_to"),
            *ROW,
        )
        .select_from(page)
        .join(sender, sender.id == page.c.sent_by)
        .join(Principal, Principal.no == page.c.principal_no)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(holder, holder.id == Principal.person_id)
        .outerjoin(Document.__table__, and_(_D.id == page.c.document_id, VISIBLE))
        .order_by(page.c.urgency_rank, page.c.id)
    )


@cache
def _direction_count() -> Select[int]:
    holders = cast(bindparam("holders"), ARRAY(Integer))
    probe = select(literal(1)).where(_R.principal_no == any_(holders), _WAITING).limit(_COUNTED)
    return select(func.count()).select_from(probe.subquery())


def _each(name: str, type_: Any) -> Any:
    """The elements of a list as rows of one column."""
    return select(func.unnest(cast(bindparam(name), ARRAY(type_))).label("one")).subquery("mine")
