"""What comes in and goes out about a manuscript itself."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from docflow.documents.models import Authority, Urgency
from docflow.documents.schemas.documents import Field
from docflow.documents.schemas.fields import ID, PERSON, UNIT, Language, Line, Prose, Subject
from docflow.issuing.models import ManuscriptState, RecipientRole, SuccessionKind
from docflow.issuing.schemas.manuscript_steps import StepOut
from docflow.issuing.schemas.manuscript_versions import VersionOut, WorkingCopyOut
from docflow.issuing.workflow import Move
from docflow.web.schemas import In, Out

Body = Annotated[str, Meta(max_length=200_000, description="The text between subject and signature.")]
Reason = Annotated[str, Meta(min_length=1, max_length=1000)]
Recipients = Annotated[list["RecipientIn"], Meta(max_length=2000)]
People = Annotated[list[UUID], Meta(max_length=100)]
IssuedDirection = Literal["outgoing", "internal"]


class RecipientIn(In, kw_only=True):
    """Somebody whom it will be sent to: a unit, a person, an address outside, or only a name for the list.

    Exactly one of ``unit_id``, ``person_id`` and ``email`` says where it goes; with none of them the copy goes on paper.
    ``name`` is how the list of recipients calls them; a unit's or person's own name when left out.
    """

    role: RecipientRole = RecipientRole.ACT
    unit_id: UUID | None = None
    person_id: UUID | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    by_link: bool = False
    """The mail carries a personal link instead of the file."""
    name: Line = ""

    example: ClassVar[dict[str, Any]] = {"role": "act", "unit_id": UNIT}


class _Written(In, kw_only=True):
    """Fields of a new manuscript that may be left out."""

    direction: IssuedDirection = "outgoing"
    field: Field = ""
    body: Body = ""
    place: Line = ""
    language: Language = "vi"
    urgency: Urgency = Urgency.NORMAL
    due_on: date | None = None
    note: Prose = ""
    signer_id: UUID | None = None
    signer_post: Line = ""
    """As the signature names it; the signer's own post when left out."""
    signer_authority: Authority | None = None
    copy_kept_by: Line = ""
    template_id: UUID | None = None
    answers_id: UUID | None = None
    """The document that it replies to."""
    answers_receipt_id: UUID | None = None
    """Your receipt of that document, which its issue completes."""
    succession: SuccessionKind | None = None
    target_id: UUID | None = None
    """The issued document that it corrects, replaces or recalls."""
    recipients: Recipients = msgspec.field(default_factory=list)
    whole_unit: bool = False
    """Whether everybody of the drafting unit sees it and works on it."""
    collaborator_ids: People = msgspec.field(default_factory=list)
    """People of any unit who see it and work on it."""


class BeginManuscript(_Written, kw_only=True):
    """A document that is to be written."""

    kind: str
    subject: Subject
    unit_id: UUID | None = None
    """The unit that drafts it; may be left out by somebody of one unit."""
    issuing_unit_id: UUID | None = None
    """The body that issues it, the drafting unit or one above; the drafting unit when left out."""

    example: ClassVar[dict[str, Any]] = {
        "kind": "report",
        "subject": "Kết quả rà soát Chỉ số cải cách hành chính năm 2026",
        "signer_id": PERSON,
        "recipients": [RecipientIn.example],
        "answers_id": ID,
    }


class ChangeManuscript(In, kw_only=True):
    """What changes in the record; what is left out stays. Lists are replaced as a whole."""

    issuing_unit_id: UUID | UnsetType = UNSET
    direction: IssuedDirection | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    field: Field | UnsetType = UNSET
    subject: Subject | UnsetType = UNSET
    body: Body | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    note: Prose | UnsetType = UNSET
    signer_id: UUID | UnsetType | None = UNSET
    signer_post: Line | UnsetType = UNSET
    signer_authority: Authority | UnsetType | None = UNSET
    copy_kept_by: Line | UnsetType = UNSET
    template_id: UUID | UnsetType | None = UNSET
    answers_id: UUID | UnsetType | None = UNSET
    answers_receipt_id: UUID | UnsetType | None = UNSET
    succession: SuccessionKind | UnsetType | None = UNSET
    target_id: UUID | UnsetType | None = UNSET
    recipients: Recipients | UnsetType = UNSET
    whole_unit: bool | UnsetType = UNSET
    collaborator_ids: People | UnsetType = UNSET

    example: ClassVar[dict[str, Any]] = {"subject": "Kết quả rà soát Chỉ số cải cách hành chính quý IV"}


