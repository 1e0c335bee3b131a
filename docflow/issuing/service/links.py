"""What people without an account do by the personal link of a letter: fetch the document, say that they have it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.files.models import File
from docflow.issuing.errors import DispatchLinkEnded
from docflow.issuing.queries.issued import Followed, get_linked, main_file


async def fetch(session: AsyncSession, token: str, address: str) -> File:
    """The document's file, recorded as opened. Raises DispatchLinkEnded, after a recall too."""
    followed = await get_linked(session, token, lock=True)
    row = followed.dispatch
    file = await main_file(session, followed.document.id)
    if row.recall_asked_at is not None or file is None:
        raise DispatchLinkEnded
    row.opened_at = row.opened_at or clock.now()
    await session.flush()
    await _record(session, followed, Tag.DISPATCH_OPENED, address, file=file.filename)
    return file


async def acknowledge(session: AsyncSession, token: str, address: str) -> None:
    """Say that the document arrived; a second time changes nothing. Raises DispatchLinkEnded, after a recall too."""
    followed = await get_linked(session, token, lock=True)
    row = followed.dispatch
    if row.recall_asked_at is not None:
        raise DispatchLinkEnded
    if row.acknowledged_at is not None:
        return
    row.acknowledged_at, row.acknowledged_by = clock.now(), row.name
    await session.flush()
    await _record(session, followed, Tag.DISPATCH_ACKNOWLEDGED, address)


async def confirm_destroyed(session: AsyncSession, token: str, address: str) -> None:
    """Say that the recalled copy was destroyed or given back; once. Raises DispatchLinkEnded when nobody asked."""
    followed = await get_linked(session, token, lock=True)
    row = followed.dispatch
    if row.recall_asked_at is None:
        raise DispatchLinkEnded
    if row.recall_confirmed_at is not None:
        return
    row.recall_confirmed_at, row.recall_confirmed_by = clock.now(), row.name
    await session.flush()
    await _record(session, followed, Tag.DISPATCH_RECALL_CONFIRMED, address)


async def _record(session: AsyncSession, followed: Followed, tag: Tag, address: str, **details: str) -> None:
    """In the trail of the document, under the name of whoever the link was sent to."""
    row, document = followed.dispatch, followed.document
    told: dict[str, Any] = {"dispatch": str(row.id), "by": "link", **details}
    await audit.record(session, None, tag, "document", document.id, name=row.name, address=address, **told)
