"""What is known of a document, as XML in the namespace ``urn:docflow:document:1`` (``schema/document.xsd``). Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import msgspec

from docflow.access.actor import Secrecy
from docflow.documents.models import Document
from docflow.documents.numbering import number_text

NAMESPACE = "urn:docflow:document:1"

# What is no character of XML 1.0, a lone half of a surrogate pair included.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class RecordedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the document's file. ``path`` is that of its entry; none when its bytes were destroyed."""

    path: str | None
    filename: str
    annex: int
    version: int
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    destroyed_at: datetime | None


class RecordedLink(msgspec.Struct, frozen=True):
    """A related document that the reader sees."""

    id: UUID
    symbol: str
    issued_on: date


class RecordedCitation(msgspec.Struct, frozen=True):
    """A document named in the words of this one, and which documents of the house it may be."""

    written: str
    relation: str
    issued_on: date | None
    documents: Sequence[RecordedLink]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A document with what the reader sees of it. ``receipts`` are rows of ``documents.queries.list_receipts``."""

    document: Document
    unit_name: str
    register_title: str
    kind_name: str
    files: Sequence[RecordedFile]
    receipts: Sequence[Any]
    answers: RecordedLink | None
    answered_by: Sequence[RecordedLink]
    citations: Sequence[RecordedCitation]


def record_xml(record: Record) -> bytes:
    """The record in UTF-8, indented; what is not known has no element or attribute."""
    document = record.document
    root = _element(
        None, "document", attributes={"xmlns": NAMESPACE, "id": document.id, "version": document.version}
    )
    for name, value, attributes in _facts(record):
        if value not in (None, ""):
            _element(root, name, value, attributes)
    _insert_signer(root, document)
    files = _element(root, "files")
    for file in record.files:
        _element(files, "file", attributes=_file(file))
    receipts = _element(root, "receipts")
    known = {row.Receipt.id for row in record.receipts}
    for row in record.receipts:
        _add_receipt(receipts, row, known)
    _add_relations(_element(root, "relations"), record)
    ET.indent(root)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def _facts(record: Record) -> list[tuple[str, Any, dict[str, Any]]]:
    """Element, text and attributes, in the order of the schema."""
    document = record.document
    number = number_text(document.register_number, document.register_suffix)
    return [
        ("direction", document.direction.value, {}),
        ("unit", record.unit_name, {"id": document.unit_id}),
        ("register", record.register_title or number, {"id": document.register_id, "number": number}),
        ("symbol", document.symbol, {}),
        ("kind", record.kind_name, {"code": document.kind_code}),
        ("issuedOn", document.issued_on, {}),
        ("arrivedOn", document.arrived_on, {}),
        ("registeredAt", document.registered_at, {}),
        ("issuer", document.issuer, {}),
        ("subject", document.subject, {}),
        ("language", document.language, {}),
        ("pageCount", document.page_count, {}),
        ("copies", document.copies, {}),
        ("note", document.note, {}),
        ("recipients", document.recipients, {}),
        ("copyKeptBy", document.copy_kept_by, {}),
        ("urgency", document.urgency.value, {}),
        ("secrecy", Secrecy(document.secrecy).name.lower(), {}),
        ("source", document.source.value, {}),
        ("dueOn", document.due_on, {}),
        ("lateReason", document.late_reason, {}),
        ("voidedAt", document.voided_at, {}),
        ("destroyedAt", document.destroyed_at, {}),
    ]


_BEFORE_SIGNER = frozenset({"recipients", "copyKeptBy", "urgency"})


def _insert_signer(root: ET.Element, document: Document) -> None:
    if not document.signer_name:
        return
    authority = document.signer_authority.value if document.signer_authority else None
    facts = {"name": document.signer_name, "post": document.signer_post or None, "authority": authority}
    signer = _element(None, "signer", attributes=facts)
    place = next(place for place, one in enumerate(root) if one.tag in _BEFORE_SIGNER)
    root.insert(place, signer)


def _file(file: RecordedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "filename": file.filename,
        "annex": file.annex,
        "version": file.version,
        "mediaType": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "addedAt": file.added_at,
        "destroyedAt": file.destroyed_at,
    }


def _add_receipt(receipts: ET.Element, row: Any, known: set[UUID]) -> None:
    receipt = row.Receipt
    element = _element(
        receipts,
        "receipt",
        attributes={
            "id": receipt.id,
            "parent": receipt.parent_id if receipt.parent_id in known else None,
            "role": receipt.role.value,
            "state": receipt.state.value,
            "sentAt": receipt.sent_at,
            "dueAt": receipt.due_at,
            "openedAt": receipt.opened_at,
            "acknowledgedAt": receipt.acknowledged_at,
            "endedAt": receipt.ended_at,
        },
    )
    _element(element, "to", row.name_vi or row.full_name or "")
    _element(element, "from", row.sender_name)
    if receipt.note:
        _element(element, "note", receipt.note)
    if receipt.end_note:
        _element(element, "endNote", receipt.end_note)


def _add_relations(relations: ET.Element, record: Record) -> None:
    if record.answers is not None:
        _element(relations, "answers", attributes=_link(record.answers))
    for one in record.answered_by:
        _element(relations, "answeredBy", attributes=_link(one))
    for citation in record.citations:
        facts = {
            "written": citation.written,
            "relation": citation.relation,
            "issuedOn": citation.issued_on,
        }
        cites = _element(relations, "cites", attributes=facts)
        for one in citation.documents:
            _element(cites, "document", attributes=_link(one))


def _link(link: RecordedLink) -> dict[str, Any]:
    return {"id": link.id, "symbol": link.symbol, "issuedOn": link.issued_on}


def _element(
    parent: ET.Element | None, name: str, text: Any = None, attributes: dict[str, Any] | None = None
) -> ET.Element:
    told = {key: _text(value) for key, value in (attributes or {}).items() if value is not None}
    element = ET.Element(name, told) if parent is None else ET.SubElement(parent, name, told)
    if text is not None:
        element.text = _text(text)
    return element


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", str(value))
