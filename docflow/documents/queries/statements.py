"""The statements of lists: each is one way to a page, and ``search`` chooses among them.

The planner guesses wrong on both ends: for a rare word in a wide view it walks the index by date through the whole
table, for an old view too. So a statement here leaves it no choice:

- ``hits_page`` asks the index over words, marks and readers for at most ``probed`` documents, and sorts these;
- ``walk_page`` walks the index of an order over so many documents and no more;
- ``sorted_page`` sorts everything that matches, by a key that no index has.

They are built once for each set of filters, order and columns: building one takes longer than running it. What
decides about the plan is written into the statement, so that each reader and each search gets a plan of its own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.sql.util import ClauseAdapter

from docflow.documents.models import Document
from docflow.documents.policy import VISIBLE
from docflow.documents.queries.filters import conditions
from docflow.documents.queries.orders import KEYS, Key, Order

Names = frozenset[str]
Columns = tuple[ColumnElement[Any], ...]
Statement = Select[*tuple[Any, ...]]

_TABLE = Document.__table__
_D = _TABLE.c
_ROWS = bindparam("rows", type_=Integer, literal_execute=True)
_STEPS = bindparam("steps", type_=Integer, literal_execute=True)
_PROBED = bindparam("probed", type_=Integer, literal_execute=True)
_WORDS = cast(bindparam("words", type_=Text, literal_execute=True), TSQUERY)
_EXACT = cast(bindparam("exact", type_=Text, literal_execute=True), TSQUERY)

_THOUSANDTH: ColumnElement[Any] = literal_column("0.001::float8")
SHARE_OF_ONE_WORD = 1.64493406685
"""``ts_rank`` of an OR divides what each word without positions weighs by this, and the sum by their number."""


def rank_of(exact: bool) -> ColumnElement[float]:
    """How well a document fits the words: from 0 to 1, and with the share of words that have their accents, to 2."""
    rank: ColumnElement[Any] = func.ts_rank(_D.search_vector, _WORDS)
    if exact:
        share = func.ts_rank(literal_column("'{1,1,1,1}'::real[]"), _D.exact_words, _EXACT)
        rank = rank + func.round(share * literal_column(f"{1000 * SHARE_OF_ONE_WORD}::float8")) * _THOUSANDTH
    return cast(rank, Double)


def key_of_order(order: Order, exact: bool = False) -> Key:
    """The key of an order; that of relevance begins with the rank."""
    key = KEYS[order]
    if order is not Order.RELEVANCE:
        return key
    return Key((rank_of(exact), *key.columns[1:]), key.types, key.falling)


@lru_cache(maxsize=1_000)
def hits_page(names: Names, order: Order, columns: Columns, first: bool, exact: bool) -> Statement:
    """A page of what the index gives, with how many it gave in each row; one empty row without hits."""
    key = key_of_order(order, exact)
    # No order in here, so no more documents than the limit are ranked.
    hits = _kept(select(_D.id, *key.labels()).where(*conditions(names)).limit(_PROBED), "hits")
    total = select(func.count().label("counted")).select_from(hits).subquery("total")
    page = _page_of(hits, key, first)
    joined = page.join(_TABLE, _D.id == page.c.id)
    order_by = key.directed(_keys(page, key))
    return (
        select(total.c.counted, *columns, *_keys(page, key))
        .select_from(total.outerjoin(joined, true()))
        .order_by(*order_by)
    )


@lru_cache(maxsize=1_000)
def count_hits(names: Names) -> Select[int]:
    """How many the index gives, ``probed`` at most."""
    probe = select(literal(1)).select_from(_TABLE).where(*conditions(names)).limit(_PROBED)
    return select(func.count()).select_from(probe.subquery())


@lru_cache(maxsize=1_000)
def count_walked(names: Names) -> Select[int]:
    """How many match among the newest ``steps``, ``probed`` at most."""
    return select(func.count()).select_from(walked_hits(names, Order.NEWEST, (_D.id,)).subquery())


@lru_cache(maxsize=1_000)
def walk_page(names: Names, order: Order, columns: Columns, first: bool) -> Statement:
    """A page of those among the next ``steps`` documents of an order that match."""
    key = KEYS[order]
    near = walked(order, first)
    adapt = ClauseAdapter(near)
    keys = [adapt.traverse(column).label(f"key_{place}") for place, column in enumerate(key.columns)]
    return (
        select(*(adapt.traverse(column) for column in columns), *keys)
        .where(*(adapt.traverse(condition) for condition in conditions(names, walking=True)))
        .order_by(*key.directed(adapt.traverse(column) for column in key.columns))
        .limit(_ROWS)
    )


def walked(order: Order, first: bool) -> Subquery:
    """The next ``steps`` documents of an order, whoever may see them."""
    key = KEYS[order]
    statement = select(*_D)
    if not first:
        statement = statement.where(_after(key, key.columns))
    return statement.order_by(*key.directed(key.columns)).limit(_STEPS).subquery("near")


@lru_cache(maxsize=1_000)
def sorted_page(names: Names, order: Order, columns: Columns, first: bool, exact: bool) -> Statement:
    """A page of everything that matches."""
    key = key_of_order(order, exact)
    # The index by date could still be walked for this key: a sum keeps the planner from it.
    unindexed = (
        [key.columns[0] + literal_column("interval '0'"), *key.columns[1:]] if key.walkable else key.columns
    )
    statement = select(*columns, *key.labels()).where(*conditions(names))
    if not first:
        statement = statement.where(_after(key, key.columns))
    return statement.order_by(*key.directed(unindexed)).limit(_ROWS)


@lru_cache(maxsize=1_000)
def ranked_page(columns: Columns, first: bool, exact: bool) -> Statement:
    """A page by relevance among the documents ``among``, which are hits that the reader sees."""
    key = key_of_order(Order.RELEVANCE, exact)
    among = _D.id == any_(cast(bindparam("among"), ARRAY(Uuid)))
    hits = _kept(select(_D.id, *key.labels()).where(among, VISIBLE), "hits")
    page = _page_of(hits, key, first)
    return (
        select(*columns, *_keys(page, key))
        .select_from(page.join(_TABLE, _D.id == page.c.id))
        .order_by(*key.directed(_keys(page, key)))
    )


def walked_hits(names: Names, order: Order, columns: Sequence[ColumnElement[Any]]) -> Statement:
    """What matches among the first ``steps`` documents of an order, ``probed`` at most."""
    near = walked(order, first=True)
    adapt = ClauseAdapter(near)
    return (
        select(*(adapt.traverse(column) for column in columns))
        .where(*(adapt.traverse(condition) for condition in conditions(names, walking=True)))
        .limit(_PROBED)
    )


def kept_hits(names: Names, columns: Sequence[ColumnElement[Any]]) -> CTE:
    """At most ``probed`` of what the index gives."""
    return _kept(select(*columns).where(*conditions(names)).limit(_PROBED), "hits")


def _kept(statement: Select[Any], name: str) -> CTE:
    return statement.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _page_of(hits: CTE, key: Key, first: bool) -> Subquery:
    columns = _keys(hits, key)
    shown = select(hits.c.id, *columns).order_by(*key.directed(columns)).limit(_ROWS)
    return (shown if first else shown.where(_after(key, columns))).subquery("page")


def _keys(source: CTE | Subquery, key: Key) -> list[ColumnElement[Any]]:
    return [source.c[f"key_{place}"] for place in range(len(key.columns))]


def _after(key: Key, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    last = tuple_(*(bindparam(f"after_{place}") for place in range(len(columns))))
    here = tuple_(*columns)
    return here < last if key.falling else here > last
