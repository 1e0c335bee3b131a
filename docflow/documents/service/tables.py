"""Small tables as files: what fits in memory, made beside the event loop."""

import asyncio
import os
import tempfile
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import msgspec

from docflow.printing.tables import Row, Table
from docflow.printing.writers import Format, open_writer


class Made(msgspec.Struct, frozen=True):
    """A file that has no name on disk and is gone when it is closed; ``size`` in bytes."""

    file: BinaryIO
    size: int
    name: str
    format: Format


async def make_table(
    table: Table, rows: Iterable[Row], foot: Sequence[str], format_: Format, name: str
) -> Made:
    """The table as a file that is called ``name``, which gets the extension of its format."""

    def make() -> tuple[BinaryIO, int]:
        file: BinaryIO = tempfile.TemporaryFile(prefix="docflow-table-")  # noqa: SIM115  (whoever gets it closes it)
        try:
            writer = open_writer(format_, table, file)
            try:
                writer.write(rows)
                writer.finish(foot)
            except BaseException:
                writer.abandon()
                raise
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file, size

    file, size = await asyncio.to_thread(make)
    return Made(file, size, f"{name}.{format_.value}", format_)
