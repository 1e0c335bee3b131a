"""A document locked with all its receipts, and the writing of what a step changes in them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Principal
from docflow.core import clock
from docflow.core.db import require_version
from docflow.documents import queries
from docflow.documents.models import Document, Receipt, ReceiptState
from docflow.documents.policy import decide_receipt
from docflow.documents.routing import OPEN, Change, Held, Step, Tree, next_state
from docflow.documents.service.routing.following import FollowReceipts

_CHANGE = text(
    """
    UPDATE receipt SET version = version + 1, state = change.state,
        reply_id = COALESCE(change.reply_id, receipt.reply_id),
        handled_at = CASE WHEN change.state = 'waiting' THEN handled_at ELSE COALESCE(handled_at, :now) END,
        ended_at = CASE WHEN change.state IN ('waiting', 'forwarded') THEN NULL ELSE CAST(:now AS timestamptz) END,
        ended_by = CASE WHEN change.state IN ('waiting', 'forwarded') THEN NULL ELSE CAST(:actor AS uuid) END,
        end_note = change.note
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:replies AS uuid[]), CAST(:notes AS text[])
    ) AS change (id, state, reply_id, note)
    WHERE receipt.id = change.id
    """
)
"""One statement, however many there are."""

_WITHDRAW = text(
    """
    WITH gone AS (
        SELECT principal_no FROM receipt WHERE document_id = :id
        GROUP BY principal_no HAVING bool_and(state = 'recalled')
    ), kept AS (
        SELECT unnest(COALESCE(permitted, ARRAY[(SELECT no FROM principal WHERE unit_id = document.unit_id)]))
            AS principal_no
        FROM document WHERE id = :id
    )
    UPDATE document SET readers = ARRAY(
        SELECT reader FROM unnest(readers) AS reader
        WHERE reader NOT IN (SELECT principal_no FROM gone)
           OR reader IN (SELECT principal_no FROM kept)
        ORDER BY reader
    ) WHERE id = :id
    """
)
"""Whoever was only a reader by receipts that were all recalled is one no more."""

_WAITS_AGAIN = text(
    """
    UPDATE document SET passed_on_at = NULL
    WHERE id = :id AND direction = 'incoming' AND passed_on_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM receipt WHERE document_id = :id AND state NOT IN ('returned', 'recalled')
    )
    """
)
"""What everybody returned or had taken back is with nobody: its registry has it on the desk again."""


class Routing(msgspec.Struct, frozen=True):
    """A locked document, and its receipts as they are under the lock."""

    document: Document
    tree: Tree
    versions: dict[UUID, int]


async def begin(
    session: AsyncSession, actor: Actor, receipt_id: UUID, version: int, step: Step
) -> tuple[Routing, Held]:
    """The first three beats of every verb on a receipt: it, with all receipts of its document, which is locked.

    Whoever saw it when the verb began is told what became of it, also when that took it out of their sight.
    Raises NotFound, NotAllowed, the fact of ``documents.routing`` that it has ended, and Stale.
    """
    row = await queries.get_receipt(session, actor, receipt_id)
    decide_receipt(actor, step, queries.place_of(row)).require()
    routing = await lock(session, row.Receipt.document_id)
    held = routing.tree[receipt_id]
    next_state(held.state, step)
    require_version(routing.versions[receipt_id], version)
    return routing, held


async def lock(session: AsyncSession, document_id: UUID) -> Routing:
    """For a verb on a document that its actor sees: lock it, and read its receipts."""
    document = await session.get_one(
        Document, document_id, with_for_update={"key_share": True}, populate_existing=True
    )
    return Routing(document, *await _receipts(session, document_id))


async def read(session: AsyncSession, document: Document) -> Routing:
    """The receipts of a document that the verb has locked already."""
    return Routing(document, *await _receipts(session, document.id))


async def _receipts(session: AsyncSession, document_id: UUID) -> tuple[Tree, dict[UUID, int]]:
    rows = await session.execute(
        select(
            *(Receipt.id, Receipt.parent_id, Receipt.principal_no, Receipt.role, Receipt.state),
            *(Receipt.reply_required, Receipt.reply_id, Receipt.acquaintance_id, Receipt.version),
            Principal.unit_id,
        )
        .join(Principal, Principal.no == Receipt.principal_no)
        .where(Receipt.document_id == document_id)
        .order_by(Receipt.id)
    )
    tree, versions = Tree(()), {}
    for row in rows:
        versions[row.id] = row.version
        tree.add(
            Held(
                id=row.id,
                parent_id=row.parent_id,
                principal_no=row.principal_no,
                unit_id=row.unit_id,
                role=row.role,
                state=row.state,
                reply_required=row.reply_required,
                reply_id=row.reply_id,
                by_list=row.acquaintance_id is not None,
            )
        )
    return tree, versions


async def carry_out(
    session: AsyncSession,
    actor: Actor,
    follow: FollowReceipts,
    routing: Routing,
    changes: Sequence[Change],
    note: str = "",
) -> dict[str, Any]:
    """Write the changes, and whatever follows of them, to the end; the details for the trail.

    ``note`` stays with the first receipt that changed and with everything that was returned or recalled.
    """
    written: list[Change] = []
    told: list[dict[str, Any]] = []
    upcoming = list(changes)
    while upcoming:
        await write(session, actor, upcoming, note, first=not written)
        written += upcoming
        followed = await follow(session, actor, routing.document, upcoming, note)
        told += followed.told
        upcoming = [
            change
            for receipt_id in followed.closing
            if routing.tree[receipt_id].is_open
            for change in routing.tree.close(receipt_id)
        ]
    if any(change.after is ReceiptState.RECALLED for change in written):
        await session.execute(_WITHDRAW, {"id": routing.document.id})
    if any(change.after in {ReceiptState.RETURNED, ReceiptState.RECALLED} for change in written):
        await session.execute(_WAITS_AGAIN, {"id": routing.document.id})
    details: dict[str, Any] = {"changes": trail_of(written)}
    return {**details, "parts": told} if told else details


async def write(
    session: AsyncSession, actor: Actor, changes: Sequence[Change], note: str, *, first: bool = True
) -> None:
    """Write changes alone: for those that nothing follows. ``first``: the note is also about the first of them."""
    last = {change.receipt_id: change for change in changes}
    said = changes[0].receipt_id if first else None
    notes = [
        note
        if change.after in {ReceiptState.RETURNED, ReceiptState.RECALLED}
        or (change.receipt_id == said and change.after not in OPEN and note)
        else None
        for change in last.values()
    ]
    await session.execute(
        _CHANGE,
        {
            "ids": list(last),
            "states": [change.after.value for change in last.values()],
            "replies": [change.reply_id for change in last.values()],
            "notes": notes,
            "now": clock.now(),
            "actor": actor.person_id,
        },
    )


def trail_of(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Which receipt went from which state to which: told in order, the trail replays to the present state."""
    return [
        {
            "receipt": str(change.receipt_id),
            "from": change.before.value,
            "to": change.after.value,
            **({"reply": str(change.reply_id)} if change.reply_id else {}),
        }
        for change in changes
    ]
