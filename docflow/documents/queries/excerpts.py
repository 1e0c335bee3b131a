"""Passages of the documents of a page in which a search stands: from subject, note and text, with bounded work."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.documents.excerpts import Marker, marker_of
from docflow.documents.policy import seen_by
from docflow.documents.search_query import Query

BEGINNING = 12_000
"""Characters of each document's own text that are read first: about five pages."""
FURTHER = 300_000
"""Characters of each file that are read when the beginnings of all show nothing."""
IN_ALL = 1_500_000
"""Characters that are read further for one page of a list."""
BEGINNINGS_IN_ALL = 600_000
MOST_FILES = 20


class Excerpt(msgspec.Struct, frozen=True):
    """A passage: HTML with ``<mark>`` and nothing else. ``annex`` and ``page`` for one of a text; 0: no annex."""

    place: str
    html: str
    annex: int | None = None
    page: int | None = None


# The newest version of the document and of each annex. Who sees a document sees its files: asked here once more.
_BEGINNINGS = text(
    """
    SELECT d.id, d.note, own.page_count, own.beginning
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS hit (id, place)
    JOIN document AS d ON d.id = hit.id AND d.readers && CAST(:principals AS int[]) AND d.secrecy <= :clearance
    LEFT JOIN LATERAL (
        SELECT file.page_count, left(said.content, :length) AS beginning
        FROM (
            SELECT file_id FROM document_file WHERE document_id = d.id AND annex = 0 ORDER BY version DESC LIMIT 1
        ) AS version
        JOIN file ON file.id = version.file_id JOIN file_text AS said ON said.file_id = file.id
    ) AS own ON true
    ORDER BY hit.place
    """
)
_TEXTS = text(
    """
    SELECT version.annex, file.page_count, left(said.content, :length) AS content
    FROM document AS d
    JOIN LATERAL (
        SELECT DISTINCT ON (annex) annex, file_id FROM document_file
        WHERE document_id = d.id ORDER BY annex, version DESC
    ) AS version ON true
    JOIN file ON file.id = version.file_id JOIN file_text AS said ON said.file_id = file.id
    WHERE d.id = :id AND d.readers && CAST(:principals AS int[]) AND d.secrecy <= :clearance
    ORDER BY version.annex
    LIMIT :files
    """
)


async def find_excerpts(
    session: AsyncSession, actor: Actor, query: Query, subjects: Mapping[UUID, str]
) -> dict[UUID, list[Excerpt]]:
    """For each document, by id with its subject, where the search stands in it; ids that are not seen have none.

    What is read is bounded, so a word deep inside a long annex may have no passage although it was found.
    """
    if not subjects:
        return {}
    marker = marker_of(query)
    length = min(BEGINNING, BEGINNINGS_IN_ALL // len(subjects))
    values = {"ids": list(subjects), "length": length, **seen_by(actor)}
    rows = (await session.execute(_BEGINNINGS, values)).all()
    found = {row.id: _short(marker, row, subjects[row.id]) for row in rows}
    left = IN_ALL
    for document_id in [one for one, excerpts in found.items() if not excerpts]:
        if left <= 0:
            break
        values = {"id": document_id, "length": min(FURTHER, left), "files": MOST_FILES, **seen_by(actor)}
        texts = (await session.execute(_TEXTS, values)).all()
        left -= sum(len(one.content) for one in texts) + 1
        found[document_id] = _first(marker, texts)
    return found


def _short(marker: Marker, row: Any, subject: str) -> list[Excerpt]:
    excerpts = [_excerpt(marker, "subject", subject, None, None, length=len(subject) + 1)]
    excerpts.append(_excerpt(marker, "note", row.note, None, None))
    if row.beginning:
        excerpts.append(_excerpt(marker, "text", row.beginning, 0, row.page_count))
    return [one for one in excerpts if one is not None]


def _first(marker: Marker, texts: Sequence[Any]) -> list[Excerpt]:
    for one in texts:
        if excerpt := _excerpt(marker, "text", one.content, one.annex, one.page_count):
            return [excerpt]
    return []


def _excerpt(
    marker: Marker, place: str, content: str, annex: int | None, pages: int | None, **options: int
) -> Excerpt | None:
    passage = marker.passage(content, **options)
    return Excerpt(place, passage.html, annex, passage.page if pages else None) if passage else None
