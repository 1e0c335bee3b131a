"""Removing files: those that nobody needs any more, rows and all, and those whose retention is over, whose rows stay.

The rows change in the caller's transaction, the bytes go right after it. Deleting an object deletes all its versions.
"""

from collections.abc import Collection
from contextlib import aclosing
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core import clock
from docflow.core.jobs import enqueue
from docflow.files.errors import StoreDown
from docflow.files.models import File, FilePreview, FileText, TextStatus
from docflow.files.service import FileStore
from storage import ObjectLocked, ObjectStore, StoreError


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


def previews_of(file_id: UUID) -> str:
    """Where the pictures of a file's pages lie in the store, those included that no row names yet."""
    return f"previews/{file_id}/"


async def forget_contents(session: AsyncSession, files: Collection[File], disposal_id: UUID) -> None:
    """Mark files as destroyed and delete what was read from them; their names, sizes and checksums stay.

    The caller has locked the rows. From the commit on nobody is given their bytes, which ``destroy_objects`` removes.
    """
    ids = [file.id for file in files]
    await session.execute(delete(FileText).where(FileText.file_id.in_(ids)))
    await session.execute(delete(FilePreview).where(FilePreview.file_id.in_(ids)))
    for file in files:
        file.destroyed_at, file.destroyed_by = clock.now(), disposal_id
        file.text_status, file.text_reason, file.text_origin = TextStatus.EMPTY, "destroyed", None
    await session.flush()


async def destroy_objects(files: FileStore, destroyed: Collection[File]) -> None:
    """Delete the objects of files and of their previews, and see that the store has none of them any more.

    Doing it again does no harm. Raises StoreDown, and ObjectLocked when the store itself keeps one.
    """
    try:
        for file in destroyed:
            await files.store.delete(file.object_key)
            async for preview in files.store.list_objects(previews_of(file.id), hidden=True):
                await files.store.delete(preview.key)
            if not await is_gone(files.store, file.object_key):
                raise StoreDown(part="store")
    except ObjectLocked:
        raise
    except StoreError as error:
        raise StoreDown(part="store") from error


async def is_gone(store: ObjectStore, key: str) -> bool:
    """Whether the store has no byte of an object, older versions included."""
    async with aclosing(store.list_objects(key, hidden=True)) as found:
        return not [entry async for entry in found if entry.key == key]
