"""Reading documents: one, a list, a search, a count; always through ``policy.visible_to``."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, undefer

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, RoleHeld, Unit
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.core.paging import COUNTED, key_of
from docflow.documents.models import (
    Direction,
    Document,
    DocumentFile,
    DocumentKind,
    Receipt,
    Register,
    Urgency,
)
from docflow.documents.policy import VISIBLE, receipts_visible_to, seen_by, visible_to
from docflow.documents.search_terms import tsquery_literal
from docflow.files.models import File

Rows = Sequence[Row[*tuple[Any, ...]]]

_TABLE = Document.__table__
_D = _TABLE.c
"""Columns, not attributes: statements of columns alone need nothing of the mapper when they run."""

ROW = (
    _D.id,
    _D.direction,
    _D.unit_id,
    _D.register_number,
    _D.symbol,
    _D.kind_code,
    _D.issuer,
    _D.issued_on,
    _D.arrived_on,
    _D.subject,
    _D.urgency,
    _D.due_on,
    _D.registered_at,
)


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; None: not narrowed. Dates are of registration's documents' own ``issued_on``."""

    q: str | None = None
    direction: Direction | None = None
    unit_id: UUID | None = None
    kind: str | None = None
    urgency: Urgency | None = None
    issued_from: date | None = None
    issued_to: date | None = None
    arrived_from: date | None = None
    arrived_to: date | None = None


class Found(msgspec.Struct, frozen=True):
    """Rows of a page, one more than asked for when there are more, and how many there are at most COUNTED + 1."""

    rows: Rows
    counted: int | None


async def get_document(
    session: AsyncSession, actor: Actor, document_id: UUID, *, lock: bool = False, text: bool = False
) -> Document:
    """A document that the actor sees. Raises NotFound. ``lock`` until the end of the transaction."""
    statement = select(Document).where(Document.id == document_id, visible_to(actor))
    if lock:
        statement = statement.with_for_update()
    if text:
        statement = statement.options(undefer(Document.search_vector))
    document = await session.scalar(statement)
    if document is None:
        raise NotFound
    return document


async def find_visible(session: AsyncSession, actor: Actor, document_id: UUID | None) -> UUID | None:
    """The id itself when the actor sees the document, else None: a link to something hidden is not shown."""
    if document_id is None:
        return None
    return await session.scalar(select(Document.id).where(Document.id == document_id, visible_to(actor)))


async def lineage_of(session: AsyncSession, document: Document) -> tuple[int, ...]:
    """The lineage of the document's unit."""
    return tuple(await session.scalar(select(Unit.lineage).where(Unit.id == document.unit_id)) or ())


async def lineages_of_people(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, set[int]]:
    """For each person the numbers of all units in which they hold a role today, and of those above."""
    today = clock.today()
    rows = await session.execute(
        select(RoleHeld.person_id, Unit.lineage)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(
            RoleHeld.person_id.in_(person_ids),
            RoleHeld.valid_from <= today,
            or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > today),
        )
    )
    placed: dict[UUID, set[int]] = {}
    for person_id, lineage in rows:
        placed.setdefault(person_id, set()).update(lineage)
    return placed


async def list_documents(
    session: AsyncSession, actor: Actor, filters: Filters, *, cursor: str | None, limit: int, total: bool
) -> Found:
    """The newest documents that the actor sees and the filters let through; ``limit + 1`` rows at most.

    With ``q`` the query chooses its plan itself, because the planner guesses wrong on both ends: the GIN index
    is probed for at most 10,001 hits, which is the total as well; when fewer, those are sorted; when more, the
    index by date is walked and meets hits soon.
    """
    sought = (filters.q or "").strip()
    given = {**msgspec.structs.asdict(filters), "q": tsquery_literal(sought) if sought else None}
    if sought and given["q"] is None:
        return Found([], 0)
    narrowed = frozenset(name for name, value in given.items() if value is not None)
    after = key_of(cursor, datetime, UUID)
    first = after is None
    at, last = after or (None, None)
    values = {**given, **seen_by(actor), "rows": limit + 1, "after_at": at, "after_id": last}
    if sought:
        return await _search(session, narrowed, values, first=first)
    counted = await session.scalar(_count(narrowed), values) if total and first else None
    return Found((await session.execute(_walk(narrowed, first), values)).all(), counted)


async def _search(
    session: AsyncSession, narrowed: frozenset[str], values: dict[str, Any], *, first: bool
) -> Found:
    rows = (await session.execute(_hits(narrowed, first), values)).all()
    counted = rows[0].counted
    if counted > COUNTED:
        rows = (await session.execute(_walk(narrowed, first), values)).all()
    return Found([row for row in rows if row.id is not None], counted if first else None)


# Statements that are built once for each set of filters: building one anew takes longer than running it.
# What decides about the plan is written into the statement, so that each reader and search gets a plan of its own.
_ROWS = bindparam("rows", type_=Integer, literal_execute=True)
_SOUGHT = cast(bindparam("q", type_=Text, literal_execute=True), TSQUERY)
_NEWEST = (_D.registered_at.desc(), _D.id.desc())
_AFTER = tuple_(bindparam("after_at"), bindparam("after_id"))
_NARROWED: dict[str, ColumnElement[bool]] = {
    "q": _D.search_vector.bool_op("@@")(_SOUGHT),
    "direction": _D.direction == bindparam("direction"),
    "unit_id": _D.unit_id == bindparam("unit_id"),
    "kind": _D.kind_code == bindparam("kind"),
    "urgency": _D.urgency == bindparam("urgency"),
    "issued_from": _D.issued_on >= bindparam("issued_from"),
    "issued_to": _D.issued_on <= bindparam("issued_to"),
    "arrived_from": _D.arrived_on >= bindparam("arrived_from"),
    "arrived_to": _D.arrived_on <= bindparam("arrived_to"),
}


