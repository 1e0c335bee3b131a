"""Who may see of a task what, and who may do what to it.

Whoever sees a task sees its document; the rest follows from the part somebody has in it:

- *The whole task*, with every unit's progress, reports, reasons and results: the leader who directed it, members
  of the unit that registered the document and of the units above that, and members of the lead unit, which
  answers for the whole.
- *The task and one part whole*: members of the unit that has the part, and whoever holds ``task:statistics`` in
  it or above it. Of the other parts they see unit, role, state and deadline: who is with them, and no more.
- *Nothing of the task*: everybody else, although they may see the document and the leader's words on it.

A member is whoever holds one of the roles ``access.roles.MEMBERS`` in the unit or, once it has ended, in the unit that
succeeded it; who answered for the one answers for what it left open.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, exists, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Unit
from docflow.documents import policy as documents
from docflow.tasks.models import LeaderDirection, Part, Task

Owner = aliased(Unit, name="owner")
"""The unit that registered the document."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule, on Task joined with its Document, LeaderDirection and Owner."""
    members = _member_of(actor)
    # Names of their own: the statement that asks may be about a part and its unit itself.
    part, unit = aliased(Part), aliased(Unit)
    above = actor.unit_numbers_for(Action.TASK_STATISTICS, inherited=True)
    overseen = unit.lineage.overlap(numbers(above))
    takes_part = exists().where(
        part.task_id == Task.id, unit.id == part.unit_id, or_(unit.no.in_(members), overseen)
    )
    return and_(
        documents.visible_to(actor),
        or_(
            LeaderDirection.leader_id == actor.person_id,
            Owner.lineage.overlap(numbers(members)),
            takes_part,
        ),
    )


def overlaps(held_in: Collection[int]) -> ColumnElement[bool]:
    """Unit is one of these or below one of them."""
    return and_(Unit.lineage.overlap(numbers(held_in)))


def numbers(units: Collection[int]) -> ColumnElement[Any]:
    """Numbers of units as an array that matches a lineage."""
    return cast(literal(sorted(units)), ARRAY(Integer))


def sees_whole(actor: Actor, leader_id: UUID, owner: Sequence[int], lead: Sequence[int]) -> bool:
    """Does the actor, who sees the task, see every part whole? Lineages of the registering and the lead unit."""
    members = _member_of(actor)
    return leader_id == actor.person_id or bool(members & set(owner)) or lead[-1] in members


def sees_part_whole(actor: Actor, lineage: Sequence[int]) -> bool:
    """Does the actor, who sees the task, see this unit's part whole?"""
    if lineage[-1] in _member_of(actor):
        return True
    return bool(actor.unit_numbers_for(Action.TASK_STATISTICS, inherited=True) & set(lineage))


def _member_of(actor: Actor) -> frozenset[int]:
    """Numbers of the units whose tasks the actor reads as a member; none for a token that may not read tasks."""
    return actor.member_unit_numbers if actor.may(Action.TASK_READ) else frozenset()


def decide(actor: Actor, action: Action, lineage: Sequence[int]) -> Decision:
    """May the actor, who sees the thing, do this to a unit: direct it, answer for it, see its statistics?"""
    mine = actor.unit_numbers_for(action, inherited=True)
    match action:
        case Action.DOCUMENT_DIRECT:
            if mine & set(lineage):
                return allow("directs_own_and_below")
            return deny("directed_outside_own_units")
        case Action.TASK_ANSWER:
            if lineage[-1] in mine:
                return allow("answers_for_the_unit")
            return deny("only_the_unit_answers")
        case Action.TASK_STATISTICS:
            if mine & set(lineage):
                return allow("counts_own_and_below")
            return deny("statistics_outside_own_units")
    return deny("no_rule_allows_it")
