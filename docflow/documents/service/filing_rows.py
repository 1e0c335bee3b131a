"""The rows of a document that is filed, written by one statement; where it can be, by the one that takes its number.

They go to the database as JSON: a statement with a hundred parameters takes longer to send than to run.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import Table, text

from docflow.access.actor import Actor, Secrecy
from docflow.audit import service as audit
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.documents.models import Document, DocumentFile
from docflow.documents.numbering import number_text
from docflow.documents.service.registers.numbers import TAKE_IN_SEEN
from docflow.files.models import File


def values_of(
    actor: Actor, document: Document, files: Sequence[File], versions: Sequence[DocumentFile]
) -> dict[str, Any]:
    """The values of ``FILE`` and, but for what ``take_with`` adds, of ``FILE_WITH_NEXT``."""
    event = audit.event_of(
        actor,
        Tag.DOCUMENT_REGISTERED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        details=_told(document, files),
    )
    return {
        "document": _json(_written(document)),
        "versions": _json([_written(version) for version in versions]),
        "event": _json(event),
        "by": actor.person_id,
        "seen": document.register_id,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _written(row: Document | DocumentFile) -> dict[str, Any]:
    """What was set, by column."""
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _told(document: Document, files: Sequence[File]) -> dict[str, Any]:
    """For the trail, which is read without clearance: of a state secret that there is one."""
    told: dict[str, Any] = {
        "number": number_text(document.register_number, document.register_suffix),
        "direction": document.direction.value,
    }
    if document.secrecy > Secrecy.NONE:
        return {**told, "secrecy": Secrecy(document.secrecy).name.lower()}
    if document.late_reason is not None:
        told["late_reason"] = document.late_reason
    told |= {"symbol": document.symbol, "subject": document.subject, "file": files[0].filename}
    if len(files) > 1:
        told["annexes"] = [file.filename for file in files[1:]]
    return told


def _insert(model: type, rows: str, *, made: frozenset[str] = frozenset({"id"})) -> str:
    """A statement that writes ``rows``, which are called ``row``; what is named in ``made`` the database makes."""
    table = cast(Table, model.__table__)  # type: ignore[attr-defined]
    names = [column.name for column in table.c if column.name not in made]
    given = ", ".join(f"row.{name}" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {given} FROM {rows} AS row"  # noqa: S608  (names)


_ALL = frozenset[str]()
_VERSIONS = "jsonb_populate_recordset(NULL::document_file, CAST(:versions AS jsonb))"
FILE = text(
    f"""
    WITH filed AS (
        {_insert(Document, "jsonb_populate_record(NULL::document, CAST(:document AS jsonb))", made=_ALL)}
    ), versioned AS ({_insert(DocumentFile, _VERSIONS)})
    {_insert(AuditEvent, "jsonb_populate_record(NULL::audit_event, CAST(:event AS jsonb))")}
    """
)
"""Writes a document that has its number, the first versions of its files, and its event."""
_NUMBERED = """taken CROSS JOIN jsonb_populate_record(NULL::document, CAST(:document AS jsonb) || jsonb_build_object(
    'register_id', taken.id, 'register_number', taken.number, 'registered_at', taken.at, 'touched_at', taken.at
))"""
_TOLD = """taken CROSS JOIN jsonb_populate_record(NULL::audit_event, jsonb_set(CAST(:event AS jsonb),
    '{details,number}', to_jsonb(lpad(taken.number::text, greatest(2, length(taken.number::text)), '0'))
))"""
FILE_WITH_NEXT = text(
    f"""
    WITH taken AS ({TAKE_IN_SEEN}), entered AS (
        INSERT INTO register_entry (register_id, number, taken_at, taken_by) SELECT id, number, at, :by FROM taken
    ), filed AS ({_insert(Document, _NUMBERED, made=_ALL)}),
    versioned AS ({_insert(DocumentFile, f"taken CROSS JOIN {_VERSIONS}")}),
    told AS ({_insert(AuditEvent, _TOLD)})
    SELECT id, number, at, series FROM taken
    """  # noqa: S608  (constants)
)
"""The same with the next number of the book that was seen, or nothing at all. For ``take_with``."""
