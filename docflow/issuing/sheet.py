"""Lines of the circulation sheet about an issued document: its issue, its copies, and what came after it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.core.messages import Language
from docflow.documents.models import Direction, Document
from docflow.documents.sheet import Receivers, SheetLine
from docflow.issuing.models import Manuscript
from docflow.issuing.queries.issued import Copy, list_copies, list_earlier, list_later


async def issued_lines(
    session: AsyncSession, actor: Actor, document: Document, language: Language
) -> list[SheetLine]:
    """What the actor, who sees the document, may see of it; nothing of what came in."""
    if document.direction is Direction.INCOMING:
        return []
    copies = await list_copies(session, actor, document)
    names = await _names(session, {document.registered_by, *(copy.dispatch.sent_by for copy in copies)})
    lines = await _issue(session, document, names)
    lines += _sent(copies, names)
    for copy in copies:
        lines += _heard(copy)
    later = await list_later(session, actor, document.id)
    earlier = await list_earlier(session, actor, document.id)
    lines += [_succession(row, f"issuing_later_{row.kind.value}") for row in later]
    return lines + [_succession(row, f"issuing_{row.kind.value}") for row in earlier]


async def _issue(session: AsyncSession, document: Document, names: dict[UUID, str]) -> list[SheetLine]:
    """Signing and issue, of what was written here."""
    manuscript = await session.scalar(select(Manuscript).where(Manuscript.document_id == document.id))
    by = names.get(document.registered_by, "")
    lines = [SheetLine(at=document.registered_at, what="issuing_issued", by=by, text=document.symbol)]
    if manuscript is not None and manuscript.signed_at is not None:
        signer = document.signer_name
        lines.insert(0, SheetLine(at=manuscript.signed_at, what="issuing_signed", by=signer))
    return lines


def _sent(copies: Iterable[Copy], names: dict[UUID, str]) -> list[SheetLine]:
    """One line for what was sent at one time, whoever got it."""
    groups: dict[tuple[datetime, UUID], dict[str, list[str]]] = {}
    for copy in copies:
        row = copy.dispatch
        roles = groups.setdefault((row.queued_at, row.sent_by), {})
        roles.setdefault(row.role.value, []).append(row.name)
    return [
        SheetLine(
            at=at,
            what="issuing_dispatched",
            by=names.get(by, ""),
            to=tuple(Receivers(role=None, names=tuple(named)) for named in roles.values()),
        )
        for (at, by), roles in groups.items()
    ]


def _heard(copy: Copy) -> list[SheetLine]:
    row = copy.dispatch
    told = (
        (copy.acknowledged_at, "issuing_acknowledged", row.acknowledged_by or row.name, ""),
        (copy.bounced_at, "issuing_bounced", row.name, copy.bounce_reason or ""),
        (row.recall_confirmed_at, "issuing_recall_confirmed", row.recall_confirmed_by or row.name, ""),
    )
    return [SheetLine(at=at, what=what, by=by, text=text) for at, what, by, text in told if at]


def _succession(row: Any, what: str) -> SheetLine:
    return SheetLine(at=row.made_at, what=what, by=row.issuer, text=f"{row.symbol}: {row.reason}")


async def _names(session: AsyncSession, people: set[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(Person.id, Person.full_name).where(Person.id.in_(people)))
    return {row.id: row.full_name for row in rows}
