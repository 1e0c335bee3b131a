"""Pictures of pages: drawn from the file in a limited child, kept in the store, made again whenever they are missing."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.files.errors import PageMissing, PreviewUnavailable, require_there
from docflow.files.extract_terms import IMAGE_TYPES, PDF, ExtractionLimits, ExtractionReason
from docflow.files.extraction import on_disk, verdict_of
from docflow.files.models import File, FilePreview
from docflow.files.service import FileStore, Finding, fault_of
from storage import ObjectStore

WIDTHS = (240, 800, 1200, 1600)
"""In pixels. A wish between two is answered with the wider: few sizes are kept of each page."""

THUMBNAIL = WIDTHS[0]
PREVIEWED_TYPES = IMAGE_TYPES | {PDF}
MEDIA_TYPE = "image/webp"
DRAWING = ExtractionLimits(text_bytes=8 * 1024 * 1024, cpu_seconds=15, wall_seconds=30)
"""What drawing one page may cost; its text is the picture here."""
UNDRAWN_FOR = timedelta(minutes=10)
"""A page that could not be drawn is not tried again for so long: lists would ask for it with each of their readers."""
UNDRAWN_MOST = 1000

log = structlog.get_logger("docflow.files")


def width_for(wish: int) -> int:
    """The width that is kept for whoever wishes so many pixels."""
    return next((width for width in WIDTHS if width >= wish), WIDTHS[-1])


async def find_preview(session: AsyncSession, file_id: UUID, page: int, width: int) -> FilePreview | None:
    """A preview that has been made; ``width`` is one of WIDTHS."""
    return await session.get(FilePreview, (file_id, page, width))


async def make_preview(
    sessions: Sessions, files: FileStore, file: File, page: int, width: int
) -> FilePreview:
    """Draw a page, counted from 1, and keep it. Whoever was faster has made the one that stays.

    Object first, row second: a crash between the two leaves an orphan that is swept. Raises PageMissing,
    PreviewUnavailable, ChildLost and StoreError.
    """
    require_previewed(file, page)
    async with files.drawing:
        async with sessions() as session:
            if (made := await find_preview(session, file.id, page, width)) is not None:
                return made
        drawn = await _draw_unless_hopeless(files, file, page, width)
        key = f"previews/{file.id}/{page}-{width}-{uuid4().hex}"
        async with files.store.write(key, MEDIA_TYPE) as writer:
            await writer.write(drawn)
            stored = await writer.finish()
    async with transaction(sessions) as session:
        if not await _is_there(session, file.id):
            await files.store.delete(key)
            raise PreviewUnavailable(reason="destroyed")
        row: FilePreview | None = await session.scalar(
            insert(FilePreview)
            .values(
                file_id=file.id,
                page=page,
                width=width,
                object_key=key,
                media_type=MEDIA_TYPE,
                size=stored.size,
                sha256=bytes.fromhex(stored.sha256),
                made_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(FilePreview)
        )
        if row is not None:
            return row
        kept = await session.get_one(FilePreview, (file.id, page, width))
    if row is None:
        await files.store.delete(key)
    return kept


async def _is_there(session: AsyncSession, file_id: UUID) -> bool:
    """Whether the file has not been destroyed while its page was drawn, nor is before this commits."""
    there = select(File.id).where(File.id == file_id, File.destroyed_at.is_(None))
    return await session.scalar(there.with_for_update(read=True)) is not None


async def make_thumbnail(sessions: Sessions, files: FileStore, file_id: UUID) -> None:
    """The first page, small, for lists; nothing for a file that has none. Running it twice does no harm."""
    async with sessions() as session:
        file = await session.get(File, file_id)
        made = await find_preview(session, file_id, 1, THUMBNAIL)
    if file is None or file.destroyed_at or made is not None or file.media_type not in PREVIEWED_TYPES:
        return
    try:
        await make_preview(sessions, files, file, 1, THUMBNAIL)
    except (PageMissing, PreviewUnavailable) as error:
        log.info("thumbnail_not_made", file_id=str(file_id), code=error.code, **error.facts)


async def drop_preview(sessions: Sessions, file_id: UUID, page: int, width: int, object_key: str) -> None:
    """Forget a preview whose object is gone or changed; the next who wants it has it made again."""
    async with transaction(sessions) as session:
        await session.execute(
            delete(FilePreview).where(
                FilePreview.file_id == file_id,
                FilePreview.page == page,
                FilePreview.width == width,
                FilePreview.object_key == object_key,
            )
        )


async def verify_previews(sessions: Sessions, store: ObjectStore) -> AsyncIterator[Finding]:
    """Re-read every preview against its row, and forget those that are not what was stored: they are made again."""
    last = (UUID(int=0), 0, 0)
    columns = (FilePreview.file_id, FilePreview.page, FilePreview.width)
    more = (FilePreview.object_key, FilePreview.size, FilePreview.sha256)
    while True:
        async with sessions() as session:
            following = tuple_(*columns) > tuple_(*map(literal, last))
            statement = select(*columns, *more).where(following).order_by(*columns).limit(500)
            rows = (await session.execute(statement)).all()
        if not rows:
            return
        for row in rows:
            fault = await fault_of(store, row.object_key, row.size, row.sha256)
            if fault is not None:
                await drop_preview(sessions, row.file_id, row.page, row.width, row.object_key)
            yield Finding(row.file_id, row.object_key, fault)
        last = (rows[-1].file_id, rows[-1].page, rows[-1].width)


def require_previewed(file: File, page: int) -> None:
    """Raises PreviewUnavailable for a type that is not drawn, PageMissing for a page that is known not to be, and
    FileDestroyed."""
    require_there(file)
    if file.media_type not in PREVIEWED_TYPES:
        raise PreviewUnavailable(reason="not_drawn")
    if page < 1 or (file.page_count is not None and page > file.page_count):
        raise PageMissing(page=page)


async def _draw_unless_hopeless(files: FileStore, file: File, page: int, width: int) -> bytes:
    since, reason = files.undrawn.get((file.id, page, width), (None, ""))
    if since is not None and clock.now() - since < UNDRAWN_FOR:
        raise PreviewUnavailable(reason=reason)
    try:
        return await _draw(files, file, page, width)
    except PreviewUnavailable as error:
        files.undrawn.pop((file.id, page, width), None)
        if len(files.undrawn) >= UNDRAWN_MOST:
            del files.undrawn[next(iter(files.undrawn))]
        files.undrawn[file.id, page, width] = clock.now(), error.facts["reason"]
        raise


async def _draw(files: FileStore, file: File, page: int, width: int) -> bytes:
    async with aclosing(files.read(file)) as source, on_disk(source, DRAWING) as spooled:
        return await _drawn(files, spooled, file, page, width)


async def _drawn(files: FileStore, spooled: BinaryIO, file: File, page: int, width: int) -> bytes:
    if file.size > DRAWING.input_bytes:
        raise PreviewUnavailable(reason=ExtractionReason.TOO_LARGE.value)
    spooled.seek(0)
    work = "docflow.files.picture_child:draw_page"
    ended = await files.children.run(
        work, spooled, DRAWING, media_type=file.media_type, page=page, width=width
    )
    reason = verdict_of(ended).reason
    if reason is None and not is_preview(ended.written):
        reason = ExtractionReason.CRASHED
    if reason is not None:
        raise PreviewUnavailable(reason=reason.value)
    return ended.written


def is_preview(content: bytes) -> bool:
    """Whether a child that may have been taken over gave what was asked of it, by its first bytes."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
