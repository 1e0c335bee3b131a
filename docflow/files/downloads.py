"""Serving: Range, conditions and safe headers around bytes streamed from the store. An edge like ``api``."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request, Response
from litestar.response import Stream

from docflow.files.errors import StoreDown, require_there
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.files.sniffing import INLINE_SAFE
from docflow.web.ranges import (
    ByteRange,
    Disposition,
    download_headers,
    file_etag,
    not_modified,
    requested_range,
    validator_headers,
)
from storage import StoreError


async def download(
    request: Request[Any, Any, Any], files: FileStore, file: File, *, inline: bool = False
) -> Response[Any]:
    """The file, the part of it that is asked for, or 304. Inline only for types that do no harm there.

    Raises RangeNotSatisfiable, FileDestroyed, and StoreDown when the store does not give the first bytes.
    """
    require_there(file)
    headers = request.headers
    etag = file_etag(file.sha256.hex())
    if not_modified(headers.get("if-none-match"), headers.get("if-modified-since"), etag, file.stored_at):
        return Response(None, status_code=304, headers=validator_headers(etag, file.stored_at))
    part = requested_range(
        headers.get("range"),
        headers.get("if-range"),
        size=file.size,
        etag=etag,
        modified_at=file.stored_at,
    )
    shown = inline and file.media_type in INLINE_SAFE
    answer = download_headers(
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        etag=etag,
        modified_at=file.stored_at,
        part=part,
        disposition=Disposition.INLINE if shown else Disposition.ATTACHMENT,
    )
    # As a header and not as the response's media type, to which the framework adds a charset of its own.
    chunks = await _begun(files, file, part)
    return Stream(chunks, status_code=206 if part else 200, headers=answer)


async def _begun(files: FileStore, file: File, part: ByteRange | None) -> AsyncGenerator[bytes, None]:
    """The stream after its first chunk has come: a missing object is an error, not half an answer."""
    chunks = files.read(file, part.first if part else 0, part.length if part else None)
    try:
        first = await anext(chunks)
    except (StoreError, StopAsyncIteration) as error:
        raise StoreDown(part="store") from error

    async def rest() -> AsyncGenerator[bytes, None]:
        try:
            yield first
            async for chunk in chunks:
                yield chunk
        finally:
            await chunks.aclose()

    return rest()
