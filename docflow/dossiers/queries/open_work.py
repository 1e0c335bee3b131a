"""What of a dossier still waits with somebody, as far as the asker may know."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents.models import Document, Receipt, ReceiptRole, ReceiptState
from docflow.documents.policy import receipts_visible_to, visible_to
from docflow.dossiers.models import DossierDocument
from docflow.tasks import policy as tasks
from docflow.tasks.models import LeaderDirection, Part, Task
from docflow.tasks.policy import Owner
from docflow.tasks.workflow import OPEN

SHOWN = 20


async def list_open_work(session: AsyncSession, actor: Actor, dossier_id: UUID) -> list[Row[Any]]:
    """The first documents of the dossier, in its order, with a receipt to be handled or a part of a task that is open:
    documents, receipts and tasks that the actor sees."""
    found: list[Row[Any]] = []
    candidates = await session.execute(_candidates(actor, dossier_id))
    for row in candidates.all():
        if row.has_task or await _waits(session, actor, row.id):
            found.append(row)
        if len(found) == SHOWN:
            break
    return found


def _candidates(actor: Actor, dossier_id: UUID) -> Select[*tuple[Any, ...]]:
    receipt = exists().where(Receipt.document_id == Document.id, *_STILL_OPEN)
    task = (
        exists()
        .where(Task.document_id == Document.id, Part.task_id == Task.id, Part.state.in_(tuple(OPEN)))
        .where(LeaderDirection.id == Task.direction_id, tasks.visible_to(actor))
        .correlate(Document, Owner)
    )
    return (
        select(Document.id, Document.symbol, Document.subject, task.label("has_task"))
        .join(DossierDocument, DossierDocument.document_id == Document.id)
        .join(Owner, Owner.id == Document.unit_id)
        .where(DossierDocument.dossier_id == dossier_id, visible_to(actor), or_(receipt, task))
        .order_by(DossierDocument.ordinal)
    )


async def _waits(session: AsyncSession, actor: Actor, document_id: UUID) -> bool:
    """Whether an open receipt of the document is one that the actor sees."""
    rule = receipts_visible_to(actor, Owner, document_id)
    return bool(
        await session.scalar(
            select(Receipt.id)
            .join(Document, Document.id == Receipt.document_id)
            .join(Owner, Owner.id == Document.unit_id)
            .where(Receipt.document_id == document_id, *_STILL_OPEN, rule)
            .limit(1)
        )
    )


_STILL_OPEN = (
    Receipt.state.in_((ReceiptState.WAITING, ReceiptState.FORWARDED)),
    Receipt.role != ReceiptRole.INFORMATION,
)
