"""Correcting what was registered, and adding a version of the file. Issued documents are never edited."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Secrecy
from docflow.accounts.policy import decide_kind
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.core.jobs import enqueue
from docflow.core.text import fold
from docflow.documents import queries
from docflow.documents.errors import StubHasNoFiles
from docflow.documents.models import Document, DocumentFile, DocumentKind, Receipt
from docflow.documents.models.words import URGENCIES
from docflow.documents.policy import decide
from docflow.documents.queries.files import latest_versions
from docflow.documents.schemas import AddFile, Amend, KindIn
from docflow.documents.service.citations import cite_subject
from docflow.documents.service.filing import read_later
from docflow.documents.service.indexing import index_fields
from docflow.documents.service.intake import check_dates
from docflow.documents.workflow import require_possible
from docflow.files.service import Received, add_file


async def amend(
    session: AsyncSession, actor: Actor, document_id: UUID, version: int, data: Amend
) -> Document:
    """Correct fields of an incoming document. Raises NotFound, NotAllowed, Stale, IssuedNeverEdited, DocumentVoided,
    Invalid.

    It is found by what was corrected at once, and by its text again when the worker has indexed it: a long text
    takes a second, which no other request should wait for.
    """
    document = await _changeable(session, actor, document_id, version)
    changed = {
        name: (getattr(document, name), value)
        for name, value in msgspec.structs.asdict(data).items()
        if value is not msgspec.UNSET and value != getattr(document, name)
    }
    if not changed:
        return document
    for name, (_, value) in changed.items():
        setattr(document, name, value)
    document.issuer_key = fold(document.issuer)
    document.signer_key = fold(document.signer_name)
    if "due_on" in changed and document.arrived_on is not None:
        check_dates(document.issued_on, document.arrived_on, document.due_on)
    index_fields(document)
    await session.flush()
    if "subject" in changed:
        await cite_subject(session, document, amended=True)
    if "urgency" in changed:
        await _order_anew(session, document)
    await enqueue(session, "documents.index", document_id=str(document.id))
    # The trail is read without clearance: of a state secret it tells which fields were corrected, not their words.
    told: Any = {name: [_plain(before), _plain(after)] for name, (before, after) in changed.items()}
    if document.secrecy > Secrecy.NONE:
        told = sorted(changed)
    await audit.record(session, actor, Tag.DOCUMENT_AMENDED, "document", document.id, changed=told)
    return document


async def _order_anew(session: AsyncSession, document: Document) -> None:
    """Receipts carry the urgency by which a leader's queue is ordered."""
    await session.execute(
        update(Receipt)
        .where(Receipt.document_id == document.id)
        .values(urgency_rank=URGENCIES.index(document.urgency))
        .execution_options(synchronize_session=False)
    )


async def add_document_file(
    session: AsyncSession, actor: Actor, document_id: UUID, version: int, data: AddFile, received: Received
) -> Document:
    """A new version of an incoming document's file or of an annex, or a new annex; what was there before stays.

    Raises as ``amend``, and StubHasNoFiles.
    """
    document = await _changeable(session, actor, document_id, version)
    if document.secrecy > Secrecy.NONE:
        raise StubHasNoFiles
    latest = await latest_versions(session, document.id)
    if data.annex > len(latest):
        raise invalid("annex", "annex_not_next", next=len(latest))
    file = await add_file(session, actor, received)
    await session.execute(
        insert(DocumentFile).values(
            document_id=document.id,
            file_id=file.id,
            annex=data.annex,
            version=latest.get(data.annex, 0) + 1,
            added_by=actor.person_id,
            added_at=clock.now(),
            note=data.note,
        )
    )
    await read_later(session, document, file)
    index_fields(document)
    await session.flush()
    told: dict[str, Any] = {"file": file.filename, "annex": data.annex, "note": data.note}
    await audit.record(session, actor, Tag.DOCUMENT_FILE_ADDED, "document", document.id, **told)
    return document


async def add_kind(session: AsyncSession, actor: Actor, data: KindIn) -> DocumentKind:
    """A kind that the province adds. Raises NotAllowed, Invalid, and KindCodeTaken by its constraint."""
    decide_kind(actor).require()
    if data.symbol is not None and not data.symbol.isalpha():
        raise invalid("symbol", "kind_symbol_not_letters")
    kind = DocumentKind(**msgspec.structs.asdict(data))
    session.add(kind)
    await session.flush()
    await audit.record(session, actor, Tag.KIND_ADDED, "kind", None, code=kind.code, symbol=kind.symbol)
    return kind


async def _changeable(session: AsyncSession, actor: Actor, document_id: UUID, version: int) -> Document:
    document = await queries.get_document(session, actor, document_id, lock=True)
    owner = await queries.lineage_of(session, document)
    decide(actor, Action.DOCUMENT_AMEND, document, owner).require()
    require_version(document.version, version)
    require_possible(document, Action.DOCUMENT_AMEND)
    return document


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
