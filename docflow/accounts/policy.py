"""Who sees people and units, and who administers them.

Units and people in service are the house directory: everybody signed in sees them. An administrator administers
the unit in which the role is held and everything below it, and nothing else.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, exists, false, or_
from sqlalchemy.dialects.postgresql import ARRAY

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.access.roles import Role
from docflow.accounts.models import Person, RoleHeld, Unit

Lineage = Sequence[int]

FOR_THE_TOP = frozenset({Role.AUDITOR})
"""Roles that reach the whole house wherever they are held: they are held in a unit at the root only."""

OFFICIALS = frozenset({Role.LEADER, Role.UNIT_HEAD})
"""Who answers for a unit and for the people in it."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule of people: those in service; a frozen one for whoever administers them."""
    return or_(Person.frozen_at.is_(None), _administered_by(actor))


def _administered_by(actor: Actor) -> ColumnElement[bool]:
    """The rule of ``decide`` for a person, as a condition."""
    numbers = actor.unit_numbers_for(Action.PERSON_ADMINISTER)
    if not numbers:
        return false()
    outside = ~Unit.lineage.overlap(cast(sorted(numbers), ARRAY(Integer)))
    return ~exists().where(RoleHeld.person_id == Person.id, RoleHeld.unit_id == Unit.id, outside)


def decide(actor: Actor, action: Action, *places: Lineage) -> Decision:
    """May the actor do this to what lies in ``places``?

    A unit lies where it is; a person in every unit in which they hold or ever held a role, because a person may
    read for ever what was given to them then: whoever sets their password must be above all of it.
    """
    match action:
        case Action.PERSON_READ | Action.UNIT_READ:
            return allow("house_directory")
        case Action.PERSON_ADMINISTER | Action.UNIT_ADMINISTER:
            mine = actor.unit_numbers_for(action)
            if mine and all(mine & set(place) for place in places):
                return allow("administrator_here_or_above")
            return deny("outside_administered_units")
    return deny("no_rule_allows_it")


def decide_kind(actor: Actor) -> Decision:
    """May the actor add a kind of unit or of document? The whole house uses it, so who administers a top unit may."""
    mine = actor.unit_numbers_for(Action.KIND_ADMINISTER)
    if any(held.unit_no in mine and len(held.lineage) == 1 for held in actor.held):
        return allow("administrator_of_the_top_unit")
    return deny("kinds_by_the_top_unit")


def decide_person(actor: Actor, person_id: UUID, *places: Lineage) -> Decision:
    """May the actor change what is known of this person, who lies in ``places``? Nobody their own.

    Clearance, address and roles say what somebody reads: whoever could raise their own would read everything.
    """
    if person_id == actor.person_id:
        return deny("own_record_by_another")
    return decide(actor, Action.PERSON_ADMINISTER, *places)


def decide_role(actor: Actor, person_id: UUID, role: Role, unit: Lineage, *places: Lineage) -> Decision:
    """May the actor give this person, who lies in ``places``, this role in the unit?"""
    allowed = decide_person(actor, person_id, unit, *places)
    if allowed and role in FOR_THE_TOP and len(unit) > 1:
        return deny("role_for_the_top_unit")
    return allowed


def decide_password(actor: Actor, person_id: UUID, *places: Lineage) -> Decision:
    """May the actor set this person's password without knowing it? Nobody their own."""
    if person_id == actor.person_id:
        return deny("own_password_by_the_present_one")
    return decide(actor, Action.PERSON_ADMINISTER, *places)


def decide_absence(actor: Actor, person_id: UUID, substitute_id: UUID | None, *places: Lineage) -> Decision:
    """May the actor say that this person, who lies in ``places``, is away and that the substitute acts for them?

    Everybody their own. Others': administrators, and whoever answers for all units in which the person ever held a
    role, for the substitute reads whatever was given to the person there. Roles that are lent do not count, or a
    substitute could prolong what they were lent; nobody makes themselves somebody's substitute; and no program does it.
    """
    if actor.token_id is not None:
        return deny("not_with_a_token")
    if person_id == actor.person_id:
        return allow("own_absence")
    if substitute_id == actor.person_id:
        return deny("substitute_named_by_another")
    administered = actor.own_unit_numbers_for(Action.PERSON_ADMINISTER)
    if administered and all(administered & set(place) for place in places):
        return allow("administrator_here_or_above")
    answered = {held.unit_no for held in actor.held if held.lent_by is None and held.role in OFFICIALS}
    if places and all(answered & set(place) for place in places):
        return allow("head_of_the_units")
    return deny("absence_of_somebody_else")


def decide_own(actor: Actor) -> Decision:
    """May the actor change what proves who they are: the password, tokens? A program may not."""
    if actor.token_id is not None:
        return deny("not_with_a_token")
    return allow("own_account")
