"""What comes in and goes out about letters' own layouts."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import Meta

from docflow.access.actions import Action
from docflow.web.schemas import In, Out

_ID = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c70"
_UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"
_FILE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c71"

LetterFormat = Literal["docx", "pdf"]


class AddTemplate(In, kw_only=True):
    """The fields beside the ``file``: for whose letters the layout is, and for which kind, if for one."""

    unit_id: UUID
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: str | None = None

    example: ClassVar[dict[str, Any]] = {"unit_id": _UNIT, "title": "Báo cáo tuần", "kind": "report"}


class MakeLetter(In, kw_only=True):
    """A version made from the record, by the manuscript's own layout or that of the decree. ``newest`` as for an upload."""

    format: LetterFormat = "docx"
    note: Annotated[str, Meta(max_length=2000)] = ""
    newest: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None

    example: ClassVar[dict[str, Any]] = {"format": "pdf", "note": "", "newest": 2}


class FieldNameOut(Out, frozen=True, kw_only=True):
    """A field that a layout may have, by both of its names."""

    name_vi: str
    name_en: str
    says: str
    later: bool
    optional: bool

    example: ClassVar[dict[str, Any]] = {
        "name_vi": "trich_yeu",
        "name_en": "subject",
        "says": "trích yếu / subject",
        "later": False,
        "optional": False,
    }


class TemplateOut(Out, frozen=True, kw_only=True):
    """A layout, and what you may do to it."""

    id: UUID
    unit_id: UUID
    kind: str | None
    title: str
    file_id: UUID
    fields: list[str]
    added_at: datetime
    retired_at: datetime | None
    actions: list[Action]
    version: int

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "unit_id": _UNIT,
        "kind": "report",
        "title": "Báo cáo tuần",
        "file_id": _FILE,
        "fields": ["subject", "text"],
        "added_at": "2026-11-23T01:30:00Z",
        "retired_at": None,
        "actions": ["template:administer"],
        "version": 1,
    }
