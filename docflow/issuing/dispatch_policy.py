"""Who may see to whom an issued document went, and who may do what about it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, true

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.access.decision import Decision, allow, deny
from docflow.documents.models import Document
from docflow.issuing.models import Dispatch


def sees_all(actor: Actor, owner: Sequence[int]) -> bool:
    """Whether the actor sees every recipient: a member of the issuing unit (``owner`` is its lineage) or above."""
    return bool(actor.member_unit_numbers & set(owner))


def dispatches_visible_to(actor: Actor, owner: Sequence[int]) -> ColumnElement[bool]:
    """Whose copies of a document somebody sees who sees the document.

    The issuing unit and those above it see all with their addresses; whoever got a copy sees their own.
    """
    if sees_all(actor, owner):
        return true()
    return or_(Dispatch.principal_no.in_(actor.principals), Dispatch.sent_by == actor.person_id)


def decide_dispatch(actor: Actor, document: Document) -> Decision:
    """May the actor, who sees the document, send it and note what became of its copies?"""
    if document.unit_id in actor.units_for(Action.DOCUMENT_DISPATCH, inherited=True):
        return allow("registry_of_the_unit")
    return deny("not_the_registry_of_this_unit")


def decide_confirmation(actor: Actor, document: Document, dispatch: Dispatch) -> Decision:
    """May the actor say that this copy was destroyed or given back? Whoever got it, and the registry for everybody."""
    if dispatch.principal_no is not None and dispatch.principal_no in actor.principals:
        return allow("got_this_copy")
    return decide_dispatch(actor, document)
