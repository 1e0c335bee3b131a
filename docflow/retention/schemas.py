"""Bodies of retention."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

from docflow.dossiers.models import Retention
from docflow.retention.models import DisposalState
from docflow.retention.terms import TermReason
from docflow.web.schemas import In, Out

ID = "01999999-9999-7999-8999-999999999999"
UNIT = "01999999-9999-7999-8999-999999999901"
DOCUMENT = "01999999-9999-7999-8999-999999999902"

Line = Annotated[str, Meta(min_length=1, max_length=300)]
Reason = Annotated[str, Meta(min_length=1, max_length=1000)]


class RuleIn(In, kw_only=True):
    """How long a kind is kept; without a kind every kind, without a unit in every unit. ``source`` says who says so."""

    unit_id: UUID | None = None
    kind: str | None = None
    retention: Retention
    source: Line

    example: ClassVar[dict[str, Any]] = {
        "kind": "official_letter",
        "retention": "years_10",
        "source": "Bảng thời hạn bảo quản của tỉnh, mục 12",
    }


class RuleOut(Out, frozen=True, kw_only=True):
    """A rule. The most exact holds: of unit and kind, of the kind, of the unit, of all."""

    id: UUID
    unit_id: UUID | None
    kind: str | None
    retention: Retention
    source: str
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": None,
        "kind": "official_letter",
        "retention": "years_10",
        "source": "Bảng thời hạn bảo quản của tỉnh, mục 12",
        "version": 1,
    }


class PlaceHold(In, kw_only=True):
    """Documents and dossiers that must not be destroyed, and why."""

    unit_id: UUID
    title: Line
    reason: Reason
    documents: Annotated[list[UUID], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    dossiers: Annotated[list[UUID], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    """With what is put into them later."""

    example: ClassVar[dict[str, Any]] = {
        "unit_id": UNIT,
        "title": "Thanh tra đột xuất năm 2026",
        "reason": "Theo yêu cầu của Thanh tra tỉnh",
        "documents": [DOCUMENT],
    }


class ReleaseHold(In, kw_only=True):
    """Why a hold ends."""

    reason: Reason

    example: ClassVar[dict[str, Any]] = {"reason": "Đã có kết luận thanh tra"}


class HoldOut(Out, frozen=True, kw_only=True):
    """A hold with what it names, as far as the asker sees that; ``hidden`` counts the rest."""

    id: UUID
    unit_id: UUID
    title: str
    reason: str
    placed_by: UUID
    placed_at: datetime
    released_by: UUID | None
    released_at: datetime | None
    release_reason: str | None
    documents: list[UUID]
    dossiers: list[UUID]
    hidden: int
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "title": "Thanh tra đột xuất năm 2026",
        "reason": "Theo yêu cầu của Thanh tra tỉnh",
        "placed_by": ID,
        "placed_at": "2026-11-23T01:30:00Z",
        "released_by": None,
        "released_at": None,
        "release_reason": None,
        "documents": [DOCUMENT],
        "dossiers": [],
        "hidden": 0,
        "version": 1,
    }


class FileKept(Out, frozen=True, kw_only=True):
    """What the store itself enforces for a file, as it was last read back from it."""

    id: UUID
    filename: str
    locked_until: datetime | None
    is_held: bool
    destroyed_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "filename": "quyet-dinh.pdf",
        "locked_until": None,
        "is_held": False,
        "destroyed_at": None,
    }


class HoldName(Out, frozen=True, kw_only=True):
    """A hold on a document."""

    id: UUID
    title: str
    reason: str

    example: ClassVar[dict[str, Any]] = {"id": ID, "title": "Thanh tra", "reason": "Theo yêu cầu"}


class RetentionOut(Out, frozen=True, kw_only=True):
    """Until when a document is kept and why. ``kept_until`` is the last day; null while no end is known.

    ``holds`` are those that the asker may know of: ``is_held`` may be true without any.
    """

    document_id: UUID
    retention: Retention | None
    kept_until: date | None
    reason: TermReason
    dossier_id: UUID | None
    """The dossier that decides, where the asker may see it."""
    rule_id: UUID | None
    is_held: bool
    holds: list[HoldName]
    files: list[FileKept]
    destroyed_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "document_id": DOCUMENT,
        "retention": "years_10",
        "kept_until": "2036-12-31",
        "reason": "rule",
        "dossier_id": None,
        "rule_id": ID,
        "is_held": False,
        "holds": [],
        "files": [FileKept.example],
        "destroyed_at": None,
    }


class TakenOut(In, kw_only=True):
    """A document that the proposer keeps although its term is over, and why."""

    document_id: UUID
    reason: Reason

    example: ClassVar[dict[str, Any]] = {"document_id": DOCUMENT, "reason": "Còn giá trị tra cứu"}


class ProposeDisposal(In, kw_only=True):
    """A list of what may be destroyed, which the program makes; the oldest first, ``most`` of them."""

    unit_id: UUID
    title: Line
    most: Annotated[int, Meta(ge=1, le=2000)] = 500
    taken_out: Annotated[list[TakenOut], Meta(max_length=2000)] = msgspec.field(default_factory=list)

    example: ClassVar[dict[str, Any]] = {
        "unit_id": UNIT,
        "title": "Tiêu hủy văn bản hết giá trị năm 2026",
        "taken_out": [TakenOut.example],
    }


class DecideDisposal(In, kw_only=True):
    """What whoever decides says."""

    note: Annotated[str, Meta(max_length=1000)] = ""

    example: ClassVar[dict[str, Any]] = {"note": "Đồng ý theo biên bản họp hội đồng"}


class RefuseDisposal(In, kw_only=True):
    """Why nothing is destroyed."""

    note: Reason

    example: ClassVar[dict[str, Any]] = {"note": "Chưa họp hội đồng xác định giá trị tài liệu"}


class CandidateOut(Out, frozen=True, kw_only=True):
    """A document whose term is over."""

    document_id: UUID
    symbol: str
    issued_on: date
    kind: str
    subject: str
    issuer: str
    retention: Retention
    kept_until: date
    reason: TermReason

    example: ClassVar[dict[str, Any]] = {
        "document_id": DOCUMENT,
        "symbol": "45/SNV-VP",
        "issued_on": "2010-03-01",
        "kind": "official_letter",
        "subject": "Về việc báo cáo định kỳ",
        "issuer": "Sở Nội vụ",
        "retention": "years_10",
        "kept_until": "2020-12-31",
        "reason": "rule",
    }


class ItemOut(Out, frozen=True, kw_only=True):
    """A document of a disposal, and what became of it."""

    document_id: UUID
    symbol: str
    issued_on: date
    kind: str
    subject: str
    issuer: str
    retention: Retention
    kept_until: date
    reason: str
    kept_back: str | None
    kept_back_note: str | None
    destroyed_at: datetime | None
    files: list[dict[str, Any]]

    example: ClassVar[dict[str, Any]] = {
        **CandidateOut.example,
        "kept_back": None,
        "kept_back_note": None,
        "destroyed_at": None,
        "files": [],
    }


class DisposalOut(Out, frozen=True, kw_only=True):
    """A disposal. ``hidden`` counts the documents on it that the asker may not see."""

    id: UUID
    unit_id: UUID
    title: str
    state: DisposalState
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_note: str
    carried_out_at: datetime | None
    digest: str | None
    """SHA-256 over the proof of destruction, in hex."""
    documents: int
    kept_back: int
    destroyed: int
    hidden: int
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "title": "Tiêu hủy văn bản hết giá trị năm 2026",
        "state": "proposed",
        "proposed_by": ID,
        "proposed_at": "2026-11-23T01:30:00Z",
        "decided_by": None,
        "decided_at": None,
        "decision_note": "",
        "carried_out_at": None,
        "digest": None,
        "documents": 12,
        "kept_back": 1,
        "destroyed": 0,
        "hidden": 0,
        "version": 1,
    }
