"""Removing files that nobody needs any more: the rows in the caller's transaction, the bytes right after it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.jobs import enqueue
from docflow.files.errors import StoreDown
from docflow.files.models import File, FilePreview, FileText
from docflow.files.service import FileStore
from storage import StoreError


async def remove_files(session: AsyncSession, file_ids: Collection[UUID]) -> None:
    """Delete the rows of files, their texts and previews, and have the worker delete the objects after the commit.

    Whoever names them (a document, a draft) has let go of them before: the database refuses otherwise. Should the
    worker never get to the objects, the sweep finds them without a row.
    """
    if not file_ids:
        return
    await session.execute(delete(FileText).where(FileText.file_id.in_(file_ids)))
    previews = await session.scalars(
        delete(FilePreview).where(FilePreview.file_id.in_(file_ids)).returning(FilePreview.object_key)
    )
    files = await session.scalars(delete(File).where(File.id.in_(file_ids)).returning(File.object_key))
    if keys := sorted({*previews, *files}):
        await enqueue(session, "files.remove_objects", keys=keys)


async def remove_objects(files: FileStore, *, keys: list[str]) -> None:
    """Delete objects that have no row any more; what is gone already is no fault. Raises StoreDown."""
    try:
        for key in keys:
            await files.store.delete(key)
    except StoreError as error:
        raise StoreDown(part="store") from error
