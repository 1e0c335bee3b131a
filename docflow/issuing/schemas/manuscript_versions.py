"""What comes in and goes out about versions, working copies and comments."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from docflow.documents.schemas.fields import ID, PERSON, Prose
from docflow.files.models import TextStatus
from docflow.issuing.models import VersionOrigin
from docflow.web.schemas import In, Out

VersionNumber = Annotated[int, Meta(ge=1, le=1_000_000)]


class AddVersion(In, kw_only=True):
    """The fields beside the ``file`` of a new version.

    ``based_on`` is the version that you began from, left out for the first. When another was added meanwhile the answer
    is 409 ``newer_version_there`` and names it; the upload repeated with ``newest``, its number, is kept all the same.
    """

    note: Prose = ""
    based_on: VersionNumber | None = None
    newest: VersionNumber | None = None
    """The newest version that you know of and leave aside."""

    example: ClassVar[dict[str, Any]] = {"note": "Đã tiếp thu ý kiến của Sở Tài chính.", "based_on": 2}


class VersionOut(Out, frozen=True, kw_only=True):
    """A version of the text."""

    number: int
    file_id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    text: TextStatus
    page_count: int | None
    marks: list[str]
    origin: VersionOrigin
    based_on: int | None
    made_by: UUID
    made_by_name: str
    made_at: datetime
    note: str

    example: ClassVar[dict[str, Any]] = {
        "number": 2,
        "file_id": ID,
        "filename": "bao-cao.docx",
        "media_type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "size": 20480,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "text": "extracted",
        "page_count": None,
        "marks": [],
        "origin": "uploaded",
        "based_on": 1,
        "made_by": PERSON,
        "made_by_name": "Hồ Thị Xuân Mai",
        "made_at": "2026-11-23T02:30:00Z",
        "note": "",
    }


class WorkingCopyOut(Out, frozen=True, kw_only=True):
    """Who has the text to work on, and until when."""

    person_id: UUID
    name: str
    number: int
    taken_at: datetime
    expires_at: datetime
    is_mine: bool

    example: ClassVar[dict[str, Any]] = {
        "person_id": PERSON,
        "name": "Hồ Thị Xuân Mai",
        "number": 2,
        "taken_at": "2026-11-23T02:00:00Z",
        "expires_at": "2026-11-23T10:00:00Z",
        "is_mine": True,
    }


class ReleaseCopy(In, kw_only=True):
    """Giving a working copy back without a new version; of another's, why."""

    reason: Annotated[str, Meta(max_length=1000)] = ""

    example: ClassVar[dict[str, Any]] = {"reason": "Đồng chí Mai đi công tác, cần trình gấp."}


class ChangesOut(Out, frozen=True, kw_only=True):
    """How the text of one version differs from another's, as a unified difference of lines."""

    before: int
    after: int
    status: Literal["ready", "waiting", "unreadable"]
    """Waiting: the text of one has not been read yet. Unreadable: one of them has no text."""
    lines: list[str]
    added: int
    removed: int
    is_cut: bool
    """There is more than is shown or was compared."""

    example: ClassVar[dict[str, Any]] = {
        "before": 1,
        "after": 2,
        "status": "ready",
        "lines": ["--- 1", "+++ 2", "@@ -1 +1 @@", "-Kính gửi: Sở Nội vụ", "+Kính gửi: Sở Tài chính"],
        "added": 1,
        "removed": 1,
        "is_cut": False,
    }


class WriteRemark(In, kw_only=True):
    """A remark on a version."""

    number: VersionNumber
    body: Annotated[str, Meta(min_length=1, max_length=5000)]

    example: ClassVar[dict[str, Any]] = {"number": 2, "body": "Đề nghị bổ sung số liệu quý III."}


class ManuscriptCommentOut(Out, frozen=True, kw_only=True):
    """A remark on a version, as it was written."""

    id: UUID
    number: int
    author_id: UUID
    author_name: str
    written_at: datetime
    body: str
    settled_at: datetime | None
    settled_by: UUID | None

    example: ClassVar[dict[str, Any]] = {
        "id": ID,
        "number": 2,
        "author_id": PERSON,
        "author_name": "Đặng Thị Minh Nguyệt",
        "written_at": "2026-11-23T02:40:00Z",
        "body": "Đề nghị bổ sung số liệu quý III.",
        "settled_at": None,
        "settled_by": None,
    }
