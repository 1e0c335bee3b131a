"""Filing: the rows of a document that gets its number, in the transaction of whoever registers it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from docflow.access.actor import Actor, Secrecy
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid, invalid
from docflow.core.jobs import LAST, enqueue
from docflow.documents.models import Document, DocumentFile, Series, Source
from docflow.documents.numbering import number_text
from docflow.documents.schemas import Signed
from docflow.documents.service.citations import cite_subject
from docflow.documents.service.filing_rows import (
    FILE,
    FILE_WITH_NEXT,
    values_of,
)
from docflow.documents.service.indexing import index_fields
from docflow.documents.service.registers.numbers import (
    BOOK,
    Taken,
    Wanted,
    take_number,
    take_reserved,
    take_suffix,
    take_with,
)
from docflow.files.models import File, TextStatus
from docflow.files.service import Received, add_file

Paper = Received | File
"""An object in the store: without a row yet, or with one that no document has."""
Finish = Callable[[Document], Awaitable[Sequence[Paper]]]
"""Makes the papers of a document that has just got its number, symbol and date, which stand in them. Whatever it raises
gives the number back; nobody else gets one of the same register meanwhile."""


class Own(msgspec.Struct, frozen=True):
    """A symbol of our own making but for its number: what follows that, as it is written and in its key."""

    after_number: str
    key_after_number: str


class Filed(msgspec.Struct, frozen=True):
    """A document that was registered, with what is known of it without asking the database again.

    ``owner`` is the lineage of its unit.
    """

    document: Document
    files: list[tuple[DocumentFile, File]]
    owner: tuple[int, ...]


async def get_place(session: AsyncSession, document: Document) -> Row[Any]:
    """Where a document goes: its unit's ``name``, ``symbol``, ``lineage`` and ``reader``, its key as ``document_id``,
    and its ``book`` as it seems before the number is taken.

    Raises Invalid for a unit that is no more.
    """
    today = clock.today()
    facts = {"unit": document.unit_id, "today": today, "on": today, "kind": document.kind_code}
    book = {"direction": document.direction.value, "secret": document.secrecy > Secrecy.NONE}
    place = (await session.execute(_PLACE, {**facts, **book})).one_or_none()
    if place is None:
        raise invalid("unit_id", "unit_not_known", ids=str(document.unit_id))
    return place


async def file_away(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    place: Row[Any],
    data: Signed,
    papers: Sequence[Paper] = (),
    own: Mapping[Series, Own | None] | None = None,
    finish: Finish | None = None,
) -> Filed:
    """Everything that belongs to a registered document: ``papers`` are the document itself and its annexes,
    ``own`` the symbols of an issued document by the series of its book; ``finish`` makes the papers that come before
    these, once an issued document has its number.

    What needs no number is done first: from the number to the commit the register stays locked. Raises the errors of ``service.registers.numbers``.
    """
    document.id, document.readers, document.cited = place.document_id, [place.reader], []
    files = [await _row_of(session, actor, one) for one in papers]
    versions = [_version(actor, document.id, file.id, annex) for annex, file in enumerate(files)]
    for file in files:
        await read_later(session, document, file)
    document.register_id, document.register_suffix = place.book, ""
    if own is not None or not await _file_with_next(session, actor, document, data, files, versions):
        taken = await _number(session, actor, document, data)
        document.register_id, document.register_number = taken.register_id, taken.number
        document.register_suffix = taken.suffix
        document.registered_at = taken.at
        if own is not None:
            _date_and_sign(document, taken, own[taken.series])
        if finish is not None:
            made = [await _row_of(session, actor, one) for one in await finish(document)]
            for file in made:
                await read_later(session, document, file)
            files = made + files
            versions = [_version(actor, document.id, file.id, annex) for annex, file in enumerate(files)]
        index_fields(document)
        document.touched_at = taken.at
        await session.execute(FILE, values_of(actor, document, files, versions))
    make_transient_to_detached(document)
    session.add(document)
    await cite_subject(session, document)
    shown = list(zip(versions, files, strict=True))
    return Filed(document, shown, tuple(place.lineage))


async def _row_of(session: AsyncSession, actor: Actor, paper: Paper) -> File:
    return await add_file(session, actor, paper) if isinstance(paper, Received) else paper


async def _file_with_next(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    data: Signed,
    files: Sequence[File],
    versions: Sequence[DocumentFile],
) -> bool:
    """Take the next number and write everything in one statement, so that the register is locked the shortest.

    For a document of which nothing but the number depends on the number, in the book that was seen before. False
    when nothing was written: that book is not the one any more, or something else is wanted of it.
    """
    if document.register_id is None or data.reserved_number is not None or data.after_number is not None:
        return False
    index_fields(document)
    document.register_number, document.registered_at = 0, document.touched_at
    values = values_of(actor, document, files, versions)
    taken = await take_with(session, _wanted(document), FILE_WITH_NEXT, values)
    if taken is None:
        return False
    document.register_number = taken.number
    document.registered_at = document.touched_at = taken.at
    return True


async def read_later(session: AsyncSession, document: Document, file: File) -> None:
    """Have the worker read a file's text after the commit, or only make the document found by it."""
    priority = LAST if document.source is Source.IMPORT else 0
    named: dict[str, Any] = {"document_id": str(document.id)}
    if file.text_status is TextStatus.WAITING:
        named["file_id"] = str(file.id)
        await enqueue(session, "documents.read_text", priority=priority, **named)
    else:
        await enqueue(session, "documents.index", priority=priority, **named)


async def _number(session: AsyncSession, actor: Actor, document: Document, data: Signed) -> Taken:
    wanted = _wanted(document)
    if data.reserved_number is not None:
        return await take_reserved(session, wanted, data.reserved_number)
    if data.after_number is not None:
        return await take_suffix(session, actor, wanted, data.after_number)
    return await take_number(session, actor, wanted)


def _wanted(document: Document) -> Wanted:
    return Wanted(
        unit_id=document.unit_id,
        direction=document.direction,
        kind=document.kind_code,
        is_secret=document.secrecy > Secrecy.NONE,
    )


def check_number(data: Signed) -> None:
    """A reserved number or a suffix, not both; a suffix tells why. Raises Invalid."""
    if data.reserved_number is not None and data.after_number is not None:
        raise invalid("after_number", "number_or_suffix")
    if data.after_number is not None and not data.late_reason:
        raise Invalid(FieldError("/late_reason", "late_reason_of_suffix"))


def _date_and_sign(document: Document, taken: Taken, own: Own | None) -> None:
    """Number and date are given together (domain §1.2)."""
    if own is None:
        raise invalid("field", "field_of_letter_missing")
    document.issued_on = taken.on
    document.symbol = number_text(taken.number, taken.suffix) + own.after_number
    document.symbol_key = f"{taken.number}{taken.suffix}{own.key_after_number}"


def _version(actor: Actor, document_id: UUID, file_id: UUID, annex: int) -> DocumentFile:
    return DocumentFile(
        document_id=document_id,
        file_id=file_id,
        annex=annex,
        version=1,
        added_by=actor.person_id,
        added_at=clock.now(),
        note="",
    )


_PLACE = text(
    f"""
    SELECT unit.name_vi AS name, unit.symbol, unit.lineage, principal.no AS reader, uuidv7() AS document_id,
           (SELECT id FROM ({BOOK}) AS book) AS book
    FROM unit JOIN principal ON principal.unit_id = unit.id
    WHERE unit.id = :unit AND valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)
    """  # noqa: S608  (constants)
)
