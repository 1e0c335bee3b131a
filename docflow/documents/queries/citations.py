"""What a document cites and who cites it, as the asker sees it: links are made here, by key, and stored nowhere.

Nothing tells a hidden document from one that is not registered.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.util import ClauseAdapter

from docflow.access.actor import Actor
from docflow.core.paging import COUNTED, key_of
from docflow.documents.citations import cited_as
from docflow.documents.linking import Link, Linked, linked
from docflow.documents.models import Citation, Document
from docflow.documents.policy import VISIBLE, seen_by
from docflow.documents.queries.documents import get_document
from docflow.documents.queries.rows import ROW, Rows

MOST_OF_ONE = 20
"""So many documents are told for one citation, the latest first."""
MOST_OF_ANOTHER_DATE = 5
NEAR = 3_000
"""So many of the newest documents are looked at before the index is asked: what is cited much is among them."""

_TABLE = Document.__table__
_D = _TABLE.c
_C = Citation.__table__.c
CITES: ColumnElement[bool] = _D.cited.overlap(bindparam("cited", type_=ARRAY(Text), literal_execute=True))
"""Documents that name the one whose ``citations.cited_as`` is bound as ``cited``: for any list."""
_NEWEST = (_D.registered_at.desc(), _D.id.desc())
_LATEST = (_D.issued_on - literal_column("'2000-01-01'::date")).desc()
"""No index has this key: else the planner walks the index by date and looks for the symbol."""
_ROWS = bindparam("rows", type_=Integer, literal_execute=True)
_FOR_LINKS = (*ROW, _D.symbol_key)


class CitationMade(msgspec.Struct, frozen=True):
    """A citation that a document makes, and where it leads the asker."""

    citation: Row[Any]
    linked: Linked


class CitedBy(msgspec.Struct, frozen=True):
    """A document that cites another, and in which words."""

    document: Row[Any]
    citations: Sequence[Row[Any]]


async def list_citations(
    session: AsyncSession, actor: Actor, document_id: UUID, *, cursor: str | None, limit: int
) -> list[CitationMade]:
    """What a document that the actor sees cites, in the order of its words; ``limit + 1`` at most. Raises NotFound."""
    await get_document(session, actor, document_id)
    after = key_of(cursor, UUID)
    values = {
        **seen_by(actor),
        "document_id": document_id,
        "after_id": after[0] if after else None,
        "rows": limit + 1,
    }
    citations = (await session.execute(_citations(after is None), values)).all()
    found = await _meant(session, actor, [citation.id for citation in citations], same_date=True)
    answers = {
        one.id: linked(one.symbol_keys, one.issued_on, one.issuer, found.get(one.id, ())) for one in citations
    }
    dated = [one.id for one in citations if one.issued_on and answers[one.id].link is Link.NOT_HERE]
    for citation_id, rows in (await _meant(session, actor, dated, same_date=False)).items():
        answers[citation_id] = Linked(Link.AMBIGUOUS, rows, date_differs=True)
    return [CitationMade(citation, answers[citation.id]) for citation in citations]


async def list_cited_by(
    session: AsyncSession, actor: Actor, document_id: UUID, *, cursor: str | None, limit: int
) -> list[CitedBy]:
    """The newest documents that cite a document, both as the actor sees them; ``limit + 1`` at most. Raises NotFound.

    Cited is what has its symbol and, where the words say a date, its date.
    """
    document = await get_document(session, actor, document_id)
    after = key_of(cursor, datetime, UUID)
    at, last = after or (None, None)
    values = {
        **seen_by(actor),
        "cited": cited_as(document.symbol_key, document.issued_on),
        "rows": limit + 1,
        "after_at": at,
        "after_id": last,
    }
    rows = await _citing(session, values, first=after is None)
    citations = await session.execute(
        select(Citation.__table__)
        .where(
            _C.document_id.in_([row.id for row in rows]),
            literal(document.symbol_key) == any_(_C.symbol_keys),
            or_(_C.issued_on.is_(None), _C.issued_on == document.issued_on),
        )
        .order_by(_C.id)
    )
    told: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for citation in citations:
        told[citation.document_id].append(citation)
    return [CitedBy(row, told[row.id]) for row in rows]


async def _meant(
    session: AsyncSession, actor: Actor, citation_ids: Sequence[UUID], *, same_date: bool
) -> dict[UUID, list[Any]]:
    """The visible documents that each citation may mean: of its date, or else of any other."""
    found: dict[UUID, list[Any]] = {}
    if citation_ids:
        values = {**seen_by(actor), "citation_ids": citation_ids}
        for row in (await session.execute(_documents_meant(same_date), values)).all():
            found.setdefault(row.citation_id, []).append(row)
    return found


async def _citing(session: AsyncSession, values: dict[str, Any], *, first: bool) -> Rows:
    """A page of citing documents. Much cited: found among the newest; little: by the index, and sorted."""
    near = (await session.execute(_walk(first, near=True), values)).all()
    if len(near) == values["rows"]:
        return near
    rows = (await session.execute(_hits(first), values)).all()
    if rows[0].counted > COUNTED:
        return (await session.execute(_walk(first, near=False), values)).all()
    return [row for row in rows if row.id is not None]


@cache
def _citations(first: bool) -> Select[*tuple[Any, ...]]:
    statement = select(Citation.__table__).where(_C.document_id == bindparam("document_id"))
    if not first:
        statement = statement.where(_C.id > bindparam("after_id"))
    return statement.order_by(_C.id).limit(_ROWS)


@cache
def _documents_meant(same_date: bool) -> Select[*tuple[Any, ...]]:
    cited = (
        select(_C.id.label("citation_id"), _C.document_id, _C.symbol_keys, _C.issued_on)
        .where(_C.id == any_(bindparam("citation_ids", type_=ARRAY(Uuid))))
        .subquery("cited")
    )
    if same_date:
        # Bounds and no OR: so the index gives the day at once.
        earliest = func.coalesce(cited.c.issued_on, literal_column("'-infinity'::date"))
        latest = func.coalesce(cited.c.issued_on, literal_column("'infinity'::date"))
        dated: ColumnElement[bool] = _D.issued_on.between(earliest, latest)
    else:
        dated = _D.issued_on != cited.c.issued_on
    meant = (
        select(*_FOR_LINKS)
        .where(_D.symbol_key == any_(cited.c.symbol_keys), dated, VISIBLE, _D.id != cited.c.document_id)
        .order_by(_LATEST, _D.id)
        .limit(MOST_OF_ONE if same_date else MOST_OF_ANOTHER_DATE)
        .lateral("meant")
    )
    return (
        select(cited.c.citation_id, *meant.c)
        .select_from(cited.join(meant, true()))
        .order_by(cited.c.citation_id, meant.c.issued_on.desc(), meant.c.id)
    )


@cache
def _walk(first: bool, near: bool) -> Select[*tuple[Any, ...]]:
    """A page by the index by date, over the whole table or the next NEAR documents."""
    after = tuple_(_D.registered_at, _D.id) < tuple_(bindparam("after_at"), bindparam("after_id"))
    if not near:
        statement = select(*ROW).where(CITES, VISIBLE)
        return (statement if first else statement.where(after)).order_by(*_NEWEST).limit(_ROWS)
    newest = select(*ROW, _D.cited, _D.readers, _D.secrecy).order_by(*_NEWEST).limit(NEAR)
    window = (newest if first else newest.where(after)).subquery("window")
    # Conditions on the window's columns, which no index has: it is walked and nothing else.
    adapt = ClauseAdapter(window)
    return (
        select(*(adapt.traverse(column) for column in ROW))
        .where(adapt.traverse(CITES), adapt.traverse(VISIBLE))
        .order_by(*(adapt.traverse(column) for column in _NEWEST))
        .limit(_ROWS)
    )


@cache
def _hits(first: bool) -> Select[*tuple[Any, ...]]:
    """A page of what the index gives, with how many in each row; one empty row when it gives none."""
    hits: CTE = (
        select(_D.id, _D.registered_at)
        .where(CITES, VISIBLE)
        .limit(COUNTED + 1)
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    total = select(func.count().label("counted")).select_from(hits).subquery("total")
    place = (hits.c.registered_at, hits.c.id)
    shown = select(hits.c.id).order_by(*(column.desc() for column in place)).limit(_ROWS)
    if not first:
        shown = shown.where(tuple_(*place) < tuple_(bindparam("after_at"), bindparam("after_id")))
    page = shown.subquery("page")
    found = page.join(_TABLE, _D.id == page.c.id)
    return select(total.c.counted, *ROW).select_from(total.outerjoin(found, true())).order_by(*_NEWEST)
