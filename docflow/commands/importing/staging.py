"""The bytes of rows: read twice, first to know them and then to store them, a few rows ahead of the numbering."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from docflow.core.errors import DocflowError
from docflow.documents.bundles import Bundle, Entry
from docflow.documents.bundles.entries import file_refused
from docflow.documents.bundles.names import shown
from docflow.files.service import FileStore, Received
from docflow.files.storing import discard, store_file

ROWS_AHEAD = 6
"""Rows whose bytes are on their way while one is being registered."""

T = TypeVar("T")
R = TypeVar("R")


def digest_of(bundle: Bundle, entry: Entry) -> bytes:
    """The SHA-256 of an entry; blocks. Raises Invalid for one that cannot be read or is empty."""
    whole, size = hashlib.sha256(), 0
    for chunk in bundle.read(entry):
        whole.update(chunk)
        size += len(chunk)
    if not size:
        raise file_refused("import_file_empty", shown(entry.path))
    return whole.digest()


async def store_entries(
    files: FileStore, bundle: Bundle, entries: Sequence[Entry], digests: Sequence[bytes]
) -> list[Received]:
    """Store all of them or none. Raises Invalid when one is not what it was when it was read for ``digests``."""
    stored: list[Received] = []
    try:
        for entry, digest in zip(entries, digests, strict=True):
            async with aclosing(_chunks(bundle, entry)) as chunks:
                stored.append(await store_file(files, chunks, entry.path))
            _require_same(stored[-1], digest, entry)
    except BaseException:
        await drop(files, stored)
        raise
    return stored


def _require_same(received: Received, digest: bytes, entry: Entry) -> None:
    if received.sha256 != digest:
        raise file_refused("import_file_changed", shown(entry.path))


async def drop(files: FileStore, stored: Iterable[Received]) -> None:
    """Delete objects that get no row; the sweep takes what a store that is down keeps."""
    for received in stored:
        with suppress(DocflowError):
            await discard(files, received)


async def _chunks(bundle: Bundle, entry: Entry) -> AsyncGenerator[bytes, None]:
    chunks = bundle.read(entry)
    while chunk := await asyncio.to_thread(next, chunks, b""):
        yield chunk


async def unbroken(work: Coroutine[Any, Any, R]) -> R:
    """Let ``work`` end before an interruption is heeded: of a commit that is broken off nobody knows whether it was
    made, and whether its objects may be deleted."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def ahead(
    things: Iterable[T], make: Callable[[T], Awaitable[R]], undo: Callable[[R], Awaitable[None]]
) -> AsyncGenerator[R, None]:
    """What ``make`` makes of each, in their order, made for ROWS_AHEAD at once.

    What was made and is never taken, because the taker stops or one fails, is given to ``undo``.
    """
    begun: deque[asyncio.Task[R]] = deque()
    try:
        for thing in things:
            begun.append(asyncio.ensure_future(_made(make, thing)))
            if len(begun) > ROWS_AHEAD:
                yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    finally:
        for task in begun:
            task.cancel()
        for made in await asyncio.gather(*begun, return_exceptions=True):
            if not isinstance(made, BaseException):
                await undo(made)


async def _made(make: Callable[[T], Awaitable[R]], thing: T) -> R:
    return await make(thing)
