"""Storing bytes that come from elsewhere than a request: a mail, a folder, an archive. Bytes first, row second.

An edge like ``uploads``: jobs and commands call it before their transaction. What is stored and gets no row is an
orphan, which is swept later.
"""

from collections.abc import AsyncIterable
from uuid import uuid4

from docflow.core import clock
from docflow.core.errors import FieldError
from docflow.core.filenames import safe_filename
from docflow.files.errors import FileEmpty, StoreDown
from docflow.files.service import FileStore, Received
from docflow.files.sniffing import HEAD_BYTES, sniff
from docflow.web.form_errors import FileTooLarge
from storage import StoreError


async def store_file(
    files: FileStore, chunks: AsyncIterable[bytes], filename: str, declared: str | None = None
) -> Received:
    """Store one file in bounded memory under a fresh key; the object is whole when this returns.

    ``filename`` is made safe to keep, ``declared`` is the type that its sender names. Whatever ``chunks`` raises
    aborts the upload and passes through. Raises FileEmpty, FileTooLarge and StoreDown; then there is no object.
    """
    name = safe_filename(filename)
    key = f"{clock.now():%Y/%m}/{uuid4()}"
    head, size = b"", 0
    try:
        async with files.store.write(key, "application/octet-stream") as writer:
            async for chunk in chunks:
                size += len(chunk)
                if size > files.max_bytes:
                    raise FileTooLarge(files.max_bytes)
                if len(head) < HEAD_BYTES:
                    head += bytes(chunk[: HEAD_BYTES - len(head)])
                await writer.write(chunk)
            if not size:
                raise FileEmpty(FieldError("/file", FileEmpty.code))
            stored = await writer.finish()
    except StoreError as error:
        raise StoreDown(part="store") from error
    return Received(
        object_key=stored.key,
        filename=name,
        media_type=sniff(head, name, declared),
        size=stored.size,
        sha256=bytes.fromhex(stored.sha256),
    )


async def discard(files: FileStore, received: Received) -> None:
    """Delete an object that gets no row. Raises StoreDown; the sweep removes what stays."""
    try:
        await files.store.delete(received.object_key)
    except StoreError as error:
        raise StoreDown(part="store") from error
