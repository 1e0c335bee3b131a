"""The formats, and a writer for each."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import BinaryIO, Protocol

from docflow.printing.tables import Row, Table


class Format(StrEnum):
    """What a table can be written as; the value is the extension of the file's name."""

    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"
    CSV = "csv"


MEDIA_TYPES: dict[Format, str] = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.CSV: "text/csv; charset=utf-8",
}


class TableWriter(Protocol):
    """Takes a table row by row and keeps none. Not for two threads at once, but any thread may go on with it."""

    def write(self, rows: Iterable[Row]) -> None:
        """Write further rows."""

    def finish(self, foot: Sequence[str] = ()) -> None:
        """Write the lines below the table and end the file, which stays open."""

    def abandon(self) -> None:
        """Give up what is half done, and its temporary files; does nothing after ``finish``."""


def open_writer(format_: Format, table: Table, out: BinaryIO) -> TableWriter:
    """A writer of ``table`` to ``out``, from its present place on; ``out`` must be able to tell it."""
    return _writer(format_)(table, out)


def _writer(format_: Format) -> Callable[[Table, BinaryIO], TableWriter]:
    # Each is imported when it is first used: a web process that prints nothing holds none of the libraries.
    match format_:
        case Format.XLSX:
            from docflow.printing.xlsx import XlsxWriter

            return XlsxWriter
        case Format.DOCX:
            from docflow.printing.docx import DocxWriter

            return DocxWriter
        case Format.PDF:
            from docflow.printing.pdf import PdfWriter

            return PdfWriter
        case Format.CSV:
            from docflow.printing.delimited import CsvWriter

            return CsvWriter
