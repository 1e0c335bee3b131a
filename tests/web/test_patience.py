"""Clients that fall silent in the middle of a request are given up; slow readers on our side are not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from docflow.web.form_errors import RequestTooSlow
from docflow.web.multipart import FilePart, FormLimits, FormReader
from docflow.web.patience import PACE_BYTES, paced
from tests.web.test_multipart import BOUNDARY, CONTENT_TYPE, Shelf, file

IDLE = 0.2


async def coming(*chunks: bytes, pause: float = 0.0, silent: bool = False) -> AsyncIterator[bytes]:
    """The chunks, each after a pause; then perhaps nothing for ever."""
    for chunk in chunks:
        await asyncio.sleep(pause)
        yield chunk
    if silent:
        await asyncio.Event().wait()


async def test_a_silent_client_is_given_up_after_the_idle_time() -> None:
    seen = b""
    with pytest.raises(RequestTooSlow):
        async with asyncio.timeout(2):
            async for chunk in paced(coming(b"begin", silent=True), IDLE):
                seen += chunk
    assert seen == b"begin"


async def test_a_client_that_sends_a_byte_now_and_then_is_given_up_too() -> None:
    seen = 0
    with pytest.raises(RequestTooSlow):
        async with asyncio.timeout(2):
            async for chunk in paced(coming(*[b"x"] * 1000, pause=IDLE / 8), IDLE):
                seen += len(chunk)
    assert 1 <= seen < 10


async def test_a_slow_client_that_keeps_pace_may_take_any_time() -> None:
    sent = [b"x" * PACE_BYTES] * 6
    assert [chunk async for chunk in paced(coming(*sent, pause=IDLE / 2), IDLE)] == sent


async def test_the_time_that_the_reader_takes_is_not_the_clients() -> None:
    seen = 0
    async for chunk in paced(coming(b"a", b"b", b"c"), IDLE):
        seen += len(chunk)
        await asyncio.sleep(IDLE)
    assert seen == 3


async def test_a_form_whose_client_falls_silent_ends_its_file_with_the_reason() -> None:
    shelf = Shelf()
    half = file("f", "a.pdf", b"half of the file")[:-8]
    reader = FormReader(CONTENT_TYPE, FormLimits(file_bytes=100), idle_seconds=IDLE)
    with pytest.raises(RequestTooSlow):
        await reader.read(coming(half, silent=True), shelf.place)
    assert [type(end) for end in shelf.ends] == [RequestTooSlow]


async def test_a_form_that_pauses_for_less_arrives_whole() -> None:
    shelf = Shelf()
    whole = file("f", "a.pdf", b"the whole file") + b"--" + BOUNDARY + b"--\r\n"
    pieces = [whole[at : at + 64] for at in range(0, len(whole), 64)]
    reader = FormReader(CONTENT_TYPE, FormLimits(file_bytes=100), idle_seconds=1)
    form = await reader.read(coming(*pieces, pause=0.05), shelf.place)
    assert form.files == {"f": FilePart("f", "a.pdf", "application/pdf")}
    assert shelf.contents == {"f": b"the whole file"}
