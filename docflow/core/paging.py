"""Keyset pages: an opaque cursor names the last row seen, so a page costs the same however deep it lies."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec

from docflow.core.errors import Invalid, invalid

T = TypeVar("T")

DEFAULT_LIMIT = 25
MAX_LIMIT = 200
COUNTED = 10_000
"""Totals are exact up to here, then "at least" (architecture §7)."""


class Total(msgspec.Struct, frozen=True):
    """How many there are: ``{"value": 10000, "relation": "gte"}`` says at least so many."""

    value: int
    relation: Literal["eq", "gte"] = "eq"


class Page(msgspec.Struct, Generic[T], frozen=True, omit_defaults=False):
    """One page; ``next`` is the cursor of the following one, null at the end."""

    items: list[T]
    next: str | None = None
    total: Total | None = None


def total_of(counted: int) -> Total:
    """A count that stopped at COUNTED + 1."""
    return Total(COUNTED, "gte") if counted > COUNTED else Total(counted)


def cursor_of(*key: Any) -> str:
    """An opaque cursor from the sort key of the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def key_of(cursor: str | None, *types: Any) -> tuple[Any, ...] | None:
    """The sort key inside a cursor, checked against ``types``. Raises Invalid for a made-up cursor."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return tuple(msgspec.json.decode(raw, type=tuple[types]))  # type: ignore[valid-type]
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _bad_cursor() from error


def _bad_cursor() -> Invalid:
    return invalid("cursor", "cursor_not_understood")


def page_of(rows: Sequence[Any], limit: int, key: Any) -> tuple[Sequence[Any], str | None]:
    """Cut ``limit + 1`` fetched rows into a page and the next cursor; ``key(row)`` gives the sort key."""
    if len(rows) <= limit:
        return rows, None
    kept = rows[:limit]
    return kept, cursor_of(*key(kept[-1]))
