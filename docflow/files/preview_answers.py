"""Serving previews: made when they are first asked for, conditions, and headers as safe as a download's. An edge like ``api``."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from litestar import Request, Response

from docflow.core.db import Sessions
from docflow.files.children import ChildLost
from docflow.files.errors import StoreDown
from docflow.files.models import File, FilePreview
from docflow.files.previews import drop_preview, find_preview, make_preview, require_previewed, width_for
from docflow.files.service import FileStore
from docflow.web.ranges import Disposition, download_headers, file_etag, not_modified, validator_headers
from docflow.web.transaction import RequestTransaction
from storage import ObjectMissing, StoreError


@dataclass(frozen=True, slots=True)
class Previews:
    """A request for a picture of a page, with where to get it. Given to handlers by ``app``."""

    request: Request[Any, Any, Any]
    files: FileStore
    sessions: Sessions
    transaction: RequestTransaction

    async def answer(self, file: File, page: int, width: int) -> Response[Any]:
        """The picture, as wide as WIDTHS allow, or 304. Raises PageMissing, PreviewUnavailable and StoreDown.

        The connection is given back before anything is drawn or read.
        """
        require_previewed(file, page)
        width = width_for(width)
        made = await find_preview(self.transaction.session, file.id, page, width)
        await self.transaction.release()
        headers = self.request.headers
        try:
            made = made or await make_preview(self.sessions, self.files, file, page, width)
            etag = file_etag(made.sha256.hex())
            condition, since = headers.get("if-none-match"), headers.get("if-modified-since")
            if not_modified(condition, since, etag, made.made_at):
                return Response(None, status_code=304, headers=validator_headers(etag, made.made_at))
            made, content = await _content(self.sessions, self.files, file, made)
        except (StoreError, ChildLost) as error:
            raise StoreDown(part="store") from error
        return Response(content, headers=_headers(file, made))


async def _content(
    sessions: Sessions, files: FileStore, file: File, made: FilePreview
) -> tuple[FilePreview, bytes]:
    """The bytes; of one made again when the object is gone: a picture can be, an original could not."""
    try:
        return made, await _read(files, made)
    except ObjectMissing:
        await drop_preview(sessions, made.file_id, made.page, made.width, made.object_key)
        made = await make_preview(sessions, files, file, made.page, made.width)
        return made, await _read(files, made)


async def _read(files: FileStore, made: FilePreview) -> bytes:
    return b"".join([chunk async for chunk in files.store.read(made.object_key)])


def _headers(file: File, made: FilePreview) -> dict[str, str]:
    return download_headers(
        filename=f"{PurePath(file.filename).stem}-{made.page}.webp",
        media_type=made.media_type,
        size=made.size,
        etag=file_etag(made.sha256.hex()),
        modified_at=made.made_at,
        disposition=Disposition.INLINE,
    )
