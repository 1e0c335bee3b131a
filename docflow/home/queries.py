"""What waits for the asker, gathered from the capabilities below through their own visibility."""

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents import queries as documents
from docflow.documents.rendering import document_row
from docflow.home.schemas import Home, WaitingReceipt
from docflow.meetings import queries as meetings
from docflow.meetings.rendering import meeting_row
from docflow.tasks import queries as tasks
from docflow.tasks.rendering import due_part

SHOWN = 50
"""Rows of each kind; the lists of the capabilities show the rest."""


async def get_home(session: AsyncSession, actor: Actor) -> Home:
    """Receipts to read, tasks due and meetings of today."""
    waiting = await documents.list_waiting(session, actor, SHOWN)
    due = await tasks.list_due(session, actor, SHOWN)
    today = await meetings.list_today(session, actor)
    return Home(
        receipts=[
            WaitingReceipt(id=row.receipt_id, role=row.role, sent_at=row.sent_at, document=document_row(row))
            for row in waiting
        ],
        tasks=[due_part(row) for row in due],
        meetings=[meeting_row(row) for row in today],
    )
