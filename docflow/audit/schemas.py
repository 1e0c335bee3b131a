"""What goes out about the trail."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.web.schemas import Out


class EventOut(Out, frozen=True, kw_only=True):
    """One thing done: who, what, to what, when, from where."""

    id: UUID
    happened_at: datetime
    tag: Tag
    actor_id: UUID | None
    actor_name: str
    on_behalf_of: UUID | None
    """The unit acted for, where the actor acted as one of its people."""
    subject_kind: str
    subject_id: UUID | None
    address: str
    details: dict[str, Any]

    example: ClassVar[dict[str, Any]] = {
        "id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4e01",
        "happened_at": "2026-11-23T01:30:00Z",
        "tag": "document:registered",
        "actor_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01",
        "actor_name": "Trần Thị Bích Ngọc",
        "on_behalf_of": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10",
        "subject_kind": "document",
        "subject_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01",
        "address": "127.0.0.1",
        "details": {"number": "01", "symbol": "05/CT-UBND"},
    }


def event_out(event: AuditEvent) -> EventOut:
    """The event as told."""
    return EventOut(
        id=event.id,
        happened_at=event.happened_at,
        tag=event.tag,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        on_behalf_of=event.on_behalf_of,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        address=event.address,
        details=event.details,
    )
