"""Tables as the tests print them, and readers of what came out."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pypdfium2

from docflow.core.messages import Language
from docflow.printing.tables import CellKind, Column, Row, Table
from docflow.printing.writers import Format, open_writer

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

TABLE = Table(
    titles=("SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", "Năm 2026"),
    columns=(
        Column("Ngày đến", 18, CellKind.DATE),
        Column("Số đến", 14, CellKind.NUMBER),
        Column("Tên loại và trích yếu nội dung văn bản", 80),
        Column("Ngày chuyển", 24, CellKind.MOMENT),
        Column("Ghi chú", 40),
    ),
    language=Language.VI,
    issuer=("UBND TỈNH TRƯỜNG GIANG", "VĂN PHÒNG"),
    numbered=True,
)
SUBJECT = "Chỉ thị về việc nâng cao Chỉ số cải cách hành chính, Hoả tốc"


def row(
    number: int = 1, subject: str = SUBJECT, note: str = "", *, struck: bool = False, remark: str = ""
) -> Row:
    moment = datetime(2026, 11, 5, 7, 30, tzinfo=UTC)
    return Row((date(2026, 11, 5), f"{number:02d}", subject, moment, note), struck=struck, note=remark)


def rows(count: int) -> Iterable[Row]:
    return (row(number, f"{SUBJECT} {number}") for number in range(1, count + 1))


def printed(
    format_: Format, some: Iterable[Row], table: Table = TABLE, foot: Sequence[str] = ("Mã kiểm tra: 00ff",)
) -> bytes:
    """The file of a table."""
    out = io.BytesIO()
    writer = open_writer(format_, table, out)
    writer.write(some)
    writer.finish(foot)
    return out.getvalue()


def sheet_of(content: bytes) -> list[list[object]]:
    """Every row of a sheet that has something in it."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [list(cells) for cells in sheet.iter_rows(values_only=True) if any(cells)]


def document_of(content: bytes) -> ElementTree.Element:
    """The main part of a DOCX."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            ElementTree.fromstring(parts.read(name))
        return ElementTree.fromstring(parts.read("word/document.xml"))


def text_within(element: ElementTree.Element) -> str:
    """Text of a part of a DOCX, line breaks as line feeds."""
    return "".join(
        "\n" if part.tag == f"{W}br" else part.text or ""
        for part in element.iter()
        if part.tag in {f"{W}t", f"{W}br"}
    )


def pages_of(content: bytes) -> list[str]:
    """The text of each page of a PDF, as a reader copies it, its line ends as single spaces.

    How many pages there are is drawn apart, and may come with a space.
    """
    document = pypdfium2.PdfDocument(content)
    try:
        return [
            re.sub(r"\s+", " ", page.get_textpage().get_text_range().replace("\ufffe", "-")).replace(
                "/ ", "/"
            )
            for page in document
        ]
    finally:
        document.close()


def lines_of(content: bytes) -> list[list[str]]:
    """The lines of a CSV."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def write_to(folder: Path, format_: Format, content: bytes) -> Path:
    path = folder / f"print.{format_}"
    path.write_bytes(content)
    return path
