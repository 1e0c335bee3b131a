"""What was issued: the copies of a document, what waits to be sent, and which document came after which."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import NotFound
from docflow.core.ids import digest_of
from docflow.documents import queries as documents
from docflow.documents.models import Direction, Document, DocumentFile, Receipt
from docflow.documents.policy import visible_to
from docflow.documents.queries.rows import ROW
from docflow.files.models import File
from docflow.issuing.dispatch_policy import dispatches_visible_to
from docflow.issuing.errors import DispatchLinkEnded, NotIssued
from docflow.issuing.models import Channel, Dispatch, DispatchLink, Succession, SuccessionKind
from docflow.issuing.schemas.issued import DispatchState
from docflow.notifications.models import Letter, LetterState

ENDING = (SuccessionKind.REPLACES, SuccessionKind.RECALLS)


class Copy(NamedTuple):
    """A recipient's copy with everything from which its state follows."""

    dispatch: Dispatch
    state: DispatchState
    sent_at: datetime | None
    bounced_at: datetime | None
    bounce_reason: str | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    link_expires_at: datetime | None


async def get_issued(
    session: AsyncSession, actor: Actor, document_id: UUID, *, lock: bool = False
) -> Document:
    """A document that the actor sees and that was issued here. Raises NotFound, NotIssued."""
    document = await documents.get_document(session, actor, document_id, lock=lock)
    if document.direction is Direction.INCOMING:
        raise NotIssued
    return document


async def list_copies(session: AsyncSession, actor: Actor, document: Document) -> list[Copy]:
    """The copies that the actor sees, in the order of the list of recipients."""
    owner = await documents.lineage_of(session, document)
    return await _copies(session, Dispatch.document_id == document.id, dispatches_visible_to(actor, owner))


async def get_copy(session: AsyncSession, actor: Actor, document: Document, dispatch_id: UUID) -> Copy:
    """One of them. Raises NotFound."""
    owner = await documents.lineage_of(session, document)
    which = (Dispatch.id == dispatch_id, Dispatch.document_id == document.id)
    found = await _copies(session, *which, dispatches_visible_to(actor, owner))
    if not found:
        raise NotFound
    return found[0]


