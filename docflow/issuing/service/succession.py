"""Correcting, replacing and recalling: what was issued is never edited, another document says what holds (domain §1.2)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import invalid
from docflow.documents.models import Document
from docflow.issuing.errors import NotIssued, SucceededAlready
from docflow.issuing.models import Manuscript, Succession, SuccessionKind
from docflow.issuing.queries.issued import find_ending, get_issued

_TAGS = {
    SuccessionKind.CORRECTS: Tag.DOCUMENT_CORRECTED,
    SuccessionKind.REPLACES: Tag.DOCUMENT_REPLACED,
}


async def lock_target(session: AsyncSession, actor: Actor, manuscript: Manuscript) -> Document | None:
    """What the manuscript corrects, replaces or recalls, locked; None when it does nothing of the kind.

    Raises NotFound for what the actor does not see, NotIssued, SucceededAlready, and Invalid for a document that
    another body issued, or that is void.
    """
    if manuscript.target_id is None:
        return None
    target = await get_issued(session, actor, manuscript.target_id, lock=True)
    if target.voided_at is not None:
        raise NotIssued
    if not await _is_of(session, target.unit_id, manuscript.issuing_unit_id):
        raise invalid("target_id", "target_of_another_body")
    ending = await find_ending(session, target.id)
    if not (ending is None or _may_follow(ending, manuscript.succession)):
        raise SucceededAlready
    return target


def _may_follow(ending: SuccessionKind, kind: SuccessionKind | None) -> bool:
    """What was recalled can be replaced afterwards, by the text that holds instead; nothing else follows an end."""
    return (ending, kind) == (SuccessionKind.RECALLS, SuccessionKind.REPLACES)


async def succeed(
    session: AsyncSession, actor: Actor, kind: SuccessionKind, later: Document, target: Document, reason: str
) -> None:
    """Write that ``later`` does this to ``target``. The database refuses to do either end to a document twice."""
    session.add(
        Succession(
            document_id=later.id,
            kind=kind,
            target_id=target.id,
            reason=reason,
            made_by=actor.person_id,
            made_at=clock.now(),
        )
    )
    await session.flush()
    if kind in _TAGS:
        told = {"by": str(later.id), "symbol": later.symbol, "reason": reason}
        await audit.record(
            session, actor, _TAGS[kind], "document", target.id, on_behalf_of=later.unit_id, **told
        )


async def _is_of(session: AsyncSession, unit_id: UUID, body_id: UUID) -> bool:
    """Whether this is the body, or one that it succeeded, however many took over from each other."""
    seen: set[UUID] = set()
    at: UUID | None = unit_id
    while at is not None and at not in seen:
        if at == body_id:
            return True
        seen.add(at)
        at = await session.scalar(select(Unit.successor_id).where(Unit.id == at))
    return False
