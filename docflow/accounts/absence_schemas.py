"""What comes in and goes out about absences."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from docflow.web.schemas import In, Out

_PERSON = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01"
_SUBSTITUTE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c02"
_ABSENCE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c40"


class SetAbsence(In, kw_only=True):
    """From ``starts_on`` until ``ends_on``, the first day back, a person is away; a substitute acts for them."""

    starts_on: date
    ends_on: date
    substitute_id: UUID | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""

    example: ClassVar[dict[str, Any]] = {
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-08",
        "substitute_id": _PERSON,
        "reason": "Nghỉ phép",
    }


class StandingInOut(Out, frozen=True, kw_only=True):
    """Somebody for whom you act until ``until``, the first day on which they are back."""

    person_id: UUID
    name: str
    until: date

    example: ClassVar[dict[str, Any]] = {
        "person_id": _PERSON,
        "name": "Nguyễn Tiến Đạt",
        "until": "2026-12-08",
    }


class UncoveredOut(Out, frozen=True, kw_only=True):
    """Somebody for whom a person was to stand in on days on which that person is away too."""

    person_id: UUID
    name: str
    starts_on: date
    ends_on: date

    example: ClassVar[dict[str, Any]] = {
        "person_id": _SUBSTITUTE,
        "name": "Nguyễn Tiến Đạt",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-08",
    }


class AbsenceOut(Out, frozen=True, kw_only=True):
    """An absence. ``ends_on`` is the first day back. The reason is told to the person and to whoever may set it."""

    id: UUID
    person_id: UUID
    substitute_id: UUID | None
    substitute_name: str | None
    starts_on: date
    ends_on: date
    reason: str | None
    cancelled_at: datetime | None
    uncovered: list[UncoveredOut]

    example: ClassVar[dict[str, Any]] = {
        "id": _ABSENCE,
        "person_id": _PERSON,
        "substitute_id": _SUBSTITUTE,
        "substitute_name": "Nguyễn Tiến Đạt",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-08",
        "reason": "Nghỉ phép",
        "cancelled_at": None,
        "uncovered": [],
    }
