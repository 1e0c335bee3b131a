"""What comes in and goes out about sites, meetings and answers."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from docflow.access.actions import Action
from docflow.meetings.models import Answer, MeetingState, ParticipantRole
from docflow.web.schemas import In, Out

Aware = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset (RFC 3339)."""
Seats = Annotated[int, Meta(ge=1, le=100_000)]

_CENTRE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
_BRANCH = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d02"
_UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"
_MEETING = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4e01"
_MEMBER = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4f02"
_SUBJECT = "Hội nghị trực tuyến toàn tỉnh về cải cách hành chính"
_STARTS, _ENDS = "2026-12-03T08:00:00+07:00", "2026-12-03T11:30:00+07:00"


class SiteIn(In, kw_only=True):
    """A new site (điểm cầu)."""

    name: str
    kind_code: str
    unit_id: UUID
    room: str = ""
    address: str = ""
    seats: Seats
    technician: str = ""
    technician_phone: str = ""

    example: ClassVar[dict[str, Any]] = {
        "name": "Điểm cầu Sở Nội vụ",
        "kind_code": "department",
        "unit_id": _UNIT,
        "room": "Phòng họp 2",
        "address": "12 Lê Lợi",
        "seats": 30,
        "technician": "Lê Văn Tám",
        "technician_phone": "0912 000 002",
    }


class SiteChange(In, kw_only=True):
    """What changes about a site; fields that are left out stay. ``closed``: it takes no more bookings."""

    name: str | UnsetType = UNSET
    kind_code: str | UnsetType = UNSET
    unit_id: UUID | UnsetType = UNSET
    room: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    seats: Seats | UnsetType = UNSET
    technician: str | UnsetType = UNSET
    technician_phone: str | UnsetType = UNSET
    closed: bool | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {"room": "Phòng họp 3", "closed": False}


class SiteOut(Out, frozen=True, kw_only=True):
    """A site."""

    id: UUID
    name: str
    kind_code: str
    unit_id: UUID
    room: str
    address: str
    seats: int
    technician: str
    technician_phone: str
    closed_at: datetime | None

    example: ClassVar[dict[str, Any]] = {"id": _BRANCH, **SiteIn.example, "closed_at": None}


class SiteKindOut(Out, frozen=True, kw_only=True):
    """A kind of site."""

    code: str
    name_vi: str
    name_en: str

    example: ClassVar[dict[str, Any]] = {
        "code": "department",
        "name_vi": "Điểm cầu cấp sở",
        "name_en": "Department",
    }


class ParticipantIn(In, kw_only=True):
    """Somebody to invite. Their site is one of the meeting's. Without ``person_id`` the address decides."""

    email: str
    name: str
    role: ParticipantRole
    site_id: UUID
    person_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {
        "email": "an.nguyen@tinh.example",
        "name": "Nguyễn Văn An",
        "role": "member",
        "site_id": _BRANCH,
    }


_CHAIR = {
    "email": "pct.binh@tinh.example",
    "name": "Trần Thị Bình",
    "role": "chair",
    "site_id": _CENTRE,
}


class MeetingIn(In, kw_only=True):
    """A meeting to book and to invite to. ``unit_id`` may be left out by whoever organizes for one unit only;
    the central site belongs to the sites whether it is listed or not."""

    unit_id: UUID | None = None
    document_id: UUID | None = None
    subject: str
    description: str = ""
    letter_number: str | None = None
    join_url: str | None = None
    starts_at: Aware
    ends_at: Aware
    central_site_id: UUID
    site_ids: list[UUID]
    participants: list[ParticipantIn]

    example: ClassVar[dict[str, Any]] = {
        "unit_id": _UNIT,
        "subject": _SUBJECT,
        "description": "Đề nghị chuẩn bị báo cáo quý IV.",
        "letter_number": "15/GM-UBND",
        "join_url": "https://hop.tinh.example/cai-cach",
        "starts_at": _STARTS,
        "ends_at": _ENDS,
        "central_site_id": _CENTRE,
        "site_ids": [_CENTRE, _BRANCH],
        "participants": [_CHAIR, ParticipantIn.example],
    }


class SeatIn(In, kw_only=True):
    """At which site a participant will sit."""

    participant_id: UUID
    site_id: UUID

    example: ClassVar[dict[str, Any]] = {"participant_id": _MEMBER, "site_id": _CENTRE}


class MeetingChange(In, kw_only=True):
    """What changes about a meeting; fields that are left out stay, null empties."""

    subject: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    letter_number: str | UnsetType | None = UNSET
    join_url: str | UnsetType | None = UNSET
    starts_at: Aware | UnsetType = UNSET
    ends_at: Aware | UnsetType = UNSET
    central_site_id: UUID | UnsetType = UNSET
    site_ids: list[UUID] | UnsetType = UNSET
    participant_sites: list[SeatIn] | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {
        "starts_at": "2026-12-03T09:00:00+07:00",
        "ends_at": "2026-12-03T12:30:00+07:00",
        "participant_sites": [SeatIn.example],
    }


