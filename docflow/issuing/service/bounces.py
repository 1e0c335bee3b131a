"""What comes back to the mailbox: a copy whose letter another server refused after ours had handed it over."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.issuing.bounces import read_bounce
from docflow.issuing.models import Dispatch
from docflow.notifications.service import Postman

Settle = Callable[[AsyncSession, bytes], Awaitable[bool]]


def bounces_of(postman: Postman) -> Settle:
    """For the mailbox: is told of each automatic mail, and says whether nobody needs to look at it any more."""

    async def settle(session: AsyncSession, content: bytes) -> bool:
        return await note_bounce(session, postman, content)

    return settle


async def note_bounce(session: AsyncSession, postman: Postman, content: bytes) -> bool:
    """Keep that a copy came back, when the mail reports that of the letter that carried it last.

    Who knows the id of a copy and the Message-ID of its letter has had it in hand: nobody else can forge a report.
    A report about an earlier letter than the last changes nothing, and is dealt with all the same.
    """
    bounce = read_bounce(content)
    if bounce is None:
        return False
    row = await session.scalar(
        select(Dispatch)
        .where(Dispatch.id == UUID(bounce.dispatch_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.letter_effect is None:
        return False
    if postman.message_id(row.letter_effect) != bounce.message_id:
        return False
    if row.bounced_at is not None:
        return True
    row.bounced_at, row.bounce_reason = clock.now(), bounce.reason
    await session.flush()
    await audit.record(
        session,
        None,
        Tag.DISPATCH_BOUNCED,
        "document",
        row.document_id,
        name="mailbox",
        dispatch=str(row.id),
        recipient=row.name,
        reason=bounce.reason,
    )
    return True
