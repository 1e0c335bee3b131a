"""The pipe between the event loop and a thread: exact, bounded, and nobody waits for ever."""

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import UploadAborted
from storage.pipe import CHUNK_OVERHEAD, BytePipe

AHEAD = 1000


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def parts_of(pipe: BytePipe) -> list[bytes]:
    """What a reader gets that asks as the SDK does: one byte more at first, and until nothing comes."""
    parts = [pipe.read(AHEAD + 1)]
    while parts[-1]:
        parts.append(pipe.read(AHEAD))
    pipe.abandon()
    return parts[:-1]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=3000), max_size=30), pause=st.booleans())
async def test_every_part_but_the_last_is_exact_and_all_bytes_are_hashed(
    pool: ThreadPoolExecutor, chunks: list[bytes], pause: bool
) -> None:
    pipe = BytePipe(pool, ahead=AHEAD, capacity=4000)
    reading = asyncio.wrap_future(pool.submit(parts_of, pipe))
    async with asyncio.timeout(10):
        for chunk in chunks:
            pipe.push(chunk)
            if pipe.is_full:
                await pipe.drained()
            if pause:
                await asyncio.sleep(0)
        pipe.end()
        parts = await reading
    content = b"".join(chunks)
    assert b"".join(parts) == content
    assert [len(part) for part in parts[:-1]] == [AHEAD + 1, *[AHEAD] * (len(parts) - 2)][: len(parts) - 1]
    assert pipe.size == len(content)
    assert pipe.sha256 == hashlib.sha256(content).hexdigest()


async def test_what_is_put_together_while_the_reader_is_busy_is_one_part_and_no_more(
    pool: ThreadPoolExecutor,
) -> None:
    pipe = BytePipe(pool, ahead=AHEAD, capacity=4000)
    pipe.push(bytes(5 * AHEAD))
    sizes = []
    for size in (AHEAD + 1, AHEAD, AHEAD):
        sizes.append(len(await asyncio.wrap_future(pool.submit(pipe.read, size))))
        await asyncio.sleep(0.05)  # the reader sends what it got
        assert pipe.size == sum(sizes) + AHEAD
    assert sizes == [AHEAD + 1, AHEAD, AHEAD]


async def test_one_byte_chunks_fill_the_pipe_long_before_its_capacity_in_bytes(
    pool: ThreadPoolExecutor,
) -> None:
    pipe = BytePipe(pool, ahead=AHEAD, capacity=1_000_000)
    pushed = 0
    while not pipe.is_full:
        pipe.push(memoryview(b"xyz")[:1])
        pushed += 1
    assert pushed <= 1_000_000 // CHUNK_OVERHEAD


async def test_a_producer_waits_until_half_of_the_pipe_is_free(pool: ThreadPoolExecutor) -> None:
    pipe = BytePipe(pool, ahead=AHEAD, capacity=8000)
    while not pipe.is_full:
        pipe.push(bytes(744))
    waiting = asyncio.create_task(pipe.drained())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    taken = await asyncio.wrap_future(pool.submit(pipe.read, AHEAD + 1))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    while not waiting.done():
        taken += await asyncio.wrap_future(pool.submit(pipe.read, AHEAD))
        await asyncio.sleep(0.05)
    # Up to one part more is moved ahead of the reader.
    assert 3000 <= len(taken) + AHEAD <= 6000


async def test_a_reader_of_a_failed_pipe_stops_even_while_it_waits(pool: ThreadPoolExecutor) -> None:
    pipe = BytePipe(pool, ahead=AHEAD)
    reading = asyncio.wrap_future(pool.submit(pipe.read, AHEAD))
    pipe.push(b"half")
    await asyncio.sleep(0.05)
    assert not reading.done()
    pipe.fail()
    async with asyncio.timeout(5):
        with pytest.raises(UploadAborted):
            await reading


async def test_a_producer_does_not_wait_for_a_reader_that_is_gone(pool: ThreadPoolExecutor) -> None:
    pipe = BytePipe(pool, ahead=AHEAD, capacity=1000)
    pipe.push(bytes(2000))
    waiting = asyncio.create_task(pipe.drained())
    await asyncio.sleep(0)
    pool.submit(pipe.abandon)
    async with asyncio.timeout(5):
        await waiting
        pipe.push(bytes(2000))
        await pipe.drained()
    assert pipe.is_abandoned
