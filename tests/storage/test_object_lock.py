"""What the server refuses to delete, seen on the server; and that what is deleted leaves no byte behind."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from docflow.embedded import EmbeddedS3
from storage import LockMode, LockUnsupported, ObjectLocked, ObjectMissing, ObjectStore, StoreSettings
from storage.locks import PROBES
from tests.storage.conftest import Outside, settings_of
from tests.storage.test_object_store import content_of, put

LATER = timedelta(hours=1)


@pytest.fixture
def lockable_settings(s3: EmbeddedS3) -> StoreSettings:
    return settings_of(s3, f"lockable-{uuid4().hex[:12]}")


@pytest.fixture
async def lockable(lockable_settings: StoreSettings) -> AsyncIterator[ObjectStore]:
    store = ObjectStore(lockable_settings, threads=2)
    await store.ensure_bucket(lockable=True)
    yield store
    await store.close()


def in_an_hour() -> datetime:
    return datetime.now(UTC) + LATER


def bytes_left(settings: StoreSettings) -> list[tuple[str | None, str | None]]:
    """Every version and marker that the server still has, asked from outside."""
    outside = Outside(settings)
    try:
        found = outside._client.list_objects(settings.bucket, recursive=True, include_version=True)
        return [(entry.object_name, entry.version_id) for entry in found]
    finally:
        outside.close()


async def test_a_bucket_made_with_object_lock_can_lock_and_leaves_no_trace_of_the_proof(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    assert await lockable.can_lock()
    assert bytes_left(lockable_settings) == []


async def test_a_bucket_made_without_cannot_and_says_so(store: ObjectStore) -> None:
    await put(store, "a", b"bytes")
    await store.ensure_bucket(lockable=True)  # it is there, and stays as it is
    assert not await store.can_lock()
    with pytest.raises(LockUnsupported):
        await store.lock("a", in_an_hour(), LockMode.GOVERNANCE)
    with pytest.raises(LockUnsupported):
        await store.hold("a", held=True)
    assert (await store.read_lock("a")).until is None
    await store.delete("a")


@pytest.mark.parametrize("mode", list(LockMode))
async def test_a_locked_object_is_not_deleted_and_stays_readable(
    lockable: ObjectStore, mode: LockMode
) -> None:
    await put(lockable, "a", b"the original")
    until = in_an_hour()
    told = await lockable.lock("a", until, mode)
    assert told.mode is mode
    assert told.until is not None
    assert until <= told.until < until + timedelta(seconds=1)
    assert await lockable.read_lock("a") == told
    with pytest.raises(ObjectLocked):
        await lockable.delete("a")
    assert await content_of(lockable, "a") == b"the original"


@pytest.mark.parametrize("mode", list(LockMode))
async def test_a_lock_is_extended_and_never_shortened(lockable: ObjectStore, mode: LockMode) -> None:
    await put(lockable, "a", b"bytes")
    first = await lockable.lock("a", in_an_hour(), mode)
    longer = await lockable.lock("a", in_an_hour() + LATER, mode)
    assert first.until is not None
    assert longer.until is not None
    assert longer.until > first.until
    assert await lockable.lock("a", in_an_hour(), mode) == longer


async def test_what_is_written_over_a_locked_object_does_not_take_its_bytes(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    await put(lockable, "a", b"the original")
    await lockable.lock("a", in_an_hour(), LockMode.COMPLIANCE)
    (_, kept) = bytes_left(lockable_settings)[0]
    await put(lockable, "a", b"something else")
    outside = Outside(lockable_settings)
    answer = outside._client.get_object(lockable_settings.bucket, "a", version_id=kept)
    assert answer.read() == b"the original"
    answer.release_conn()
    outside.close()
    with pytest.raises(ObjectLocked):
        await lockable.delete("a")


async def test_a_held_object_goes_after_the_hold_is_lifted(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    await put(lockable, "a", b"bytes")
    assert (await lockable.hold("a", held=True)).is_held
    assert (await lockable.hold("a", held=True)).is_held
    with pytest.raises(ObjectLocked):
        await lockable.delete("a")
    assert not (await lockable.hold("a", held=False)).is_held
    await lockable.delete("a")
    assert bytes_left(lockable_settings) == []


async def test_an_object_goes_when_its_lock_has_run_out(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    await put(lockable, "a", b"bytes")
    told = await lockable.lock("a", datetime.now(UTC) + timedelta(seconds=1), LockMode.COMPLIANCE)
    with pytest.raises(ObjectLocked):
        await lockable.delete("a")
    assert told.until is not None
    while datetime.now(UTC) <= told.until:
        await lockable.read_lock("a")
    await lockable.delete("a")
    assert bytes_left(lockable_settings) == []


async def test_deleting_takes_every_version_and_only_of_that_key(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    await put(lockable, "a/b", b"first")
    await put(lockable, "a/b", b"second")
    await put(lockable, "a/bc", b"another key")
    outside = Outside(lockable_settings)
    outside._client.remove_object(lockable_settings.bucket, "a/b")  # a marker; the bytes stay
    outside.close()
    with pytest.raises(ObjectMissing):
        await lockable.stat("a/b")
    assert [entry.key async for entry in lockable.list_objects()] == ["a/bc"]
    assert {entry.key async for entry in lockable.list_objects(hidden=True)} == {"a/b", "a/bc"}
    await lockable.delete("a/b")
    await lockable.delete("a/b")
    assert [key for key, _ in bytes_left(lockable_settings)] == ["a/bc"]


async def test_a_writer_that_gives_up_leaves_no_version(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    with pytest.raises(RuntimeError):
        async with lockable.write("a", "text/plain") as writer:
            await writer.write(b"half")
            raise RuntimeError
    assert bytes_left(lockable_settings) == []


async def test_what_a_proof_left_behind_may_be_removed_though_it_is_held(
    lockable: ObjectStore, lockable_settings: StoreSettings
) -> None:
    await put(lockable, f"{PROBES}left", b"?")
    await lockable.hold(f"{PROBES}left", held=True)
    await lockable.delete(f"{PROBES}left")
    assert bytes_left(lockable_settings) == []


async def test_the_lock_of_an_object_that_is_not_there_is_missing(lockable: ObjectStore) -> None:
    with pytest.raises(ObjectMissing):
        await lockable.read_lock("a")
    with pytest.raises(ObjectMissing):
        await lockable.lock("a", in_an_hour(), LockMode.GOVERNANCE)
