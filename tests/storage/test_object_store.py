"""Bytes in, the same bytes out: whole, in part, listed, checked, removed."""

import asyncio
import gc
import hashlib
import os
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from storage import BadRange, ObjectMissing, ObjectStore, StoredObject, StoreSettings
from storage.store import CHUNK_BYTES, PART_BYTES
from tests.storage.conftest import MIB, Outside


async def put(store: ObjectStore, key: str, content: bytes, step: int = 64 * 1024) -> StoredObject:
    async with store.write(key, "application/octet-stream") as writer:
        for start in range(0, len(content), step):
            await writer.write(content[start : start + step])
        return await writer.finish()


async def content_of(
    store: ObjectStore, key: str, *, offset: int = 0, length: int | None = None, chunk_size: int = MIB
) -> bytes:
    chunks = store.read(key, offset=offset, length=length, chunk_size=chunk_size)
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize(
    "size", [0, 1, 200_000, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 20 * MIB]
)
async def test_an_object_comes_back_as_it_was_written(
    store: ObjectStore, outside: Outside, size: int
) -> None:
    content = os.urandom(size)
    stored = await put(store, "thu/object", content)
    assert stored == StoredObject("thu/object", size, hashlib.sha256(content).hexdigest())
    assert await content_of(store, "thu/object") == content
    assert await store.checksum("thu/object") == stored
    assert (await store.stat("thu/object")).size == size
    assert outside.unfinished() == []


async def test_an_object_of_many_small_and_a_few_huge_chunks_comes_back(store: ObjectStore) -> None:
    content = os.urandom(9 * MIB)
    async with store.write("chunks", "application/pdf") as writer:
        for start in range(0, MIB, 100):
            await writer.write(content[start : min(start + 100, MIB)])
        await writer.write(memoryview(content)[MIB : MIB + 10])
        await writer.write(b"")
        await writer.write(bytearray(content[MIB + 10 :]))
        stored = await writer.finish()
    assert (stored.size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert await content_of(store, "chunks") == content


async def test_a_buffer_may_be_filled_again_after_it_was_written(store: ObjectStore) -> None:
    buffer = bytearray(b"first ")
    async with store.write("reused", "text/plain") as writer:
        await writer.write(memoryview(buffer))
        buffer[:] = b"second"
        await writer.write(buffer)
        await writer.finish()
    assert await content_of(store, "reused") == b"first second"


async def test_an_object_keeps_its_content_type(store: ObjectStore, outside: Outside) -> None:
    async with store.write("letter", "application/pdf") as writer:
        await writer.write(b"%PDF-")
        await writer.finish()
    assert outside.content_type("letter") == "application/pdf"


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, None, slice(None)),
        (0, 1, slice(0, 1)),
        (100, 50, slice(100, 150)),
        (2_999_999, None, slice(2_999_999, None)),
        (2_999_990, 500, slice(2_999_990, None)),
        (1_048_576, 1_048_576, slice(1_048_576, 2_097_152)),
        (7, 0, slice(0, 0)),
        (3_000_000, 0, slice(0, 0)),
    ],
)
async def test_a_range_is_that_part_of_the_object(
    store: ObjectStore, offset: int, length: int | None, expected: slice
) -> None:
    content = os.urandom(3_000_000)
    await put(store, "ranged", content)
    assert await content_of(store, "ranged", offset=offset, length=length) == content[expected]


@pytest.mark.parametrize(("offset", "length"), [(10, None), (10, 1), (99, 5), (11, 0), (-1, None), (0, -1)])
async def test_a_range_outside_the_object_is_refused(
    store: ObjectStore, offset: int, length: int | None
) -> None:
    await put(store, "ten", b"0123456789")
    with pytest.raises(BadRange):
        await content_of(store, "ten", offset=offset, length=length)


async def test_chunks_have_the_size_that_was_asked_for(store: ObjectStore) -> None:
    await put(store, "chunked", os.urandom(2 * MIB + 5))
    sizes = [len(chunk) async for chunk in store.read("chunked", chunk_size=MIB)]
    assert sizes == [MIB, MIB, 5]


