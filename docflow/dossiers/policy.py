"""Who may see a dossier or a year's list, and who may do what to it. Being in a dossier makes nobody see a document."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.access.decision import Decision, allow, deny
from docflow.access.roles import Role
from docflow.accounts.models import Unit
from docflow.dossiers.models import Dossier, DossierAccess, DossierHeading, DossierState

HEADS = frozenset({Role.UNIT_HEAD, Role.LEADER})
"""Who answers for a unit's work, its dossiers included."""


def _numbers(units: Sequence[int] | frozenset[int]) -> ColumnElement[Any]:
    return cast(sorted(units), ARRAY(Integer))


def _below(units: frozenset[int]) -> ColumnElement[Any]:
    """The units with these numbers and all below them."""
    return select(Unit.id).where(Unit.lineage.overlap(_numbers(units))).scalar_subquery()


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule: named as a reader, or keeping the archive to which it was handed over or offered; and
    cleared for a secret one."""
    reads = Dossier.readers.overlap(cast(list(actor.principals), ARRAY(Integer)))
    receiving = actor.unit_numbers_for(Action.DOSSIER_RECEIVE, inherited=True)
    if receiving:
        archived = or_(Dossier.state == DossierState.HANDED_OVER, Dossier.proposed_at.is_not(None))
        reads = or_(reads, and_(archived, Dossier.unit_id.in_(_below(receiving))))
    cleared = literal(actor.clearance > Secrecy.NONE)
    return and_(reads, or_(Dossier.access != DossierAccess.SECRET, cleared))


def headings_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule of year's lists: for members of the unit and of those above it."""
    return DossierHeading.unit_id.in_(_below(actor.member_unit_numbers))


def decide_list(actor: Actor, lineage: Sequence[int]) -> Decision:
    """May the actor keep the year's list of a unit? Its registry, head or archivist, or those of a unit above it:
    the registry of an agency makes the list of its divisions (Decree 30, article 29)."""
    if actor.unit_numbers_for(Action.DOSSIER_LIST, inherited=True) & set(lineage):
        return allow("list_of_own_units")
    return deny("list_outside_own_units")


def decide_open(actor: Actor, unit_id: UUID) -> Decision:
    """May the actor open a dossier under a heading of this unit? Whoever does the work there (Decree 30, article 29)."""
    if unit_id in actor.units_for(Action.DOSSIER_KEEP):
        return allow("works_in_the_unit")
    return deny("dossier_of_another_unit")


def decide(actor: Actor, action: Action, dossier: Dossier, lineage: Sequence[int]) -> Decision:
    """May the actor, who sees the dossier, do this to it? ``lineage`` is that of its unit."""
    match action:
        case Action.DOSSIER_READ:
            return allow("reads_the_dossier")
        case Action.DOSSIER_KEEP:
            if not actor.may(action):
                return deny("role_missing")
            if actor.person_id == dossier.keeper_id or dossier.unit_id in _headed(actor):
                return allow("keeper_or_head")
            return deny("only_keeper_or_head")
        case Action.DOSSIER_RECEIVE:
            if actor.unit_numbers_for(action, inherited=True) & set(lineage):
                return allow("archive_of_the_unit")
            return deny("archive_of_other_units")
    return deny("no_rule_allows_it")


def decide_fill(actor: Actor, dossier: Dossier) -> Decision:
    """May the actor, who sees the dossier, put documents into it and take them out? Its keeper, the head, and whoever
    works in its unit."""
    if dossier.unit_id in actor.units_for(Action.DOSSIER_KEEP, inherited=True):
        return allow("works_in_the_unit")
    if actor.person_id == dossier.keeper_id and actor.may(Action.DOSSIER_KEEP):
        return allow("keeper_or_head")
    return deny("dossier_of_another_unit")


def _headed(actor: Actor) -> frozenset[UUID]:
    """Units of which the actor is a head, as far as a token lets them keep dossiers."""
    return frozenset(
        held.unit_id
        for held in (*actor.held, *actor.inherited)
        if held.role in HEADS and held.unit_id in actor.units_for(Action.DOSSIER_KEEP, inherited=True)
    )
