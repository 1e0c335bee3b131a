"""Receipts, and what waits to be acknowledged."""

from uuid import UUID

from sqlalchemy import (
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal, Unit
from docflow.documents.models import (
    Document,
    Receipt,
)
from docflow.documents.policy import receipts_visible_to, visible_to
from docflow.documents.queries.documents import get_document
from docflow.documents.queries.rows import ROW, Rows


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
