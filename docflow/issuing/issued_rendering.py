"""What was issued as it goes out."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from docflow.core import clock
from docflow.core.working_calendar import vietnam
from docflow.documents.rendering import document_row
from docflow.issuing.models import SuccessionKind
from docflow.issuing.queries.issued import Copy
from docflow.issuing.schemas.issued import (
    DispatchesOut,
    DispatchOut,
    SuccessionOut,
    SuccessionsOut,
    UnsentRow,
)


def dispatch_out(copy: Copy) -> DispatchOut:
    """One copy."""
    row = copy.dispatch
    return DispatchOut(
        id=row.id,
        position=row.position,
        role=row.role,
        channel=row.channel,
        name=row.name,
        email=row.email,
        state=copy.state,
        queued_at=row.queued_at,
        sent_at=copy.sent_at,
        bounced_at=copy.bounced_at,
        bounce_reason=copy.bounce_reason,
        opened_at=copy.opened_at,
        acknowledged_at=copy.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        link_expires_at=copy.link_expires_at,
        recall_asked_at=row.recall_asked_at,
        recall_confirmed_at=row.recall_confirmed_at,
        recall_confirmed_by=row.recall_confirmed_by,
        version=row.version,
    )


def dispatches_out(copies: list[Copy]) -> DispatchesOut:
    """The copies that the asker sees; the counts are of these alone."""
    counts = Counter(copy.state.value for copy in copies)
    counts["recall_asked"] = sum(copy.dispatch.recall_asked_at is not None for copy in copies)
    counts["recall_confirmed"] = sum(copy.dispatch.recall_confirmed_at is not None for copy in copies)
    return DispatchesOut(items=[dispatch_out(copy) for copy in copies], counts=dict(counts))


def unsent_row(row: Row[Any]) -> UnsentRow:
    """An issued document that waits to be sent, with the day by which it has to be (Decree 30, article 17)."""
    send_by = send_by_of(row.issued_on)
    return UnsentRow(
        document=document_row(row),
        waiting=row.waiting,
        send_by=send_by,
        is_overdue=clock.today() > send_by,
    )


def send_by_of(issued_on: date) -> date:
    """The day it is signed, at the latest the next working day."""
    return vietnam([issued_on.year]).next_working_day(issued_on)


def successions_out(
    document_id: UUID, ended: SuccessionKind | None, later: Any, earlier: Any
) -> SuccessionsOut:
    """Both directions."""
    return SuccessionsOut(
        document_id=document_id,
        ended=ended,
        later=[_succession(row) for row in later],
        earlier=[_succession(row) for row in earlier],
    )


def _succession(row: Row[Any]) -> SuccessionOut:
    return SuccessionOut(kind=row.kind, document=document_row(row), reason=row.reason, made_at=row.made_at)
