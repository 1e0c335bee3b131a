"""A whole list, batch by batch, by one statement."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.core.errors import invalid
from docflow.core.messages import Language
from docflow.documents.models import Document, DocumentKind, Register
from docflow.documents.queries import statements
from docflow.documents.queries.filters import Filters
from docflow.documents.queries.orders import Order
from docflow.documents.queries.rows import Rows, read_columns
from docflow.documents.queries.search import narrow, values_of

BATCH = 500
_D = Document.__table__.c


async def stream_list(
    session: AsyncSession, actor: Actor, filters: Filters, *, order: Order, columns: Sequence[str], most: int
) -> AsyncIterator[Rows]:
    """The first ``most`` documents of a list, with ``voided_at`` and the names of units, registers and kinds."""
    narrowing = await narrow(session, actor, filters)
    if order is Order.RELEVANCE and not narrowing.is_search and not narrowing.impossible:
        raise invalid("sort", "relevance_without_search")
    if narrowing.impossible:
        return
    exact = order is Order.RELEVANCE and bool(narrowing.query and narrowing.query.exact)
    read = (*dict.fromkeys((*read_columns(tuple(columns)), _D.voided_at)), *_names(columns, actor.language))
    statement = statements.sorted_page(narrowing.names, order, read, True, exact)
    values = {**values_of(narrowing, actor), "rows": most}
    stream = await session.stream(statement, values, execution_options={"yield_per": BATCH})
    async for batch in stream.partitions():
        yield batch


def _names(columns: Sequence[str], language: Language) -> list[ColumnElement[Any]]:
    return [_NAMES[language][column] for column in columns if column in _NAMES[language]]


def _called(language: Language) -> dict[str, ColumnElement[Any]]:
    """What the keys in a row are called. Built once: they are part of what a kept statement is found by."""
    vi = language is Language.VI
    unit = Unit.name_vi if vi else func.coalesce(func.nullif(Unit.name_en, ""), Unit.name_vi)
    kind = DocumentKind.name_vi if vi else DocumentKind.name_en
    return {
        "kind": select(kind).where(DocumentKind.code == _D.kind_code).scalar_subquery().label("called_kind"),
        "unit_id": select(unit).where(Unit.id == _D.unit_id).scalar_subquery().label("called_unit_id"),
        "register_id": select(Register.title)
        .where(Register.id == _D.register_id)
        .scalar_subquery()
        .label("called_register_id"),
    }


_NAMES = {language: _called(language) for language in Language}
