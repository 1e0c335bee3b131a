"""Who may see a document, and who may do what to it."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Integer, Uuid, and_, any_, bindparam, cast, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Principal, Unit
from docflow.documents.models import Acquaintance, Comment, Document, Receipt, Register
from docflow.documents.routing import Step

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


def receipts_visible_to(
    actor: Actor, owner: Any, document_id: UUID, receipt: Any = Receipt
) -> ColumnElement[bool]:
    """Whose receipts of a document somebody sees who sees the document; ``owner`` is its unit in the statement.

    The registering unit and those above it see all. Whoever else received it sees their own, and what they sent on
    with everything below; of a unit's, its head and registry see what its people passed on. That another unit leads
    or coordinates is told by the tasks, by their own rule.
    """
    return _receipts_rule(owner, receipt, receipts_seen_by(actor, document_id))


def receipts_visible(owner: Any, receipt: Any = Receipt) -> ColumnElement[bool]:
    """The same rule in a statement that is built once; ``receipts_seen_by`` gives its values."""
    names = ("receipt_units", "receipt_principals", "receipt_answered", "receipt_person", "receipt_document")
    return _receipts_rule(owner, receipt, {name: bindparam(name) for name in names})


def receipts_seen_by(actor: Actor, document_id: UUID) -> dict[str, Any]:
    """The values of ``receipts_visible`` for one actor and one document."""
    return {
        "receipt_units": sorted(actor.member_unit_numbers),
        "receipt_principals": list(actor.principals),
        "receipt_answered": sorted(actor.units_for(Action.DOCUMENT_ROUTE, inherited=True)),
        "receipt_person": actor.person_id,
        "receipt_document": document_id,
    }


def _receipts_rule(owner: Any, receipt: Any, values: dict[str, Any]) -> ColumnElement[bool]:
    units = cast(values["receipt_units"], ARRAY(Integer))
    principals = cast(values["receipt_principals"], ARRAY(Integer))
    answered = cast(values["receipt_answered"], ARRAY(Uuid))
    own, child = aliased(Receipt), aliased(Receipt)
    held = select(Principal.no).where(
        Principal.no == any_(principals),
        or_(Principal.person_id.is_not(None), Principal.unit_id == any_(answered)),
    )
    below = (
        select(own.id)
        .where(
            own.document_id == values["receipt_document"],
            or_(own.principal_no.in_(held), own.sent_by == values["receipt_person"]),
        )
        .cte(recursive=True)
    )
    below = below.union(select(child.id).join(below, child.parent_id == below.c.id))
    return or_(
        owner.lineage.overlap(units),
        receipt.principal_no == any_(principals),
        receipt.id.in_(select(below.c.id)),
    )


class ReceiptPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a receipt is, as far as it says who may do what to it. A ``unit_id`` of None: a person holds it."""

    principal_no: int
    unit_id: UUID | None
    sender_principal: int
    is_root: bool
    parent_principal: int | None
    parent_unit_id: UUID | None
    owner_unit_id: UUID


def decide_receipt(actor: Actor, step: Step, place: ReceiptPlace) -> Decision:
    """May the actor, who sees the receipt, do this to it?

    What a person got is theirs, and their substitute's; of what a unit got each member answers for it, and its head
    and registry pass it on. It is recalled by whoever answers today for where it came from: for what was passed on, who
    has the receipt above it; for what the registry gave, those who pass on for the registering unit, and that person
    as long as they pass on at all.
    """
    if step is not Step.RECALL:
        return decide_held(actor, step, place.principal_no, place.unit_id)
    if place.is_root:
        if place.sender_principal in actor.principals and actor.may(Action.DOCUMENT_ROUTE):
            return allow("given_by_oneself")
        if place.owner_unit_id in actor.units_for(Action.DOCUMENT_ROUTE, inherited=True):
            return allow("registry_of_the_unit")
        return deny("recalled_by_whoever_gave_it")
    if place.parent_principal is not None and decide_held(
        actor, step, place.parent_principal, place.parent_unit_id
    ):
        return allow("given_by_oneself")
    return deny("recalled_by_whoever_gave_it")


def decide_held(actor: Actor, step: Step, principal_no: int, unit_id: UUID | None) -> Decision:
    """May the actor do this with what is given to this principal? ``unit_id`` None: a person."""
    if unit_id is None:
        return allow("own_receipt") if principal_no in actor.principals else deny("receipt_of_another")
    passing_on = step is Step.FORWARD or step is Step.RECALL
    needed = Action.DOCUMENT_ROUTE if passing_on else Action.RECEIPT_HANDLE
    if unit_id in actor.units_for(needed, inherited=True):
        return allow("answers_for_the_unit")
    if passing_on and unit_id in actor.units_for(Action.RECEIPT_HANDLE, inherited=True):
        return deny("passed_on_by_head_or_registry")
    return deny("receipt_of_another")


def decide(actor: Actor, action: Action, document: Document, owner: Sequence[int]) -> Decision:
    """May the actor, who sees the document, do this? ``owner`` is the lineage of the document's unit."""
    match action:
        case Action.DOCUMENT_READ | Action.DOCUMENT_ACKNOWLEDGE:
            return allow("reader")
        case Action.DOCUMENT_AMEND | Action.NUMBER_VOID:
            if document.unit_id in actor.units_for(action, inherited=True):
                return allow("registry_of_the_unit")
            return deny("only_the_registry_that_registered_it")
        case Action.DOCUMENT_COMMENT:
            return allow("reader")
        case Action.DOCUMENT_PERMIT:
            if actor.unit_numbers_for(action, inherited=True) & set(owner):
                return allow("unit_or_above")
            return deny("permission_for_the_registering_unit_and_above")
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


def comments_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which comments on a document somebody sees who sees the document: a unit's own are for its members alone."""
    return or_(Comment.unit_id.is_(None), Comment.unit_id.in_(actor.member_units))


def decide_comment(actor: Actor, unit_id: UUID | None) -> Decision:
    """May the actor, who sees the document, comment on it for every reader, or inside this unit?"""
    if unit_id is None or unit_id in actor.member_units:
        return allow("reader" if unit_id is None else "member_of_the_unit")
    return deny("comment_for_members_of_the_unit")


def decide_withdrawal(actor: Actor, author_id: UUID) -> Decision:
    """May the actor withdraw this comment?"""
    return allow("author") if author_id == actor.person_id else deny("only_ones_own_comment")


def decide_submission(actor: Actor, owner: Collection[int]) -> Decision:
    """May the actor submit the document to a leader? Whoever received it forwards it from their own receipt."""
    if actor.unit_numbers_for(Action.DOCUMENT_ROUTE, inherited=True) & set(owner):
        return allow("unit_or_above")
    return deny("submission_by_the_registering_unit")


def acquaintances_visible_to(actor: Actor, owner: Any) -> ColumnElement[bool]:
    """Whose acquaintance lists somebody sees who sees the document; ``owner`` is its unit in the statement.

    The registering unit and those above it see all, whoever made one sees it: it tells who has read and who has not.
    """
    units = cast(sorted(actor.member_unit_numbers), ARRAY(Integer))
    return or_(owner.lineage.overlap(units), Acquaintance.made_by == actor.person_id)
