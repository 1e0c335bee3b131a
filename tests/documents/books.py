"""Registers as the tests use them: books opened, numbers reserved and voided over the API, and what stands in them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
from sqlalchemy import text

from docflow.core import clock
from docflow.core.db import Sessions

REGISTERS = "/api/v1/registers"


def local(year: int, month: int, day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment on the province's wall."""
    return datetime(year, month, day, hour, minute, second, tzinfo=clock.LOCAL_ZONE)


async def open_book(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Open a book over the API; the answer's body."""
    answer = await client.post(REGISTERS, json={"direction": "outgoing", **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def reserve(
    client: httpx.AsyncClient, register: str, count: int = 1, **fields: Any
) -> list[dict[str, Any]]:
    """Reserve numbers over the API until tomorrow; the entries."""
    until = (clock.today() + timedelta(days=1)).isoformat()
    body = {"count": count, "reserved_for": "Quyết định khen thưởng", "until": until, **fields}
    answer = await client.post(f"{REGISTERS}/{register}/reservations", json=body)
    assert answer.status_code == 201, answer.text
    entries: list[dict[str, Any]] = answer.json()
    return entries


async def void(client: httpx.AsyncClient, register: str, number: str, reason: str = "Nhầm") -> httpx.Response:
    return await client.post(f"{REGISTERS}/{register}/entries/{number}/void", json={"reason": reason})


async def entries(client: httpx.AsyncClient, register: str, **asked: Any) -> list[dict[str, Any]]:
    """The entries of a register over the API, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get(f"{REGISTERS}/{register}/entries", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


async def registers(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get(REGISTERS)).json())


_ENTRIES = text(
    """
    SELECT entry.register_id, entry.number, entry.suffix, entry.taken_at, entry.reserved_for, entry.voided_at,
           document.id AS document_id, document.registered_at, document.issued_on, document.symbol,
           document.direction, document.voided_at AS document_voided_at
    FROM register_entry AS entry LEFT JOIN document
      ON document.register_id = entry.register_id AND document.register_number = entry.number
     AND document.register_suffix = entry.suffix
    ORDER BY entry.register_id, entry.number, char_length(entry.suffix), entry.suffix
    """
)
_BOOKS = text("SELECT id, last_number, last_at, starts_on, ends_on FROM register")


async def assert_whole(sessions: Sessions, *, bare: int = 0) -> Sequence[Any]:
    """Every register: 1 to its last without gap or double, taken in time order, in its period; all its entries.

    ``bare``: how many the test itself took without a document; nothing else may leave any.
    """
    async with sessions() as session:
        rows = (await session.execute(_ENTRIES)).all()
        books = (await session.execute(_BOOKS)).all()
    for book in books:
        _assert_book(book, [row for row in rows if row.register_id == book.id])
    nobodys = [row for row in rows if row.document_id is None and row.reserved_for is None]
    assert len(nobodys) == bare, nobodys
    return rows


def _assert_book(book: Any, rows: Sequence[Any]) -> None:
    numbers = [row for row in rows if not row.suffix]
    assert [row.number for row in numbers] == list(range(1, book.last_number + 1)), "no gap, no double"
    assert all(one.taken_at < two.taken_at for one, two in pairwise(numbers)), "in time order"
    assert len({row.taken_at for row in rows}) == len(rows)
    for row in rows:
        day = row.taken_at.astimezone(clock.LOCAL_ZONE).date()
        assert book.starts_on <= day < book.ends_on, f"{row} is not of the period of {book}"
        if row.document_id is None:
            continue
        on = row.registered_at.astimezone(clock.LOCAL_ZONE).date()
        if row.reserved_for is None:
            assert row.registered_at == row.taken_at
        else:
            assert row.registered_at > row.taken_at
        if row.direction != "incoming":
            assert row.issued_on == on, "number and date of the same day"
        assert (row.voided_at is None) == (row.document_voided_at is None)
    for row in rows:
        if row.suffix:
            main = next(one for one in numbers if one.number == row.number)
            assert row.taken_at > main.taken_at


async def until_somebody_waits(sessions: Sessions) -> None:
    """Go on when a connection to this database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1000):
        async with sessions() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")
