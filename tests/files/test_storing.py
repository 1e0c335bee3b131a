"""Files that come from elsewhere than a request: whole or not at all."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from docflow.files.errors import FileEmpty, StoreDown
from docflow.files.service import FileStore
from docflow.files.storing import discard, store_file
from docflow.settings import Settings
from docflow.web.form_errors import FileTooLarge
from storage import ObjectStore, StoreSettings

PDF = b"%PDF-1.4 " + b"x" * 20_000


async def in_chunks(content: bytes, size: int = 7_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def keys(store: ObjectStore) -> set[str]:
    return {item.key async for item in store.list_objects()}


async def test_a_stored_file_says_what_it_is(file_store: FileStore, store: ObjectStore) -> None:
    received = await store_file(file_store, in_chunks(PDF), "../phòng\u202e/Quyết định.pdf", "text/plain")
    assert (received.filename, received.media_type) == ("Quyết định.pdf", "application/pdf")
    assert (received.size, received.sha256) == (len(PDF), hashlib.sha256(PDF).digest())
    assert (await store.checksum(received.object_key)).size == len(PDF)
    await discard(file_store, received)
    assert received.object_key not in await keys(store)


@pytest.mark.parametrize(("content", "fact"), [(b"", FileEmpty), (b"x" * 101, FileTooLarge)])
async def test_an_empty_or_too_large_file_leaves_no_object(
    file_store: FileStore, store: ObjectStore, content: bytes, fact: type[Exception]
) -> None:
    before = await keys(store)
    with pytest.raises(fact):
        await store_file(replace(file_store, max_bytes=100), in_chunks(content, 40), "a.txt")
    assert await keys(store) == before


async def test_bytes_that_break_off_leave_no_object(file_store: FileStore, store: ObjectStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"the beginning"
        raise ConnectionResetError

    before = await keys(store)
    with pytest.raises(ConnectionResetError):
        await store_file(file_store, broken(), "a.txt")
    assert await keys(store) == before


async def test_a_store_that_is_down_is_said_so(settings: Settings, file_store: FileStore) -> None:
    nowhere = ObjectStore(
        StoreSettings(endpoint="127.0.0.1:1", access_key="none", secret_key="none", bucket="none")
    )
    try:
        with pytest.raises(StoreDown):
            await store_file(replace(file_store, store=nowhere), in_chunks(PDF), "a.pdf")
    finally:
        await nowhere.close()
