"""Giving back what one got, and taking back what one gave."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Person, Principal, Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.messages import Language
from docflow.documents.models import Document, Receipt, ReceiptState
from docflow.documents.routing import Change, Step
from docflow.documents.service.routing.following import FollowReceipts
from docflow.documents.service.routing.letters import tell_ended
from docflow.documents.service.routing.writing import begin, carry_out
from docflow.notifications.service import Postman


async def give_back(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    follow: FollowReceipts,
    receipt_id: UUID,
    version: int,
    reason: str,
) -> None:
    """Return the document to whoever gave it, at once; what was passed on from here is recalled (domain §1.5).

    The sender has it on the desk again and is told by mail; who returned it may go on reading it.
    Raises NotFound, NotAllowed, Stale, the Conflict that the receipt has ended, and InformationNotReturned.
    """
    routing, held = await begin(session, actor, receipt_id, version, Step.RETURN)
    changes = routing.tree.give_back(receipt_id)
    told = await carry_out(session, actor, follow, routing, changes, reason)
    holder = await _addressees(session, [held.principal_no])
    await audit.record(
        session,
        actor,
        Tag.RECEIPT_RETURNED,
        "document",
        routing.document.id,
        receipt=str(receipt_id),
        holder=holder[held.principal_no].name,
        reason=reason,
        **told,
    )
    sender = await _sender(session, receipt_id)
    facts = {"holder_name": holder[held.principal_no].name, "role": held.role.value, "reason": reason}
    await tell_ended(session, actor, postman, routing.document, "returned", [(receipt_id, sender)], **facts)
    await _tell_recalled(session, actor, postman, routing.document, changes, reason)


async def recall(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    follow: FollowReceipts,
    receipt_id: UUID,
    version: int,
    reason: str,
) -> None:
    """Take back what was given, and everything passed on from it; whoever had it for no other reason sees it no more.

    Raises NotFound, NotAllowed, Stale and the Conflict that the receipt has ended.
    """
    routing, held = await begin(session, actor, receipt_id, version, Step.RECALL)
    changes = routing.tree.recall(receipt_id)
    told = await carry_out(session, actor, follow, routing, changes, reason)
    holder = await _addressees(session, [held.principal_no])
    await audit.record(
        session,
        actor,
        Tag.RECEIPT_RECALLED,
        "document",
        routing.document.id,
        receipt=str(receipt_id),
        holder=holder[held.principal_no].name,
        reason=reason,
        **told,
    )
    await _tell_recalled(session, actor, postman, routing.document, changes, reason)


async def _tell_recalled(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    changes: Sequence[Change],
    reason: str,
) -> None:
    """A letter to each from whom the document was taken back. It says which document, and nothing that is in it."""
    gone = {
        change.receipt_id: change.principal_no for change in changes if change.after is ReceiptState.RECALLED
    }
    if not gone:
        return
    found = await _addressees(session, set(gone.values()))
    to = [(receipt_id, found[principal_no]) for receipt_id, principal_no in gone.items()]
    await tell_ended(session, actor, postman, document, "recalled", to, reason=reason)


async def _addressees(session: AsyncSession, principals: Collection[int]) -> dict[int, Addressee]:
    """By number, also those in service no more, who have no address then."""
    rows = await session.execute(
        select(
            *(Principal.no, Unit.name_vi, Unit.email.label("unit_email"), Person.full_name, Person.email),
            *(Person.language, Person.frozen_at),
        )
        .outerjoin(Unit, Unit.id == Principal.unit_id)
        .outerjoin(Person, Person.id == Principal.person_id)
        .where(Principal.no.in_(principals))
    )
    return {
        row.no: Addressee(
            principal_no=row.no,
            name=row.name_vi or row.full_name,
            email=(row.unit_email if row.name_vi else None if row.frozen_at else row.email) or "",
            language=row.language or Language.VI,
        )
        for row in rows
    }


async def _sender(session: AsyncSession, receipt_id: UUID) -> Addressee:
    no = await session.scalar(
        select(Principal.no)
        .join(Receipt, Receipt.sent_by == Principal.person_id)
        .where(Receipt.id == receipt_id)
    )
    return next(iter((await _addressees(session, [no or 0])).values()))
