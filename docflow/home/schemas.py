"""What waits for somebody."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from docflow.documents.models import ReceiptRole
from docflow.documents.schemas import DocumentRow
from docflow.meetings.schemas import MeetingRow
from docflow.tasks.schemas import DuePart
from docflow.web.schemas import Out


class WaitingReceipt(Out, frozen=True, kw_only=True):
    """A document that was given to me or my unit and that nobody has acknowledged."""

    id: UUID
    role: ReceiptRole
    sent_at: datetime
    document: DocumentRow

    example: ClassVar[dict[str, Any]] = {
        "id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d02",
        "role": "information",
        "sent_at": "2026-11-23T02:00:00Z",
        "document": DocumentRow.example,
    }


class Home(Out, frozen=True, kw_only=True):
    """Receipts to read, the oldest first; tasks due, the soonest first; meetings of today."""

    receipts: list[WaitingReceipt]
    tasks: list[DuePart]
    meetings: list[MeetingRow]

    example: ClassVar[dict[str, Any]] = {
        "receipts": [WaitingReceipt.example],
        "tasks": [DuePart.example],
        "meetings": [MeetingRow.example],
    }
