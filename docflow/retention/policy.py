"""Who may see and do what about keeping, holding and destroying.

- Rules are read by every member; they are changed for a unit and those below it by an archivist there, and for every
  unit by an archivist at the top.
- That a document is held is told to whoever sees it; why and by whom only to those who may place holds in the hold's
  unit or above it: an investigation is not announced to whoever it concerns.
- A disposal is seen by those who may propose or decide one in its unit or above. Of its documents they see those that
  they see anyway, and the facts of the register (number, date, kind, subject; never a file) of those that lie in a
  dossier handed over to the archive of a unit of theirs. Of all others they are told how many there are, and nothing
  more; and nobody decides on a list in which there is one.
- State secrets are on no such list: they are destroyed under a law of their own.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.access.decision import Decision, allow, deny
from docflow.accounts.models import Unit
from docflow.documents import policy as documents
from docflow.documents.models import Document
from docflow.dossiers.models import Dossier, DossierAccess, DossierDocument, DossierState
from docflow.retention.models import Disposal, LegalHold

DISPOSING = (Action.DISPOSAL_PROPOSE, Action.DISPOSAL_APPROVE)


def _below(numbers: Sequence[int] | frozenset[int] | set[int]) -> ColumnElement[Any]:
    units = cast(sorted(numbers), ARRAY(Integer))
    return select(Unit.id).where(Unit.lineage.overlap(units)).scalar_subquery()


def _disposing(actor: Actor) -> set[int]:
    return {number for action in DISPOSING for number in actor.unit_numbers_for(action, inherited=True)}


def holds_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Holds of the units, and those below them, in which the actor may place some."""
    return LegalHold.unit_id.in_(_below(actor.unit_numbers_for(Action.HOLD_PLACE, inherited=True)))


def disposals_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Disposals of the units, and those below them, in which the actor may propose or decide."""
    return Disposal.unit_id.in_(_below(_disposing(actor)))


def listed_to(actor: Actor) -> ColumnElement[bool]:
    """Documents whose facts of the register the actor sees on a disposal."""
    cleared = literal(actor.clearance > Secrecy.NONE)
    archived = exists().where(
        DossierDocument.document_id == Document.id,
        Dossier.id == DossierDocument.dossier_id,
        Dossier.state == DossierState.HANDED_OVER,
        Dossier.unit_id.in_(_below(_disposing(actor))),
        or_(Dossier.access != DossierAccess.SECRET, cleared),
    )
    return and_(or_(documents.visible_to(actor), archived), Document.secrecy == int(Secrecy.NONE))


def decide_rule(actor: Actor, lineage: Sequence[int] | None) -> Decision:
    """May the actor say how long is kept? ``lineage`` is that of the rule's unit, None for every unit."""
    held = actor.units_for(Action.RETENTION_CONFIGURE)
    if lineage is not None:
        mine = actor.unit_numbers_for(Action.RETENTION_CONFIGURE, inherited=True)
        return allow("own_or_below") if mine & set(lineage) else deny("rules_outside_own_units")
    if any(role.unit_id in held and len(role.lineage) == 1 for role in actor.held):
        return allow("archive_at_the_top")
    return deny("rules_for_all_at_the_top")


def decide_in_unit(actor: Actor, action: Action, lineage: Sequence[int]) -> Decision:
    """May the actor place a hold, propose or decide a disposal for this unit? In their own and those below."""
    if actor.unit_numbers_for(action, inherited=True) & set(lineage):
        return allow("own_or_below")
    return deny("outside_own_units")


def decide_disposal(actor: Actor, disposal: Disposal, lineage: Sequence[int]) -> Decision:
    """May the actor approve or refuse? Not whoever proposed it."""
    if actor.person_id == disposal.proposed_by:
        return deny("decided_by_proposer")
    return decide_in_unit(actor, Action.DISPOSAL_APPROVE, lineage)
