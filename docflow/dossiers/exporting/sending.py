"""The archive as a stream: one document after another, no more in memory than a chunk of a file and the directory.

No transaction is open while bytes are sent: each document is read in one of its own. Whatever goes wrong raises, which
breaks the transfer off: the archive then has no directory, and nothing takes it for whole. What it was is recorded
before its last bytes leave, so a whole archive is always one that the trail knows.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.resources import files as package_files
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.documents.prints.circulation import print_sheet
from docflow.documents.sheet import SheetSources
from docflow.dossiers.exporting.archive import ArchiveStream, is_packed
from docflow.dossiers.exporting.index import index_file
from docflow.dossiers.exporting.manifest import (
    JSON_NAME,
    SUMS_NAME,
    ManifestEntry,
    manifest_json,
    manifest_sums,
)
from docflow.dossiers.exporting.planning import RECORD, SHEET, Plan, PlannedDocument, PlannedFile
from docflow.dossiers.exporting.reading import read_record
from docflow.dossiers.exporting.record import record_xml
from docflow.files.service import FileStore
from docflow.printing.writers import Format

T = TypeVar("T")
Chunks = AsyncGenerator[bytes, None]
Sheet = Callable[[AsyncSession, Actor, UUID], Awaitable[bytes]]
"""Prints what became of a document (its circulation) as PDF, as far as the actor sees it."""

SCHEMA, INDEX = "document.xsd", "index.pdf"
WORTH_A_THREAD = 64 * 1024
"""Bytes: fewer are packed and hashed quicker than they are given to a thread."""


class ExportBroken(Exception):
    """What the store gave is not what was stored: the transfer is broken off."""


class Export:
    """One archive under way."""

    def __init__(self, plan: Plan, sessions: Sessions, files: FileStore, sheet: Sheet) -> None:
        self._plan = plan
        self._sessions = sessions
        self._files = files
        self._sheet = sheet
        self._archive = ArchiveStream()
        self._entries: list[ManifestEntry] = []

    async def chunks(self) -> Chunks:
        """The bytes of the archive. Raises ExportBroken, NotFound for a document that is hidden meanwhile, and whatever
        the store and the database raise."""
        try:
            async for chunk in self._front():
                yield chunk
            for document in self._plan.documents:
                async with aclosing(self._document(document)) as parts:
                    async for chunk in parts:
                        yield chunk
            async for chunk in self._back():
                yield chunk
        finally:
            self._archive.abandon()

    async def _front(self) -> Chunks:
        plan = self._plan
        rows = [document.row for document in plan.documents]
        index = await _beside(
            partial(index_file, plan.dossier, plan.unit_name, rows, plan.actor.language, Format.PDF)
        )
        yield await self._whole(INDEX, index, plan.at)
        schema = package_files("docflow.dossiers.exporting").joinpath("schema/document.xsd").read_bytes()
        yield await self._whole(SCHEMA, schema, plan.at)

    async def _document(self, document: PlannedDocument) -> Chunks:
        plan = self._plan
        async with transaction(self._sessions) as session:
            record = await read_record(session, plan.actor, document)
            sheet = await self._sheet(session, plan.actor, document.id)
        yield await self._whole(f"{document.folder}/{RECORD}", record_xml(record), plan.at)
        yield await self._whole(f"{document.folder}/{SHEET}", sheet, plan.at)
        for file in document.files:
            if file.told.path is not None:
                async with aclosing(self._file(f"{document.folder}/{file.told.path}", file)) as parts:
                    async for chunk in parts:
                        yield chunk

    async def _file(self, path: str, file: PlannedFile) -> Chunks:
        """A file as it is in the store. Raises ExportBroken after the byte that is not as it was stored."""
        archive = self._archive
        archive.open_entry(path, file.told.size, file.stored_at, packed=is_packed(path))
        async with aclosing(self._files.store.read(file.object_key)) as chunks:
            async for chunk in chunks:
                if sent := await _beside(partial(archive.write, chunk), len(chunk)):
                    yield sent
        size, digest = archive.end()
        if (size, digest) != (file.told.size, file.told.sha256):
            raise ExportBroken(f"{path}: the store gave {size} bytes with checksum {digest}")
        self._entries.append(ManifestEntry(path, size, digest))
        if sent := archive.take():
            yield sent

    async def _back(self) -> Chunks:
        """The manifest and the directory; before any of it is sent, the trail knows what the manifest says."""
        manifest = manifest_json(*_head(self._plan), self._entries)
        digest = sha256(manifest).hexdigest()
        async with transaction(self._sessions) as session:
            await note_finished(session, self._plan, digest, len(self._entries))
        sums = manifest_sums(self._entries, manifest)
        yield await self._whole(JSON_NAME, manifest, self._plan.at)
        yield await self._whole(SUMS_NAME, sums, self._plan.at)
        yield await _beside(self._archive.finish)

    async def _whole(self, path: str, content: bytes, modified_at: datetime) -> bytes:
        """An entry that is made here; what is to be sent."""
        archive = self._archive
        archive.open_entry(path, len(content), modified_at, packed=is_packed(path))
        sent = await _beside(partial(archive.write, content), len(content))
        size, digest = archive.end()
        self._entries.append(ManifestEntry(path, size, digest))
        return sent + archive.take()


def sheets_from(sources: SheetSources) -> Sheet:
    """Sheets of circulation with what ``sources`` add to them."""

    async def sheet(session: AsyncSession, actor: Actor, document_id: UUID) -> bytes:
        made = await print_sheet(session, actor, document_id, sources, Format.PDF, actor.language)
        try:
            return await asyncio.to_thread(made.file.read)
        finally:
            made.file.close()

    return sheet


async def note_begun(session: AsyncSession, plan: Plan, *, versions: bool) -> None:
    """Record that the actor takes the dossier, with every document that goes with it: whether or not all arrives."""
    await _record(
        session,
        plan,
        stage="begun",
        versions=versions,
        documents=[str(document.id) for document in plan.documents],
        files=sum(len(document.files) for document in plan.documents),
    )


async def note_finished(session: AsyncSession, plan: Plan, manifest_sha256: str, entries: int) -> None:
    """Record what the whole archive is, by the checksum of its manifest."""
    await _record(session, plan, stage="sent", manifest_sha256=manifest_sha256, entries=entries)


async def _record(session: AsyncSession, plan: Plan, **details: Any) -> None:
    dossier = plan.dossier
    facts = {"code": dossier.code, "year": dossier.year, "at": plan.at.isoformat(), **details}
    await audit.record(
        session,
        plan.actor,
        Tag.DOSSIER_EXPORTED,
        "dossier",
        dossier.id,
        on_behalf_of=dossier.unit_id,
        **facts,
    )


def _head(plan: Plan) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the manifest tells beside its entries: of the dossier, and of each document."""
    dossier = plan.dossier
    told = {name: getattr(dossier, name) for name in ("id", "year", "code", "title", "retention", "state")}
    head = {
        "dossier": {
            **told,
            "unit": plan.unit_name,
            "opened_on": dossier.opened_on,
            "closed_on": dossier.closed_on,
        },
        "exported_at": plan.at,
        "exported_by": {"id": plan.actor.person_id, "name": plan.actor.name},
    }
    documents = [
        {
            "id": document.id,
            "folder": document.folder,
            "symbol": document.row.symbol,
            "issued_on": document.row.issued_on,
            "subject": document.row.subject,
            "voided": document.row.voided_at is not None,
            "destroyed_files": [
                {"filename": file.told.filename, "sha256": file.told.sha256, "at": file.told.destroyed_at}
                for file in document.files
                if file.told.path is None
            ],
        }
        for document in plan.documents
    ]
    return head, documents


async def _beside(work: Callable[[], T], size: int = WORTH_A_THREAD) -> T:
    """Run ``work`` in a thread, if it is worth one, and wait until it has ended even when nobody waits any more: nothing
    else may touch the archive meanwhile."""
    if size < WORTH_A_THREAD:
        return work()
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
