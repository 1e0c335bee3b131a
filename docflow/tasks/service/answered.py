"""A part with everything that a verb on it needs, and who waits for what the unit answers."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Person, Principal, Unit
from docflow.core.errors import NotFound
from docflow.core.messages import Language
from docflow.documents.models import Document
from docflow.tasks.models import LeaderDirection, Part, PartRole, Task
from docflow.tasks.policy import Owner, visible_to
from docflow.tasks.queries import joined

_ANSWERED: tuple[Any, ...] = (Part, Task, LeaderDirection, Document, Unit)


class Answered(msgspec.Struct, frozen=True):
    """A part with everything that a verb on it needs. It is locked until the transaction ends, its document before it."""

    part: Part
    task: Task
    direction: LeaderDirection
    document: Document
    unit: Unit


async def get_answered(session: AsyncSession, actor: Actor, part_id: UUID) -> Answered:
    """A part of a task that the actor sees, locked, for a verb on it. Raises NotFound.

    Whoever saw it when the verb began is told what became of it, also when that took it out of their sight.
    """
    asked = joined(select(*_ANSWERED)).join(LeaderDirection, LeaderDirection.id == Task.direction_id)
    shown = asked.join(Owner, Owner.id == Document.unit_id).where(Part.id == part_id, visible_to(actor))
    seen = (await session.execute(shown.with_only_columns(Document.id))).scalar_one_or_none()
    if seen is None:
        raise NotFound
    await session.execute(select(Document.id).where(Document.id == seen).with_for_update(key_share=True))
    locked = asked.where(Part.id == part_id).with_for_update(of=Part)
    return Answered(*(await session.execute(locked.execution_options(populate_existing=True))).one())


async def find_leader(session: AsyncSession, direction: LeaderDirection) -> Addressee | None:
    """Whoever directed; None when that person has been frozen since."""
    frozen = await session.scalar(select(Person.frozen_at).where(Person.id == direction.leader_id))
    return None if frozen else (await addressees.people(session, [direction.leader_id]))[0]


async def list_waiting_for_result(session: AsyncSession, answered: Answered) -> list[Addressee]:
    """Who gets a unit's result: the leader, the unit that registered the document, from a coordinator the lead.

    Also when they are in service no more: whoever succeeds them reads what they could.
    """
    lead = select(Part.unit_id).where(Part.task_id == answered.task.id, Part.role == PartRole.LEAD)
    units = {answered.document.unit_id, await session.scalar(lead)} - {answered.part.unit_id}
    rows = await session.execute(
        select(Principal.no, Principal.unit_id, Principal.person_id, Unit.name_vi, Person.full_name)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(Person, Person.id == Principal.person_id)
        .where(or_(Principal.unit_id.in_(units), Principal.person_id == answered.direction.leader_id))
        .order_by(Principal.no)
    )
    return [
        Addressee(
            principal_no=row.no,
            name=row.name_vi or row.full_name,
            email="",
            language=Language.VI,
            unit_id=row.unit_id,
            person_id=row.person_id,
        )
        for row in rows
    ]