async def lock_dispatch(
    session: AsyncSession, actor: Actor, document: Document, dispatch_id: UUID
) -> Dispatch:
    """A copy that the actor sees, locked. Raises NotFound."""
    owner = await documents.lineage_of(session, document)
    found = await session.scalar(
        select(Dispatch)
        .where(
            Dispatch.id == dispatch_id,
            Dispatch.document_id == document.id,
            dispatches_visible_to(actor, owner),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def _copies(session: AsyncSession, *which: ColumnElement[bool]) -> list[Copy]:
    now = clock.now()
    expires = (
        select(func.max(DispatchLink.expires_at))
        .where(
            DispatchLink.dispatch_id == Dispatch.id,
            DispatchLink.revoked_at.is_(None),
            DispatchLink.expires_at > now,
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            Dispatch,
            *(Letter.state, Letter.sent_at, Letter.failure, Letter.due_at),
            *(Receipt.opened_at, Receipt.acknowledged_at),
            expires,
        )
        .outerjoin(Letter, Letter.effect == Dispatch.letter_effect)
        .outerjoin(Receipt, Receipt.id == Dispatch.receipt_id)
        .where(*which)
        .order_by(Dispatch.position)
        .execution_options(populate_existing=True)
    )
    return [_copy(*row) for row in rows]


def _copy(
    dispatch: Dispatch,
    letter: LetterState | None,
    letter_sent_at: datetime | None,
    failure: str | None,
    tried_at: datetime | None,
    receipt_opened_at: datetime | None,
    receipt_acknowledged_at: datetime | None,
    link_expires_at: datetime | None,
) -> Copy:
    in_house = dispatch.channel is Channel.HOUSE
    opened_at = dispatch.opened_at or receipt_opened_at
    acknowledged_at = dispatch.acknowledged_at or receipt_acknowledged_at
    failed = letter is LetterState.FAILED and not in_house
    bounced_at = dispatch.bounced_at or (tried_at if failed else None)
    reason = dispatch.bounce_reason or (failure if failed else None)
    # Of the house the letter only tells; the copy is there with its receipt.
    sent_at = dispatch.sent_at or (dispatch.queued_at if in_house else letter_sent_at)
    if acknowledged_at:
        state = DispatchState.ACKNOWLEDGED
    elif opened_at:
        state = DispatchState.OPENED
    elif bounced_at:
        state = DispatchState.BOUNCED
    else:
        state = DispatchState.SENT if sent_at else DispatchState.QUEUED
    return Copy(dispatch, state, sent_at, bounced_at, reason, opened_at, acknowledged_at, link_expires_at)


async def main_file(session: AsyncSession, document_id: UUID) -> File | None:
    """The file of an issued document itself; none of a stub, or once it was destroyed."""
    return await session.scalar(
        select(File)
        .join(DocumentFile, DocumentFile.file_id == File.id)
        .where(DocumentFile.document_id == document_id, DocumentFile.annex == 0, File.destroyed_at.is_(None))
        .order_by(DocumentFile.version.desc())
        .limit(1)
    )


class Followed(NamedTuple):
    """Where a personal link leads. ``recalled_by`` is the document that asks for the copy back."""

    dispatch: Dispatch
    document: Document
    recalled_by: Document | None


async def get_linked(session: AsyncSession, token: str, *, lock: bool = False) -> Followed:
    """Raises DispatchLinkEnded for a link that never was, is over, or was revoked by hand.

    A recall ends what the link gives, not the link: whoever follows it is told, and can confirm.
    """
    stands = or_(
        DispatchLink.revoked_at.is_(None),
        and_(Dispatch.recall_asked_at.is_not(None), DispatchLink.revoked_at == Dispatch.recall_asked_at),
    )
    statement = (
        select(Dispatch, Document)
        .join(DispatchLink, DispatchLink.dispatch_id == Dispatch.id)
        .join(Document, Document.id == Dispatch.document_id)
        .where(
            DispatchLink.digest == digest_of(token),
            DispatchLink.expires_at > clock.now(),
            Document.voided_at.is_(None),
            stands,
        )
    )
    if lock:
        statement = statement.with_for_update(of=Dispatch).execution_options(populate_existing=True)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise DispatchLinkEnded
    return Followed(row[0], row[1], await find_recall(session, row[1].id))


async def find_recall(session: AsyncSession, document_id: UUID) -> Document | None:
    """The document that recalls this one. For verbs and pages that tell its number and date alone."""
    return await session.scalar(
        select(Document)
        .join(Succession, Succession.document_id == Document.id)
        .where(Succession.target_id == document_id, Succession.kind == SuccessionKind.RECALLS)
    )


async def find_ending(session: AsyncSession, document_id: UUID) -> SuccessionKind | None:
    """Whether it was replaced or recalled, the last of the two for one that was recalled and then replaced.

    The caller has checked that the actor sees the document.
    """
    return await session.scalar(
        select(Succession.kind)
        .where(Succession.target_id == document_id, Succession.kind.in_(ENDING))
        .order_by(Succession.made_at.desc(), Succession.kind.desc())
        .limit(1)
    )


async def list_later(session: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[Row[Any]]:
    """Documents that correct, replace or recall this one, as far as the actor sees them, the first first."""
    return await _succession(session, actor, Succession.target_id == document_id, Succession.document_id)


async def list_earlier(session: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[Row[Any]]:
    """Documents that this one corrects, replaces or recalls, as far as the actor sees them."""
    return await _succession(session, actor, Succession.document_id == document_id, Succession.target_id)


async def _succession(
    session: AsyncSession, actor: Actor, which: ColumnElement[bool], other: Any
) -> Sequence[Row[Any]]:
    rows: Any = await session.execute(
        select(Succession.kind, Succession.reason, Succession.made_at, *ROW)
        .join(Document, Document.id == other)
        .where(which, visible_to(actor))
        .order_by(Succession.made_at, Document.id)
    )
    return list(rows)


async def list_unsent(session: AsyncSession, actor: Actor, *, limit: int) -> Sequence[Row[Any]]:
    """Issued documents of the actor's registries of which a copy has not left, the oldest first, with ``waiting``."""
    mine = actor.units_for(Action.DOCUMENT_DISPATCH, inherited=True)
    waiting = (
        select(func.count())
        .select_from(Dispatch)
        .outerjoin(Letter, Letter.effect == Dispatch.letter_effect)
        .where(
            Dispatch.document_id == Document.id,
            Dispatch.channel != Channel.HOUSE,
            Dispatch.sent_at.is_(None),
            Dispatch.acknowledged_at.is_(None),
            Dispatch.recall_asked_at.is_(None),
            case((Letter.effect.is_(None), True), else_=Letter.state != LetterState.SENT),
        )
        .scalar_subquery()
    )
    rows: Any = await session.execute(
        select(*ROW, waiting.label("waiting"))
        .where(
            Document.unit_id.in_(mine),
            Document.direction != Direction.INCOMING,
            Document.voided_at.is_(None),
            Document.id.in_(select(Dispatch.document_id).where(Dispatch.sent_at.is_(None))),
            visible_to(actor),
            waiting > 0,
        )
        .order_by(Document.registered_at, Document.id)
        .limit(limit)
    )
    return list(rows)
