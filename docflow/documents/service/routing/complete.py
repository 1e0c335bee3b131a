"""Finishing what one was given, with the reply where there is one."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Person, Principal, Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.messages import Language
from docflow.documents import queries
from docflow.documents.errors import NothingToAcknowledge, WithOthers
from docflow.documents.models import Direction, Document, Receipt, ReceiptRole
from docflow.documents.routing import OPEN, Change, Held, Step
from docflow.documents.schemas import CompleteReceipt
from docflow.documents.service.routing.following import FollowReceipts
from docflow.documents.service.routing.give import Giving, give
from docflow.documents.service.routing.writing import Routing, begin, carry_out, read


async def complete(
    session: AsyncSession,
    actor: Actor,
    follow: FollowReceipts,
    receipt_id: UUID,
    version: int,
    data: CompleteReceipt,
) -> None:
    """Finish what one was given. Where all who act at its level have ended by that, the sender's ends too (domain §1.5).

    A reply is given to those from whom it came. Raises NotFound, NotAllowed, Stale, Invalid for a reply that is not
    the unit's, and what ``documents.routing`` says is in the way.
    """
    routing, held = await begin(session, actor, receipt_id, version, Step.COMPLETE)
    reply = await _reply(session, actor, held, data.reply_id)
    changes = routing.tree.complete(receipt_id, reply.id if reply else None)
    told = await carry_out(session, actor, follow, routing, changes, data.note)
    if reply is not None:
        told |= {"reply": reply.symbol, "reply_document": str(reply.id)}
    await audit.record(
        session,
        actor,
        Tag.RECEIPT_COMPLETED,
        "document",
        routing.document.id,
        receipt=str(receipt_id),
        note=data.note,
        **told,
    )
    if reply is not None:
        await _hand_over(session, actor, routing, held, reply)


async def acknowledge(
    session: AsyncSession, actor: Actor, follow: FollowReceipts, document_id: UUID
) -> Document:
    """Say that the actor, or their unit, has got the document; what was given for information is done by that.

    Raises NotFound, NothingToAcknowledge.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    now = clock.now()
    answered = await session.execute(
        update(Receipt)
        .where(
            Receipt.document_id == document.id,
            Receipt.acknowledged_at.is_(None),
            Receipt.state.in_(OPEN),
            Receipt.principal_no.in_(actor.principals),
        )
        .values(
            acknowledged_at=now,
            acknowledged_by=actor.person_id,
            opened_at=func.coalesce(Receipt.opened_at, now),
        )
        .returning(Receipt.id, Receipt.role)
        .execution_options(synchronize_session=False)
    )
    acknowledged = answered.all()
    if not acknowledged:
        raise NothingToAcknowledge
    routing = await read(session, document)
    changes = [
        change
        for row in acknowledged
        if row.role is ReceiptRole.INFORMATION
        for change in _known(routing, row.id)
    ]
    told = await carry_out(session, actor, follow, routing, changes) if changes else {}
    roles = sorted({row.role.value for row in acknowledged})
    await audit.record(
        session, actor, Tag.DOCUMENT_ACKNOWLEDGED, "document", document.id, roles=roles, **told
    )
    return document


def _known(routing: Routing, receipt_id: UUID) -> Sequence[Change]:
    """An information receipt ends by being acknowledged, unless others still act on what was passed on from it."""
    if not routing.tree[receipt_id].is_open:
        return []
    try:
        return routing.tree.complete(receipt_id)
    except WithOthers:
        return []


async def _reply(
    session: AsyncSession, actor: Actor, held: Held, document_id: UUID | None
) -> Document | None:
    """The reply, issued by the unit that answers: the receipt's own, or one of the person's, or their successor."""
    if document_id is None:
        return None
    try:
        document = await queries.get_document(session, actor, document_id)
    except NotFound:
        raise invalid("reply_id", "reply_not_found") from None
    own = set(actor.member_units)
    if held.unit_id in actor.units_for(Action.RECEIPT_HANDLE):
        own = {held.unit_id}
    if document.direction is Direction.INCOMING or document.unit_id not in own or document.voided_at:
        raise invalid("reply_id", "reply_not_issued_by_the_unit")
    return document


async def _hand_over(
    session: AsyncSession, actor: Actor, routing: Routing, held: Held, reply: Document
) -> None:
    """Give the reply to those from whom the document came and to the unit that registered it, to know."""
    if reply.secrecy > Secrecy.NONE:
        return
    document = routing.document
    owner = await session.scalar(select(Principal.no).where(Principal.unit_id == document.unit_id))
    to = {one.principal_no for one in routing.tree.above(held)} | {owner or 0}
    receivers = await _receivers(session, to - {held.principal_no})
    givings = [Giving(one, ReceiptRole.INFORMATION) for one in receivers]
    await session.execute(text("SELECT 1 FROM document WHERE id = :id FOR NO KEY UPDATE"), {"id": reply.id})
    given = await give(session, actor, reply, givings, document.symbol)
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_ROUTED,
        "document",
        reply.id,
        role=ReceiptRole.INFORMATION.value,
        to=[one.to.name for one in given],
        answers=document.symbol,
        changes=[one.told for one in given],
    )


async def _receivers(session: AsyncSession, principals: Collection[int]) -> list[Addressee]:
    """Also those in service no more: whoever succeeds them reads what they could."""
    rows = await session.execute(
        select(Principal.no, Principal.unit_id, Principal.person_id, Unit.name_vi, Person.full_name)
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(Person, Person.id == Principal.person_id)
        .where(Principal.no.in_(principals))
        .order_by(Principal.no)
    )
    return [
        Addressee(
            principal_no=row.no,
            name=row.name_vi or row.full_name,
            email="",
            language=Language.VI,
            unit_id=row.unit_id,
            person_id=row.person_id,
        )
        for row in rows
    ]
