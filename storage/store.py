"""The object store."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast
from weakref import WeakSet

from minio.error import S3Error

from storage.download import Download
from storage.edge import connect, translated
from storage.errors import BadRange, ObjectMissing, StoreUnavailable
from storage.keys import require_key
from storage.locks import ObjectLocks
from storage.objects import LockMode, ObjectInfo, ObjectLock, StoredObject, UnfinishedUpload
from storage.pipe import BytePipe
from storage.settings import StoreSettings
from storage.threads import StoreThreads
from storage.writer import ObjectWriter

if TYPE_CHECKING:
    from minio.datatypes import Object

# As fast as 8 MiB here, in three quarters of the memory; 10,000 of them are 58 GiB, more than any document.
PART_BYTES = 6 * 1024 * 1024
CHUNK_BYTES = 512 * 1024
PAGE_OBJECTS = 1000  # what one LIST answer holds
CHECK_SECONDS = 2.0
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class ObjectStore:
    """One bucket of an S3 server, for one event loop. Nothing is sent before the first call.

    At most `threads` uploads larger than the pipe run at once, each in `part_bytes` (5 MiB or more) at a time;
    further ones wait in line. Downloads, small objects and all short calls share as many threads again, each only
    while the server answers, so that clients may be slow in any number. Every method raises StoreUnavailable
    when the server does not do its part: after about a second of retries when it is gone, after a minute when it
    is silent. BadKey is raised for a key that `storage.keys` refuses.
    """

    def __init__(self, settings: StoreSettings, *, threads: int = 16, part_bytes: int = PART_BYTES) -> None:
        self._bucket = settings.bucket
        self._part_bytes = part_bytes
        self._client, self._http = connect(
            settings, connections=2 * threads, connect_seconds=5, read_seconds=30, retries=3
        )
        self._probe, self._probe_http = connect(
            settings, connections=1, connect_seconds=1, read_seconds=CHECK_SECONDS, retries=0
        )
        self._locks = ObjectLocks(self._client, self._bucket)
        self._threads = StoreThreads(threads)
        self._open_pipes: WeakSet[BytePipe] = WeakSet()

    async def ensure_bucket(self, *, lockable: bool = False) -> None:
        """Create the bucket unless it is there; `lockable`: with object lock, where the server has it.

        A bucket that is there stays as it is. One with object lock keeps versions, which makes small objects slower.
        """
        await self._threads.call(self._ensure_bucket, lockable)

    def write(self, key: str, content_type: str) -> ObjectWriter:
        """A writer for a new object. An object already under this key is replaced, so use fresh keys."""
        require_key(key)
        return ObjectWriter(
            key,
            threads=self._threads,
            send=lambda pipe: self._send(key, content_type, pipe),
            remove=lambda: self._remove(key),
            pipe=self._pipe,
        )

    async def read(
        self, key: str, *, offset: int = 0, length: int | None = None, chunk_size: int = CHUNK_BYTES
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of an object in chunks of `chunk_size`: `length` of them from `offset`, or to the end.

        A range that goes past the end is cut there. Raises ObjectMissing or BadRange before the first chunk. One
        chunk is read ahead. A reader that stops early closes the generator (`contextlib.aclosing`).
        """
        require_key(key)
        if offset < 0 or (length is not None and length < 0):
            raise BadRange(f"{key}: {offset}, {length}")
        if length == 0:
            if offset > (await self.stat(key)).size:
                raise BadRange(f"{key}: {offset}")
            return
        download = Download(
            self._client, self._bucket, key, offset=offset, length=length, chunk_size=chunk_size
        )
        ahead = self._threads.submit(download.next_chunk)
        try:
            while chunk := await asyncio.wrap_future(ahead):
                if download.is_complete:
                    yield chunk
                    return
                ahead = self._threads.submit(download.next_chunk)
                yield chunk
        finally:
            # A thread may still be reading: whoever is last closes.
            ahead.add_done_callback(lambda _: download.close())

    async def stat(self, key: str) -> ObjectInfo:
        """Size and time of an object. Raises ObjectMissing."""
        require_key(key)
        return await self._threads.call(self._stat, key)

    async def delete(self, key: str) -> None:
        """Remove an object with all its versions; nothing happens when there is none. Raises ObjectLocked."""
        require_key(key)
        await self._threads.call(self._remove, key)

    async def can_lock(self) -> bool:
        """Whether objects of this bucket can be locked, and the server was seen to obey."""
        return await self._threads.call(self._locks.can_lock)

    async def read_lock(self, key: str) -> ObjectLock:
        """What the server says of an object's lock; nothing of one that has none. Raises ObjectMissing."""
        require_key(key)
        return await self._threads.call(self._locks.read, key)

    async def lock(self, key: str, until: datetime, mode: LockMode) -> ObjectLock:
        """Keep the server from deleting the object before `until`; what it says of the lock afterwards.

        A lock that lasts longer stays, and so does the mode of one that is there. Raises ObjectMissing, LockUnsupported.
        """
        require_key(key)
        return await self._threads.call(self._locks.lock, key, until, mode)

    async def hold(self, key: str, *, held: bool) -> ObjectLock:
        """Place a legal hold or lift it; what the server says afterwards. Raises ObjectMissing, LockUnsupported."""
        require_key(key)
        return await self._threads.call(self._locks.hold, key, held=held)

    async def list_objects(
        self, prefix: str = "", *, hidden: bool = False
    ) -> AsyncGenerator[ObjectInfo, None]:
        """Every object whose key starts with `prefix`, in the order of keys, a page of 1,000 in memory at a time.

        `hidden`: those too of which only older versions are left behind a marker of deletion, in no order, and each
        as often as it has versions and markers.
        """
        found = await self._threads.call(self._found, prefix, hidden)
        while page := await self._threads.call(self._next_page, found):
            for info in page:
                yield info

    async def list_unfinished(self) -> list[UnfinishedUpload]:
        """Uploads under way, and those of a process that was killed: a page of 1,000 of them at most.

        MinIO names none, and removes what is left after a day by itself.
        """
        return await self._threads.call(self._unfinished)

    async def abort(self, upload: UnfinishedUpload) -> None:
        """Remove the parts of an upload; nothing happens when it has ended."""
        await self._threads.call(self._abort, upload)

    async def checksum(self, key: str) -> StoredObject:
        """Read the whole object again: its size and SHA-256 as they are now. Raises ObjectMissing."""
        digest = hashlib.sha256()
        size = 0
        async with aclosing(self.read(key)) as chunks:
            async for chunk in chunks:
                await self._threads.call(digest.update, chunk)
                size += len(chunk)
        return StoredObject(key, size, digest.hexdigest())

    async def check(self) -> None:
        """Whether the bucket can be reached. Raises StoreUnavailable, within about two seconds."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                is_there = await self._threads.call(self._probe_bucket)
        except TimeoutError as error:
            raise StoreUnavailable(f"{self._bucket}: no answer in {CHECK_SECONDS:g} seconds") from error
        if not is_there:
            raise StoreUnavailable(f"{self._bucket}: there is no such bucket")

    async def close(self) -> None:
        """Abort the uploads still open, wait for the threads, close the connections."""
        for pipe in list(self._open_pipes):
            pipe.fail()
        await self._threads.close()
        self._http.clear()
        self._probe_http.clear()

    def _pipe(self) -> BytePipe:
        pipe = BytePipe(self._threads.digests, ahead=self._part_bytes)
        self._open_pipes.add(pipe)
        return pipe

    # Below this line: threads, not the event loop.

    def _ensure_bucket(self, lockable: bool) -> None:
        with translated(self._bucket):
            if self._client.bucket_exists(self._bucket):
                return
            try:
                self._client.make_bucket(self._bucket, object_lock=lockable)
            except S3Error as error:
                if lockable and error.code in ("NotImplemented", "InvalidArgument", "InvalidRequest"):
                    self._ensure_bucket(False)  # the server has no object lock
                # Two processes start at once, and the other was first.
                elif error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def _send(self, key: str, content_type: str, pipe: BytePipe) -> None:
        try:
            with translated(key):
                self._client.put_object(
                    self._bucket,
                    key,
                    cast(BinaryIO, pipe),
                    length=-1,
                    content_type=content_type,
                    part_size=self._part_bytes,
                    # More would leak its threads and their buffers with every aborted upload.
                    num_parallel_uploads=1,
                )
        finally:
            pipe.abandon()

    def _stat(self, key: str) -> ObjectInfo:
        with translated(key):
            return _info(self._client.stat_object(self._bucket, key))

    def _remove(self, key: str) -> None:
        if self._locks.keeps_versions():
            with translated(key):
                return self._locks.remove(key)
        try:
            with translated(key):
                self._client.remove_object(self._bucket, key)
        except ObjectMissing:
            return None

    def _found(self, prefix: str, hidden: bool) -> "Iterator[Object]":
        if hidden and self._locks.keeps_versions():
            return self._locks.versions(prefix)
        return iter(self._client.list_objects(self._bucket, prefix=prefix, recursive=True))

    def _next_page(self, found: "Iterator[Object]") -> list[ObjectInfo]:
        with translated(self._bucket):
            return [_info(entry) for entry in islice(found, PAGE_OBJECTS)]

    # The SDK has no public names for the next two. Servers disagree on how to ask for a second page.

    def _unfinished(self) -> list[UnfinishedUpload]:
        with translated(self._bucket):
            found = self._client._list_multipart_uploads(self._bucket, max_uploads=PAGE_OBJECTS)
        return [
            UnfinishedUpload(entry.object_name, entry.upload_id or "", entry.initiated_time or _LONG_AGO)
            for entry in found.uploads
        ]

    def _abort(self, upload: UnfinishedUpload) -> None:
        with translated(upload.key):
            try:
                self._client._abort_multipart_upload(self._bucket, upload.key, upload.upload_id)
            except S3Error as error:
                if error.code != "NoSuchUpload":
                    raise

    def _probe_bucket(self) -> bool:
        with translated(self._bucket):
            return self._probe.bucket_exists(self._bucket)


def _info(entry: "Object") -> ObjectInfo:
    modified_at = entry.last_modified or _LONG_AGO
    return ObjectInfo(entry.object_name or "", entry.size or 0, modified_at)
