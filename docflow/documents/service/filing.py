"""Filing: the rows of a document that gets its number, in the transaction of whoever registers it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import Insert, Row, Table, bindparam, insert, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from docflow.access.actor import Actor, Secrecy
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import FieldError, Invalid, invalid
from docflow.core.jobs import enqueue
from docflow.documents.models import Document, DocumentFile, Series
from docflow.documents.numbering import number_text
from docflow.documents.schemas import Signed
from docflow.documents.service.citations import cite_subject
from docflow.documents.service.indexing import index_fields
from docflow.documents.service.registers.numbers import (
    BOOK,
    Taken,
    Wanted,
    take_number,
    take_reserved,
    take_suffix,
)
from docflow.files.models import File, TextStatus
from docflow.files.service import Received, add_file

Paper = Received | File
"""An object in the store: without a row yet, or with one that no document has."""


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
) -> Filed:
    """Everything that belongs to a registered document: ``papers`` are the document itself and its annexes,
    ``own`` the symbols of an issued document by the series of its book.

    What needs no number is done first, and the rest in one statement: from the number to the commit the register
    stays locked. Raises the errors of ``service.registers.numbers``.
    """
    document.id, document.readers, document.cited = place.document_id, [place.reader], []
    files = [await add_file(session, actor, one) if isinstance(one, Received) else one for one in papers]
    versions = [_version(actor, document.id, file.id, annex) for annex, file in enumerate(files)]
    for file in files:
        await read_later(session, document.id, file)
    document.register_id = place.book
    if own is None and place.book is not None:
        index_fields(document)
    taken = await _number(session, actor, document, data)
    document.register_id, document.register_number = taken.register_id, taken.number
    document.register_suffix = taken.suffix
    if own is not None:
        _date_and_sign(document, taken, own[taken.series])
    if own is not None or taken.register_id != place.book:
        index_fields(document)
    document.registered_at = document.touched_at = taken.at
    await _write(session, actor, document, files, versions)
    await cite_subject(session, document)
    shown = list(zip(versions, files, strict=True))
    return Filed(document, shown, tuple(place.lineage))


async def read_later(session: AsyncSession, document_id: UUID, file: File) -> None:
    """Have the worker read a file's text after the commit, or only make the document found by it."""
    if file.text_status is TextStatus.WAITING:
        await enqueue(session, "documents.read_text", document_id=str(document_id), file_id=str(file.id))
    else:
        await enqueue(session, "documents.index", document_id=str(document_id))


async def _number(session: AsyncSession, actor: Actor, document: Document, data: Signed) -> Taken:
    wanted = Wanted(
        unit_id=document.unit_id,
        direction=document.direction,
        kind=document.kind_code,
        is_secret=document.secrecy > Secrecy.NONE,
    )
    if data.reserved_number is not None:
        return await take_reserved(session, wanted, data.reserved_number)
    if data.after_number is not None:
        return await take_suffix(session, actor, wanted, data.after_number)
    return await take_number(session, actor, wanted)


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


async def _write(
    session: AsyncSession,
    actor: Actor,
    document: Document,
    files: Sequence[File],
    versions: Sequence[DocumentFile],
) -> None:
    """The rows by a statement of their own and not the mapper's, which would read back what it did not write."""
    written = inspect(document).dict
    values = {f"document_{column.name}": written[column.name] for column in _DOCUMENTS.c}
    event = audit.event_of(
        actor,
        Tag.DOCUMENT_REGISTERED,
        "document",
        document.id,
        on_behalf_of=document.unit_id,
        details=_told(document, files),
    )
    first = _values(versions[0], "version_") if versions else {}
    await session.execute(_FILE if versions else _FILE_STUB, {**values, **event, **first})
    if len(versions) > 1:
        await session.execute(insert(_VERSIONS), [_values(version) for version in versions[1:]])
    make_transient_to_detached(document)
    session.add(document)


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


def _values(version: DocumentFile, prefix: str = "") -> dict[str, Any]:
    written = inspect(version).dict
    return {f"{prefix}{column.name}": written[column.name] for column in _VERSIONS.c if column.name != "id"}


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


def _inserted(table: Table, prefix: str) -> Insert:
    """A row of the table, its values named with the prefix; the keys of versions are the database's."""
    made = {"id"} if table is _VERSIONS else set()
    return insert(table).values(
        {
            column.name: bindparam(f"{prefix}{column.name}", type_=column.type)
            for column in table.c
            if column.name not in made
        }
    )


_DOCUMENTS = cast(Table, Document.__table__)
_VERSIONS = cast(Table, DocumentFile.__table__)
_FILE_STUB = audit.RECORD.add_cte(_inserted(_DOCUMENTS, "document_").cte("filed"))
"""The document and its event."""
_FILE = _FILE_STUB.add_cte(_inserted(_VERSIONS, "version_").cte("version"))
"""And the first version of its file: in one statement, because the register is locked."""
_PLACE = text(
    f"""
    SELECT unit.name_vi AS name, unit.symbol, unit.lineage, principal.no AS reader, uuidv7() AS document_id,
           (SELECT id FROM ({BOOK}) AS book) AS book
    FROM unit JOIN principal ON principal.unit_id = unit.id
    WHERE unit.id = :unit AND valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)
    """  # noqa: S608  (constants)
)
