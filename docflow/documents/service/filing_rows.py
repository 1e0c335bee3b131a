"""The rows of a document that is filed, written by one statement; where it can be, by the one that takes its number."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Executable,
    Insert,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import JSONB

from docflow.access.actor import Actor, Secrecy
from docflow.audit import service as audit
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.documents.models import Document, DocumentFile, RegisterEntry
from docflow.documents.numbering import number_text
from docflow.documents.service.registers.numbers import TAKE_IN_SEEN
from docflow.files.models import File

_DOCUMENTS = cast(Table, Document.__table__)
_VERSIONS = cast(Table, DocumentFile.__table__)
_ENTRIES = cast(Table, RegisterEntry.__table__)
_EVENTS = cast(Table, AuditEvent.__table__)


def statement_for(versions: Sequence[DocumentFile]) -> Executable:
    """Writes a document that has its number, the first version of its file if it has one, and its event."""
    return _FILE if versions else _FILE_STUB


def statement_with_next(versions: Sequence[DocumentFile]) -> Executable:
    """The same, with the next number of its book, for ``take_with``."""
    return _FILE_NEXT if versions else _FILE_NEXT_STUB


def values_of(
    actor: Actor, document: Document, files: Sequence[File], versions: Sequence[DocumentFile]
) -> dict[str, Any]:
    """The values of these statements."""
    written = inspect(document).dict
    document_values = {f"document_{one.name}": written[one.name] for one in _DOCUMENTS.c}
    event = audit.event_of(
        actor,
        Tag.DOCUMENT_REGISTERED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        details=_told(document, files),
    )
    first = values_of_version(versions[0], "version_") if versions else {}
    return {**document_values, **event, **first, "by": actor.person_id, "seen": document.register_id}


def values_of_version(version: DocumentFile, prefix: str = "") -> dict[str, Any]:
    """The values of a version's row."""
    written = inspect(version).dict
    return {f"{prefix}{one.name}": written[one.name] for one in _VERSIONS.c if one.name != "id"}


def _told(document: Document, files: Sequence[File]) -> dict[str, Any]:
    """For the trail, which is read without clearance: of a state secret that there is one."""
    told: dict[str, Any] = {
        "number": number_text(document.register_number, document.register_suffix),
        "direction": document.direction.value,
    }
    if document.late_reason is not None:
        told["late_reason"] = document.late_reason
    if document.secrecy > Secrecy.NONE:
        return {**told, "secrecy": Secrecy(document.secrecy).name.lower()}
    told |= {"symbol": document.symbol, "subject": document.subject, "file": files[0].filename}
    if len(files) > 1:
        told["annexes"] = [file.filename for file in files[1:]]
    return told


def _given(table: Table, prefix: str, *, but: frozenset[str] = frozenset()) -> dict[str, ColumnElement[Any]]:
    """The columns with their values, which are named with the prefix."""
    return {
        one.name: bindparam(f"{prefix}{one.name}", type_=one.type) for one in table.c if one.name not in but
    }


def _from_taken(table: Table, taken: CTE, values: dict[str, ColumnElement[Any]]) -> Insert:
    """A row if a number was taken, none else."""
    typed = [as_type(value, table.c[name].type) for name, value in values.items()]
    return insert(table).from_select(list(values), select(*typed).select_from(taken))


def _with_next(*, with_version: bool) -> Executable:
    """Takes the next number of the book ``:seen`` and writes everything with it, or nothing at all."""
    columns = (column("id", Uuid), column("number", Integer), column("at", DateTime(timezone=True)))
    taken = text(TAKE_IN_SEEN).columns(*columns, column("series", Text)).cte("taken")
    of_taken = {"register_id": taken.c.id, "register_number": taken.c.number, "registered_at": taken.c.at}
    document = _given(_DOCUMENTS, "document_") | of_taken | {"touched_at": taken.c.at}
    entry = {"register_id": taken.c.id, "number": taken.c.number, "taken_at": taken.c.at}
    by: dict[str, ColumnElement[Any]] = {"taken_by": bindparam("by", type_=Uuid)}
    written = as_type(taken.c.number, Text)
    number = func.lpad(written, func.greatest(2, func.length(written)), literal("0"))
    told = as_type(bindparam("event_details", type_=JSONB), JSONB)
    event = _given(_EVENTS, "event_", but=_MADE)
    event["details"] = told.concat(func.jsonb_build_object("number", number))
    rows = [
        _from_taken(_ENTRIES, taken, entry | by).cte("entered"),
        _from_taken(_DOCUMENTS, taken, document).cte("filed"),
        _from_taken(_EVENTS, taken, event).cte("told"),
    ]
    if with_version:
        version = _given(_VERSIONS, "version_", but=_MADE)
        rows.append(_from_taken(_VERSIONS, taken, version).cte("versioned"))
    return select(taken).add_cte(*rows)


_MADE = frozenset({"id"})
"""Keys that the database makes."""
_FILE_STUB = audit.RECORD.add_cte(insert(_DOCUMENTS).values(_given(_DOCUMENTS, "document_")).cte("filed"))
_FILE = _FILE_STUB.add_cte(
    insert(_VERSIONS).values(_given(_VERSIONS, "version_", but=_MADE)).cte("versioned")
)
_FILE_NEXT_STUB = _with_next(with_version=False)
_FILE_NEXT = _with_next(with_version=True)
MORE_VERSIONS = insert(_VERSIONS)
"""Annexes, of which there may be many."""
