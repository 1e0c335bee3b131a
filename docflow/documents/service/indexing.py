"""What documents are found by: their vectors, written when a fact or a text changes, and the words for near misses."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Secrecy
from docflow.core import clock
from docflow.documents import queries
from docflow.documents.models import Document
from docflow.documents.search_marks import marks_of
from docflow.documents.search_terms import (
    MAX_CHARACTERS,
    Weight,
    document_vector,
    exact_literal,
    vocabulary_of,
)
from docflow.files.models import FileText

MOST_WORDS = 20_000
"""Of one document; no text has more but one that was badly read."""


def index_fields(document: Document) -> None:
    """Make a document found by its fields, at the commit of whoever changes them; its text is for ``index_text``."""
    document.search_vector, document.exact_words = _vectors(document, ())
    document.touched_at = clock.now()


async def index_text(session: AsyncSession, document_id: UUID) -> set[str]:
    """Make the texts of the newest versions searchable, annexes too; the words, for ``learn_words``.

    Called by the worker when a text was read or lost its place. No change of the document that anybody made: its
    version stays, and so does the ETag that a clerk holds. No more is read than MAX_CHARACTERS of all texts.
    """
    document = await session.get_one(Document, document_id, with_for_update={"key_share": True})
    contents = await _texts(session, document_id)
    vector, exact = _vectors(document, contents)
    await session.execute(
        update(Document)
        .where(Document.id == document_id)
        .values(search_vector=vector, exact_words=exact, touched_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if document.secrecy > Secrecy.NONE:
        return set()
    return vocabulary_of((*_fields(document), *contents))


_LEARN = text(
    """
    INSERT INTO search_word (word)
    SELECT word FROM unnest(CAST(:words AS text[])) AS word
    WHERE NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = word.word)
    ORDER BY word
    ON CONFLICT DO NOTHING
    """
)


async def learn_words(session: AsyncSession, words: Iterable[str]) -> None:
    """Keep words for near misses, each once. In a transaction of its own: two that add the same word wait here."""
    await session.execute(_LEARN, {"words": sorted(words)[:MOST_WORDS]})


async def _texts(session: AsyncSession, document_id: UUID) -> list[str]:
    contents: list[str] = []
    room = MAX_CHARACTERS
    for _, file_id in await queries.list_newest(session, document_id):
        if room <= 0:
            break
        content = await session.scalar(
            select(func.left(FileText.content, room)).where(FileText.file_id == file_id)
        )
        if content:
            contents.append(content)
            room -= len(content)
    return contents


def _fields(document: Document) -> list[str]:
    return [document.symbol, document.subject, document.issuer, document.signer_name, document.note]


def _vectors(document: Document, contents: Sequence[str]) -> tuple[str, str]:
    """Number and subject first, then issuer and signer, notes, the texts; and the words with their accents."""
    weights: tuple[Weight, ...] = ("A", "A", "B", "B", "C")
    fields = list(zip(_fields(document), weights, strict=True))
    texts: list[tuple[str, Weight]] = [(content, "D") for content in contents]
    marks = marks_of(
        direction=document.direction,
        kind=document.kind_code,
        unit_id=document.unit_id,
        register_id=document.register_id,
        urgency=document.urgency,
        issued_on=document.issued_on,
        arrived_on=document.arrived_on,
        issuer_key=document.issuer_key,
        source=document.source or "upload",
        is_late=document.late_reason is not None,
    )
    return document_vector([*fields, *texts], marks), exact_literal((*_fields(document), *contents))
