"""To whom a document may be given: known, in service, somewhere at work, and within the sender's reach."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.core.errors import invalid
from docflow.documents import queries
from docflow.documents.errors import CycleOfForwards, NotToOneself
from docflow.documents.models import ReceiptRole
from docflow.documents.policy import decide_held, decide_target
from docflow.documents.queries.receipts import Placed
from docflow.documents.routing import Held, Step, Tree


async def named(
    session: AsyncSession,
    actor: Actor,
    owner: Collection[int],
    unit_ids: Collection[UUID],
    person_ids: Collection[UUID],
    *,
    by_person: bool = False,
    fields: tuple[str, str] = ("unit_ids", "person_ids"),
) -> list[Addressee]:
    """The units and people named, units first. ``owner``: the lineage of the document's unit.

    ``by_person``: from what the actor got as a person, which goes to people of their own unit whatever they are there.
    Raises Invalid, also for a person who holds no role in any unit, and NotAllowed.
    """
    to = [
        *await addressees.units(session, set(unit_ids), fields[0]),
        *await addressees.people(session, set(person_ids), fields[1]),
    ]
    placed = await queries.places_of_people(session, set(person_ids))
    homeless = [str(person_id) for person_id in person_ids if person_id not in placed]
    if homeless:
        raise invalid(fields[1], "person_without_unit", ids=", ".join(homeless))
    for one in to:
        place = placed[one.person_id] if one.person_id else Placed(frozenset(), frozenset(one.lineage))
        if not (by_person and place.units & actor.member_unit_numbers):
            decide_target(actor, Action.DOCUMENT_ROUTE, owner, place.lineage).require()
    return to


def require_no_cycle(tree: Tree, parent: Held, to: Sequence[Addressee]) -> None:
    """Raises NotToOneself, and CycleOfForwards for somebody from whom it came and who still has it open."""
    came_from = {held.principal_no for held in tree.above(parent) if held.is_open}
    for one in to:
        if one.principal_no == parent.principal_no:
            raise NotToOneself(name=one.name)
        if one.principal_no in came_from:
            raise CycleOfForwards(name=one.name)


def find_own(actor: Actor, tree: Tree, *, direction: bool = False) -> Held | None:
    """What the actor has open and may pass on: first what they are to act on, first what is for themselves.

    ``direction``: only what was submitted for direction.
    """
    order = (ReceiptRole.DIRECTION, ReceiptRole.LEAD, ReceiptRole.COORDINATE, ReceiptRole.INFORMATION)
    held = [
        one
        for one in tree
        if one.is_open
        and (one.role is ReceiptRole.DIRECTION or not direction)
        and decide_held(actor, Step.FORWARD, one.principal_no, one.unit_id)
    ]
    own = actor.person_principal
    held.sort(key=lambda one: (order.index(one.role), one.by_unit, one.principal_no != own))
    return held[0] if held else None
