"""Facts of a document as lexemes of its vector, so that one index finds by words, readers and filters at once. Pure.

A mark narrows what the index gives; the column decides. So marks may be hashes, and a mark must be there whenever
its column has the value: whoever changes such a column writes the vector anew (``service.indexing``).
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from uuid import UUID

from docflow.documents.search_terms import mark_of

MOST_YEARS = 30
MOST_MONTHS = 36


def marks_of(
    *,
    direction: str,
    kind: str,
    unit_id: UUID,
    register_id: UUID,
    urgency: str,
    issued_on: date,
    arrived_on: date | None,
    issuer_key: str,
    source: str,
    is_late: bool,
) -> Iterator[str]:
    """The marks of one document."""
    yield direction_mark(direction)
    yield kind_mark(kind)
    yield unit_mark(unit_id)
    yield register_mark(register_id)
    yield urgency_mark(urgency)
    yield year_mark(issued_on.year)
    if arrived_on is not None:
        yield arrival_mark(arrived_on.year, arrived_on.month)
    yield issuer_mark(issuer_key)
    yield source_mark(source)
    if is_late:
        yield LATE


LATE = "l"


def direction_mark(direction: str) -> str:
    return f"d{direction}"


def urgency_mark(urgency: str) -> str:
    return f"g{urgency}"


def source_mark(source: str) -> str:
    return f"o{source}"


def year_mark(year: int) -> str:
    return f"y{year}"


def arrival_mark(year: int, month: int) -> str:
    return f"a{year}{month:02d}"


@lru_cache(maxsize=10_000)
def kind_mark(kind: str) -> str:
    return mark_of("k", kind)


@lru_cache(maxsize=10_000)
def unit_mark(unit_id: UUID) -> str:
    return mark_of("u", unit_id.hex)


@lru_cache(maxsize=10_000)
def register_mark(register_id: UUID) -> str:
    return mark_of("r", register_id.hex)


@lru_cache(maxsize=10_000)
def issuer_mark(issuer_key: str) -> str:
    return mark_of("i", issuer_key)


def year_marks(first: date | None, last: date | None) -> list[str]:
    """Any of these is on a document issued from ``first`` to ``last``; none when the span is open or too long."""
    if first is None or last is None or last.year - first.year > MOST_YEARS:
        return []
    return [year_mark(year) for year in range(first.year, last.year + 1)]


def arrival_marks(first: date | None, last: date | None) -> list[str]:
    """Any of these is on a document that arrived from ``first`` to ``last``; none as for ``year_marks``."""
    if first is None or last is None:
        return []
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return (
        [arrival_mark(month // 12, month % 12 + 1) for month in months] if len(months) <= MOST_MONTHS else []
    )
