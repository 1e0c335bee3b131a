"""Who may see a document, and who may do what to it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, bindparam, cast, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Unit
from docflow.documents.models import Document, Receipt, Register

_TABLE = Document.__table__.c
"""Columns, not attributes: statements of columns alone need nothing of the mapper when they run."""


def _rule(principals: Any, clearance: Any) -> ColumnElement[bool]:
    """The one read rule: named as a reader, and cleared. Lists, counts, search and downloads all use it."""
    return and_(_TABLE.readers.overlap(cast(principals, ARRAY(Integer))), _TABLE.secrecy <= clearance)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The read rule for one actor."""
    return _rule(list(actor.principals), int(actor.clearance))


VISIBLE = _rule(
    bindparam("principals", type_=ARRAY(Integer), literal_execute=True),
    bindparam("clearance", type_=Integer, literal_execute=True),
)
"""The read rule in a statement that is built once; ``seen_by`` gives its values.

They are written into the statement: PostgreSQL then plans it for this reader, and not once for all of them.
"""


def seen_by(actor: Actor) -> dict[str, Any]:
    """The values of ``VISIBLE`` for one actor."""
    return {"principals": list(actor.principals), "clearance": int(actor.clearance)}


def receipts_visible_to(actor: Actor, owner: Any) -> ColumnElement[bool]:
    """Whose receipts of a document somebody sees who sees the document; ``owner`` is its unit in the statement.

    The registering unit and those above it see all; whoever else received it sees their own and what they sent
    on: that another unit leads or coordinates is told by the tasks, by their own rule.
    """
    units = cast(sorted(actor.member_unit_numbers), ARRAY(Integer))
    return or_(
        owner.lineage.overlap(units),
        Receipt.principal_no.in_(actor.principals),
        Receipt.sent_by == actor.person_id,
    )


def decide(actor: Actor, action: Action, document: Document, owner: Sequence[int]) -> Decision:
    """May the actor, who sees the document, do this? ``owner`` is the lineage of the document's unit."""
    match action:
        case Action.DOCUMENT_READ | Action.DOCUMENT_ACKNOWLEDGE:
            return allow("reader")
        case Action.DOCUMENT_AMEND | Action.NUMBER_VOID:
            if document.unit_id in actor.units_for(action, inherited=True):
                return allow("registry_of_the_unit")
            return deny("only_the_registry_that_registered_it")
        case Action.DOCUMENT_TRAIL:
            if actor.unit_numbers_for(action, inherited=True) & set(owner):
                return allow("unit_or_above")
            return deny("trail_for_the_registering_unit_and_above")
        case Action.DOCUMENT_ROUTE:
            if actor.units_for(action):
                return allow("reader_who_may_route")
            return deny("role_missing")
    return deny("no_rule_allows_it")


def registers_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The one read rule of registers: those of the actor's units, and those that the actor may print.

    That a series of state secrets is kept, and how far it counts, is for people who are cleared for any.
    """
    printing = cast(sorted(actor.unit_numbers_for(Action.REGISTER_PRINT, inherited=True)), ARRAY(Integer))
    above = select(Unit.id).where(Unit.lineage.overlap(printing))
    return and_(
        or_(Register.unit_id.in_(actor.member_units), Register.unit_id.in_(above)),
        or_(Register.is_secret.is_(False), literal(actor.clearance > Secrecy.NONE)),
    )


def decide_book(actor: Actor, action: Action, unit_id: UUID, *, ending: bool = False) -> Decision:
    """May the actor do this with the books of a unit? Configure: its registry or head; numbers: its registry.

    ``ending``: what only brings something to an end is also for whoever succeeded the unit.
    """
    if unit_id in actor.units_for(action, inherited=ending):
        return allow("registry_of_the_unit")
    return deny("not_the_registry_of_this_unit")


def decide_stub(actor: Actor, secrecy: Secrecy) -> Decision:
    """May the actor enter a state secret of this class into a register? Whoever is not cleared may not know of it."""
    if actor.clearance >= secrecy:
        return allow("cleared_for_it")
    return deny("not_cleared_for_it")


def decide_register(actor: Actor, unit_id: UUID) -> Decision:
    """May the actor put something into the registers of a unit?"""
    if unit_id in actor.units_for(Action.DOCUMENT_REGISTER):
        return allow("registry_of_the_unit")
    return deny("not_the_registry_of_this_unit")


def registries_of(actor: Actor) -> frozenset[UUID]:
    """The one read rule of drafts and mails: those of the units whose registry the actor keeps, or that these succeeded.

    What waits there is not yet anybody's document; nobody else sees it, however high they stand.
    """
    return actor.units_for(Action.DRAFT_READ, inherited=True)


def decide_draft(actor: Actor, action: Action, unit_id: UUID) -> Decision:
    """May the actor do this with a draft or a mail that came to this unit?"""
    if unit_id in actor.units_for(
        action, inherited=action is Action.DRAFT_READ or action is Action.DRAFT_SETTLE
    ):
        return allow("registry_of_the_draft")
    return deny("not_the_registry_of_the_draft")


def decide_target(actor: Actor, action: Action, owner: Collection[int], lineage: Collection[int]) -> Decision:
    """May the actor give a document to a unit, or to a person of the units in ``lineage``?

    The registering unit and those above it give it to anybody; whoever received it passes it on inside the
    units in which they hold the role, and to people there.
    """
    mine = actor.unit_numbers_for(action, inherited=True)
    if mine & set(owner) or mine & set(lineage):
        return allow("own_or_below")
    return deny("target_outside_own_units")