class WithdrawManuscript(In, kw_only=True):
    """Why it is put away for good."""

    reason: Reason

    example: ClassVar[dict[str, Any]] = {"reason": "Nội dung đã được ban hành trong văn bản khác."}


class RecipientOut(Out, frozen=True, kw_only=True):
    """Somebody whom it will be sent to."""

    role: RecipientRole
    unit_id: UUID | None
    person_id: UUID | None
    name: str
    email: str | None
    by_link: bool

    example: ClassVar[dict[str, Any]] = {
        "role": "act",
        "unit_id": UNIT,
        "person_id": None,
        "name": "Sở Tài chính",
        "email": None,
        "by_link": False,
    }


class CollaboratorOut(Out, frozen=True, kw_only=True):
    """Somebody whom the author named to work on it."""

    person_id: UUID
    name: str

    example: ClassVar[dict[str, Any]] = {"person_id": PERSON, "name": "Hồ Thị Xuân Mai"}


class ManuscriptRow(Out, frozen=True, kw_only=True):
    """A manuscript in a list."""

    id: UUID
    unit_id: UUID
    unit_name: str
    issuing_unit_id: UUID
    author_id: UUID
    author_name: str
    kind: str
    subject: str
    urgency: Urgency
    due_on: date | None
    state: ManuscriptState
    round: int
    begun_at: datetime
    submitted_at: datetime | None
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "unit_id": UNIT,
        "unit_name": "Sở Nội vụ",
        "issuing_unit_id": UNIT,
        "author_id": PERSON,
        "author_name": "Hồ Thị Xuân Mai",
        "kind": "report",
        "subject": "Kết quả rà soát Chỉ số cải cách hành chính năm 2026",
        "urgency": "normal",
        "due_on": None,
        "state": "in_review",
        "round": 1,
        "begun_at": "2026-11-23T02:00:00Z",
        "submitted_at": "2026-11-23T03:00:00Z",
        "version": 4,
    }


class ManuscriptOut(ManuscriptRow, frozen=True, kw_only=True):
    """A manuscript whole. Documents that you do not see are not named."""

    direction: str
    field: str
    body: str
    place: str
    language: str
    note: str
    signer_id: UUID | None
    signer_name: str | None
    signer_post: str
    signer_authority: Authority | None
    copy_kept_by: str
    template_id: UUID | None
    answers_id: UUID | None
    succession: SuccessionKind | None
    target_id: UUID | None
    recipients: list[RecipientOut]
    whole_unit: bool
    collaborators: list[CollaboratorOut]
    approved_at: datetime | None
    signed_at: datetime | None
    closed_at: datetime | None
    withdraw_reason: str | None
    document_id: UUID | None
    newest: VersionOut | None
    unsettled_comments: int
    working_copy: WorkingCopyOut | None
    steps: list[StepOut]
    """Of the present round."""
    moves: list[Move]
    """What can happen to it in its state."""
    actions: list[str]
    """What you may do with it."""

    example: ClassVar[dict[str, Any]] = {
        **ManuscriptRow.example,
        "direction": "outgoing",
        "field": "",
        "body": "",
        "place": "Bến Thuyền",
        "language": "vi",
        "note": "",
        "signer_id": PERSON,
        "signer_name": "Đặng Thị Minh Nguyệt",
        "signer_post": "Giám đốc",
        "signer_authority": None,
        "copy_kept_by": "",
        "template_id": None,
        "answers_id": None,
        "succession": None,
        "target_id": None,
        "recipients": [RecipientOut.example],
        "whole_unit": False,
        "collaborators": [CollaboratorOut.example],
        "approved_at": None,
        "signed_at": None,
        "closed_at": None,
        "withdraw_reason": None,
        "document_id": None,
        "newest": VersionOut.example,
        "unsettled_comments": 0,
        "working_copy": None,
        "steps": [StepOut.example],
        "moves": ["send_back", "approve", "withdraw"],
        "actions": ["manuscript:read"],
    }
