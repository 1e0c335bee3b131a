"""The four formats say the same, repeat their titles and strike what is void."""

import errno
import io
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from docflow.core.messages import Language
from docflow.printing.tables import Row, Table
from docflow.printing.typeface import Face, word_width, wrapped
from docflow.printing.writers import MEDIA_TYPES, Format, open_writer
from tests.printing.printed import (
    SUBJECT,
    TABLE,
    W,
    document_of,
    lines_of,
    pages_of,
    printed,
    row,
    rows,
    sheet_of,
    text_within,
    write_to,
)

ALPHABET = "AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYaăâbcdđeêghiklmnoôơpqrstuưvxy" + "".join(
    chr(code) for code in range(0x1EA0, 0x1EFA)
)


def test_a_sheet_has_real_dates_and_numbers_of_documents_as_text() -> None:
    content = printed(Format.XLSX, [row(5)])
    assert sheet_of(content) == [
        ["UBND TỈNH TRƯỜNG GIANG", None, None, None, None],
        ["VĂN PHÒNG", None, None, None, None],
        ["SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", None, None, None, None],
        ["Năm 2026", None, None, None, None],
        [column.title for column in TABLE.columns],
        ["(1)", "(2)", "(3)", "(4)", "(5)"],
        [
            datetime.fromisoformat("2026-11-05"),
            "05",
            SUBJECT,
            datetime.fromisoformat("2026-11-05T14:30"),
            None,
        ],
        ["Mã kiểm tra: 00ff", None, None, None, None],
    ]


def test_a_sheet_repeats_its_titles_and_fits_the_paper() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(printed(Format.XLSX, rows(3)))).active
    assert sheet is not None
    assert sheet.print_title_rows == "$6:$7"
    assert sheet.freeze_panes == "A8"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.center.text == "Trang &P/&N"
    assert sheet["A8"].font.name == "Times New Roman"


def test_a_date_that_no_sheet_knows_is_a_text() -> None:
    content = printed(Format.XLSX, [Row((date(1884, 6, 6), "01", "x", None, ""))])
    assert sheet_of(content)[6][0] == "06/06/1884"


def test_what_looks_like_an_escape_in_a_sheet_is_kept_as_it_is_written() -> None:
    assert sheet_of(printed(Format.XLSX, [row(subject="_x003D_1+1")]))[6][2] == "_x005F_x003D_1+1"


@pytest.mark.parametrize("format_", [Format.XLSX, Format.DOCX])
def test_a_void_row_is_struck_through_and_its_reason_is_not(format_: Format) -> None:
    content = printed(format_, [row(1), row(2, note="Khẩn", struck=True, remark="Hủy: trùng số")])
    if format_ is Format.XLSX:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        struck = [[bool(cell.font.strike) for cell in cells] for cells in sheet["A8:E9"]]
        assert struck == [[False] * 5, [True] * 4 + [False]]
        assert sheet["E9"].value == "Khẩn\nHủy: trùng số"
        rich = openpyxl.load_workbook(io.BytesIO(content), rich_text=True).active
        assert rich is not None
        own, remark = rich["E9"].value
        assert (own.text, bool(own.font.strike)) == ("Khẩn", True)
        assert (remark.text, bool(remark.font.strike)) == ("\nHủy: trùng số", False)
        return
    body = list(document_of(content).iter(f"{W}tr"))[2:]
    runs = [
        [(text_within(run), run.find(f"{W}rPr/{W}strike") is not None) for run in line.iter(f"{W}r")]
        for line in body
    ]
    assert not any(struck for _, struck in runs[0])
    assert [struck for text, struck in runs[1] if text.strip()] == [True, True, True, True, True, False]
    assert runs[1][-1] == ("Hủy: trùng số", False)


def test_a_void_row_of_a_pdf_has_a_line_through_each_line_of_its_text() -> None:
    import pypdfium2

    def lines_drawn(content: bytes) -> int:
        document = pypdfium2.PdfDocument(content)
        [page] = document
        found = sum(1 for thing in page.get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH)
        document.close()
        return found

    long = row(1, SUBJECT * 3, note="Khẩn", remark="Hủy")
    struck = Row(long.cells, struck=True, note=long.note)
    assert (
        lines_drawn(printed(Format.PDF, [struck])) - lines_drawn(printed(Format.PDF, [long]))
        == 1 + 1 + 2 + 1 + 1
    )


def test_a_docx_repeats_its_titles_and_keeps_its_rows_whole() -> None:
    content = printed(Format.DOCX, [*rows(2), row(3, "x " * 1000)])
    lines = list(document_of(content).iter(f"{W}tr"))
    repeated = [line.find(f"{W}trPr/{W}tblHeader") is not None for line in lines]
    whole = [line.find(f"{W}trPr/{W}cantSplit") is not None for line in lines]
    assert repeated == [True, True, False, False, False]
    assert whole == [True, True, True, True, False]
    assert [text_within(cell) for cell in lines[2].iter(f"{W}tc")] == [
        "05/11/2026",
        "01",
        f"{SUBJECT} 1",
        "05/11/2026 14:30",
        "",
    ]
    size = document_of(content).find(f".//{W}pgSz")
    assert size is not None
    assert size.get(f"{W}orient") == "landscape"


def test_a_docx_takes_whatever_a_subject_holds() -> None:
    hostile = '<w:p/> & "]]>" \x00\x0b\ud800\ufffe\nhai dòng'
    content = printed(Format.DOCX, [row(subject=hostile, remark="<i>")])
    assert '<w:p/> & "]]>" \ufffd\ufffd\ufffd\ufffd\nhai dòng' in text_within(document_of(content))