def _conditions(narrowed: frozenset[str]) -> list[ColumnElement[bool]]:
    return [VISIBLE, *(_NARROWED[name] for name in sorted(narrowed))]


@cache
def _count(narrowed: frozenset[str]) -> Select[int]:
    probe = select(literal(1)).select_from(_TABLE).where(*_conditions(narrowed)).limit(COUNTED + 1)
    return select(func.count()).select_from(probe.subquery())


@cache
def _walk(narrowed: frozenset[str], first: bool) -> Select[*tuple[Any, ...]]:
    """A page by the index by date."""
    statement = select(*ROW).where(*_conditions(narrowed))
    if not first:
        statement = statement.where(tuple_(_D.registered_at, _D.id) < _AFTER)
    return statement.order_by(*_NEWEST).limit(_ROWS)


@cache
def _hits(narrowed: frozenset[str], first: bool) -> Select[*tuple[Any, ...]]:
    """A page of the hits that the GIN index gives, with their number in each row; one empty row without hits."""
    hits = (
        select(_D.id, _D.registered_at)
        .where(*_conditions(narrowed))
        .limit(COUNTED + 1)
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    total = select(func.count().label("counted")).select_from(hits).subquery("total")
    place = (hits.c.registered_at, hits.c.id)
    shown = select(hits.c.id).order_by(*(column.desc() for column in place)).limit(_ROWS)
    page = (shown if first else shown.where(tuple_(*place) < _AFTER)).subquery("page")
    found = page.join(_TABLE, _D.id == page.c.id)
    return select(total.c.counted, *ROW).select_from(total.outerjoin(found, true())).order_by(*_NEWEST)


async def list_files(session: AsyncSession, document_id: UUID) -> list[tuple[DocumentFile, File]]:
    """The versions of a document's file, the newest first. The caller has checked that the actor sees it."""
    rows = await session.execute(
        select(DocumentFile, File)
        .join(File, File.id == DocumentFile.file_id)
        .where(DocumentFile.document_id == document_id)
        .order_by(DocumentFile.version.desc())
    )
    return [(version, file) for version, file in rows]


async def get_file(session: AsyncSession, actor: Actor, document_id: UUID, file_id: UUID) -> File:
    """A file of a document that the actor sees. Raises NotFound."""
    file = await session.scalar(
        select(File)
        .join(DocumentFile, DocumentFile.file_id == File.id)
        .join(Document, Document.id == DocumentFile.document_id)
        .where(File.id == file_id, Document.id == document_id, visible_to(actor))
    )
    if file is None:
        raise NotFound
    return file


async def list_receipts(session: AsyncSession, actor: Actor, document_id: UUID) -> Rows:
    """Receipts of a document that the actor sees, in the order in which they were given. Raises NotFound."""
    await get_document(session, actor, document_id)
    owner = aliased(Unit)
    return (
        await session.execute(
            select(Receipt, Principal.unit_id, Principal.person_id, Unit.name_vi, Person.full_name)
            .join(Principal, Principal.no == Receipt.principal_no)
            .outerjoin(Unit, Unit.id == Principal.unit_id)
            .outerjoin(Person, Person.id == Principal.person_id)
            .join(Document, Document.id == Receipt.document_id)
            .join(owner, owner.id == Document.unit_id)
            .where(Receipt.document_id == document_id, receipts_visible_to(actor, owner))
            .order_by(Receipt.id)
        )
    ).all()


async def list_waiting(session: AsyncSession, actor: Actor, limit: int) -> Rows:
    """Documents given to the actor or their units that nobody has acknowledged yet, the oldest first."""
    return (
        await session.execute(
            select(Receipt.id.label("receipt_id"), Receipt.role, Receipt.sent_at, *ROW)
            .join(Document, Document.id == Receipt.document_id)
            .where(
                Receipt.principal_no.in_(actor.principals),
                Receipt.acknowledged_at.is_(None),
                visible_to(actor),
            )
            .order_by(Receipt.id)
            .limit(limit)
        )
    ).all()


async def find_duplicates(
    session: AsyncSession, actor: Actor, *, symbol_key: str, issuer_key: str, sha256: bytes
) -> Rows:
    """Incoming documents that the actor sees with the same symbol and issuer or the same bytes, the first first."""
    same_symbol = select(Document.id).where(
        Document.symbol_key == symbol_key, Document.issuer_key == issuer_key
    )
    same_bytes = (
        select(DocumentFile.document_id)
        .join(File, File.id == DocumentFile.file_id)
        .where(File.sha256 == sha256)
    )
    return (
        await session.execute(
            select(*ROW)
            .where(
                Document.id.in_(same_symbol.union(same_bytes)),
                Document.direction == Direction.INCOMING,
                visible_to(actor),
            )
            .order_by(Document.registered_at)
            .limit(5)
        )
    ).all()


async def list_kinds(session: AsyncSession) -> Sequence[DocumentKind]:
    """Every kind, by code."""
    return (await session.scalars(select(DocumentKind).order_by(DocumentKind.code))).all()


async def list_registers(session: AsyncSession, actor: Actor) -> Sequence[Register]:
    """The registers of the actor's units, the newest year first."""
    return (
        await session.scalars(
            select(Register)
            .where(Register.unit_id.in_(actor.member_units))
            .order_by(Register.year.desc(), Register.unit_id, Register.direction)
        )
    ).all()
