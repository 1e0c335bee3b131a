"""Giving documents to units and people, and noting that they were opened."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Principal
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.documents import queries
from docflow.documents.models import Document, Reading, Receipt, ReceiptRole
from docflow.documents.policy import decide
from docflow.documents.schemas import Route
from docflow.documents.service.routing.addressing import find_own, named, require_no_cycle
from docflow.documents.service.routing.give import Given, Giving, give
from docflow.documents.service.routing.letters import tell_given
from docflow.documents.service.routing.writing import read, trail_of, write
from docflow.documents.workflow import require_possible
from docflow.files.models import File
from docflow.notifications.service import Postman


async def route(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document_id: UUID,
    data: Route,
) -> Document:
    """Give a document to units and people, for information or to a leader for direction.

    The registering unit and those above it give it anew; from whoever received it, it is passed on from what they
    have. Who has it in that role already is not given it twice. Raises NotFound, NotAllowed, Invalid, CycleOfForwards.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_ROUTE, document, owner).require()
    require_possible(document, Action.DOCUMENT_ROUTE)
    if not data.unit_ids and not data.person_ids:
        raise invalid("unit_ids", "nobody_named")
    to = await named(session, actor, owner, data.unit_ids, data.person_ids)
    given, changes = await _give(session, actor, document, owner, to, data)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_ROUTED,
        "document",
        document.id,
        role=data.role,
        to=[one.to.name for one in given],
        note=data.note,
        changes=changes,
    )
    await tell_given(session, actor, postman, document, given, data.note)
    return document


async def _give(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    owner: Sequence[int],
    to: Sequence[Addressee],
    data: Route,
) -> tuple[list[Given], list[dict[str, Any]]]:
    """Anew, or from what the actor has; what was given, and for the trail."""
    routing = await read(session, document)
    parent = None
    if not actor.unit_numbers_for(Action.DOCUMENT_ROUTE, inherited=True) & set(owner):
        parent = find_own(actor, routing.tree)
    if parent is not None:
        require_no_cycle(routing.tree, parent, to)
    givings = [Giving(one, ReceiptRole(data.role)) for one in to]
    parent_id = parent.id if parent else None
    given = await give(session, actor, document, givings, data.note, parent_id=parent_id)
    changes = [one.told for one in given]
    if parent is not None and given:
        steps = routing.tree.forward(parent.id)
        await write(session, actor, steps, "")
        changes += trail_of(steps)
    return given, changes


async def note_opened(session: AsyncSession, actor: Actor, document: Document) -> None:
    """Record that the actor read the document: in the trail, in its read history, and once on the receipts it answers."""
    await session.execute(
        update(Receipt)
        .where(
            Receipt.document_id == document.id,
            Receipt.principal_no.in_(actor.principals),
            Receipt.opened_at.is_(None),
        )
        .values(opened_at=clock.now())
    )
    now = clock.now()
    await session.execute(
        insert(Reading)
        .values(document_id=document.id, person_id=actor.person_id, first_at=now, last_at=now)
        .on_conflict_do_update(
            index_elements=[Reading.document_id, Reading.person_id],
            set_={"last_at": now, "times": Reading.times + 1},
        )
    )
    await audit.record(session, actor, Tag.DOCUMENT_READ, "document", document.id)


async def note_downloaded(session: AsyncSession, actor: Actor, document_id: UUID, file: File) -> None:
    """Record that the actor took the bytes of a file."""
    await audit.record(session, actor, Tag.DOCUMENT_DOWNLOADED, "document", document_id, file=file.filename)


async def settle_receipts(
    session: AsyncSession, actor: Actor, document_id: UUID, role: ReceiptRole, *, unit_id: UUID | None = None
) -> None:
    """Acknowledge the receipts in this role of the unit, or of the actor and their units, if they still wait.

    For verbs that do what a document was given for: the trail tells that they did, and nothing more of the receipt.
    """
    unit = select(Principal.no).where(Principal.unit_id == unit_id)
    now = clock.now()
    await session.execute(
        update(Receipt)
        .where(
            Receipt.document_id == document_id,
            Receipt.acknowledged_at.is_(None),
            Receipt.principal_no.in_(actor.principals if unit_id is None else unit),
            Receipt.role == role,
        )
        .values(
            acknowledged_at=now,
            acknowledged_by=actor.person_id,
            opened_at=func.coalesce(Receipt.opened_at, now),
        )
        .execution_options(synchronize_session=False)
    )
