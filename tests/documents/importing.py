"""Imports as the tests run them: the command itself, in this process, on the test's own database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import select, text

from docflow.commands.import_documents import import_documents
from docflow.commands.importing.asking import Asked
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.documents.models import Document, DocumentFile, ImportedRow
from docflow.files.models import File
from docflow.settings import Settings
from storage import ObjectStore
from tests.documents.manifesting import TITLES, csv_of

CLERK = "anpth"


@dataclass(frozen=True)
class Filed:
    """A registered document with its files, the document first."""

    document: Document
    files: tuple[File, ...]


def today() -> str:
    """As it is written in a manifest."""
    return f"{clock.today():%d/%m/%Y}"


async def run(settings: Settings, source: Path, username: str = CLERK, **asked: Any) -> int:
    return await import_documents(settings, Asked(source=source, username=username, **asked))


def letter(number: int, **said: str) -> tuple[str, ...]:
    """A row of a manifest, another one for each number."""
    row = {
        "symbol": f"{number}/QĐ-UBND",
        "issued_on": today(),
        "issuer": "UBND tỉnh",
        "subject": f"Về việc số {number}",
        "file": f"{number}.txt",
        **said,
    }
    return tuple(row.values())


def folder_of(path: Path, count: int, *rows: Sequence[str], titles: Sequence[str] = TITLES) -> Path:
    """A folder with ``count`` letters and their manifest, with further rows when they are given."""
    path.mkdir(exist_ok=True)
    for number in range(1, count + 1):
        (path / f"{number}.txt").write_text(f"Quyết định số {number} của Ủy ban nhân dân tỉnh.\n")
    letters = [letter(number) for number in range(1, count + 1)]
    (path / "manifest.csv").write_bytes(csv_of(*letters, *rows, titles=titles))
    return path


async def filed(sessions: Sessions) -> list[Filed]:
    """Everything that is registered, in the order of numbers."""
    async with sessions() as session:
        documents = (await session.scalars(select(Document).order_by(Document.register_number))).all()
        found = []
        for document in documents:
            files = await session.scalars(
                select(File)
                .join(DocumentFile, DocumentFile.file_id == File.id)
                .where(DocumentFile.document_id == document.id)
                .order_by(DocumentFile.annex)
            )
            found.append(Filed(document, tuple(files)))
        return found


async def rows_imported(sessions: Sessions) -> list[ImportedRow]:
    async with sessions() as session:
        return list(await session.scalars(select(ImportedRow).order_by(ImportedRow.line)))


async def orphans(sessions: Sessions, store: ObjectStore, before: frozenset[str]) -> set[str]:
    """Objects that no row names, of those that came since ``before``."""
    async with sessions() as session:
        known = set(await session.scalars(text("SELECT object_key FROM file")))
    return {item.key async for item in store.list_objects()} - before - known


async def until_filed(sessions: Sessions, count: int) -> None:
    """Wait until so many documents are registered; whoever registers them is at work."""
    async with asyncio.timeout(60):
        while len(await filed(sessions)) < count:  # noqa: ASYNC110  (the database tells nobody)
            await asyncio.sleep(0.02)


async def keys_of(store: ObjectStore) -> frozenset[str]:
    return frozenset([item.key async for item in store.list_objects()])


def report_of(path: Path) -> list[list[Any]]:
    """The rows of a report in XLSX or CSV, without what stands above them and below."""
    if path.suffix == ".csv":
        import csv

        with path.open(encoding="utf-8-sig", newline="") as source:
            return list(csv.reader(source))[1:]
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(place for place, row in enumerate(rows) if row[0] in ("Dòng", "Line"))
    end = next((place for place, row in enumerate(rows[head:], head) if not any(row)), len(rows))
    return rows[head + 1 : end]
