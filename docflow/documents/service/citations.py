"""Keeping what a document cites: of its subject when it is registered or amended, of its text when that was read."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.documents.citations import Found, find_citations, gathered, mark, names_any
from docflow.documents.kinds import Kind
from docflow.documents.models import Citation, Document
from docflow.documents.queries.files import list_newest
from docflow.documents.queries.registers import list_kinds
from docflow.files.service import text_of

LONG = 100_000
"""Characters from which on a text is looked through beside the event loop."""
_WRITTEN_AT_ONCE = 500

_SUBJECT, _TEXT = "subject", "text"


async def cite_subject(session: AsyncSession, document: Document, *, amended: bool = False) -> None:
    """Keep what the subject of a document cites, which is in the database already. Cheap: it is found at commit.

    ``amended``: what the subject cited before is forgotten; what the text cites stays.
    """
    found = await _found_in_subject(session, document)
    if amended:
        of_subject = Citation.document_id == document.id, Citation.place == _SUBJECT
        await session.execute(delete(Citation).where(*of_subject))
    elif not found:
        return
    await _write(session, document.id, found)
    rows = await session.execute(
        select(Citation.symbol_keys, Citation.issued_on).where(Citation.document_id == document.id)
    )
    marks = {mark(key, issued_on) for keys, issued_on in rows for key in keys}
    await session.execute(update(Document).where(Document.id == document.id).values(cited=sorted(marks)))


async def cite(session: AsyncSession, document_id: UUID) -> None:
    """Keep what a document cites in its subject and in the newest text of it and its annexes; running it twice does
    no harm.

    Called by the worker. No change of the document that anybody made: its version stays.
    """
    document = await session.get_one(Document, document_id, with_for_update={"key_share": True})
    found = await _found_in_subject(session, document)
    kinds: Sequence[Kind] = ()
    for annex, file_id in await list_newest(session, document_id):
        text = await text_of(session, file_id)
        if not text:
            continue
        kinds = kinds or await _kinds(session)
        named = await _found(text, kinds)
        # Pages are counted in the document itself; an annex has its own.
        found += [replace(one, place=_TEXT, page=None if annex else one.page) for one in named]
    found = gathered(found, document.symbol_key, document.issued_on)
    await session.execute(delete(Citation).where(Citation.document_id == document_id))
    await _write(session, document_id, found)
    await session.execute(update(Document).where(Document.id == document_id).values(cited=_marks(found)))


async def _found_in_subject(session: AsyncSession, document: Document) -> list[Found]:
    if not names_any(document.subject):
        return []
    named = find_citations(document.subject, await _kinds(session))
    of_subject = [replace(one, place=_SUBJECT, page=None) for one in named]
    return gathered(of_subject, document.symbol_key, document.issued_on)


async def _found(text: str, kinds: Sequence[Kind]) -> list[Found]:
    if len(text) < LONG:
        return list(find_citations(text, kinds))
    return await asyncio.to_thread(lambda: list(find_citations(text, kinds)))


async def _kinds(session: AsyncSession) -> list[Kind]:
    """The kinds as plain values: rows are the session's, and a text may be looked through in a thread."""
    return [Kind(kind.code, kind.symbol, kind.name_vi, kind.name_en) for kind in await list_kinds(session)]


async def _write(session: AsyncSession, document_id: UUID, found: Sequence[Found]) -> None:
    """The rows in the order of the text: their ids ascend."""
    rows = [
        {
            "document_id": document_id,
            "written": one.written,
            "symbol_keys": list(one.keys),
            "issued_on": one.issued_on,
            "issuer": one.issuer,
            "relation": one.relation,
            "place": one.place,
            "page": one.page,
            "excerpt": one.excerpt,
        }
        for one in found
    ]
    for first in range(0, len(rows), _WRITTEN_AT_ONCE):
        await session.execute(insert(Citation), rows[first : first + _WRITTEN_AT_ONCE])


def _marks(found: Iterable[Found]) -> list[str]:
    return sorted({mark(key, one.issued_on) for one in found for key in one.keys})
