"""Readings, comments, acquaintance lists and readers of a document."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import MEMBERS
from docflow.accounts.models import Person, Principal, RoleHeld, Unit
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.documents.models import (
    Acquaintance,
    Comment,
    Document,
    Reading,
    Receipt,
    ReceiptState,
)
from docflow.documents.policy import acquaintances_visible_to, comments_visible_to, decide
from docflow.documents.queries.documents import get_document, lineage_of
from docflow.documents.queries.rows import Rows


async def list_readings(
    session: AsyncSession, actor: Actor, document_id: UUID, *, cursor: str | None, limit: int
) -> Rows:
    """Who opened the document, in the order in which they first did; one row more than ``limit``.

    Raises NotFound, and NotAllowed for whoever is not of the registering unit or above it.
    """
    document = await get_document(session, actor, document_id)
    decide(actor, Action.DOCUMENT_TRAIL, document, await lineage_of(session, document)).require()
    statement = (
        select(*Reading.__table__.c, Person.full_name, Person.post)
        .join(Person, Person.id == Reading.person_id)
        .where(Reading.document_id == document_id)
        .order_by(Reading.first_at, Reading.person_id)
        .limit(limit + 1)
    )
    if after := key_of(cursor, datetime, UUID):
        statement = statement.where(tuple_(Reading.first_at, Reading.person_id) > tuple_(*after))
    return (await session.execute(statement)).all()


async def list_comments(
    session: AsyncSession, actor: Actor, document_id: UUID, *, cursor: str | None, limit: int
) -> Rows:
    """Comments that the actor may see, in the order in which they were written; one row more than ``limit``.

    Raises NotFound.
    """
    await get_document(session, actor, document_id)
    statement = (
        comments_statement(actor)
        .where(Comment.document_id == document_id)
        .order_by(Comment.id)
        .limit(limit + 1)
    )
    if after := key_of(cursor, UUID):
        statement = statement.where(Comment.id > after[0])
    return (await session.execute(statement)).all()


async def get_comment(session: AsyncSession, actor: Actor, comment_id: UUID) -> Row[Any]:
    """One comment on a document that the actor sees. Raises NotFound."""
    row = (await session.execute(comments_statement(actor).where(Comment.id == comment_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


def comments_statement(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Comments that the actor may see of documents that they see."""
    return (
        select(*Comment.__table__.c, Person.full_name, Unit.name_vi)
        .join(Person, Person.id == Comment.author_id)
        .outerjoin(Unit, Unit.id == Comment.unit_id)
        .where(comments_visible_to(actor))
    )


async def list_acquaintances(
    session: AsyncSession, actor: Actor, document_id: UUID, acquaintance_id: UUID | None = None
) -> Rows:
    """Acquaintance lists that the actor may see, with how many people are on them and how many have read.

    Raises NotFound for a document that the actor does not see.
    """
    await get_document(session, actor, document_id)
    owner = aliased(Unit)
    statement = (
        select(*Acquaintance.__table__.c, Person.full_name.label("made_by_name"))
        .join(Document, Document.id == Acquaintance.document_id)
        .join(owner, owner.id == Document.unit_id)
        .join(Person, Person.id == Acquaintance.made_by)
        .where(Acquaintance.document_id == document_id, acquaintances_visible_to(actor, owner))
        .order_by(Acquaintance.id)
    )
    if acquaintance_id is not None:
        statement = statement.where(Acquaintance.id == acquaintance_id)
    return (await session.execute(statement)).all()


async def get_acquaintance(
    session: AsyncSession, actor: Actor, document_id: UUID, acquaintance_id: UUID
) -> Row[Any]:
    """One list. Raises NotFound."""
    rows = await list_acquaintances(session, actor, document_id, acquaintance_id)
    if not rows:
        raise NotFound
    return rows[0]


