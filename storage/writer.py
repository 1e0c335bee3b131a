"""Writing one object as its bytes arrive."""

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from storage.errors import StoreError, UploadAborted
from storage.objects import StoredObject
from storage.pipe import BytePipe, Chunk
from storage.threads import StoreThreads

_log = logging.getLogger(__name__)


class ObjectWriter:
    """An object under way: `async with store.write(key, type) as writer`, `write` …, `finish`.

    Until `finish` has returned there is no object: leaving the block before, by an error or by cancellation
    included, aborts the upload and waits until the server has forgotten it. A second cancellation leaves at once
    and the abort goes on by itself. After `finish` the object stays, whatever happens to the caller.

    An object that fits in the pipe is sent by `finish` in one request. A larger one takes one of the store's
    upload threads from the moment the pipe is full. When all are taken, `write` waits in line: several writers of
    one task must therefore not depend on each other's progress.
    """

    def __init__(
        self,
        key: str,
        *,
        threads: StoreThreads,
        send: Callable[[BytePipe], None],
        remove: Callable[[], None],
        pipe: Callable[[], BytePipe],
    ) -> None:
        self._key = key
        self._threads = threads
        self._send = send
        self._remove = remove
        self._open = pipe
        self._pipe: BytePipe | None = None
        self._sending: asyncio.Future[None] | None = None
        self._is_finished = False

    async def __aenter__(self) -> Self:
        self._pipe = self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None and not self._is_finished:
            pipe.fail()
            if self._sending is not None:
                await self._threads.keep(self._withdraw(self._sending))

    async def write(self, chunk: Chunk) -> None:
        """Take the bytes; wait when 4 MiB of them have not been sent yet.

        There is no time limit: a caller with one cancels. Raises StoreUnavailable when the upload has failed.
        """
        pipe = self._open_pipe()
        pipe.push(chunk)
        if pipe.is_full:
            if self._sending is None:
                self._sending = await self._threads.start_upload(lambda: self._send(pipe))
            await pipe.drained()
        if pipe.is_abandoned and self._sending is not None:
            await asyncio.shield(self._sending)

    async def finish(self) -> StoredObject:
        """Send what is left and say what was stored: the object exists, whole, when this returns.

        Raises StoreUnavailable; then there is none, unless the server stored it and could not say so any more.
        """
        pipe = self._open_pipe()
        pipe.end()
        if self._sending is None:
            self._sending = asyncio.wrap_future(self._threads.submit(self._send, pipe))
        await asyncio.shield(self._sending)
        self._is_finished = True
        return StoredObject(self._key, pipe.size, pipe.sha256)

    def _open_pipe(self) -> BytePipe:
        if self._pipe is None or self._is_finished:
            raise RuntimeError("a writer is written to inside its block, and finished once")
        return self._pipe

    async def _withdraw(self, sending: asyncio.Future[None]) -> None:
        """Wait for the upload to end, and remove the object if it was too late to stop it."""
        await asyncio.wait([sending])
        outcome = sending.exception()
        if outcome is None:
            try:
                await self._threads.call(self._remove)
            except StoreError as error:
                _log.warning("an unwanted object stays: %s", error)
        elif not isinstance(outcome, UploadAborted):
            _log.warning("an aborted upload may have left parts: %s", outcome)
