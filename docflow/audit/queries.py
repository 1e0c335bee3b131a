"""Reading the trail. Whoever calls has decided that the actor may."""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import eq, ge, gt, lt
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.paging import key_of

Compare = Callable[[Any, Any], ColumnElement[bool]]


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
    wanted: list[tuple[Any, Compare, Any]] = [
        (AuditEvent.tag, eq, filters.tag),
        (AuditEvent.actor_id, eq, filters.actor_id),
        (AuditEvent.subject_kind, eq, filters.subject_kind),
        (AuditEvent.subject_id, eq, filters.subject_id),
        (AuditEvent.happened_at, ge, filters.since),
        (AuditEvent.happened_at, lt, filters.until),
        (AuditEvent.id, gt, after[0] if after else None),
    ]
    conditions = [compare(column, value) for column, compare, value in wanted if value is not None]
    statement = select(AuditEvent).where(*conditions).order_by(AuditEvent.id).limit(limit + 1)
    return (await session.scalars(statement)).all()
