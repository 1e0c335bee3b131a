"""Proposing what is destroyed, and deciding on it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import NotFound, invalid
from docflow.core.jobs import SLOW, enqueue
from docflow.retention.errors import DecidedByProposer, DisposalDecided, ItemsHidden, NothingToDispose
from docflow.retention.models import Disposal, DisposalItem, DisposalState
from docflow.retention.policy import decide_disposal, decide_in_unit
from docflow.retention.queries import candidates, count_hidden, find_kept, get_disposal, lineage_of
from docflow.retention.schemas import ProposeDisposal, TakenOut
from docflow.retention.terms import Term

TAKEN_OUT = "taken_out"


class Candidate(NamedTuple):
    """A document whose term is over."""

    document_id: UUID
    term: Term


async def find_candidates(session: AsyncSession, actor: Actor, unit_id: UUID, most: int) -> list[Candidate]:
    """What may be destroyed in a unit and those below it, of what the actor sees: the oldest first."""
    lineage = await lineage_of(session, unit_id)
    decide_in_unit(actor, Action.DISPOSAL_PROPOSE, lineage).require()
    today = clock.today()
    rows = (await session.execute(candidates(actor, lineage[-1], today, most))).all()
    # The same rule once more, as a function: what one of the two keeps is kept.
    kept = await find_kept(session, [row.id for row in rows])
    terms = ((row.id, kept[row.id].term) for row in rows if not kept[row.id].is_held)
    return [Candidate(document_id, term) for document_id, term in terms if term.is_over(today)]


async def propose_disposal(session: AsyncSession, actor: Actor, data: ProposeDisposal) -> Disposal:
    """A list of candidates for another to decide on. Raises NothingToDispose."""
    found = await find_candidates(session, actor, data.unit_id, data.most)
    out = _out(data.taken_out, {candidate.document_id for candidate in found})
    if len(out) == len(found):
        raise NothingToDispose
    disposal = Disposal(
        unit_id=data.unit_id,
        title=data.title,
        state=DisposalState.PROPOSED,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    session.add(disposal)
    await session.flush()
    session.add_all(_item(disposal.id, candidate, out.get(candidate.document_id)) for candidate in found)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DISPOSAL_PROPOSED,
        "disposal",
        disposal.id,
        on_behalf_of=disposal.unit_id,
        title=disposal.title,
        documents=[str(candidate.document_id) for candidate in found],
        taken_out={str(document_id): reason for document_id, reason in out.items()},
    )
    return disposal


async def take_out(
    session: AsyncSession, actor: Actor, disposal_id: UUID, version: int, data: TakenOut
) -> Disposal:
    """Keep a document of a list that nobody has decided on yet. Raises DisposalDecided."""
    disposal = await get_disposal(session, actor, disposal_id, lock=True)
    lineage = await lineage_of(session, disposal.unit_id)
    decide_in_unit(actor, Action.DISPOSAL_PROPOSE, lineage).require()
    _require_undecided(disposal)
    require_version(disposal.version, version)
    item = await session.get(DisposalItem, (disposal.id, data.document_id))
    if item is None:
        raise NotFound
    item.kept_back, item.kept_back_note = TAKEN_OUT, data.reason
    disposal.version += 1
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.DISPOSAL_PROPOSED,
        "disposal",
        disposal.id,
        on_behalf_of=disposal.unit_id,
        title=disposal.title,
        taken_out={str(data.document_id): data.reason},
    )
    return disposal


async def approve(
    session: AsyncSession, actor: Actor, disposal_id: UUID, version: int, note: str
) -> Disposal:
    """Have the list carried out. Raises DecidedByProposer, DisposalDecided, ItemsHidden."""
    disposal = await _to_decide(session, actor, disposal_id, version)
    if hidden := await count_hidden(session, actor, disposal.id):
        raise ItemsHidden(hidden=hidden)
    await _decided(session, actor, disposal, DisposalState.APPROVED, note)
    await enqueue(session, "retention.carry_out", queue=SLOW, disposal_id=str(disposal.id))
    return disposal


async def refuse(session: AsyncSession, actor: Actor, disposal_id: UUID, version: int, note: str) -> Disposal:
    """Let nothing of the list be destroyed. Raises DecidedByProposer, DisposalDecided."""
    disposal = await _to_decide(session, actor, disposal_id, version)
    await _decided(session, actor, disposal, DisposalState.REFUSED, note)
    return disposal


async def _to_decide(session: AsyncSession, actor: Actor, disposal_id: UUID, version: int) -> Disposal:
    """The disposal, locked: of two who decide at once the second finds it decided."""
    disposal = await get_disposal(session, actor, disposal_id, lock=True)
    if disposal.proposed_by == actor.person_id:
        raise DecidedByProposer
    decide_disposal(actor, disposal, await lineage_of(session, disposal.unit_id)).require()
    _require_undecided(disposal)
    require_version(disposal.version, version)
    return disposal


async def _decided(
    session: AsyncSession, actor: Actor, disposal: Disposal, state: DisposalState, note: str
) -> None:
    disposal.state, disposal.decision_note = state, note
    disposal.decided_by, disposal.decided_at = actor.person_id, clock.now()
    await session.flush()
    tag = Tag.DISPOSAL_APPROVED if state is DisposalState.APPROVED else Tag.DISPOSAL_REFUSED
    left = select(DisposalItem.document_id).where(
        DisposalItem.disposal_id == disposal.id, DisposalItem.kept_back.is_(None)
    )
    documents = [str(one) for one in await session.scalars(left.order_by(DisposalItem.document_id))]
    await audit.record(
        session,
        actor,
        tag,
        "disposal",
        disposal.id,
        on_behalf_of=disposal.unit_id,
        title=disposal.title,
        note=note,
        documents=documents,
    )


def _require_undecided(disposal: Disposal) -> None:
    if disposal.state is not DisposalState.PROPOSED:
        raise DisposalDecided(state=disposal.state.value)


def _out(taken_out: Sequence[TakenOut], found: set[UUID]) -> dict[UUID, str]:
    for place, one in enumerate(taken_out):
        if one.document_id not in found:
            raise invalid(f"taken_out/{place}/document_id", "not_a_candidate")
    return {one.document_id: one.reason for one in taken_out}


def _item(disposal_id: UUID, candidate: Candidate, out: str | None) -> DisposalItem:
    return DisposalItem(
        disposal_id=disposal_id,
        document_id=candidate.document_id,
        retention=candidate.term.retention,
        kept_until=candidate.term.kept_until,
        reason=candidate.term.reason.value,
        kept_back=None if out is None else TAKEN_OUT,
        kept_back_note=out,
    )
