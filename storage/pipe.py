"""A bounded pipe from the event loop to one thread."""

import asyncio
import hashlib
import io
import threading
from collections import deque
from concurrent.futures import Executor
from contextlib import suppress

from storage.errors import UploadAborted

PIPE_BYTES = 4 * 1024 * 1024
# Moving bytes on in smaller steps costs more in switching between threads than in moving.
STEP_BYTES = 1024 * 1024
# What a queued chunk costs beside its bytes: a million one-byte chunks must fill the pipe too.
CHUNK_OVERHEAD = 256

Chunk = bytes | bytearray | memoryview


class BytePipe:
    """Bytes pushed by a coroutine, hashed on the way, read by a thread in large parts.

    At most `capacity` bytes wait in the queue. While the reader is busy sending a part, up to `ahead` bytes of the
    next are put together and hashed by `digests`, so that the reader does not wait for them.

    The producer calls `push`, awaits `drained` when `is_full`, and ends with `end` or `fail`. The thread calls
    `read`, and `abandon` when it stops for whatever reason.
    """

    def __init__(self, digests: Executor, *, ahead: int, capacity: int = PIPE_BYTES) -> None:
        self._digests = digests
        self._ahead = ahead
        self._capacity = capacity
        self._low_water = capacity // 2
        self._step = min(STEP_BYTES, capacity // 4)
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._queue: deque[bytes | memoryview] = deque()
        self._level = 0
        self._ended = False
        self._failed = False
        self._abandoned = False
        self._drain: asyncio.Future[None] | None = None
        # The part being put together: by one thread at a time, the one that set `_is_moving`.
        self._part = io.BytesIO()
        self._part_target = 0
        self._is_moving = False
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def is_full(self) -> bool:
        return self._level >= self._capacity

    @property
    def is_abandoned(self) -> bool:
        return self._abandoned

    @property
    def size(self) -> int:
        """Bytes that have left the queue; all of them once the reader has read to the end."""
        return self._size

    @property
    def sha256(self) -> str:
        """The SHA-256, in hex, of the bytes counted by `size`."""
        return self._digest.hexdigest()

    def push(self, chunk: Chunk) -> None:
        """Queue a chunk. It is copied unless it is immutable: the caller's buffer may be filled again."""
        kept = _steady(chunk)
        with self._changed:
            if self._failed or self._abandoned:
                return
            self._queue.append(kept)
            self._level += len(kept) + CHUNK_OVERHEAD
            if self._level >= self._step:
                self._move_ahead()

    async def drained(self) -> None:
        """Wait until half of the queue is free, or the reader is gone."""
        with self._changed:
            if self._abandoned or self._level <= self._low_water:
                return
            self._drain = self._loop.create_future()
        await self._drain

    def end(self) -> None:
        """No more bytes will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self) -> None:
        """The bytes pushed so far are not the whole: the reader must stop with UploadAborted."""
        with self._changed:
            self._failed = True
            self._queue.clear()
            self._changed.notify_all()

    def read(self, size: int) -> bytes:
        """Wait for exactly `size` bytes, not less than `ahead`; fewer only at the end. Called by the thread.

        Raises UploadAborted after `fail`.
        """
        with self._changed:
            self._part_target = size
        while self._claim_move():
            self._move()
        with self._changed:
            whole, self._part = self._part, io.BytesIO()
            self._part_target = self._ahead
            self._move_ahead()
        return whole.getvalue()

    def abandon(self) -> None:
        """Let a waiting producer go: nobody reads any more. Called by the thread."""
        with self._changed:
            self._abandoned = True
            self._queue.clear()
            self._wake_producer()

    def _claim_move(self) -> bool:
        """Wait until there is something for the reader to move; False when the part is whole, or the last."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._failed
                    or (
                        not self._is_moving and (self._ended or self._level >= self._step or not self._room())
                    )
                )
            )
            if self._failed:
                raise UploadAborted("the writer gave up")
            self._is_moving = bool(self._queue) and self._room() > 0
            return self._is_moving

    def _move_ahead(self) -> None:
        """Let another thread go on with the part, unless one does or the part is whole. The lock is held."""
        if self._queue and not self._is_moving and self._room() > 0:
            self._is_moving = True
            self._digests.submit(self._move)

    def _move(self) -> None:
        """Put what is queued into the part, and hash it, until the queue is empty or the part is whole."""
        try:
            while taken := self._take():
                start = self._part.tell()
                self._part.writelines(taken)
                del taken
                with self._part.getbuffer() as part, part[start:] as fresh:
                    self._digest.update(fresh)
                    self._size += len(fresh)
        except BaseException:
            self.fail()  # out of memory: the reader must not wait for this part for ever
            raise

    def _take(self) -> list[bytes | memoryview]:
        """Remove what the part has room for from the queue; with nothing, the mover's turn ends."""
        taken: list[bytes | memoryview] = []
        with self._changed:
            room = self._room()
            while self._queue and room > 0:
                chunk = self._queue.popleft()
                self._level -= len(chunk) + CHUNK_OVERHEAD
                if len(chunk) > room:
                    rest = memoryview(chunk)[room:]
                    self._queue.appendleft(rest)
                    self._level += len(rest) + CHUNK_OVERHEAD
                    chunk = memoryview(chunk)[:room]
                taken.append(chunk)
                room -= len(chunk)
            if self._level <= self._low_water:
                self._wake_producer()
            if not taken:
                self._is_moving = False
                self._changed.notify_all()
        return taken

    def _room(self) -> int:
        """Bytes the part still wants; none before the reader has come."""
        return self._part_target - self._part.tell()

    def _wake_producer(self) -> None:
        waiting, self._drain = self._drain, None
        if waiting is not None:
            # A closed loop has no producer left to wake.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_resolve, waiting)


def _steady(chunk: Chunk) -> bytes | memoryview:
    """The same bytes, in memory nobody will overwrite."""
    if isinstance(chunk, memoryview) and isinstance(chunk.obj, bytes) and chunk.c_contiguous:
        return chunk.cast("B")
    return bytes(chunk)


def _resolve(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
