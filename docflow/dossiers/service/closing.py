"""Closing dossiers, reopening them, handing them over to the archive (Decree 30/2020/NĐ-CP, articles 29 and 30)."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.dossiers.errors import WorkOpen
from docflow.dossiers.models import Dossier, DossierState
from docflow.dossiers.policy import decide
from docflow.dossiers.queries.contents import whole_totals
from docflow.dossiers.queries.dossiers import get_dossier, lineage_of
from docflow.dossiers.queries.open_work import list_open_work
from docflow.dossiers.service.keeping import kept_dossier
from docflow.dossiers.workflow import (
    hand_over_by,
    require_closed,
    require_handed_over,
    require_open,
    require_proposed,
)


async def close_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, *, confirm: bool
) -> Dossier:
    """Close a dossier; how much it holds is kept. Raises NotFound, NotAllowed, Stale, DossierNotOpen,
    DossierHandedOver, and WorkOpen unless that documents still wait with somebody was confirmed."""
    dossier = await kept_dossier(session, actor, dossier_id, version)
    require_open(dossier)
    waiting = await list_open_work(session, actor, dossier.id)
    if waiting and not confirm:
        raise WorkOpen(documents=[{"id": str(row.id), "symbol": row.symbol} for row in waiting])
    held = await whole_totals(session, dossier.id)
    dossier.state, dossier.closed_on = DossierState.CLOSED, clock.today()
    dossier.hand_over_by, dossier.noticed_at = hand_over_by(dossier.closed_on), None
    dossier.document_total, dossier.page_total = held.documents, held.pages
    await session.flush()
    details = {"documents": held.documents, "pages": held.pages, "despite_open_work": bool(waiting)}
    await _record(
        session, actor, Tag.DOSSIER_CLOSED, dossier, hand_over_by=dossier.hand_over_by.isoformat(), **details
    )
    return dossier


async def reopen_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, reason: str
) -> Dossier:
    """Go on with a closed dossier that is not in the archive and was not offered to it.

    Raises NotFound, NotAllowed, Stale, DossierNotClosed, DossierHandedOver, DossierProposed.
    """
    dossier = await kept_dossier(session, actor, dossier_id, version)
    require_closed(dossier)
    dossier.state, dossier.closed_on = DossierState.OPEN, None
    dossier.hand_over_by = dossier.noticed_at = None
    dossier.document_total = dossier.page_total = None
    await session.flush()
    await _record(session, actor, Tag.DOSSIER_REOPENED, dossier, reason=reason)
    return dossier


async def propose_hand_over(session: AsyncSession, actor: Actor, dossier_id: UUID, version: int) -> Dossier:
    """Offer a closed dossier to the archive. Raises NotFound, NotAllowed, Stale, DossierNotClosed, DossierHandedOver,
    DossierProposed."""
    dossier = await kept_dossier(session, actor, dossier_id, version)
    require_closed(dossier)
    dossier.proposed_at, dossier.proposed_by = clock.now(), actor.person_id
    await session.flush()
    await _record(session, actor, Tag.DOSSIER_PROPOSED, dossier)
    return dossier


async def receive_dossier(session: AsyncSession, actor: Actor, dossier_id: UUID, version: int) -> Dossier:
    """Take a dossier that was offered into the archive. Raises NotFound, NotAllowed, Stale, DossierNotProposed,
    DossierHandedOver."""
    dossier = await _received(session, actor, dossier_id, version)
    require_proposed(dossier)
    dossier.state, dossier.handed_over_on = DossierState.HANDED_OVER, clock.today()
    dossier.handed_over_by, dossier.received_by = dossier.proposed_by, actor.person_id
    dossier.proposed_at = dossier.proposed_by = None
    await session.flush()
    await _record(
        session,
        actor,
        Tag.DOSSIER_HANDED_OVER,
        dossier,
        handed_over_by=str(dossier.handed_over_by),
        documents=dossier.document_total,
        pages=dossier.page_total,
    )
    return dossier


async def refuse_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, reason: str
) -> Dossier:
    """Do not take what was offered; its keeper may correct it and offer it again. Raises NotFound, NotAllowed, Stale,
    DossierNotProposed, DossierHandedOver."""
    dossier = await _received(session, actor, dossier_id, version)
    require_proposed(dossier)
    dossier.proposed_at = dossier.proposed_by = None
    await session.flush()
    await _record(session, actor, Tag.DOSSIER_REFUSED, dossier, reason=reason)
    return dossier


async def return_dossier(
    session: AsyncSession, actor: Actor, dossier_id: UUID, version: int, reason: str
) -> Dossier:
    """Give a dossier back from the archive to its unit, closed as it was. Raises NotFound, NotAllowed, Stale,
    DossierNotHandedOver."""
    dossier = await _received(session, actor, dossier_id, version)
    require_handed_over(dossier)
    dossier.state = DossierState.CLOSED
    dossier.handed_over_on = dossier.handed_over_by = dossier.received_by = None
    await session.flush()
    await _record(session, actor, Tag.DOSSIER_RETURNED, dossier, reason=reason)
    return dossier


async def _received(session: AsyncSession, actor: Actor, dossier_id: UUID, version: int) -> Dossier:
    """The dossier, locked, for an archivist of its unit or of one above."""
    dossier = await get_dossier(session, actor, dossier_id, lock=True)
    decide(actor, Action.DOSSIER_RECEIVE, dossier, await lineage_of(session, dossier)).require()
    require_version(dossier.version, version)
    return dossier


async def _record(session: AsyncSession, actor: Actor, tag: Tag, dossier: Dossier, **details: Any) -> None:
    facts = {"code": dossier.code, "year": dossier.year, **details}
    await audit.record(session, actor, tag, "dossier", dossier.id, on_behalf_of=dossier.unit_id, **facts)
