"""What comes in and goes out about directions, tasks, parts and their statistics."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.core.working_calendar import TermUnit
from docflow.tasks.models import PartRole, PartState
from docflow.tasks.workflow import Step, TaskState
from docflow.web.schemas import In, Out

_ID = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4f01"
_PART = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4f02"
_DIRECTION = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4f03"
_DOCUMENT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
_REPLY = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d02"
_LEADER = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c02"
_LEAD = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c11"
_OTHER = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c12"

Prose = Annotated[str, Meta(max_length=5000)]
Words = Annotated[str, Meta(min_length=1, max_length=5000)]
Units = Annotated[list[UUID], Meta(max_length=2000)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class Due(In, kw_only=True):
    """A term; day 1 is the day after today, and it ends on a working day."""

    amount: Annotated[int, Meta(ge=1, le=1000)]
    unit: TermUnit = TermUnit.WORKING_DAYS

    example: ClassVar[dict[str, Any]] = {"amount": 10, "unit": "working_days"}


class TaskIn(In, kw_only=True):
    """One deadline for one group of units: ``due`` or ``due_on``, never both."""

    lead_unit_id: UUID
    coordinator_unit_ids: Units = msgspec.field(default_factory=list)
    content: Prose = ""
    """The direction's when left out."""
    due: Due | None = None
    due_on: date | None = None

    example: ClassVar[dict[str, Any]] = {
        "lead_unit_id": _LEAD,
        "coordinator_unit_ids": [_OTHER],
        "due": Due.example,
    }


class Direct(In, kw_only=True):
    """What a leader writes on a document (bút phê), and what follows from it."""

    content: Words
    tasks: Annotated[list[TaskIn], Meta(min_length=1, max_length=50)]
    information_unit_ids: Units = msgspec.field(default_factory=list)
    """Units that get the document to know of it."""

    example: ClassVar[dict[str, Any]] = {
        "content": "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu, báo cáo UBND tỉnh.",
        "tasks": [TaskIn.example],
    }


class GiveBack(In, kw_only=True):
    """Why the unit gives its part back."""

    reason: Words

    example: ClassVar[dict[str, Any]] = {"reason": "Không thuộc chức năng, nhiệm vụ của đơn vị."}


class Progress(In, kw_only=True):
    """How far the part is. A hundred percent is reached by completing it."""

    percent: Percent
    note: Prose = ""

    example: ClassVar[dict[str, Any]] = {"percent": 40, "note": "Đã tổng hợp số liệu của bốn đơn vị."}


class Complete(In, kw_only=True):
    """The end of a part, with the outgoing document of the unit that answers, if there is one."""

    note: Prose = ""
    result_document_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {"note": "Đã báo cáo UBND tỉnh.", "result_document_id": _REPLY}


class ReportOut(Out, frozen=True, kw_only=True):
    """What a unit reported."""

    id: UUID
    percent: int
    note: str
    reported_by: UUID
    reporter_name: str
    reported_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "percent": 40,
        "note": "Đã tổng hợp số liệu của bốn đơn vị.",
        "reported_by": _LEADER,
        "reporter_name": "Lê Thị Hồng Hạnh",
        "reported_at": "2026-11-25T03:00:00Z",
    }


class PartDetail(Out, frozen=True, kw_only=True):
    """How a unit fares with its part; only for those who answer for it, lead it or oversee it."""

    percent: int
    accepted_at: datetime | None
    returned_at: datetime | None
    return_reason: str | None
    finished_at: datetime | None
    result_document_id: UUID | None
    reports: list[ReportOut]

    example: ClassVar[dict[str, Any]] = {
        "percent": 40,
        "accepted_at": "2026-11-23T03:00:00Z",
        "returned_at": None,
        "return_reason": None,
        "finished_at": None,
        "result_document_id": None,
        "reports": [ReportOut.example],
    }


