"""An object is written whole or not at all, and writers do not stand in each other's way."""

import asyncio
import hashlib
import os

import pytest

from storage import ObjectStore, ObjectWriter, StoreSettings, StoreUnavailable
from tests.storage.conftest import MIB, Outside, store_threads

CHUNK = os.urandom(256 * 1024)


async def feed(writer: ObjectWriter, mebibytes: int) -> None:
    for _ in range(mebibytes * 4):
        await writer.write(CHUNK)


async def until_unfinished(outside: Outside, count: int) -> None:
    """Wait until the server knows of `count` multipart uploads."""
    for _ in range(500):
        if len(await asyncio.to_thread(outside.unfinished)) == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"there were never {count} multipart uploads")


async def test_leaving_the_block_unfinished_leaves_nothing(store: ObjectStore, outside: Outside) -> None:
    async with store.write("large", "application/pdf") as writer:
        await feed(writer, 20)
        await until_unfinished(outside, 1)
    async with store.write("small", "application/pdf") as writer:
        await writer.write(b"a few bytes")
    async with store.write("empty", "application/pdf"):
        pass
    assert outside.unfinished() == []
    assert outside.keys() == set()


async def test_an_error_half_way_leaves_nothing(store: ObjectStore, outside: Outside) -> None:
    async def fail() -> None:
        async with store.write("half", "application/pdf") as writer:
            await feed(writer, 20)
            await until_unfinished(outside, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert outside.unfinished() == []
    assert outside.keys() == set()


async def test_cancelling_a_stalled_writer_leaves_nothing(store: ObjectStore, outside: Outside) -> None:
    async def stall() -> None:
        async with store.write("stalled", "application/pdf") as writer:
            await feed(writer, 20)
            await asyncio.Event().wait()

    stalled = asyncio.create_task(stall())
    await until_unfinished(outside, 1)
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled
    assert outside.unfinished() == []
    assert outside.keys() == set()


async def test_cancelling_at_any_moment_leaves_a_whole_object_or_nothing(
    store: ObjectStore, outside: Outside
) -> None:
    finished: set[str] = set()

    async def write(key: str) -> None:
        async with store.write(key, "application/pdf") as writer:
            await feed(writer, 7)
            await writer.finish()
            finished.add(key)

    for number in range(24):
        writing = asyncio.create_task(write(f"key-{number}"))
        await asyncio.sleep(number * 0.015)
        writing.cancel()
        await asyncio.wait([writing])
    assert outside.unfinished() == []
    assert outside.keys() == finished
    for key in finished:
        assert (await store.stat(key)).size == 7 * MIB


async def test_cancelling_the_finish_of_a_small_object_leaves_it_or_nothing(
    store: ObjectStore, outside: Outside
) -> None:
    finished: set[str] = set()

    async def write(key: str) -> None:
        async with store.write(key, "application/pdf") as writer:
            await writer.write(CHUNK)
            await writer.finish()
            finished.add(key)

    for number in range(40):
        writing = asyncio.create_task(write(f"key-{number}"))
        await asyncio.sleep(number * 0.0005)
        writing.cancel()
        await asyncio.wait([writing])
    assert len(finished) < 40
    assert outside.keys() == finished


async def test_a_writer_cancelled_twice_leaves_at_once_and_its_upload_is_aborted(
    store_settings: StoreSettings, store: ObjectStore, outside: Outside
) -> None:
    own = ObjectStore(store_settings, threads=1)

    async def stall() -> None:
        async with own.write("twice", "application/pdf") as writer:
            await feed(writer, 20)
            await asyncio.Event().wait()

    stalled = asyncio.create_task(stall())
    await until_unfinished(outside, 1)
    stalled.cancel()
    await asyncio.sleep(0)
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled
    await own.close()
    assert outside.unfinished() == []
    assert outside.keys() == set()


async def test_an_object_stays_when_the_caller_fails_after_finish(
    store: ObjectStore, outside: Outside
) -> None:
    async def fail_late() -> None:
        async with store.write("kept", "text/plain") as writer:
            await writer.write(b"x")
            await writer.finish()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_late()
    assert outside.keys() == {"kept"}


async def test_aborted_uploads_free_their_threads(store_settings: StoreSettings, store: ObjectStore) -> None:
    before = store_threads()
    own = ObjectStore(store_settings, threads=1)
    for _ in range(4):
        async with own.write("aborted", "text/plain") as writer:
            await feed(writer, 12)
    async with own.write("whole", "text/plain") as writer:
        await feed(writer, 12)
        assert (await writer.finish()).size == 12 * MIB
    assert len(store_threads() - before) <= 4  # one for uploads, one for calls, two for hashing
    await own.close()
    assert store_threads() == before


async def test_twenty_four_writers_at_once_all_finish_with_their_own_bytes(store: ObjectStore) -> None:
    async def write(number: int) -> None:
        content = bytes([number]) * (5 * MIB + number)
        async with store.write(f"writer-{number}", "text/plain") as writer:
            for start in range(0, len(content), 200_000):
                await writer.write(content[start : start + 200_000])
            stored = await writer.finish()
        assert stored.sha256 == hashlib.sha256(content).hexdigest()
        assert await store.checksum(stored.key) == stored

    async with asyncio.timeout(120):
        await asyncio.gather(*(write(number) for number in range(24)))


async def test_stalled_uploads_on_every_thread_hold_up_nothing_but_large_uploads(
    store_settings: StoreSettings, store: ObjectStore
) -> None:
    own = ObjectStore(store_settings, threads=2)
    enough = asyncio.Event()

    async def stall(number: int) -> None:
        async with own.write(f"stalled-{number}", "text/plain") as writer:
            await feed(writer, 5)
            await enough.wait()

    async def large() -> None:
        async with own.write("large", "text/plain") as writer:
            await feed(writer, 12)
            await writer.finish()

    stalled = [asyncio.create_task(stall(number)) for number in range(2)]
    await asyncio.sleep(0.3)
    waiting = asyncio.create_task(large())
    async with asyncio.timeout(10):
        await own.check()
        async with own.write("small", "text/plain") as writer:
            await feed(writer, 1)
            await writer.finish()
        assert (await own.stat("small")).size == MIB
    assert not waiting.done()
    enough.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*stalled, waiting)
    assert (await own.stat("large")).size == 12 * MIB
    await own.close()


async def test_closing_the_store_aborts_what_is_still_open(
    store_settings: StoreSettings, store: ObjectStore, outside: Outside
) -> None:
    before = store_threads()
    own = ObjectStore(store_settings, threads=2)
    writer = await own.write("open", "text/plain").__aenter__()
    await feed(writer, 20)
    await until_unfinished(outside, 1)
    await own.close()
    await own.close()
    assert store_threads() == before
    assert outside.unfinished() == []
    assert outside.keys() == set()
    with pytest.raises(StoreUnavailable):
        await own.stat("open")


async def test_a_writer_works_inside_its_block_and_finishes_once(store: ObjectStore) -> None:
    writer = store.write("once", "text/plain")
    with pytest.raises(RuntimeError):
        await writer.write(b"too early")
    async with writer:
        await writer.write(b"x")
        await writer.finish()
        with pytest.raises(RuntimeError):
            await writer.finish()
    with pytest.raises(RuntimeError):
        await writer.write(b"too late")