class ParticipantsIn(In, kw_only=True):
    """People to invite to a meeting that stands."""

    participants: list[ParticipantIn]

    example: ClassVar[dict[str, Any]] = {"participants": [ParticipantIn.example]}


class CancellationIn(In, kw_only=True):
    """Why a meeting is called off; everybody reads it."""

    reason: str

    example: ClassVar[dict[str, Any]] = {"reason": "Bão số 9 đổ bộ"}


class ParticipantOut(Out, frozen=True, kw_only=True):
    """Somebody invited. Address, person and note are null for those who neither organize nor are it."""

    id: UUID
    name: str
    role: ParticipantRole
    site_id: UUID
    answer: Answer
    email: str | None
    person_id: UUID | None
    answer_note: str | None
    answered_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": _MEMBER,
        "name": "Nguyễn Văn An",
        "role": "member",
        "site_id": _BRANCH,
        "answer": "accepted",
        "email": "an.nguyen@tinh.example",
        "person_id": None,
        "answer_note": "",
        "answered_at": "2026-11-24T02:15:00Z",
    }


class MeetingRow(Out, frozen=True, kw_only=True):
    """A meeting in a list."""

    id: UUID
    unit_id: UUID
    subject: str
    letter_number: str | None
    starts_at: datetime
    ends_at: datetime
    central_site_id: UUID
    central_site: str
    state: MeetingState

    example: ClassVar[dict[str, Any]] = {
        "id": _MEETING,
        "unit_id": _UNIT,
        "subject": _SUBJECT,
        "letter_number": "15/GM-UBND",
        "starts_at": "2026-12-03T01:00:00Z",
        "ends_at": "2026-12-03T04:30:00Z",
        "central_site_id": _CENTRE,
        "central_site": "Văn phòng UBND tỉnh",
        "state": "scheduled",
    }


class MeetingSite(Out, frozen=True, kw_only=True):
    """A site of a meeting."""

    id: UUID
    name: str
    room: str
    address: str

    example: ClassVar[dict[str, Any]] = {
        "id": _CENTRE,
        "name": "Văn phòng UBND tỉnh",
        "room": "Hội trường A",
        "address": "1 Trần Phú",
    }


class MeetingOut(Out, frozen=True, kw_only=True):
    """A meeting. Its ETag is that of the plan and the list of participants; answers do not change it.

    ``document_id`` is null for those who may not see the document.
    """

    id: UUID
    unit_id: UUID
    organizer_id: UUID
    document_id: UUID | None
    subject: str
    description: str
    letter_number: str | None
    join_url: str | None
    starts_at: datetime
    ends_at: datetime
    central_site_id: UUID
    sites: list[MeetingSite]
    state: MeetingState
    cancel_reason: str | None
    sequence: int
    """Of the calendar invitation."""
    participants: list[ParticipantOut]
    actions: list[Action]
    """What the reader may do with it."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _MEETING,
        "unit_id": _UNIT,
        "organizer_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c01",
        "document_id": None,
        "subject": _SUBJECT,
        "description": MeetingIn.example["description"],
        "letter_number": "15/GM-UBND",
        "join_url": MeetingIn.example["join_url"],
        "starts_at": "2026-12-03T01:00:00Z",
        "ends_at": "2026-12-03T04:30:00Z",
        "central_site_id": _CENTRE,
        "sites": [MeetingSite.example],
        "state": "scheduled",
        "cancel_reason": None,
        "sequence": 0,
        "participants": [ParticipantOut.example],
        "actions": ["meeting:answer"],
        "version": 1,
    }


class AnswerIn(In, kw_only=True):
    """Whether somebody will attend."""

    answer: Literal["accepted", "declined", "tentative"]
    note: str = ""

    example: ClassVar[dict[str, Any]] = {"answer": "accepted", "note": "Tôi đến lúc 9 giờ."}


class AskedOut(Out, frozen=True, kw_only=True):
    """What an answer link asks, and what was answered to it."""

    subject: str
    starts_at: datetime
    ends_at: datetime
    site: str
    name: str
    answer: Answer
    note: str

    example: ClassVar[dict[str, Any]] = {
        "subject": _SUBJECT,
        "starts_at": "2026-12-03T01:00:00Z",
        "ends_at": "2026-12-03T04:30:00Z",
        "site": "Điểm cầu Sở Nội vụ",
        "name": "Nguyễn Văn An",
        "answer": "needs_action",
        "note": "",
    }
