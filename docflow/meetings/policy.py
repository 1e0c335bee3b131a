"""Who may see a meeting, and who may do what with it and with sites."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Person
from docflow.meetings.models import Booking, Meeting, Participant, Site

# Aliases, so that the rule fits into a query that reads the same tables.
_invited, _held, _own = aliased(Participant), aliased(Booking), aliased(Site)
_me, _other = aliased(Person), aliased(Person)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one rule of reading: members of the convening unit, whoever is invited, and members of the units
    whose sites join; a unit that succeeded another counts for it.

    A booking stands for its site's part in the meeting, also after the meeting was cancelled.
    """
    return or_(Meeting.unit_id.in_(actor.member_units), takes_part(actor), hosts(actor))


def takes_part(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor is invited to the meeting."""
    return exists().where(_invited.meeting_id == Meeting.id, is_participant(actor, _invited))


def hosts(actor: Actor) -> ColumnElement[bool]:
    """Whether a site of one of the actor's units joins the meeting."""
    return exists().where(
        _held.meeting_id == Meeting.id,
        _held.site_no.in_(select(_own.no).where(_own.unit_id.in_(actor.member_units))),
    )


def is_participant(actor: Actor, invited: type[Participant] = Participant) -> ColumnElement[bool]:
    """Whether an invitation reaches the actor: linked to the person, or to nobody and at the person's address.

    An address says less than a link: administrators amend it, and several people may share one.
    """
    address = select(func.lower(_me.email)).where(_me.id == actor.person_id).scalar_subquery()
    at_address = and_(invited.person_id.is_(None), func.lower(invited.email) == address)
    return and_(invited.removed_at.is_(None), or_(invited.person_id == actor.person_id, at_address))


def is_own_seat(actor: Actor) -> ColumnElement[bool]:
    """Whether a participant is the actor and nobody else: as ``is_participant``, at an address of one person."""
    shared = exists().where(
        _other.id != actor.person_id,
        _other.frozen_at.is_(None),
        func.lower(_other.email) == func.lower(Participant.email),
    )
    return and_(is_participant(actor), or_(Participant.person_id.is_not(None), ~shared))


class Concern(msgspec.Struct, frozen=True):
    """What a decision looks at: the unit that convenes the meeting, and whether the actor is invited to it.

    ``fresh``: the meeting is still to be scheduled, which nobody does in the name of a unit that has ended.
    """

    unit_id: UUID
    invited: bool = False
    fresh: bool = False


def decide(actor: Actor, action: Action, concern: Concern) -> Decision:
    """Whether the actor may do ``action``. Seeing the thing is decided before, by ``visible_to``.

    A meeting belongs to the organizers of its convening unit and, once that has ended, of its successor.
    """
    if action is Action.MEETING_ORGANIZE:
        if concern.unit_id in actor.units_for(action, inherited=not concern.fresh):
            return allow("organizes_for_the_unit")
        return deny("not_organizer_of_the_unit")
    if action is Action.MEETING_ANSWER:
        return allow("invited") if concern.invited and actor.may(action) else deny("not_invited")
    return deny("role_missing")


def decide_site(actor: Actor, *places: Sequence[int]) -> Decision:
    """May the actor keep a site of the units with these lineages: the one it belongs to, the one it is given to?

    Who books a site is not who runs it, so administrators keep the list. A site shows the meetings that were booked
    there to the members of its unit: it goes only to and from units that the actor administers.
    """
    mine = actor.unit_numbers_for(Action.SITE_ADMINISTER)
    if mine and all(mine & set(place) for place in places):
        return allow("administers_sites")
    return deny("not_site_administrator")
