"""In which order a list stands, and the key by which its pages go on."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Date, Integer, cast, func, literal
from sqlalchemy.sql.elements import UnaryExpression

from docflow.documents.models import Document

_D = Document.__table__.c


class Order(StrEnum):
    """How a list is sorted."""

    NEWEST = "newest"
    """Last registered first."""
    OLDEST = "oldest"
    RELEVANCE = "relevance"
    """Words with their accents before folded ones, then subject and number before notes and text; needs a search."""
    ISSUED = "issued"
    """Last issued first."""
    DUE = "due"
    """Due soonest first, without a deadline last."""
    NUMBER = "number"
    """By the number in the register."""
    SYMBOL = "symbol"
    """By the number in the symbol, then by the rest of it."""


class Key(msgspec.Struct, frozen=True):
    """``columns`` name a row uniquely, all rising or all falling; ``types`` are theirs, for the cursor.

    ``walkable``: an index stands in this order.
    """

    columns: tuple[ColumnElement[Any], ...]
    types: tuple[Any, ...]
    falling: bool
    walkable: bool = False

    def labels(self) -> tuple[ColumnElement[Any], ...]:
        """The columns as a subquery gives them."""
        return tuple(column.label(f"key_{place}") for place, column in enumerate(self.columns))

    def directed(self, columns: Any) -> list[UnaryExpression[Any] | ColumnElement[Any]]:
        """These columns in the direction of the key."""
        return [column.desc() if self.falling else column.asc() for column in columns]


NEVER = date(9999, 12, 31)
"""Where documents without a deadline stand among those with one."""
_LEADING = cast(func.substring(_D.symbol_key, "^[0-9]{1,9}"), Integer)

KEYS: dict[Order, Key] = {
    Order.NEWEST: Key((_D.registered_at, _D.id), (datetime, UUID), falling=True, walkable=True),
    Order.OLDEST: Key((_D.registered_at, _D.id), (datetime, UUID), falling=False, walkable=True),
    Order.ISSUED: Key((_D.issued_on, _D.id), (date, UUID), falling=True, walkable=True),
    Order.DUE: Key(
        (func.coalesce(_D.due_on, cast(literal(NEVER), Date)), _D.id), (date, UUID), falling=False
    ),
    Order.NUMBER: Key((_D.register_number, _D.register_suffix, _D.id), (int, str, UUID), falling=False),
    Order.SYMBOL: Key((func.coalesce(_LEADING, 0), _D.symbol_key, _D.id), (int, str, UUID), falling=False),
    Order.RELEVANCE: Key((literal(0.0), _D.registered_at, _D.id), (float, datetime, UUID), falling=True),
}
"""The key of each order; the first part of relevance is put in by the statement."""
