"""Who may see a manuscript, and who may do what to it.

What is being written is nobody's document yet. It is seen by its author, by the people whom the author named, by the
drafting unit when the author opened it to the unit, and by whoever has or had a say in it: the people of its steps and
whoever holds the role that a step asks for, but not the rest of that role's unit.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, cast, or_
from sqlalchemy.dialects.postgresql import ARRAY

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.access.roles import Role
from docflow.issuing.models import Manuscript, ManuscriptState, ManuscriptStep

OFFICIALS = frozenset({Role.LEADER, Role.UNIT_HEAD})
"""Who answers for a unit."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule: named as a reader, or holding a role that it was put before."""
    return or_(
        Manuscript.readers.overlap(_array(actor.principals, Integer)),
        Manuscript.seats.overlap(_array(seats_of(actor), Text)),
    )


def seat(unit_no: int, role: Role) -> str:
    """A role in a unit, as ``Manuscript.seats`` has it."""
    return f"{unit_no}:{role.value}"


def seats_of(actor: Actor) -> list[str]:
    """The seats that the actor has, those inherited and those lent by somebody who is away included."""
    return sorted({seat(held.unit_no, held.role) for held in (*actor.held, *actor.inherited)})


def decide(actor: Actor, action: Action, manuscript: Manuscript) -> Decision:
    """May the actor, who sees the manuscript, do this?"""
    match action:
        case Action.MANUSCRIPT_READ:
            return allow("reader")
        case Action.MANUSCRIPT_WRITE:
            return _decide_writing(actor, manuscript)
        case Action.MANUSCRIPT_SIGN:
            if actor.person_id == manuscript.signer_id:
                return allow("named_as_signer")
            return deny("only_the_signer_signs")
        case Action.DOCUMENT_ISSUE:
            if manuscript.issuing_unit_id in actor.units_for(action):
                return allow("registry_of_the_unit")
            return deny("not_the_registry_of_this_unit")
    return deny("no_rule_allows_it")


def decide_step(actor: Actor, step: ManuscriptStep) -> Decision:
    """May the actor, who sees the manuscript, decide in this step? So may whoever stands in for its person."""
    if step.person_id is not None:
        mine = step.person_id in actor.persons
    else:
        mine = any(
            held.role is step.role and held.unit_id == step.unit_id
            for held in (*actor.held, *actor.inherited)
        )
    return allow("decides_this_step") if mine else deny("step_of_somebody_else")


def decide_begin(actor: Actor, unit_id: Any) -> Decision:
    """May the actor begin a manuscript of this unit?"""
    if unit_id in actor.units_for(Action.MANUSCRIPT_WRITE):
        return allow("writes_for_the_unit")
    return deny("writes_for_own_units_only")


def decide_permission(actor: Actor, manuscript: Manuscript) -> Decision:
    """May the actor say who works on it, or put it away? Its author, and whoever answers for the drafting unit."""
    if manuscript.author_id in actor.persons:
        return allow("author")
    if answers_for(actor, manuscript):
        return allow("answers_for_the_drafting_unit")
    return deny("only_the_author_or_the_head")


def decide_taking_back(actor: Actor, manuscript: Manuscript) -> Decision:
    """May the actor have it written further although it was submitted?

    Until it is signed its author, and whoever answers for the drafting unit; once approved whoever is to sign it, and the
    registry that is to give it its number.
    """
    agreed = manuscript.state in {ManuscriptState.APPROVED, ManuscriptState.SIGNED}
    if agreed and manuscript.signer_id in actor.persons:
        return allow("named_as_signer")
    if agreed and manuscript.issuing_unit_id in actor.units_for(Action.DOCUMENT_ISSUE):
        return allow("registry_of_the_unit")
    if manuscript.state is ManuscriptState.SIGNED:
        return deny("signed_text_by_signer_or_registry")
    return decide_permission(actor, manuscript)


def decide_rules(actor: Actor, lineage: Sequence[int] | None) -> Decision:
    """May the actor say which way drafts of a body take? ``lineage`` is the body's; None: of every body."""
    mine = actor.unit_numbers_for(Action.APPROVAL_CONFIGURE)
    if lineage is not None:
        return allow("own_or_below") if mine & set(lineage) else deny("way_outside_own_units")
    if any(held.unit_no in mine and len(held.lineage) == 1 for held in actor.held):
        return allow("administrator_of_the_top_unit")
    return deny("rules_of_all_by_the_top_unit")


def answers_for(actor: Actor, manuscript: Manuscript) -> bool:
    """Whether the actor answers for the drafting unit."""
    return any(
        held.role in OFFICIALS and held.unit_id == manuscript.unit_id
        for held in (*actor.held, *actor.inherited)
    )


def _decide_writing(actor: Actor, manuscript: Manuscript) -> Decision:
    if manuscript.author_id in actor.persons:
        return allow("author")
    if set(actor.principals) & set(manuscript.collaborators):
        return allow("named_by_the_author")
    if answers_for(actor, manuscript):
        return allow("answers_for_the_drafting_unit")
    if manuscript.whole_unit and manuscript.unit_id in actor.units_for(
        Action.MANUSCRIPT_WRITE, inherited=True
    ):
        return allow("works_in_the_drafting_unit")
    return deny("not_named_to_work_on_it")


def _array(values: Iterable[Any], of: type[Integer] | type[Text]) -> Any:
    return cast(sorted(values), ARRAY(of))
