"""Who may see a meeting, and who may do what with it and with sites."""

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
_me = aliased(Person)


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
    """Whether a participant is the actor: linked to the person, or invited at the person's address."""
    address = select(func.lower(_me.email)).where(_me.id == actor.person_id).scalar_subquery()
    return and_(
        invited.removed_at.is_(None),
        or_(invited.person_id == actor.person_id, func.lower(invited.email) == address),
    )


class Concern(msgspec.Struct, frozen=True):
    """What a decision looks at: the unit that convenes the meeting, and whether the actor is invited to it."""

    unit_id: UUID
    invited: bool = False


def decide(actor: Actor, action: Action, concern: Concern | None = None) -> Decision:
    """Whether the actor may do ``action``. Seeing the thing is decided before, by ``visible_to``.

    A meeting belongs to the organizers of its convening unit; sites belong to no unit's organizers, because
    who books a site is not who runs it: administrators keep them.
    """
    if action is Action.SITE_ADMINISTER:
        return allow("administers_sites") if actor.may(action) else deny("not_site_administrator")
    if concern is None:
        return deny("role_missing")
    if action is Action.MEETING_ORGANIZE:
        if concern.unit_id in actor.units_for(action):
            return allow("organizes_for_the_unit")
        return deny("not_organizer_of_the_unit")
    if action is Action.MEETING_ANSWER:
        return allow("invited") if concern.invited and actor.may(action) else deny("not_invited")
    return deny("role_missing")
