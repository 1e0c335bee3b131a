"""Rows as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person, Principal
from docflow.documents.rendering import document_row
from docflow.dossiers.models import Dossier
from docflow.dossiers.policy import decide, decide_list, decide_open
from docflow.dossiers.queries.contents import totals
from docflow.dossiers.queries.dossiers import get_row, lineage_of
from docflow.dossiers.schemas import ContentRow, DossierOut, DossierRow, HeadingOut, NamedOut

OFFERED = (Action.DOSSIER_KEEP, Action.DOSSIER_READ, Action.DOSSIER_RECEIVE)


def heading_out(actor: Actor, row: Row[Any]) -> HeadingOut:
    """A heading with the names of unit and keeper, and what the actor may do with it."""
    heading = row.DossierHeading
    actions = []
    if decide_list(actor, row.lineage):
        actions.append(Action.DOSSIER_LIST.value)
    if heading.withdrawn_at is None and decide_open(actor, heading.unit_id):
        actions.append(Action.DOSSIER_KEEP.value)
    return HeadingOut(
        id=heading.id,
        unit_id=heading.unit_id,
        unit_name=row.unit_name,
        year=heading.year,
        code=heading.code,
        title=heading.title,
        retention=heading.retention,
        keeper_id=heading.keeper_id,
        keeper_name=row.keeper_name,
        withdrawn=heading.withdrawn_at is not None,
        actions=actions,
        version=heading.version,
    )


def dossier_row(row: Row[Any]) -> DossierRow:
    """A dossier in a list."""
    return DossierRow(**_shared(row))


async def dossier_out(session: AsyncSession, actor: Actor, dossier_id: Any) -> DossierOut:
    """A dossier whole, as the actor sees it. Raises NotFound."""
    row = await get_row(session, actor, dossier_id)
    dossier: Dossier = row.Dossier
    held = await totals(session, actor, dossier.id)
    lineage = await lineage_of(session, dossier)
    named = await session.execute(
        select(Person.id, Person.full_name)
        .join(Principal, Principal.person_id == Person.id)
        .where(Principal.no.in_(dossier.named))
        .order_by(Person.sort_key, Person.id)
    )
    return DossierOut(
        **_shared(row),
        heading_id=dossier.heading_id,
        note=dossier.note,
        named=[NamedOut(person_id=one.id, name=one.full_name) for one in named],
        documents=held.documents,
        pages=held.pages,
        actions=[one.value for one in OFFERED if actor.may(one) and decide(actor, one, dossier, lineage)],
        version=dossier.version,
    )


def content_row(row: Row[Any]) -> ContentRow:
    """A document at its place."""
    return ContentRow(
        ordinal=row.ordinal,
        document=document_row(row),
        page_count=row.page_count,
        voided=row.voided_at is not None,
        added_by=row.added_by,
        added_by_name=row.added_by_name,
        added_at=row.added_at,
    )


def _shared(row: Row[Any]) -> dict[str, Any]:
    dossier: Dossier = row.Dossier
    return {
        "id": dossier.id,
        "unit_id": dossier.unit_id,
        "unit_name": row.unit_name,
        "year": dossier.year,
        "code": dossier.code,
        "title": dossier.title,
        "retention": dossier.retention,
        "access": dossier.access,
        "keeper_id": dossier.keeper_id,
        "keeper_name": row.keeper_name,
        "state": dossier.state,
        "opened_on": dossier.opened_on,
        "closed_on": dossier.closed_on,
        "hand_over_by": dossier.hand_over_by,
        "proposed_at": dossier.proposed_at,
        "handed_over_on": dossier.handed_over_on,
    }
