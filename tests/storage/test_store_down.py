"""A server that is gone, goes away, says no, or says nothing."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from docflow.embedded import EmbeddedS3
from storage import ObjectStore, StoreSettings, StoreUnavailable
from tests.storage.conftest import MIB, settings_of, store_threads


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedS3]:
    """A server that a test may stop."""
    server = EmbeddedS3(tmp_path / "own-s3", fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def silent() -> Iterator[StoreSettings]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield StoreSettings(f"127.0.0.1:{listening.getsockname()[1]}", "key", "secret", "objects")


async def write(store: ObjectStore, size: int) -> None:
    async with store.write("object", "text/plain") as writer:
        for _ in range(0, size, MIB):
            await writer.write(bytes(MIB))
        await writer.finish()


async def list_all(store: ObjectStore) -> None:
    async for _ in store.list_objects():
        pass


async def test_every_call_to_a_stopped_server_says_it_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free = listening.getsockname()[1]
    store = ObjectStore(StoreSettings(f"127.0.0.1:{free}", "key", "secret", "objects"))
    began = time.monotonic()
    answers = await asyncio.gather(
        store.ensure_bucket(),
        write(store, 1),
        write(store, 24 * MIB),
        anext(store.read("object")),
        store.stat("object"),
        store.delete("object"),
        list_all(store),
        store.checksum("object"),
        store.check(),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 9
    assert time.monotonic() - began < 8
    await store.close()


async def test_the_check_of_a_silent_server_answers_within_two_seconds(silent: StoreSettings) -> None:
    store = ObjectStore(silent)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await store.check()
    assert time.monotonic() - began < 2.5
    await store.close()


async def test_the_check_of_a_stopped_server_answers_at_once_and_again_when_it_is_back(
    own_server: EmbeddedS3,
) -> None:
    store = ObjectStore(settings_of(own_server))
    await store.ensure_bucket()
    await store.check()
    own_server.stop()
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await store.check()
    assert time.monotonic() - began < 2.5
    own_server.start()
    await store.check()
    await store.close()


async def test_a_check_without_the_bucket_fails(store_settings: StoreSettings) -> None:
    store = ObjectStore(replace(store_settings, bucket="never-made"))
    with pytest.raises(StoreUnavailable, match="never-made"):
        await store.check()
    await store.close()


async def test_wrong_credentials_are_unavailable_and_not_a_missing_object(
    store_settings: StoreSettings, store: ObjectStore
) -> None:
    stranger = ObjectStore(replace(store_settings, secret_key="guessed"))
    with pytest.raises(StoreUnavailable):
        await stranger.check()
    with pytest.raises(StoreUnavailable, match="SignatureDoesNotMatch"):
        await write(stranger, 1)
    with pytest.raises(StoreUnavailable):
        await stranger.stat("object")
    await stranger.close()


async def test_an_upload_fails_when_the_server_dies_under_it(own_server: EmbeddedS3) -> None:
    before = store_threads()
    store = ObjectStore(settings_of(own_server), threads=2)
    await store.ensure_bucket()

    async def upload() -> None:
        async with store.write("object", "text/plain") as writer:
            for number in range(64):
                if number == 16:
                    own_server.stop()
                await writer.write(os.urandom(MIB))
            await writer.finish()

    async with asyncio.timeout(60):
        with pytest.raises(StoreUnavailable):
            await upload()
    await store.close()
    assert store_threads() == before


async def test_a_download_that_breaks_off_is_an_error_and_not_a_short_object(own_server: EmbeddedS3) -> None:
    store = ObjectStore(settings_of(own_server), threads=2)
    await store.ensure_bucket()
    await write(store, 64 * MIB)
    received = 0

    async def receive() -> None:
        nonlocal received
        async with aclosing(store.read("object")) as chunks:
            async for chunk in chunks:
                received += len(chunk)
                own_server.stop()

    with pytest.raises(StoreUnavailable):
        await receive()
    assert 0 < received < 64 * MIB
    await store.close()
