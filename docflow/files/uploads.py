"""Receiving: request → push parser → object store, in bounded memory; the object is whole before any row.

An edge like ``api``: handlers of the capabilities above call it. Nothing in the database waits for the client:
the connection is given back before the first byte is read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from litestar import Request

from docflow.core import clock
from docflow.core.errors import FieldError
from docflow.files.errors import FileEmpty, FileMissing, StoreDown
from docflow.files.service import FileStore, Received
from docflow.files.sniffing import sniff
from docflow.web.guard import admit_again
from docflow.web.multipart import ByteSink, FilePart, FormLimits, FormReader
from docflow.web.patience import IDLE_SECONDS
from docflow.web.problems import fields_of
from docflow.web.schemas import In
from docflow.web.transaction import RequestTransaction
from storage import ObjectStore, ObjectWriter, StoredObject, StoreError

HEAD_BYTES = 8 * 1024
FILE_FIELD = "file"


class _Intake:
    """Feeds one file to the store and remembers its first bytes."""

    def __init__(self, writer: ObjectWriter) -> None:
        self._writer = writer
        self.head = b""

    async def write(self, chunk: bytes, /) -> None:
        if len(self.head) < HEAD_BYTES:
            self.head += bytes(chunk[: HEAD_BYTES - len(self.head)])
        await self._writer.write(chunk)


class _Reception:
    def __init__(self, store: ObjectStore, transaction: RequestTransaction) -> None:
        self._store = store
        self._transaction = transaction
        self.received: Received | None = None

    @asynccontextmanager
    async def sink(self, part: FilePart) -> AsyncIterator[ByteSink]:
        key = f"{clock.now():%Y/%m}/{uuid4()}"
        async with self._store.write(key, "application/octet-stream") as writer:
            intake = _Intake(writer)
            yield intake
            if not intake.head:
                return
            stored = await writer.finish()
            self._transaction.on_rollback(lambda: self._store.delete(key))
        self.received = _received(part, stored, intake.head)


def _received(part: FilePart, stored: StoredObject, head: bytes) -> Received:
    return Received(
        object_key=stored.key,
        filename=part.filename,
        media_type=sniff(head, part.filename, part.content_type),
        size=stored.size,
        sha256=bytes.fromhex(stored.sha256),
    )


FormT = TypeVar("FormT", bound=In)


@dataclass(frozen=True, slots=True)
class Uploads:
    """A request that may carry a file, with where to put it. Given to handlers by ``app``."""

    request: Request[Any, Any, Any]
    files: FileStore
    transaction: RequestTransaction
    idle_seconds: float = IDLE_SECONDS

    async def receive(self, shape: type[FormT]) -> tuple[FormT, Received]:
        """Read a form of one file and the fields of ``shape``; the file is stored when this returns.

        Who is asking is asked again at the end: nobody uses rights that were taken away while the file came.
        Raises the errors of ``web.form_errors``, NotSignedIn, NotAllowed, FileMissing, FileEmpty, Invalid and
        StoreDown. Whatever is stored is deleted again when the request changes nothing.
        """
        limits = FormLimits(file_bytes=self.files.max_bytes)
        content_type = self.request.headers.get("content-type", "")
        reader = FormReader(content_type, limits, idle_seconds=self.idle_seconds)
        reader.refuse_announced(self.request.content_length)
        await self.transaction.release()
        reception = _Reception(self.files.store, self.transaction)
        try:
            form = await reader.read(self.request.stream(), reception.sink)
        except StoreError as error:
            raise StoreDown(part="store") from error
        await admit_again(self.request.scope)
        if FILE_FIELD not in form.files:
            raise FileMissing(FieldError(f"/{FILE_FIELD}", FileMissing.code))
        if reception.received is None:
            raise FileEmpty(FieldError(f"/{FILE_FIELD}", FileEmpty.code))
        return form_as(shape, form.fields), reception.received


def form_as(shape: type[FormT], fields: dict[str, str]) -> FormT:
    """Text fields as a struct; an empty field counts as not given. Raises Invalid with the wrong field."""
    try:
        return msgspec.convert({name: text for name, text in fields.items() if text}, shape, strict=False)
    except msgspec.ValidationError as error:
        raise fields_of(error) from error
