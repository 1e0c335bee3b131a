"""What comes in and goes out about rules, submitting and deciding."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.access.roles import Role
from docflow.documents.schemas.fields import ID, UNIT, Prose
from docflow.issuing.models import StepKind, StepPlace, StepState
from docflow.web.schemas import In, Out

Verdict = Literal["ok", "wrong", "not_applicable"]


class SubmitManuscript(In, kw_only=True):
    """Asking for the decisions that the rules want."""

    note: Prose = ""
    confirm_unsettled: bool = False
    """Submit although comments are not settled."""

    example: ClassVar[dict[str, Any]] = {"note": "Kính trình đồng chí xem xét."}


class TakeBack(In, kw_only=True):
    """Why it goes back to be written further."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]

    example: ClassVar[dict[str, Any]] = {"reason": "Sửa lại thời hạn báo cáo."}


class Checked(In, kw_only=True):
    """What the registry says of one item of the check of form."""

    code: Annotated[str, Meta(min_length=1, max_length=50)]
    verdict: Verdict
    note: Annotated[str, Meta(max_length=500)] = ""

    example: ClassVar[dict[str, Any]] = {"code": "margins", "verdict": "ok", "note": "Bản in đã đo."}


class DecideStep(In, kw_only=True):
    """A decision. ``number`` is the version that was read, and ``If-Match`` the version of the step."""

    decision: Literal["pass", "send_back"]
    number: Annotated[int, Meta(ge=1)]
    note: Prose = ""
    """Why it is sent back; may be left out when it is passed."""
    checklist: Annotated[list[Checked], Meta(max_length=50)] = msgspec.field(default_factory=list)
    """Of a check of form: your word on items. What the program did not find in order needs one to be passed."""

    example: ClassVar[dict[str, Any]] = {"decision": "pass", "number": 2, "checklist": [Checked.example]}


class ChecklistItemOut(Out, frozen=True, kw_only=True):
    """One item of the check of form: what the program found, and what the registry says."""

    code: str
    label: str
    found: Literal["ok", "wrong", "not_found"]
    detail: str
    verdict: Verdict | None
    note: str

    example: ClassVar[dict[str, Any]] = {
        "code": "paper",
        "label": "Khổ giấy A4",
        "found": "ok",
        "detail": "210 × 297 mm",
        "verdict": None,
        "note": "",
    }


class StepOut(Out, frozen=True, kw_only=True):
    """A decision that a manuscript needs, or had."""

    id: UUID
    round: int
    position: int
    kind: StepKind
    unit_id: UUID
    unit_name: str
    role: Role | None
    person_id: UUID | None
    person_name: str | None
    state: StepState
    has_its_turn: bool
    number: int | None
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    note: str
    checklist: list[ChecklistItemOut]
    """Of a check of form: while it waits what the program finds now, then what was decided on."""
    is_mine: bool
    """Whether you decide in it."""
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "round": 1,
        "position": 1,
        "kind": "content",
        "unit_id": UNIT,
        "unit_name": "Sở Nội vụ",
        "role": "unit_head",
        "person_id": None,
        "person_name": None,
        "state": "waiting",
        "has_its_turn": True,
        "number": None,
        "decided_by": None,
        "decided_by_name": None,
        "decided_at": None,
        "note": "",
        "checklist": [ChecklistItemOut.example],
        "is_mine": True,
        "version": 1,
    }


class RuleStepIn(In, kw_only=True):
    """One step of a way. Steps of the same position are taken side by side.

    Somebody with a ``role`` in the drafting or the issuing unit, one ``person_id``, or, at the place ``signer``, whoever
    is named as signer.
    """

    position: Annotated[int, Meta(ge=1, le=20)]
    kind: StepKind
    place: StepPlace
    role: Role | None = None
    person_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {
        "position": 1,
        "kind": "content",
        "place": "drafting",
        "role": "unit_head",
    }


_WAY: list[dict[str, Any]] = [
    RuleStepIn.example,
    {"position": 2, "kind": "form", "place": "issuing", "role": "registry_clerk"},
    {"position": 3, "kind": "approval", "place": "signer"},
]


class ReplaceRules(In, kw_only=True):
    """The whole way of one body and kind; none, of every one. Without steps the next less exact way holds."""

    unit_id: UUID | None = None
    kind: str | None = None
    steps: Annotated[list[RuleStepIn], Meta(max_length=20)]

    example: ClassVar[dict[str, Any]] = {"unit_id": UNIT, "kind": "report", "steps": _WAY}


class RuleStepOut(Out, frozen=True, kw_only=True):
    """One step of a way."""

    position: int
    kind: StepKind
    place: StepPlace
    role: Role | None
    person_id: UUID | None
    person_name: str | None

    example: ClassVar[dict[str, Any]] = {**RuleStepIn.example, "person_id": None, "person_name": None}


class RulesOut(Out, frozen=True, kw_only=True):
    """The way that manuscripts of a body and kind take. ``version`` changes with its steps."""

    unit_id: UUID | None
    kind: str | None
    steps: list[RuleStepOut]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "unit_id": UNIT,
        "kind": "report",
        "steps": [RuleStepOut.example],
        "version": 3735928560,
    }
