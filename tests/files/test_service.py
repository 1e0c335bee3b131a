"""Rows and objects of files: reading text, verifying every object, sweeping what no row names."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from docflow.access.actor import Actor
from docflow.commands.verify import verify_store
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.files import jobs, service
from docflow.files.models import File, FileText, TextStatus
from docflow.files.service import FileStore, Received
from docflow.settings import Settings
from storage import ObjectMissing, ObjectStore, StoreSettings
from tests.storage.test_unfinished import left_by_a_killed_process

ActorOf = Callable[[str], Awaitable[Actor]]
Add = Callable[..., Awaitable[File]]
DAY = timedelta(hours=24)


@pytest.fixture
async def store(store: ObjectStore) -> ObjectStore:
    """The bucket without what earlier tests left in it: here every object counts."""
    for key in [item.key async for item in store.list_objects()]:
        await store.delete(key)
    return store


@pytest.fixture
async def add(sessions: Sessions, store: ObjectStore, actor_of: ActorOf) -> Add:
    actor = await actor_of("anpth")

    async def add(content: bytes = b"Chi thi", media_type: str = "text/plain") -> File:
        async with store.write(f"2026/11/{uuid4()}", media_type) as writer:
            await writer.write(content)
            stored = await writer.finish()
        received = Received(stored.key, "a.txt", media_type, stored.size, bytes.fromhex(stored.sha256))
        async with transaction(sessions) as session:
            return await service.add_file(session, actor, received)

    return add


async def put(store: ObjectStore, key: str, content: bytes) -> None:
    async with store.write(key, "text/plain") as writer:
        await writer.write(content)
        await writer.finish()


async def faults(sessions: Sessions, store: ObjectStore) -> dict[str, str | None]:
    return {finding.object_key: finding.fault async for finding in service.verify(sessions, store)}


async def test_verify_finds_what_is_missing_cut_or_changed_and_nothing_else(
    sessions: Sessions, store: ObjectStore, add: Add
) -> None:
    sound, gone, cut, changed = [await add(b"content %d" % number) for number in range(4)]
    await store.delete(gone.object_key)
    await put(store, cut.object_key, b"cont")
    await put(store, changed.object_key, b"CONTENT 3")
    assert await faults(sessions, store) == {
        sound.object_key: None,
        gone.object_key: "missing",
        cut.object_key: "has 4 bytes instead of 9",
        changed.object_key: "checksum differs",
    }


async def test_verify_reads_large_objects_whole_and_every_row(
    sessions: Sessions, store: ObjectStore, add: Add
) -> None:
    large = await add(b"x" * (9 * 1024 * 1024))
    assert large.sha256 == hashlib.sha256(b"x" * large.size).digest()
    async with transaction(sessions) as session:
        await session.execute(
            text(
                "INSERT INTO file (object_key, filename, media_type, size, sha256, stored_at)"
                " SELECT 'no/' || n, 'a', 'text/plain', 1, sha256('a'), now() FROM generate_series(1, 501) n"
            )
        )
    found = await faults(sessions, store)
    assert len(found) == 502
    assert found[large.object_key] is None
    assert sum(fault == "missing" for fault in found.values()) == 501


async def test_the_sweep_takes_old_objects_without_a_row_and_leaves_the_rest(
    sessions: Sessions, store: ObjectStore, add: Add, file_store: FileStore
) -> None:
    kept = await add()
    await put(store, "2026/11/orphan", b"a crash before the commit")
    await jobs.sweep(sessions, file_store, DAY)
    assert {item.key async for item in store.list_objects()} == {kept.object_key, "2026/11/orphan"}
    with clock.at(clock.now() + DAY + timedelta(minutes=1)):
        orphans = [key async for key in service.find_orphans(sessions, store, DAY)]
        assert orphans == ["2026/11/orphan"]
        assert await service.sweep(sessions, store, DAY) == 1
        assert await service.sweep(sessions, store, DAY) == 0
    assert {item.key async for item in store.list_objects()} == {kept.object_key}


async def test_the_sweep_and_verify_see_what_a_killed_process_left_of_an_upload(
    sessions: Sessions,
    store: ObjectStore,
    file_store: FileStore,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = StoreSettings(
        settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key, settings.s3_bucket
    )
    left_by_a_killed_process(left, "2026/11/half")
    await jobs.sweep(sessions, file_store, DAY)
    assert [upload.key for upload in await store.list_unfinished()] == ["2026/11/half"]
    with clock.at(clock.now() + DAY + timedelta(minutes=1)):
        assert await verify_store(settings, sweep=False, grace=DAY) == 0
        assert await verify_store(settings, sweep=True, grace=DAY) == 0
        told = capsys.readouterr().out
    assert told.count("upload of 2026/11/half: not finished since ") == 2
    assert told.endswith("1 unfinished uploads, removed\n")
    left_by_a_killed_process(left, "2026/11/half")
    with clock.at(clock.now() + DAY + timedelta(minutes=1)):
        assert await service.sweep(sessions, store, DAY) == 1
    assert await store.list_unfinished() == []


async def test_text_is_read_once_and_reading_again_does_no_harm(
    sessions: Sessions, add: Add, file_store: FileStore
) -> None:
    file = await add("Cải cách hành chính".encode())
    first = await service.read_text(sessions, file_store, file.id)
    assert first is not None
    assert first.text.strip() == "Cải cách hành chính"
    assert await service.read_text(sessions, file_store, file.id) is None
    async with sessions() as session:
        assert await service.text_of(session, file.id) == first.text
        assert await session.scalar(select(func.count()).select_from(FileText)) == 1
        assert (await session.get_one(File, file.id)).text_status is TextStatus.EXTRACTED


async def test_text_of_an_unknown_or_hostile_file_is_empty_with_a_reason(
    sessions: Sessions, add: Add, file_store: FileStore
) -> None:
    unknown = await add(b"\x7fELF", "application/octet-stream")
    broken = await add(b"%PDF-1.7 and then nothing", "application/pdf")
    for file in (unknown, broken):
        await service.read_text(sessions, file_store, file.id)
    async with sessions() as session:
        assert (await session.get_one(File, unknown.id)).text_status is TextStatus.UNSUPPORTED
        failed = await session.get_one(File, broken.id)
        assert (failed.text_status, bool(failed.text_reason)) == (TextStatus.FAILED, True)
        assert await service.text_of(session, broken.id) == ""


async def test_reading_a_missing_object_fails_so_that_the_queue_tries_again(
    sessions: Sessions, store: ObjectStore, add: Add, file_store: FileStore
) -> None:
    file = await add()
    await store.delete(file.object_key)
    with pytest.raises(ObjectMissing):
        await service.read_text(sessions, file_store, file.id)
    async with sessions() as session:
        assert (await session.get_one(File, file.id)).text_status is TextStatus.WAITING


async def test_the_sample_directive_is_read_from_the_store(
    sessions: Sessions, add: Add, file_store: FileStore, samples: Path
) -> None:
    file = await add((samples / "chi-thi.pdf").read_bytes(), "application/pdf")
    extraction = await service.read_text(sessions, file_store, file.id)
    assert extraction is not None
    assert "711-QĐ/TU" in extraction.text
    async with sessions() as session:
        assert (await session.get_one(File, file.id)).page_count == extraction.pages
