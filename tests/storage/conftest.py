"""One real S3 server for these tests, a bucket for each, and a second client that looks from outside."""

import threading
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import urllib3
from minio import Minio

from docflow.embedded import EmbeddedS3
from storage import ObjectStore, StoreSettings

MIB = 1024 * 1024


def settings_of(server: EmbeddedS3, bucket: str = "objects") -> StoreSettings:
    return StoreSettings(server.endpoint, server.access_key, server.secret_key, bucket)


class Outside:
    """What the server itself says about a bucket, asked with the plain SDK."""

    def __init__(self, settings: StoreSettings) -> None:
        self._bucket = settings.bucket
        self._http = urllib3.PoolManager()
        self._client = Minio(
            settings.endpoint,
            settings.access_key,
            settings.secret_key,
            secure=False,
            region=settings.region,
            http_client=self._http,
        )

    def close(self) -> None:
        self._http.clear()

    def keys(self) -> set[str]:
        found = self._client.list_objects(self._bucket, recursive=True)
        return {entry.object_name or "" for entry in found}

    def unfinished(self) -> list[str]:
        """Keys of multipart uploads that were neither completed nor aborted."""
        answer = self._client._list_multipart_uploads(self._bucket)
        return [upload.object_name for upload in answer.uploads]

    def content_type(self, key: str) -> str | None:
        return self._client.stat_object(self._bucket, key).content_type


def store_threads() -> set[threading.Thread]:
    """Every thread but those of the event loop's own pool, which the tests use to look from outside."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    server = EmbeddedS3(tmp_path_factory.mktemp("s3"), fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store_settings(s3: EmbeddedS3) -> StoreSettings:
    return settings_of(s3, f"objects-{uuid4().hex[:12]}")


@pytest.fixture
async def store(store_settings: StoreSettings) -> AsyncIterator[ObjectStore]:
    """A store with few threads, in an empty bucket; all its threads have ended afterwards."""
    before = store_threads()
    store = ObjectStore(store_settings, threads=4)
    await store.ensure_bucket()
    yield store
    await store.close()
    assert store_threads() <= before


@pytest.fixture
def outside(store_settings: StoreSettings, store: ObjectStore) -> Iterator[Outside]:
    outside = Outside(store_settings)
    yield outside
    outside.close()
