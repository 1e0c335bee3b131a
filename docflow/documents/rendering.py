"""Rows as what goes out. No rule but what the asker may do, which is asked of ``policy``."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.core import clock
from docflow.documents import queries
from docflow.documents.models import Document, DocumentFile, DocumentKind, Register
from docflow.documents.numbering import number_text
from docflow.documents.policy import decide
from docflow.documents.schemas import (
    DocumentOut,
    DocumentRow,
    EntryOut,
    EntryState,
    FileOut,
    KindOut,
    RegisterOut,
    RegisterState,
)
from docflow.documents.service.filing import Filed
from docflow.documents.workflow import hindrance
from docflow.files.models import File

OFFERED = (
    Action.DOCUMENT_ACKNOWLEDGE,
    Action.DOCUMENT_AMEND,
    Action.DOCUMENT_READ,
    Action.DOCUMENT_ROUTE,
    Action.DOCUMENT_TRAIL,
    Action.NUMBER_VOID,
)


def document_row(row: Row[Any] | Document) -> DocumentRow:
    """A document in a list."""
    return DocumentRow(**_shared(row))


async def document_out(
    session: AsyncSession, actor: Actor, document: Document, filed: Filed | None = None
) -> DocumentOut:
    """A document whole, with its files and what the actor may do to it; ``filed`` when it was just registered."""
    files = filed.files if filed else await queries.list_files(session, document.id)
    owner = filed.owner if filed else await queries.lineage_of(session, document)
    return DocumentOut(
        **_shared(document),
        issuer_unit_id=document.issuer_unit_id,
        language=document.language,
        page_count=document.page_count,
        copies=document.copies,
        note=document.note,
        signer_name=document.signer_name,
        signer_post=document.signer_post,
        signer_authority=document.signer_authority,
        recipients=document.recipients,
        copy_kept_by=document.copy_kept_by,
        secrecy=Secrecy(document.secrecy).name.lower(),
        source=document.source,
        register_id=document.register_id,
        late_reason=document.late_reason,
        voided_at=document.voided_at,
        answers_id=await queries.find_visible(session, actor, document.answers_id),
        files=[_file_out(version, file) for version, file in files],
        actions=[
            action.value
            for action in OFFERED
            if actor.may(action)
            and decide(actor, action, document, owner)
            and not hindrance(document, action)
        ],
        version=document.version,
    )


def kind_out(kind: DocumentKind) -> KindOut:
    return KindOut(code=kind.code, symbol=kind.symbol, name_vi=kind.name_vi, name_en=kind.name_en)


def register_out(register: Register) -> RegisterOut:
    return RegisterOut(
        id=register.id,
        unit_id=register.unit_id,
        direction=register.direction,
        title=register.title,
        kinds=register.kinds,
        is_secret=register.is_secret,
        series=register.series,
        starts_on=register.starts_on,
        ends_on=register.ends_on,
        last_number=register.last_number,
        state=_state_of(register),
        closed_at=register.closed_at,
        version=register.version,
    )


def entry_out(row: Row[Any]) -> EntryOut:
    """A number of a register; of a document that the asker may not see, the number only."""
    number = number_text(row.number, row.suffix)
    if row.is_taken and not row.is_seen:
        return EntryOut(number=number, state=EntryState.RESTRICTED)
    state = EntryState.REGISTERED if row.is_taken else EntryState.RESERVED
    return EntryOut(
        number=number,
        state=EntryState.VOID if row.voided_at is not None else state,
        taken_at=row.taken_at,
        reserved_for=row.reserved_for,
        reserved_until=row.reserved_until,
        is_overdue=(
            state is EntryState.RESERVED
            and row.voided_at is None
            and row.reserved_until is not None
            and row.reserved_until < clock.today()
        ),
        voided_at=row.voided_at,
        void_reason=row.void_reason,
        late_reason=row.late_reason,
        document=document_row(row) if row.is_taken else None,
    )


def _state_of(register: Register) -> RegisterState:
    today = clock.today()
    if register.closed_at is not None:
        return RegisterState.CLOSED
    if register.starts_on > today:
        return RegisterState.TO_COME
    return RegisterState.RUNNING if today < register.ends_on else RegisterState.WAITING


def _file_out(version: DocumentFile, file: File) -> FileOut:
    return FileOut(
        id=file.id,
        annex=version.annex,
        version=version.version,
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256.hex(),
        text=file.text_status,
        text_reason=file.text_reason,
        text_origin=file.text_origin,
        page_count=file.page_count,
        marks=file.marks,
        added_at=version.added_at,
        note=version.note,
    )


def _shared(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "direction": row.direction,
        "unit_id": row.unit_id,
        "number": number_text(row.register_number, row.register_suffix),
        "symbol": row.symbol,
        "kind": row.kind_code,
        "issuer": row.issuer,
        "issued_on": row.issued_on,
        "arrived_on": row.arrived_on,
        "subject": row.subject,
        "urgency": row.urgency,
        "due_on": row.due_on,
        "registered_at": row.registered_at,
    }
