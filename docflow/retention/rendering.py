"""Rows of retention as bodies that go out."""

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents import policy as documents
from docflow.documents.models import Document
from docflow.documents.queries import list_files
from docflow.dossiers import policy as dossiers
from docflow.dossiers.models import Dossier
from docflow.retention.models import Disposal, DisposalItem, HeldThing, LegalHold, RetentionRule
from docflow.retention.queries import count_hidden, count_items, find_kept, holds_on
from docflow.retention.schemas import (
    CandidateOut,
    DisposalOut,
    FileKept,
    HoldName,
    HoldOut,
    ItemOut,
    RetentionOut,
    RuleOut,
)
from docflow.retention.service.disposals import Candidate


def rule_out(rule: RetentionRule) -> RuleOut:
    return RuleOut(
        id=rule.id,
        unit_id=rule.unit_id,
        kind=rule.kind_code,
        retention=rule.retention,
        source=rule.source,
        version=rule.version,
    )


async def hold_out(session: AsyncSession, actor: Actor, hold: LegalHold) -> HoldOut:
    """A hold with what it names of what the actor sees."""
    of_hold = HeldThing.hold_id == hold.id
    named = await session.scalar(select(func.count()).select_from(HeldThing).where(of_hold)) or 0
    seen = select(HeldThing.document_id).join(Document, Document.id == HeldThing.document_id)
    held = (await session.scalars(seen.where(of_hold, documents.visible_to(actor)))).all()
    seen = select(HeldThing.dossier_id).join(Dossier, Dossier.id == HeldThing.dossier_id)
    filed = (await session.scalars(seen.where(of_hold, dossiers.visible_to(actor)))).all()
    return HoldOut(
        id=hold.id,
        unit_id=hold.unit_id,
        title=hold.title,
        reason=hold.reason,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        released_by=hold.released_by,
        released_at=hold.released_at,
        release_reason=hold.release_reason,
        documents=sorted(one for one in held if one),
        dossiers=sorted(one for one in filed if one),
        hidden=named - len(held) - len(filed),
        version=hold.version,
    )


async def retention_out(session: AsyncSession, actor: Actor, document: Document) -> RetentionOut:
    """Until when a document that the actor sees is kept, and why; the dossier only where they see that too."""
    kept = (await find_kept(session, [document.id]))[document.id]
    term = kept.term
    seen = select(Dossier.id).where(Dossier.id == term.dossier_id, dossiers.visible_to(actor))
    dossier_id = await session.scalar(seen) if term.dossier_id else None
    holds = await holds_on(session, actor, document.id)
    return RetentionOut(
        document_id=document.id,
        retention=term.retention,
        kept_until=term.kept_until,
        reason=term.reason,
        dossier_id=dossier_id,
        rule_id=term.rule_id,
        is_held=kept.is_held,
        holds=[HoldName(id=hold.id, title=hold.title, reason=hold.reason) for hold in holds],
        files=[
            FileKept(
                id=file.id,
                filename=file.filename,
                locked_until=file.locked_until,
                is_held=file.is_held,
                destroyed_at=file.destroyed_at,
            )
            for _, file in await list_files(session, document.id)
        ],
        destroyed_at=document.destroyed_at,
    )


async def candidates_out(session: AsyncSession, found: list[Candidate]) -> list[CandidateOut]:
    """The facts of the register of what was found for the actor."""
    ids = [candidate.document_id for candidate in found]
    rows = await session.scalars(select(Document).where(Document.id.in_(ids)))
    by_id = {document.id: document for document in rows}
    return [_candidate_out(by_id[candidate.document_id], candidate) for candidate in found]


def _candidate_out(document: Document, candidate: Candidate) -> CandidateOut:
    term = candidate.term
    assert term.retention is not None
    assert term.kept_until is not None
    return CandidateOut(
        document_id=document.id,
        symbol=document.symbol,
        issued_on=document.issued_on,
        kind=document.kind_code,
        subject=document.subject,
        issuer=document.issuer,
        retention=term.retention,
        kept_until=term.kept_until,
        reason=term.reason,
    )


def item_out(row: Row[Any]) -> ItemOut:
    """An item whose document the asker sees on the list."""
    item: DisposalItem = row.DisposalItem
    return ItemOut(
        document_id=item.document_id,
        symbol=row.symbol,
        issued_on=row.issued_on,
        kind=row.kind_code,
        subject=row.subject,
        issuer=row.issuer,
        retention=item.retention,
        kept_until=item.kept_until,
        reason=item.reason,
        kept_back=item.kept_back,
        kept_back_note=item.kept_back_note,
        destroyed_at=item.destroyed_at,
        files=item.files,
    )


async def disposal_out(session: AsyncSession, actor: Actor, disposal: Disposal) -> DisposalOut:
    listed, kept_back, destroyed = await count_items(session, disposal.id)
    return DisposalOut(
        id=disposal.id,
        unit_id=disposal.unit_id,
        title=disposal.title,
        state=disposal.state,
        proposed_by=disposal.proposed_by,
        proposed_at=disposal.proposed_at,
        decided_by=disposal.decided_by,
        decided_at=disposal.decided_at,
        decision_note=disposal.decision_note,
        carried_out_at=disposal.carried_out_at,
        digest=disposal.digest.hex() if disposal.digest else None,
        documents=listed,
        kept_back=kept_back,
        destroyed=destroyed,
        hidden=await count_hidden(session, actor, disposal.id),
        version=disposal.version,
    )
