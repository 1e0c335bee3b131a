"""The threads of a store: the SDK blocks, the event loop must not."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from storage.errors import StoreUnavailable

T = TypeVar("T")
P = ParamSpec("P")


class StoreThreads:
    """Two pools of at most `count` threads each.

    Uploads wait for their client, perhaps for long; calls only ever wait for the server. They do not share
    threads, so that any number of stalled uploads leaves everything else, readiness included, as quick as before.
    `digests` is for hashing alone: it waits for nobody, so anybody may wait for it.
    """

    def __init__(self, count: int) -> None:
        self._uploads = ThreadPoolExecutor(count, thread_name_prefix="storage-upload")
        self._calls = ThreadPoolExecutor(count, thread_name_prefix="storage-call")
        self.digests = ThreadPoolExecutor(2, thread_name_prefix="storage-digest")
        self._upload_slots = asyncio.Semaphore(count)
        self._kept: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a short call. Raises StoreUnavailable once the store is closed."""
        return _submitted(self._calls, work, *args, **kwargs)

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short call and wait for it."""
        return await asyncio.wrap_future(self.submit(work, *args, **kwargs))

    async def start_upload(self, work: Callable[[], None]) -> asyncio.Future[None]:
        """Start work that may wait for a client, once one of the upload threads is free; first come, first served.

        The slot stays taken until the work has ended, whatever becomes of the caller.
        """
        await self._upload_slots.acquire()
        try:
            running = asyncio.wrap_future(_submitted(self._uploads, work))
        except StoreUnavailable:
            self._upload_slots.release()
            raise
        running.add_done_callback(self._free_slot)
        return running

    async def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for work that goes on, and that `close` waits for, when the caller is cancelled meanwhile."""
        task = asyncio.create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for everything that was started, and end all threads."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._kept:
            await asyncio.wait(self._kept)
        await self.call(self._uploads.shutdown)
        self._calls.shutdown()
        self.digests.shutdown()

    def _free_slot(self, ended: asyncio.Future[None]) -> None:
        self._upload_slots.release()
        if not ended.cancelled():
            ended.exception()  # an abandoned upload's error has nobody to be told to


def _submitted(
    pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> Future[T]:
    try:
        return pool.submit(work, *args, **kwargs)
    except RuntimeError as error:
        raise StoreUnavailable("the store is closed") from error
