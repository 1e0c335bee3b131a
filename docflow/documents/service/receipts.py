"""Giving documents to units and people, opening them and acknowledging them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.accounts.addressees import Addressee
from docflow.accounts.models import Principal
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.core.messages import Language
from docflow.documents import queries
from docflow.documents.errors import NothingToAcknowledge
from docflow.documents.models import Document, DocumentKind, Receipt, ReceiptRole
from docflow.documents.models.words import URGENCIES
from docflow.documents.numbering import number_text
from docflow.documents.policy import decide, decide_target
from docflow.documents.schemas import Route
from docflow.documents.workflow import require_possible
from docflow.files.models import File
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman

_ADD_READERS = text(
    """
    UPDATE document SET touched_at = :now, readers = (
        SELECT array_agg(DISTINCT reader ORDER BY reader) FROM unnest(readers || CAST(:more AS int[])) AS reader
    ), passed_on_at = CASE direction WHEN 'incoming' THEN COALESCE(passed_on_at, :now) END
    WHERE id = :id AND (
        NOT readers @> CAST(:more AS int[]) OR (direction = 'incoming' AND passed_on_at IS NULL)
    )
    """
)


async def route(
    session: AsyncSession, actor: Actor, postman: Postman, document_id: UUID, data: Route
) -> Document:
    """Give a document to units and people, for information or to a leader for direction.

    Who has it in that role already is not given it twice. Raises NotFound, NotAllowed, Invalid.
    """
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_ROUTE, document, owner).require()
    require_possible(document, Action.DOCUMENT_ROUTE)
    to = [
        *await addressees.units(session, set(data.unit_ids)),
        *await addressees.people(session, set(data.person_ids)),
    ]
    if not to:
        raise invalid("unit_ids", "nobody_named")
    placed = await queries.lineages_of_people(session, data.person_ids)
    for addressee in to:
        lineage = placed.get(addressee.person_id, ()) if addressee.person_id else addressee.lineage
        decide_target(actor, Action.DOCUMENT_ROUTE, owner, lineage).require()
    fresh = await give(
        session, actor, document, [(addressee, ReceiptRole(data.role)) for addressee in to], data.note
    )
    await audit.record(
        session,
        actor,
        Tag.DOCUMENT_ROUTED,
        "document",
        document.id,
        role=data.role,
        to=[addressee.name for addressee in fresh],
        note=data.note,
    )
    await _tell(session, actor, postman, document, fresh, data)
    return document


async def give(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    to: Sequence[tuple[Addressee, ReceiptRole]],
    note: str,
) -> list[Addressee]:
    """Write receipts and readers; whom it is new to. For verbs that have decided already."""
    stored = await session.scalars(
        insert(Receipt)
        .on_conflict_do_nothing(
            index_elements=["document_id", "principal_no", "role"],
            index_where=text("state IN ('waiting', 'forwarded')"),
        )
        .returning(Receipt.principal_no),
        [
            {
                "document_id": document.id,
                "principal_no": addressee.principal_no,
                "role": role,
                "sent_by": actor.person_id,
                "sent_at": clock.now(),
                "note": note,
                "urgency_rank": URGENCIES.index(document.urgency),
            }
            for addressee, role in to
        ],
    )
    fresh = set(stored)
    readers = [addressee.principal_no for addressee, _ in to]
    await session.execute(_ADD_READERS, {"id": document.id, "more": readers, "now": clock.now()})
    return [addressee for addressee, _ in to if addressee.principal_no in fresh]


async def note_opened(session: AsyncSession, actor: Actor, document: Document) -> None:
    """Record that the actor read the document: in the trail, and once on the receipts it answers."""
    await session.execute(
        update(Receipt)
        .where(
            Receipt.document_id == document.id,
            Receipt.principal_no.in_(actor.principals),
            Receipt.opened_at.is_(None),
        )
        .values(opened_at=clock.now())
    )
    await audit.record(session, actor, Tag.DOCUMENT_READ, "document", document.id)


async def note_downloaded(session: AsyncSession, actor: Actor, document_id: UUID, file: File) -> None:
    """Record that the actor took the bytes of a file."""
    await audit.record(session, actor, Tag.DOCUMENT_DOWNLOADED, "document", document_id, file=file.filename)


async def acknowledge(session: AsyncSession, actor: Actor, document_id: UUID) -> Document:
    """Say that the actor, or their unit, has got the document. Raises NotFound, NothingToAcknowledge."""
    document = await queries.get_document(session, actor, document_id)
    answered = await _acknowledge(session, actor, document.id, Receipt.principal_no.in_(actor.principals))
    roles = sorted({role.value for role in answered})
    if not roles:
        raise NothingToAcknowledge
    await audit.record(session, actor, Tag.DOCUMENT_ACKNOWLEDGED, "document", document.id, roles=roles)
    return document


async def settle_receipts(
    session: AsyncSession, actor: Actor, document_id: UUID, role: ReceiptRole, *, unit_id: UUID | None = None
) -> None:
    """Acknowledge the receipts in this role of the unit, or of the actor and their units, if they still wait.

    For verbs that do what a document was given for: the trail tells that they did, and nothing more of the receipt.
    """
    unit = select(Principal.no).where(Principal.unit_id == unit_id)
    whose = Receipt.principal_no.in_(actor.principals if unit_id is None else unit)
    await _acknowledge(session, actor, document_id, whose, Receipt.role == role)


async def _acknowledge(
    session: AsyncSession, actor: Actor, document_id: UUID, *which: ColumnElement[bool]
) -> Sequence[ReceiptRole]:
    """Of these receipts those that wait are acknowledged by the actor now; their roles."""
    now = clock.now()
    answered = await session.scalars(
        update(Receipt)
        .where(Receipt.document_id == document_id, Receipt.acknowledged_at.is_(None), *which)
        .values(
            acknowledged_at=now,
            acknowledged_by=actor.person_id,
            opened_at=func.coalesce(Receipt.opened_at, now),
        )
        .returning(Receipt.role)
        .execution_options(synchronize_session=False)
    )
    return answered.all()


async def _tell(
    session: AsyncSession,
    actor: Actor,
    postman: Postman,
    document: Document,
    to: Sequence[Addressee],
    data: Route,
) -> None:
    """A letter to each that has an address."""
    kind = await session.get_one(DocumentKind, document.kind_code)
    facts = {
        "sender_name": actor.name,
        "role": data.role,
        "arrival_number": number_text(document.register_number, document.register_suffix)
        if document.arrived_on
        else None,
        "symbol": document.symbol,
        "issuer": document.issuer,
        "subject": document.subject,
        "note": data.note or None,
        "issued_on": document.issued_on,
        "due": document.due_on,
        "link": postman.link(f"/api/v1/documents/{document.id}"),
    }

    def letter(one: Addressee) -> Draft:
        own = {
            "kind": kind.name_en if one.language is Language.EN else kind.name_vi,
            "recipient_name": one.name,
        }
        return Draft(
            effect=f"document/{document.id}/routed/{one.principal_no}/{data.role}",
            thread=f"document/{document.id}/{one.principal_no}",
            to=Mailbox(one.email, one.name),
            words=postman.words("documents/routed", one.language, {**facts, **own}),
            about=("document", document.id),
        )

    await postman.post(session, [letter(one) for one in to if one.email])
