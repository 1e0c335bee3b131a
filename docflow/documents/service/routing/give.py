"""Writing receipts and readers: the one place where a document is given to somebody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.addressees import Addressee
from docflow.core import clock
from docflow.documents.models import Document, ReceiptRole, ReceiptState
from docflow.documents.models.words import URGENCIES

_ADD_RECEIPTS = text(
    """
    INSERT INTO receipt
        (document_id, parent_id, acquaintance_id, sent_by, sent_at, note, urgency_rank, principal_no, role, due_at,
         reply_required)
    SELECT CAST(:document AS uuid), CAST(:parent AS uuid), CAST(:acquaintance AS uuid), CAST(:sender AS uuid),
        CAST(:now AS timestamptz), :note, :urgency, given.principal_no, given.role, given.due_at, given.reply_required
    FROM unnest(
        CAST(:principals AS int[]), CAST(:roles AS text[]), CAST(:dues AS timestamptz[]),
        CAST(:replies AS boolean[])
    ) WITH ORDINALITY AS given (principal_no, role, due_at, reply_required, place)
    ORDER BY given.place
    ON CONFLICT (document_id, principal_no, role) WHERE state IN ('waiting', 'forwarded') DO NOTHING
    RETURNING id, principal_no, role
    """
)
"""One statement, however many there are. Who has it open in that role is not given it twice."""

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


class Giving(msgspec.Struct, frozen=True):
    """To whom, for what, until when."""

    to: Addressee
    role: ReceiptRole
    due_at: datetime | None = None
    reply_required: bool = False


class Given(msgspec.Struct, frozen=True):
    """A receipt that was written."""

    receipt_id: UUID
    parent_id: UUID | None
    to: Addressee
    role: ReceiptRole
    due_at: datetime | None

    @property
    def told(self) -> dict[str, Any]:
        """As the trail tells it."""
        return {
            "receipt": str(self.receipt_id),
            "parent": str(self.parent_id) if self.parent_id else None,
            "principal": self.to.principal_no,
            "role": self.role.value,
            "from": None,
            "to": ReceiptState.WAITING.value,
        }


async def give(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    to: Sequence[Giving],
    note: str,
    *,
    parent_id: UUID | None = None,
    acquaintance_id: UUID | None = None,
) -> list[Given]:
    """Write receipts and readers, in the order named; those that are new. For verbs that have decided already."""
    wanted = {(one.to.principal_no, one.role): one for one in reversed(to)}
    wanted = dict(reversed(wanted.items()))
    stored = await session.execute(
        _ADD_RECEIPTS,
        {
            "document": document.id,
            "parent": parent_id,
            "acquaintance": acquaintance_id,
            "sender": actor.person_id,
            "now": clock.now(),
            "note": note,
            "urgency": URGENCIES.index(document.urgency),
            "principals": [one.to.principal_no for one in wanted.values()],
            "roles": [one.role.value for one in wanted.values()],
            "dues": [one.due_at for one in wanted.values()],
            "replies": [one.reply_required for one in wanted.values()],
        },
    )
    given = []
    for row in stored:
        one = wanted[row.principal_no, ReceiptRole(row.role)]
        given.append(Given(row.id, parent_id, one.to, one.role, one.due_at))
    readers = [one.to.principal_no for one in to]
    await session.execute(_ADD_READERS, {"id": document.id, "more": readers, "now": clock.now()})
    return given
