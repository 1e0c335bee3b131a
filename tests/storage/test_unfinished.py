"""Uploads of a process that was killed: named, told apart from those under way, and removed."""

import os
from datetime import UTC, datetime, timedelta

from minio import Minio

from storage import ObjectStore, StoreSettings, UnfinishedUpload
from tests.storage.conftest import MIB


def left_by_a_killed_process(settings: StoreSettings, *keys: str) -> None:
    client = Minio(
        settings.endpoint, settings.access_key, settings.secret_key, secure=False, region=settings.region
    )
    for key in keys:
        upload_id = client._create_multipart_upload(settings.bucket, key, {})
        client._upload_part(settings.bucket, key, b"x" * MIB, {}, upload_id, 1)
    client._http.clear()


async def test_parts_of_a_killed_process_are_named_with_their_time_and_removed(
    store: ObjectStore, store_settings: StoreSettings
) -> None:
    left_by_a_killed_process(store_settings, "2026/11/a", "2026/11/b", "c")
    assert [item async for item in store.list_objects()] == []
    found = {upload.key: upload for upload in await store.list_unfinished()}
    assert set(found) == {"2026/11/a", "2026/11/b", "c"}
    for upload in found.values():
        assert timedelta(0) <= datetime.now(UTC) - upload.begun_at < timedelta(minutes=1)
    await store.abort(found["2026/11/a"])
    assert {upload.key for upload in await store.list_unfinished()} == {"2026/11/b", "c"}


async def test_an_upload_that_is_under_way_is_named_too_and_finishes(store: ObjectStore) -> None:
    content = os.urandom(16 * MIB)
    async with store.write("big", "text/plain") as writer:
        for start in range(0, len(content), MIB):
            await writer.write(content[start : start + MIB])
        named = await store.list_unfinished()
        assert [upload.key for upload in named] == ["big"]
        await writer.finish()
    assert await store.list_unfinished() == []
    await store.abort(named[0])
    assert (await store.stat("big")).size == len(content)


async def test_what_has_ended_is_not_aborted_again(store: ObjectStore) -> None:
    nothing = UnfinishedUpload("never", "no-such-upload", datetime.now(UTC))
    await store.abort(nothing)
    assert await store.list_unfinished() == []