async def test_a_missing_object_is_told_before_the_first_chunk(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissing, match="no/such"):
        await anext(store.read("no/such"))
    with pytest.raises(ObjectMissing):
        await anext(store.read("no/such", length=0))
    with pytest.raises(ObjectMissing):
        await store.stat("no/such")
    with pytest.raises(ObjectMissing):
        await store.checksum("no/such")


async def test_readers_that_hang_up_early_leave_the_store_as_quick_as_before(store: ObjectStore) -> None:
    content = os.urandom(16 * MIB)
    await put(store, "long", content)
    for _ in range(12):
        async with aclosing(store.read("long")) as chunks:
            assert await anext(chunks) == content[:CHUNK_BYTES]
    assert await content_of(store, "long") == content


async def test_a_reader_that_hangs_up_drops_its_connection(
    store: ObjectStore, store_settings: StoreSettings
) -> None:
    port = int(store_settings.endpoint.rpartition(":")[2])

    def connections() -> int:
        mine = psutil.Process().net_connections("tcp")
        return sum(1 for one in mine if one.raddr and one.raddr.port == port and one.status == "ESTABLISHED")

    await put(store, "long", bytes(16 * MIB))
    gc.collect()  # connections of other tests' clients
    before = connections()
    readers = [store.read("long") for _ in range(5)]
    for reader in readers:
        await anext(reader)
    assert connections() >= before + 4
    for reader in readers:
        await reader.aclose()
    for _ in range(100):  # the chunk that was being read ahead comes to its end first
        if connections() <= before:
            break
        await asyncio.sleep(0.05)
    assert connections() <= before


async def test_more_readers_than_threads_may_be_slow_at_once(store: ObjectStore) -> None:
    content = os.urandom(3 * MIB)
    await put(store, "popular", content)
    readers = [store.read("popular", chunk_size=MIB) for _ in range(12)]
    for expected in (content[:MIB], content[MIB : 2 * MIB], content[2 * MIB :]):
        for reader in readers:
            assert await anext(reader) == expected
    for reader in readers:
        await reader.aclose()


async def test_deleting_twice_is_no_error(store: ObjectStore, outside: Outside) -> None:
    await put(store, "short-lived", b"x")
    await store.delete("short-lived")
    await store.delete("short-lived")
    assert outside.keys() == set()


async def test_the_time_of_an_object_is_aware_and_in_utc(store: ObjectStore) -> None:
    await put(store, "dated", b"x")
    info = await store.stat("dated")
    assert info.modified_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(minutes=1)
    (listed,) = [entry async for entry in store.list_objects()]
    assert listed.modified_at.utcoffset() == timedelta(0)
    assert abs(listed.modified_at - info.modified_at) < timedelta(seconds=2)


async def test_a_list_holds_what_starts_with_the_prefix_and_nothing_else(store: ObjectStore) -> None:
    for key in ("2026/01/a", "2026/01/b", "2026/02/a", "2026-old"):
        await put(store, key, key.encode())
    listed = [entry async for entry in store.list_objects("2026/01/")]
    assert [(entry.key, entry.size) for entry in listed] == [("2026/01/a", 9), ("2026/01/b", 9)]
    assert [entry.key async for entry in store.list_objects("2027")] == []


async def test_a_long_list_is_streamed_page_by_page(store: ObjectStore) -> None:
    keys = [f"{number:04}" for number in range(1003)]
    for key in keys:
        await put(store, key, b"")
    listed = store.list_objects()
    assert (await anext(listed)).key == "0000"
    # Written behind the first page, after the list has begun: it is seen, so the rest was not read ahead.
    await put(store, "1003", b"")
    assert [entry.key async for entry in listed] == [*keys[1:], "1003"]


async def test_a_bucket_may_be_ensured_again(store: ObjectStore) -> None:
    await put(store, "kept", b"x")
    await store.ensure_bucket()
    assert (await store.stat("kept")).size == 1
