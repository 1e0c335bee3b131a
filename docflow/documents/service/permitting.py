"""Changing who may see a document: its whole unit, or people alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.roles import Role
from docflow.accounts import addressees
from docflow.accounts.models import Principal, RoleHeld
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents import queries
from docflow.documents.errors import UnitHoldsReceipt
from docflow.documents.models import Document, Receipt, ReceiptState
from docflow.documents.policy import decide
from docflow.documents.schemas.circulation import Permit
from docflow.documents.service.permission import require_confirmed

_PERMIT = text(
    """
    UPDATE document SET readers = CAST(:readers AS int[]), permitted = CAST(:permitted AS int[]),
        touched_at = :now, version = version + 1
    WHERE id = :id
    """
)
"""Only what may change on a document that was issued."""


async def permit(
    session: AsyncSession, actor: Actor, document_id: UUID, version: int, data: Permit
) -> Document:
    """Let the whole unit see a document, or people alone; whoever it was given to sees it in either case.

    What lets more people see it is done when they were confirmed by their digest. Raises NotFound, NotAllowed, Stale,
    Invalid, UnitHoldsReceipt, WouldWiden with the names.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_PERMIT, document, owner).require()
    require_version(document.version, version)
    own = await session.scalar(select(Principal.no).where(Principal.unit_id == document.unit_id))
    assert own is not None
    given = await _given(session, document.id)
    if not data.whole_unit and own in given:
        raise UnitHoldsReceipt
    people = [one.principal_no for one in await addressees.people(session, set(data.person_ids))]
    permitted = await _permitted(session, document.unit_id, own, data, people)
    before = set(document.readers)
    base = set(document.permitted) if document.permitted is not None else {own}
    # Whoever reads it for another reason than the permission of before goes on reading it.
    after = (before - (base - given)) | set(permitted if permitted is not None else [own])
    if not after & set(actor.principals):
        raise invalid("person_ids", "permitter_must_stay")
    if after == before and permitted == document.permitted:
        return document
    facts: Any = {"secrecy": document.secrecy, "about": document.id}
    widened = await require_confirmed(session, before, after, data.confirmation, **facts)
    was, now = document.permitted, clock.now()
    values = {"readers": sorted(after), "permitted": permitted, "now": now, "id": document.id}
    await session.execute(_PERMIT, values)
    await session.refresh(document)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_PERMITTED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        permitted=[was, permitted],
        readers=[sorted(before), sorted(after)],
        newly_see=[{"id": str(seer.person_id), "name": seer.name} for seer in widened.people],
    )
    return document


async def _permitted(
    session: AsyncSession, unit_id: UUID, own: int, data: Permit, people: Sequence[int]
) -> list[int] | None:
    """What the document keeps: nothing when its whole unit and nobody else may see it."""
    if data.whole_unit:
        return sorted({own, *people}) if people else None
    return sorted({*people, *await _clerks(session, unit_id)})


async def _given(session: AsyncSession, document_id: UUID) -> set[int]:
    """Principals that read it by a receipt; one that was recalled lets nobody read any more."""
    found = await session.scalars(
        select(Receipt.principal_no)
        .where(Receipt.document_id == document_id)
        .group_by(Receipt.principal_no)
        .having(~func.bool_and(Receipt.state == ReceiptState.RECALLED))
    )
    return set(found)


async def _clerks(session: AsyncSession, unit_id: UUID) -> Sequence[int]:
    """The people who keep the unit's books today, or those of the unit that succeeded it."""
    today = clock.today()
    line = select(text("id")).select_from(
        text(
            "(WITH RECURSIVE line AS (SELECT CAST(:unit AS uuid) AS id UNION SELECT unit.successor_id FROM line"
            " JOIN unit ON unit.id = line.id WHERE unit.valid_to <= :today AND unit.successor_id IS NOT NULL)"
            " SELECT id FROM line) AS line"
        )
    )
    found = await session.scalars(
        select(Principal.no)
        .join(RoleHeld, RoleHeld.person_id == Principal.person_id)
        .where(
            RoleHeld.unit_id.in_(line),
            RoleHeld.role == Role.REGISTRY_CLERK,
            RoleHeld.valid_from <= today,
            or_(RoleHeld.valid_to.is_(None), RoleHeld.valid_to > today),
        ),
        {"unit": unit_id, "today": today},
    )
    return found.all()
