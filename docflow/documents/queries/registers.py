"""Kinds, registers and their entries."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.documents.models import Direction, Document, DocumentKind, Register, RegisterEntry
from docflow.documents.policy import registers_visible_to, visible_to
from docflow.documents.queries.rows import ROW, Rows
from docflow.documents.schemas import EntryFilter

_OF_ENTRY = and_(
    Document.register_id == RegisterEntry.register_id,
    Document.register_number == RegisterEntry.number,
    Document.register_suffix == RegisterEntry.suffix,
)
_PLACE = (RegisterEntry.number, func.char_length(RegisterEntry.suffix), RegisterEntry.suffix.collate("C"))
"""The order of a book: `45`, `45a`, `45b`, `46`."""


async def list_kinds(session: AsyncSession) -> Sequence[DocumentKind]:
    """Every kind, by code."""
    return (await session.scalars(select(DocumentKind).order_by(DocumentKind.code))).all()


async def symbols_of_kinds(session: AsyncSession) -> dict[str, str | None]:
    """The symbol of every kind, by its code; None where numbers of the kind carry none."""
    return {code: symbol for code, symbol in await session.execute(_SYMBOLS)}  # noqa: C416  (rows are no pairs)


_SYMBOLS = select(DocumentKind.__table__.c.code, DocumentKind.__table__.c.symbol)


async def list_registers(
    session: AsyncSession, actor: Actor, direction: Direction | None = None
) -> Sequence[Register]:
    """The registers of the actor's units, the newest first."""
    statement = select(Register).where(Register.unit_id.in_(actor.member_units), registers_visible_to(actor))
    if direction is not None:
        statement = statement.where(Register.direction == direction)
    order = (
        Register.starts_on.desc(),
        Register.unit_id,
        Register.direction,
        Register.is_secret,
        Register.kinds,
    )
    return (await session.scalars(statement.order_by(*order))).all()


async def get_register(
    session: AsyncSession, actor: Actor, register_id: UUID, *, lock: bool = False
) -> Register:
    """A register that the actor sees. Raises NotFound. ``lock``: no number is taken until the transaction ends."""
    statement = select(Register).where(Register.id == register_id, registers_visible_to(actor))
    if lock:
        statement = statement.with_for_update(key_share=True, of=Register)
    register = await session.scalar(statement.execution_options(populate_existing=True))
    if register is None:
        raise NotFound
    return register


async def list_entries(
    session: AsyncSession,
    actor: Actor,
    register_id: UUID,
    only: EntryFilter | None,
    *,
    cursor: str | None,
    limit: int,
) -> Rows:
    """The numbers of a register that the actor sees, in their order; ``limit + 1`` at most.

    A row says whether there is a document (``is_taken``) and whether the actor sees it (``is_seen``): a filter
    lets none through whose answer it would give away.
    """
    await get_register(session, actor, register_id)
    statement = _entries(actor).where(RegisterEntry.register_id == register_id)
    if only is not None:
        statement = statement.where(*_narrowed(only, actor))
    if (after := key_of(cursor, int, int, str)) is not None:
        # The first condition is for the index, which knows numbers but not how a suffix is ordered.
        place = tuple_(*_PLACE) > tuple_(*(literal(part) for part in after))
        statement = statement.where(RegisterEntry.number >= after[0], place)
    return (await session.execute(statement.order_by(*_PLACE).limit(limit + 1))).all()


async def get_entries(
    session: AsyncSession, actor: Actor, register_id: UUID, numbers: Sequence[int], suffix: str = ""
) -> Rows:
    """The rows of these numbers, as ``list_entries`` gives them. The caller has checked the register."""
    which = (
        RegisterEntry.register_id == register_id,
        RegisterEntry.number.in_(numbers),
        RegisterEntry.suffix == suffix,
    )
    return (await session.execute(_entries(actor).where(*which).order_by(*_PLACE))).all()


def open_reservations(register_id: UUID) -> Select[int]:
    """The numbers of a register that are reserved and neither used nor void."""
    return (
        select(RegisterEntry.number)
        .where(RegisterEntry.register_id == register_id, *_reserved(~exists().where(_OF_ENTRY)))
        .order_by(RegisterEntry.number)
    )


def _reserved(unused: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return RegisterEntry.reserved_for.is_not(None), RegisterEntry.voided_at.is_(None), unused


def _narrowed(only: EntryFilter, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    unused = Document.id.is_(None)
    match only:
        case EntryFilter.RESERVED:
            return _reserved(unused)
        case EntryFilter.OVERDUE:
            return (*_reserved(unused), RegisterEntry.reserved_until < clock.today())
        case EntryFilter.VOID:
            return RegisterEntry.voided_at.is_not(None), or_(unused, visible_to(actor))
        case EntryFilter.LATE:
            return Document.late_reason.is_not(None), visible_to(actor)


def _entries(actor: Actor) -> Select[*tuple[Any, ...]]:
    columns = [column for column in ROW if column.key not in {"register_number", "register_suffix"}]
    return (
        select(
            RegisterEntry.number,
            RegisterEntry.suffix,
            RegisterEntry.taken_at,
            RegisterEntry.reserved_for,
            RegisterEntry.reserved_until,
            RegisterEntry.voided_at,
            RegisterEntry.void_reason,
            Document.id.is_not(None).label("is_taken"),
            func.coalesce(visible_to(actor), literal(False)).label("is_seen"),
            Document.late_reason,
            Document.register_number,
            Document.register_suffix,
            *columns,
        )
        .select_from(RegisterEntry)
        .outerjoin(Document, _OF_ENTRY)
    )