class PartOut(Out, frozen=True, kw_only=True):
    """One unit's share in a task. ``version`` is its ETag; ``steps`` are what the asker may do to it now."""

    id: UUID
    task_id: UUID
    unit_id: UUID
    unit_name: str
    role: PartRole
    state: PartState
    due_at: datetime
    overdue: bool
    detail: PartDetail | None
    """Null where the asker may know only who takes part and how far they are."""
    steps: list[Step]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _PART,
        "task_id": _ID,
        "unit_id": _LEAD,
        "unit_name": "Sở Nội vụ",
        "role": "lead",
        "state": "accepted",
        "due_at": "2026-12-04T10:00:00Z",
        "overdue": False,
        "detail": PartDetail.example,
        "steps": ["report", "complete", "return"],
        "version": 3,
    }


class TaskOut(Out, frozen=True, kw_only=True):
    """A task with its parts, the lead's first. Overdue: not completed when its last day's work ended."""

    id: UUID
    direction_id: UUID
    document_id: UUID
    content: str
    state: TaskState
    assigned_at: datetime
    original_due_on: date
    due_at: datetime
    completed_at: datetime | None
    overdue: bool
    parts: list[PartOut]

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "direction_id": _DIRECTION,
        "document_id": _DOCUMENT,
        "content": "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu, báo cáo UBND tỉnh.",
        "state": "in_progress",
        "assigned_at": "2026-11-20T02:00:00Z",
        "original_due_on": "2026-12-04",
        "due_at": "2026-12-04T10:00:00Z",
        "completed_at": None,
        "overdue": False,
        "parts": [PartOut.example],
    }


class DirectionOut(Out, frozen=True, kw_only=True):
    """What a leader wrote on a document, with the tasks of it that the asker sees."""

    id: UUID
    document_id: UUID
    leader_id: UUID
    leader_name: str
    content: str
    directed_at: datetime
    tasks: list[TaskOut]

    example: ClassVar[dict[str, Any]] = {
        "id": _DIRECTION,
        "document_id": _DOCUMENT,
        "leader_id": _LEADER,
        "leader_name": "Nguyễn Văn Ánh",
        "content": "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu, báo cáo UBND tỉnh.",
        "directed_at": "2026-11-20T02:00:00Z",
        "tasks": [TaskOut.example],
    }


class DuePart(Out, frozen=True, kw_only=True):
    """A part on a board, with what it is about; boards are in the order in which parts are due."""

    id: UUID
    task_id: UUID
    document_id: UUID
    number: str
    """Of the document in its register."""
    symbol: str
    subject: str
    content: str
    unit_id: UUID
    unit_name: str
    role: PartRole
    state: PartState
    percent: int
    due_at: datetime
    overdue: bool
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _PART,
        "task_id": _ID,
        "document_id": _DOCUMENT,
        "number": "01",
        "symbol": "05/CT-UBND",
        "subject": "Về việc nâng cao Chỉ số cải cách hành chính",
        "content": "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu, báo cáo UBND tỉnh.",
        "unit_id": _LEAD,
        "unit_name": "Sở Nội vụ",
        "role": "lead",
        "state": "accepted",
        "percent": 40,
        "due_at": "2026-12-04T10:00:00Z",
        "overdue": False,
        "version": 3,
    }


class Counts(Out, frozen=True, kw_only=True):
    """The four ways, and the share of late work among all of it, from 0 to 1."""

    done_on_time: int
    done_late: int
    open_in_time: int
    open_late: int
    late_rate: float

    example: ClassVar[dict[str, Any]] = {
        "done_on_time": 7,
        "done_late": 1,
        "open_in_time": 1,
        "open_late": 1,
        "late_rate": 0.2,
    }


class UnitCounts(Counts, frozen=True, kw_only=True):
    """The four ways of one unit."""

    unit_id: UUID
    unit_name: str

    example: ClassVar[dict[str, Any]] = {**Counts.example, "unit_id": _LEAD, "unit_name": "Sở Nội vụ"}


class StatisticsOut(Out, frozen=True, kw_only=True):
    """The statistic of parts due in a period, both days included. Units without any are left out."""

    since: date
    until: date
    role: PartRole | None
    """Null: of leads and coordinators together."""
    total: Counts
    units: list[UnitCounts]

    example: ClassVar[dict[str, Any]] = {
        "since": "2026-01-01",
        "until": "2026-12-31",
        "role": "lead",
        "total": Counts.example,
        "units": [UnitCounts.example],
    }
