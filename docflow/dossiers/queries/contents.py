"""Reading what is in a dossier: never more than the documents that the asker sees by their own rule."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.core.paging import key_of
from docflow.documents.models import Document
from docflow.documents.policy import visible_to
from docflow.documents.queries import ROW, Rows
from docflow.dossiers.models import DossierDocument

_D = Document.__table__.c
IN_TIME_ORDER: tuple[ColumnElement[Any], ...] = (_D.issued_on, _D.registered_at, _D.id)
"""The order of an exported dossier: by the documents' dates, of one day as they were registered."""


class Totals(msgspec.Struct, frozen=True):
    """Documents and pages of a dossier as the asker sees them."""

    documents: int
    pages: int


async def totals(session: AsyncSession, actor: Actor, dossier_id: UUID) -> Totals:
    """How much is in it for the actor."""
    row = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(_D.page_count), 0))
            .select_from(DossierDocument)
            .join(Document, _D.id == DossierDocument.document_id)
            .where(DossierDocument.dossier_id == dossier_id, visible_to(actor))
        )
    ).one()
    return Totals(row[0], row[1])


async def whole_totals(session: AsyncSession, dossier_id: UUID) -> Totals:
    """How much is in it, whoever sees it: for its record when it is closed, and for nobody's screen."""
    row = (
        await session.execute(
            select(func.count(), func.coalesce(func.sum(_D.page_count), 0))
            .select_from(DossierDocument)
            .join(Document, _D.id == DossierDocument.document_id)
            .where(DossierDocument.dossier_id == dossier_id)
        )
    ).one()
    return Totals(row[0], row[1])


async def list_contents(
    session: AsyncSession, actor: Actor, dossier_id: UUID, *, cursor: str | None, limit: int
) -> Rows:
    """The documents in the order in which they were put in, with who did; ``limit + 1`` at most."""
    statement = (
        select(*ROW, _D.page_count, _D.voided_at, *_ADDED)
        .join(DossierDocument, DossierDocument.document_id == _D.id)
        .join(Person, Person.id == DossierDocument.added_by)
        .where(DossierDocument.dossier_id == dossier_id, visible_to(actor))
        .order_by(DossierDocument.ordinal)
        .limit(limit + 1)
    )
    after = key_of(cursor, int)
    if after is not None:
        statement = statement.where(DossierDocument.ordinal > after[0])
    return (await session.execute(statement)).all()


async def thread_of(session: AsyncSession, actor: Actor, document_id: UUID, most: int) -> list[UUID]:
    """The document, what it answers and what answers it, and so on through documents that the actor sees, in time
    order; ``most + 1`` of them at most. What lies behind a hidden document is not reached through it."""
    known, new = {document_id}, {document_id}
    while new and len(known) <= most:
        answered = select(Document.answers_id).where(Document.id.in_(new), Document.answers_id.is_not(None))
        statement = (
            select(Document.id)
            .where((Document.answers_id.in_(new)) | (Document.id.in_(answered)), visible_to(actor))
            .order_by(Document.id)
            .limit(most + 1)
        )
        new = set(await session.scalars(statement)) - known
        known |= new
    ordered = await session.scalars(select(_D.id).where(_D.id.in_(known)).order_by(*IN_TIME_ORDER))
    return list(ordered)


_ADDED = (
    DossierDocument.ordinal,
    DossierDocument.added_at,
    DossierDocument.added_by,
    Person.full_name.label("added_by_name"),
)
