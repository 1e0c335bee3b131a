"""One document, its links and its unit."""

from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, bindparam, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core.errors import NotFound
from docflow.documents.models import (
    Direction,
    Document,
    DocumentFile,
)
from docflow.documents.policy import VISIBLE, seen_by, visible_to
from docflow.documents.queries.rows import ROW, Rows
from docflow.files.models import File


async def get_document(
    session: AsyncSession, actor: Actor, document_id: UUID, *, lock: bool = False, text: bool = False
) -> Document:
    """A document that the actor sees. Raises NotFound. ``lock`` until the end of the transaction."""
    statement = select(Document).where(Document.id == document_id, visible_to(actor))
    if lock:
        # Not for its key, which never changes: rows that name it are written meanwhile, and whoever wrote one locks it
        # later without meeting somebody who waits for that row.
        statement = statement.with_for_update(key_share=True)
    if text:
        statement = statement.options(undefer(Document.search_vector))
    document = await session.scalar(statement)
    if document is None:
        raise NotFound
    return document


async def find_visible(session: AsyncSession, actor: Actor, document_id: UUID | None) -> UUID | None:
    """The id itself when the actor sees the document, else None: a link to something hidden is not shown."""
    if document_id is None:
        return None
    return await session.scalar(select(Document.id).where(Document.id == document_id, visible_to(actor)))


async def lineage_of(session: AsyncSession, document: Document) -> tuple[int, ...]:
    """The lineage of the document's unit."""
    return tuple(await session.scalar(select(Unit.lineage).where(Unit.id == document.unit_id)) or ())


async def find_duplicates(
    session: AsyncSession,
    actor: Actor,
    *,
    symbol_key: str,
    issuer_key: str,
    issued_on: date,
    sha256: bytes | None,
) -> Rows:
    """Incoming documents that the actor sees with the same symbol, issuer and date or the same bytes, the first first.

    The symbol of another year is another document's: numbers begin anew. One whose number was voided is in nobody's
    way. ``sha256`` None: no bytes to compare.
    """
    values = {"symbol_key": symbol_key, "issuer_key": issuer_key, "issued_on": issued_on, "sha256": sha256}
    return (await session.execute(_DUPLICATES[sha256 is None], {**values, **seen_by(actor)})).all()


def _duplicates(*, no_bytes: bool) -> Select[*tuple[Any, ...]]:
    """Built once: building it takes longer than running it.

    Every step is by the index that is meant: left to the planner, who knows nothing of a table that grows quickly,
    one registration took a hundred milliseconds among a thousand documents.
    """
    keyed = _first(
        select(_D.id, _D.issuer_key, _D.issued_on).where(_D.symbol_key == bindparam("symbol_key")), "keyed"
    )
    same: Any = select(keyed.c.id).where(
        keyed.c.issuer_key == bindparam("issuer_key"), keyed.c.issued_on == bindparam("issued_on")
    )
    if not no_bytes:
        versions, files = DocumentFile.__table__.c, File.__table__.c
        stored = _first(select(files.id).where(files.sha256 == bindparam("sha256")), "stored")
        held = (
            select(versions.document_id).where(versions.file_id == stored.c.id).offset(_NONE).lateral("held")
        )
        same = same.union(select(held.c.document_id).select_from(stored.join(held, true())))
    candidates = _first(same, "candidates")
    shown = (_D.direction == Direction.INCOMING, _D.voided_at.is_(None), VISIBLE)
    found = select(*ROW).where(_D.id == candidates.c.id, *shown).offset(_NONE).lateral("found")
    return (
        select(*found.c).select_from(candidates.join(found, true())).order_by(found.c.registered_at).limit(5)
    )


def _first(statement: Any, name: str) -> CTE:
    return cast(CTE, statement.cte(name).prefix_with("MATERIALIZED", dialect="postgresql"))


_NONE: ColumnElement[int] = literal_column("0")
"""As an offset: what stands before it is found by itself, not joined in another order."""
_D = Document.__table__.c
_DUPLICATES = {no_bytes: _duplicates(no_bytes=no_bytes) for no_bytes in (False, True)}
