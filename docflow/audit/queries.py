"""Reading the trail. Whoever calls has decided that the actor may."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.paging import key_of


class EventFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What the trail is narrowed to; None: not narrowed."""

    tag: Tag | None = None
    actor_id: UUID | None = None
    subject_kind: str | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_events(
    session: AsyncSession, filters: EventFilters, *, cursor: str | None, limit: int
) -> Sequence[AuditEvent]:
    """Events in the order in which they happened; ``limit + 1`` at most."""
    after = key_of(cursor, UUID)
    wanted = [
        (filters.tag, AuditEvent.tag == filters.tag),
        (filters.actor_id, AuditEvent.actor_id == filters.actor_id),
        (filters.subject_kind, AuditEvent.subject_kind == filters.subject_kind),
        (filters.subject_id, AuditEvent.subject_id == filters.subject_id),
        (filters.since, AuditEvent.happened_at >= filters.since),
        (filters.until, AuditEvent.happened_at < filters.until),
        (after, AuditEvent.id > after[0] if after else None),
    ]
    conditions = [condition for value, condition in wanted if value is not None and condition is not None]
    statement = select(AuditEvent).where(*conditions).order_by(AuditEvent.id).limit(limit + 1)
    return (await session.scalars(statement)).all()
