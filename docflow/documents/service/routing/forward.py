"""Passing on what one was given: to act on, to coordinate, to know."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.addressees import Addressee
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid
from docflow.core.working_calendar import end_of_day
from docflow.documents import queries
from docflow.documents.errors import EverybodyHasIt
from docflow.documents.models import ReceiptRole
from docflow.documents.routing import Step
from docflow.documents.schemas import Forward, Receiver
from docflow.documents.service.routing.addressing import named, require_no_cycle
from docflow.documents.service.routing.following import FollowReceipts
from docflow.documents.service.routing.give import Given, Giving, give
from docflow.documents.service.routing.letters import tell_given
from docflow.documents.service.routing.writing import begin, carry_out
from docflow.documents.workflow import require_possible
from docflow.notifications.service import Postman


async def forward(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    follow: FollowReceipts,
    receipt_id: UUID,
    version: int,
    data: Forward,
) -> list[Given]:
    """Pass a document on from an open receipt, which is handled by that and not complete; what was given to whom.

    Raises NotFound, NotAllowed, Invalid, Stale, the Conflict that the receipt has ended, a cycle, and EverybodyHasIt.
    """
    routing, held = await begin(session, actor, receipt_id, version, Step.FORWARD)
    document = routing.document
    require_possible(document, Action.DOCUMENT_ROUTE)
    _check(data)
    to = await named(
        session,
        actor,
        await queries.lineage_of(session, document),
        [one.unit_id for one in data.to if one.unit_id],
        [one.person_id for one in data.to if one.person_id],
        by_person=not held.by_unit,
        fields=("to", "to"),
    )
    require_no_cycle(routing.tree, held, to)
    by_id = {one.unit_id or one.person_id: one for one in to}
    givings = [_giving(one, by_id) for one in data.to]
    given = await give(session, actor, document, givings, data.note, parent_id=receipt_id)
    if not given:
        raise EverybodyHasIt
    told = await carry_out(session, actor, follow, routing, routing.tree.forward(receipt_id))
    details: dict[str, Any] = {
        "receipt": str(receipt_id),
        "to": [{"name": one.to.name, "role": one.role.value} for one in given],
        "note": data.note,
        "changes": [*(one.told for one in given), *told["changes"]],
    }
    await audit.record(session, actor, Tag.RECEIPT_FORWARDED, "document", document.id, **details)
    await tell_given(session, actor, postman, document, given, data.note)
    return given


def _check(data: Forward) -> None:
    """Raises Invalid with everything that is wrong."""
    wrong: list[FieldError] = []
    seen: set[UUID | None] = set()
    for place, one in enumerate(data.to):
        whom = one.unit_id or one.person_id
        if (one.unit_id is None) == (one.person_id is None):
            wrong.append(FieldError(f"/to/{place}", "unit_or_person"))
        elif whom in seen:
            wrong.append(FieldError(f"/to/{place}", "named_twice"))
        seen.add(whom)
        if one.due_on is not None and one.due_on < clock.today():
            wrong.append(FieldError(f"/to/{place}/due_on", "due_in_past"))
        if one.reply_required and one.role is ReceiptRole.INFORMATION:
            wrong.append(FieldError(f"/to/{place}/reply_required", "reply_not_for_information"))
    if wrong:
        raise Invalid(*wrong)


def _giving(one: Receiver, by_id: Mapping[UUID | None, Addressee]) -> Giving:
    due_at = end_of_day(one.due_on) if one.due_on else None
    return Giving(by_id[one.unit_id or one.person_id], one.role, due_at, one.reply_required)
