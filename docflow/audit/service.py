"""The one verb: record. It never fails a request for lack of an actor; it writes in the caller's transaction."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock


async def record(
    session: AsyncSession,
    actor: Actor | None,
    tag: Tag,
    subject_kind: str,
    subject_id: UUID | None,
    /,
    *,
    name: str = "",
    address: str = "",
    on_behalf_of: UUID | None = None,
    **details: Any,
) -> None:
    """Append one event. Without an actor, ``name`` says who it was ("worker", an invited address).

    ``on_behalf_of`` is the unit acted for.
    ``details`` are JSON values; put there what a reader of the trail needs to understand the event alone.
    """
    event = event_of(
        actor,
        tag,
        subject_kind,
        subject_id,
        name=name,
        address=address,
        on_behalf_of=on_behalf_of,
        details=details,
    )
    await session.execute(_RECORD, event)


def event_of(
    actor: Actor | None,
    tag: Tag,
    subject_kind: str,
    subject_id: UUID | None,
    /,
    *,
    name: str = "",
    address: str = "",
    on_behalf_of: UUID | None = None,
    details: dict[str, Any],
) -> dict[str, Any]:
    """The row of an event, for a verb that appends it in one statement with what it tells of.

    Of an actor who stands in for somebody, ``standing_in_for`` tells for whom: any of their roles may have been used.
    """
    if actor is not None and actor.standing_in:
        away = [{"id": str(one.person_id), "name": one.name} for one in actor.standing_in]
        details = {**details, "standing_in_for": away}
    return {
        "happened_at": clock.now(),
        "tag": tag,
        "actor_id": actor.person_id if actor else None,
        "actor_name": actor.name if actor else name,
        "on_behalf_of": on_behalf_of,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "address": actor.address if actor else address,
        "details": details,
    }


_RECORD = insert(cast(Table, AuditEvent.__table__))
