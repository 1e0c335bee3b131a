"""Placing and releasing legal holds."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.core.jobs import enqueue
from docflow.documents import policy as documents
from docflow.documents.models import Document
from docflow.dossiers import policy as dossiers
from docflow.dossiers.models import Dossier
from docflow.retention.errors import DocumentDestroyed, HoldReleased
from docflow.retention.models import HeldThing, LegalHold
from docflow.retention.policy import decide_in_unit
from docflow.retention.queries import get_hold, lineage_of
from docflow.retention.schemas import PlaceHold


async def place_hold(session: AsyncSession, actor: Actor, data: PlaceHold) -> LegalHold:
    """Keep documents and dossiers of the actor's units from being destroyed. Raises NotFound for one not seen.

    The rows of documents are locked first: of a hold and a destruction at the same moment one comes before the other.
    """
    documents_held = await _documents(session, actor, data.documents)
    dossiers_held = await _dossiers(session, actor, data.dossiers)
    if not documents_held and not dossiers_held:
        raise invalid("documents", "nothing_held")
    decide_in_unit(actor, Action.HOLD_PLACE, await lineage_of(session, data.unit_id)).require()
    for row in (*documents_held, *dossiers_held):
        decide_in_unit(actor, Action.HOLD_PLACE, row.lineage).require()
    if any(row.destroyed_at is not None for row in documents_held):
        raise DocumentDestroyed
    hold = LegalHold(
        title=data.title,
        reason=data.reason,
        unit_id=data.unit_id,
        placed_by=actor.person_id,
        placed_at=clock.now(),
    )
    session.add(hold)
    await session.flush()
    session.add_all(HeldThing(hold_id=hold.id, document_id=row.id) for row in documents_held)
    session.add_all(HeldThing(hold_id=hold.id, dossier_id=row.id) for row in dossiers_held)
    await session.flush()
    await _record(session, actor, Tag.HOLD_PLACED, hold, documents_held, dossiers_held, data.reason)
    await enqueue(session, "retention.protect_held", hold_id=str(hold.id))
    return hold


async def release_hold(
    session: AsyncSession, actor: Actor, hold_id: UUID, version: int, reason: str
) -> LegalHold:
    """End a hold: whoever may place holds in its unit or above, whoever placed it. Raises HoldReleased."""
    hold = await get_hold(session, actor, hold_id, lock=True)
    decide_in_unit(actor, Action.HOLD_PLACE, await lineage_of(session, hold.unit_id)).require()
    if hold.released_at is not None:
        raise HoldReleased
    require_version(hold.version, version)
    hold.released_by, hold.released_at, hold.release_reason = actor.person_id, clock.now(), reason
    await session.flush()
    await _record(session, actor, Tag.HOLD_RELEASED, hold, (), (), reason)
    await enqueue(session, "retention.protect_held", hold_id=str(hold.id))
    return hold


async def _documents(session: AsyncSession, actor: Actor, ids: Collection[UUID]) -> Sequence[Any]:
    wanted = set(ids)
    if not wanted:
        return ()
    statement = (
        select(Document.id, Document.destroyed_at, Unit.lineage)
        .join(Unit, Unit.id == Document.unit_id)
        .where(Document.id.in_(wanted), documents.visible_to(actor))
        .order_by(Document.id)
        .with_for_update(of=Document)
    )
    return _all(wanted, (await session.execute(statement)).all())


async def _dossiers(session: AsyncSession, actor: Actor, ids: Collection[UUID]) -> Sequence[Any]:
    wanted = set(ids)
    if not wanted:
        return ()
    statement = (
        select(Dossier.id, Unit.lineage)
        .join(Unit, Unit.id == Dossier.unit_id)
        .where(Dossier.id.in_(wanted), dossiers.visible_to(actor))
        .order_by(Dossier.id)
        .with_for_update(of=Dossier)
    )
    return _all(wanted, (await session.execute(statement)).all())


def _all(wanted: Collection[UUID], found: Sequence[Any]) -> Sequence[Any]:
    if len(found) != len(wanted):
        raise NotFound
    return found


async def _record(
    session: AsyncSession,
    actor: Actor,
    tag: Tag,
    hold: LegalHold,
    documents_held: Sequence[Any],
    dossiers_held: Sequence[Any],
    reason: str,
) -> None:
    """The hold's own event; a trail of a document is read by people who are not told of holds."""
    await audit.record(
        session,
        actor,
        tag,
        "legal_hold",
        hold.id,
        on_behalf_of=hold.unit_id,
        title=hold.title,
        reason=reason,
        documents=[str(row.id) for row in documents_held],
        dossiers=[str(row.id) for row in dossiers_held],
    )
