"""Reading one document for the archive, in a short transaction of its own while the rest is under way."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.documents.models import Document, DocumentKind, Register
from docflow.documents.policy import visible_to
from docflow.documents.queries import get_document, list_receipts
from docflow.documents.queries.citations import CitationMade, list_citations
from docflow.dossiers.exporting.planning import PlannedDocument
from docflow.dossiers.exporting.record import Record, RecordedCitation, RecordedLink

MOST_CITATIONS = 1_000


async def read_record(session: AsyncSession, actor: Actor, planned: PlannedDocument) -> Record:
    """The document as the actor sees it now. Raises NotFound when they do not any more."""
    document = await get_document(session, actor, planned.id)
    names = (
        await session.execute(
            select(Unit.name_vi, Register.title, DocumentKind.name_vi.label("kind"))
            .select_from(Unit)
            .join(Register, Register.id == document.register_id)
            .join(DocumentKind, DocumentKind.code == document.kind_code)
            .where(Unit.id == document.unit_id)
        )
    ).one()
    citations = await list_citations(session, actor, document.id, cursor=None, limit=MOST_CITATIONS)
    return Record(
        document=document,
        unit_name=names.name_vi,
        register_title=names.title,
        kind_name=names.kind,
        files=[file.told for file in planned.files],
        receipts=await list_receipts(session, actor, document.id),
        answers=await _answered(session, actor, document),
        answered_by=await _answering(session, actor, document),
        citations=[_citation(one) for one in citations],
    )


async def _answered(session: AsyncSession, actor: Actor, document: Document) -> RecordedLink | None:
    if document.answers_id is None:
        return None
    row = (await session.execute(_LINK.where(Document.id == document.answers_id, visible_to(actor)))).first()
    return None if row is None else RecordedLink(*row)


async def _answering(session: AsyncSession, actor: Actor, document: Document) -> Sequence[RecordedLink]:
    rows = await session.execute(
        _LINK.where(Document.answers_id == document.id, visible_to(actor)).order_by(Document.id)
    )
    return [RecordedLink(*row) for row in rows]


def _citation(made: CitationMade) -> RecordedCitation:
    citation = made.citation
    links = [_linked(row) for row in made.linked.rows]
    return RecordedCitation(citation.written, citation.relation.value, citation.issued_on, links)


def _linked(row: Any) -> RecordedLink:
    return RecordedLink(row.id, row.symbol, row.issued_on)


_LINK = select(Document.id, Document.symbol, Document.issued_on)