def test_each_page_of_a_pdf_has_the_titles_and_its_number_of_how_many() -> None:
    pages = pages_of(printed(Format.PDF, rows(120)))
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert "Tên loại và trích yếu nội dung văn bản" in page
        assert f"Trang {number}/{len(pages)}" in page
    assert "UBND TỈNH TRƯỜNG GIANG" in pages[0]
    assert "Mã kiểm tra: 00ff" in pages[-1]
    found = " ".join(pages)
    assert all(f"Hoả tốc {number} " in found for number in range(1, 121))


def test_a_pdf_shows_every_vietnamese_letter_and_embeds_what_it_shows() -> None:
    content = printed(Format.PDF, [row(subject=ALPHABET)])
    found = pages_of(content)[0].replace(" ", "")
    assert ALPHABET in found
    assert content.count(b"/FontFile2") == 3
    assert len(content) < 150_000


def test_a_letter_that_the_face_lacks_is_a_box_and_harms_nothing() -> None:
    [page] = pages_of(printed(Format.PDF, [row(subject="trước 漢字 \U0001f600 sau")]))
    assert "trước □□ □ sau" in " ".join(page.split())


def test_a_row_longer_than_a_page_is_broken_in_a_pdf_and_nothing_is_lost() -> None:
    words = [f"từ{number}" for number in range(3000)]
    pages = pages_of(printed(Format.PDF, [row(1), row(2, " ".join(words)), row(3)]))
    assert len(pages) > 2
    found = set(" ".join(pages).split())
    assert set(words) <= found


def test_a_word_longer_than_its_column_is_broken_after_a_sign() -> None:
    width = word_width(Face.REGULAR, "1234/QĐ-UBND-") * 9 + 1
    assert wrapped("1234/QĐ-UBND-TTPVHCC", Face.REGULAR, 9, width) == ["1234/QĐ-UBND-", "TTPVHCC"]
    pieces = wrapped("x" * 5000, Face.REGULAR, 9, 50)
    assert "".join(pieces) == "x" * 5000
    assert all(word_width(Face.REGULAR, piece) * 9 <= 50 for piece in pieces)
    assert wrapped("", Face.REGULAR, 9, 50) == [""]
    assert wrapped("a\n\nb", Face.REGULAR, 9, 50) == ["a", "", "b"]


def test_a_csv_is_read_back_as_it_was_written() -> None:
    content = printed(Format.CSV, [row(1, 'Nói "khẩn", rồi\nhai dòng', note="Lưu", remark="Hủy")])
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    assert lines_of(content) == [
        [column.title for column in TABLE.columns],
        ["05/11/2026", "01", 'Nói "khẩn", rồi\nhai dòng', "05/11/2026 14:30", "Lưu\nHủy"],
    ]


@pytest.mark.parametrize("format_", Format)
def test_an_empty_table_and_a_table_without_a_heading_are_printed(format_: Format) -> None:
    for table in (TABLE, Table((), TABLE.columns, Language.EN)):
        content = printed(format_, [], table, foot=())
        assert len(content) > 50
    if format_ is Format.PDF:
        assert "Page 1 of 1" in pages_of(content)[0]
    assert format_ in MEDIA_TYPES


@pytest.mark.parametrize("format_", Format)
def test_a_print_that_is_given_up_leaves_no_file_behind(
    format_: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    writer = open_writer(format_, TABLE, io.BytesIO())
    writer.write(rows(3))
    writer.abandon()
    writer.abandon()
    printed(format_, rows(3))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("room", [0, 600, 3000])
def test_a_full_disk_is_told_and_leaves_no_file_behind(
    format_: Format, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    class FullDisk(io.BytesIO):
        def write(self, piece: Any) -> int:
            if self.tell() + len(piece) > room:
                raise OSError(errno.ENOSPC, "no space left")
            return super().write(piece)

    writer = None
    with pytest.raises(OSError, match="no space left"):
        writer = open_writer(format_, TABLE, FullDisk())
        writer.write(rows(2000))
        writer.finish(["end"])
    if writer is not None:
        writer.abandon()
    assert list(tmp_path.iterdir()) == []


MEASURED = """
import io, resource, sys, tempfile
from itertools import islice
from docflow.printing.writers import Format, open_writer
from tests.printing.printed import TABLE, rows

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

with tempfile.TemporaryFile() as out:
    writer = open_writer(Format(sys.argv[1]), TABLE, out)
    some = rows(10_000)
    writer.write(islice(some, 500))
    warm = peak()
    while batch := list(islice(some, 500)):
        writer.write(batch)
    writer.finish(["end"])
print(peak() - warm)
"""


@pytest.mark.parametrize("format_", Format)
def test_ten_thousand_rows_take_no_more_memory_than_some(format_: Format) -> None:
    """A process of its own: its highest memory after 500 rows and after 10,000."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, format_], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(ended.stdout) < 4 * 1024, "KiB"


@pytest.mark.debian(
    "soffice", "/usr/lib/libreoffice/program/libswlo.so", "/usr/lib/libreoffice/program/libsclo.so"
)
def test_an_office_opens_what_is_written(tmp_path: Path) -> None:
    """LibreOffice prints the sheet and the document to PDFs that say the same, with the titles on each page."""
    for format_ in (Format.XLSX, Format.DOCX):
        path = write_to(tmp_path, format_, printed(format_, rows(60)))
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{tmp_path}/office",
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                str(tmp_path),
                str(path),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        pages = pages_of((tmp_path / "print.pdf").read_bytes())
        assert len(pages) > 1
        for number, page in enumerate(pages, 1):
            assert "Tên loại và trích yếu nội dung văn bản" in page
            assert f"Trang {number}/{len(pages)}" in page
        assert "Hoả tốc 60" in " ".join(pages)
