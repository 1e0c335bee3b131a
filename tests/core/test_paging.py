"""Cursors carry a sort key there and back, and a made-up one is the caller's mistake."""

import base64
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.core.errors import Invalid
from docflow.core.paging import COUNTED, Total, cursor_of, key_of, page_of, total_of

ZONES = [UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-11, minutes=-30))]
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    datetime: st.datetimes(timezones=st.sampled_from(ZONES)),
    UUID: st.uuids(),
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(st.characters(exclude_categories=["Cs"])),
    date: st.dates(),
}
KEYS = st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4).flatmap(
    lambda types: st.tuples(st.just(types), st.tuples(*(VALUES[one] for one in types)))
)
MOMENT = datetime(2026, 11, 23, 8, 30, 1, 7, tzinfo=UTC)


def mark(raw: bytes) -> str:
    """A cursor around bytes of one's own."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(KEYS)
def test_a_key_comes_back_as_it_was(drawn: tuple[list[Any], tuple[Any, ...]]) -> None:
    types, key = drawn
    assert key_of(cursor_of(*key), *types) == key


@given(moment=VALUES[datetime], key=VALUES[UUID])
def test_a_cursor_travels_in_an_address_as_it_is(moment: datetime, key: UUID) -> None:
    cursor = cursor_of(moment, key)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    again = key_of(cursor, datetime, UUID)
    assert again is not None
    assert again[0].microsecond == moment.microsecond
    assert again[0].utcoffset() is not None


@pytest.mark.parametrize("cursor", [None, ""])
def test_without_a_cursor_there_is_no_key(cursor: str | None) -> None:
    assert key_of(cursor, datetime, UUID) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "%00",
        "trang-2",
        "trang hai",
        "việt",
        "\ud800",
        mark(b"null"),
        mark(b"{}"),
        mark(b"[]"),
        mark(b"[" * 100_000),
        mark(b"\xff\xfe"),
        mark(b'["2026-11-23T08:30:01Z"]'),
        mark(b'["2026-13-45T99:00:00Z", "01997a3e-5b60-7c11-9c1e-0b7f1d2a4e01"]'),
        mark(b'["2026-11-23T08:30:01Z", "not a key"]'),
        mark(b'["2026-11-23T08:30:01Z", "01997a3e-5b60-7c11-9c1e-0b7f1d2a4e01", 1]'),
        cursor_of(7),
        cursor_of("x", UUID(int=7)),
        cursor_of(MOMENT, UUID(int=7))[:-4],
    ],
)
def test_a_made_up_cursor_is_the_callers_mistake(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        key_of(cursor, datetime, UUID)
    assert [(field.pointer, field.code) for field in refused.value.fields] == [
        ("/cursor", "cursor_not_understood")
    ]


@given(st.text(max_size=60) | st.binary(max_size=60).map(mark))
def test_nothing_that_anybody_sends_does_worse_than_be_refused(cursor: str) -> None:
    try:
        key = key_of(cursor, str, int)
    except Invalid:
        return
    assert key is None or [type(part) for part in key] == [str, int]


def test_a_full_page_is_cut_and_names_its_last_row() -> None:
    rows = [(MOMENT + timedelta(microseconds=n), UUID(int=n)) for n in range(4)]
    kept, following = page_of(rows, 3, lambda row: row)
    assert kept == rows[:3]
    assert key_of(following, datetime, UUID) == rows[2]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_last_page_has_no_next(count: int) -> None:
    rows = list(range(count))
    assert page_of(rows, 3, lambda row: (row,)) == (rows, None)


@pytest.mark.parametrize(
    ("counted", "total"),
    [
        (0, Total(0)),
        (COUNTED, Total(10_000, "eq")),
        (COUNTED + 1, Total(10_000, "gte")),
    ],
)
def test_totals_are_exact_up_to_ten_thousand(counted: int, total: Total) -> None:
    assert total_of(counted) == total