_PEOPLE = """
FROM receipt JOIN principal ON principal.no = receipt.principal_no
CROSS JOIN LATERAL (
    SELECT principal.person_id AS id WHERE principal.person_id IS NOT NULL
    UNION
    SELECT held.person_id FROM role_held AS held
    WHERE held.unit_id = principal.unit_id AND held.role = ANY(CAST(:members AS text[]))
      AND held.valid_from <= :today AND (held.valid_to IS NULL OR held.valid_to > :today)
) AS named
JOIN person ON person.id = named.id AND person.frozen_at IS NULL
LEFT JOIN document_reading AS reading
    ON reading.document_id = receipt.document_id AND reading.person_id = person.id
WHERE receipt.state <> 'recalled'
"""
"""Whoever is to read by receipts of a list: the people named, and the members today of the units named."""

_COUNTS = text(
    f"""
    SELECT receipt.acquaintance_id, count(DISTINCT receipt.id) AS entries, count(DISTINCT person.id) AS people,
        count(DISTINCT reading.person_id) AS read
    {_PEOPLE} AND receipt.acquaintance_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY receipt.acquaintance_id
    """
)
_READ_BY = text(
    f"""
    SELECT receipt.id AS receipt_id, person.id, person.full_name, person.post, reading.first_at, reading.times
    {_PEOPLE} AND receipt.id = ANY(CAST(:ids AS uuid[]))
    ORDER BY receipt.id, person.sort_key, person.id
    """
)


async def count_acquainted(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
    """By list how many ``entries`` and ``people`` are on it and how many of these have ``read``."""
    rows = await session.execute(_COUNTS, _members(ids))
    return {row.acquaintance_id: row for row in rows}


async def list_acquainted(
    session: AsyncSession, acquaintance_id: UUID, *, cursor: str | None, limit: int
) -> Rows:
    """Units and people of a list that the caller may see; one row more than ``limit``."""
    statement = (
        select(Receipt.id, Principal.unit_id, Principal.person_id, Unit.name_vi, Person.full_name)
        .join(Principal, Principal.no == Receipt.principal_no)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(Person, Person.id == Principal.person_id)
        .where(Receipt.acquaintance_id == acquaintance_id, Receipt.state != ReceiptState.RECALLED)
        .order_by(Receipt.id)
        .limit(limit + 1)
    )
    if after := key_of(cursor, UUID):
        statement = statement.where(Receipt.id > after[0])
    return (await session.execute(statement)).all()


async def list_read_by(session: AsyncSession, receipt_ids: Iterable[UUID]) -> dict[UUID, list[Row[Any]]]:
    """By receipt of a list who is to read, by name, and when they first did."""
    found: dict[UUID, list[Row[Any]]] = {}
    for row in await session.execute(_READ_BY, _members(receipt_ids)):
        found.setdefault(row.receipt_id, []).append(row)
    return found


def _members(ids: Iterable[UUID]) -> dict[str, Any]:
    return {
        "ids": list(ids),
        "members": sorted(role.value for role in MEMBERS),
        "today": clock.today(),
    }


async def list_readers(session: AsyncSession, document: Document) -> Sequence[Row[Any]]:
    """Units, then people, whom the document names as readers, with why and how many members a unit has today."""
    today = clock.today()
    members = (
        select(func.count(RoleHeld.person_id.distinct()))
        .where(
            RoleHeld.unit_id == Principal.unit_id,
            RoleHeld.role.in_(MEMBERS),
            RoleHeld.valid_from <= today,
            or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > today),
        )
        .correlate(Principal)
        .scalar_subquery()
    )
    given = (
        select(Receipt.id)
        .where(
            Receipt.document_id == document.id,
            Receipt.principal_no == Principal.no,
            Receipt.state != ReceiptState.RECALLED,
        )
        .correlate(Principal)
        .exists()
    )
    return (
        await session.execute(
            select(
                *(Principal.no, Principal.unit_id, Principal.person_id, Unit.name_vi, Person.full_name),
                members.label("members"),
                given.label("is_given"),
            )
            .outerjoin(Unit, Unit.id == Principal.unit_id)
            .outerjoin(Person, Person.id == Principal.person_id)
            .where(Principal.no.in_(document.readers))
            .order_by(Principal.unit_id.is_(None), Unit.no, Person.sort_key, Principal.no)
        )
    ).all()
