"""Text of spreadsheets, slides and OpenDocument files, honest and hostile."""

import io
import zipfile

import pytest

from docflow.files.extract_terms import DOCX, ODP, ODS, ODT, PPTX, XLSX, ExtractionLimits, Unreadable
from docflow.files.extraction import ExtractionReason, ExtractionStatus, Mark
from docflow.files.readers.source import Sink, Source
from docflow.files.readers.xlsx import read_xlsx
from tests.files.office import line, odf_with, pptx_with, xlsx_with
from tests.files.papers import PACKAGE, docx_with, failed, paragraph, pdf_with, text_of, zip_of

LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/passwd">]>'


def cell(value: object, kind: str = "n", style: int = 0) -> str:
    return f'<c t="{kind}" s="{style}"><v>{value}</v></c>'


async def test_each_sheet_is_a_page_that_begins_with_its_name() -> None:
    rows = f"<row>{cell(0, 's')}{cell(12.5)}</row><row>{cell(1, 's')}{cell(1, 'b')}</row>"
    read = await text_of(
        xlsx_with(
            {"Biểu 1": rows, "Biểu 2": f"<row>{cell(0, 's')}</row>"},
            ["Sở Nội vụ", "<r><t>Ủy</t></r><r><t> ban</t></r><rPh><t>phonetic</t></rPh>"],
        ),
        XLSX,
    )
    assert (read.status, read.pages) == (ExtractionStatus.EXTRACTED, 2)
    assert read.text == "Biểu 1\nSở Nội vụ\t12.5\nỦy ban\tTRUE\fBiểu 2\nSở Nội vụ"


async def test_a_formula_is_never_read_only_what_it_last_gave() -> None:
    rows = '<row><c t="str"><f>HYPERLINK("http://x","y")</f><v>đã tính</v></c><c><f>1+1</f></c></row>'
    assert (await text_of(xlsx_with({"A": rows}), XLSX)).text == "A\nđã tính"


async def test_numbers_that_are_shown_as_dates_are_read_as_dates() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="&quot;ngày&quot; dd/mm/yyyy"/>'
        '<numFmt numFmtId="171" formatCode="#,##0 [$đ-42A]"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs>'
    )
    rows = "".join(f"<row>{cell(46349, 'n', style)}</row>" for style in range(4))
    read = await text_of(xlsx_with({"A": rows}, styles=styles), XLSX)
    assert read.text == "A\n46349\n23/11/2026\n23/11/2026\n46349"


@pytest.mark.parametrize("value", ["x", "-5", "1e308", "inf", "99999999999", ""])
async def test_a_date_that_is_none_stays_as_it_is(value: str) -> None:
    rows = f"<row>{cell(value, 'n', 1)}{cell('còn lại', 'str')}</row>"
    read = await text_of(xlsx_with({"A": rows}, styles='<cellXfs><xf/><xf numFmtId="14"/></cellXfs>'), XLSX)
    assert read.text.endswith("còn lại")
    assert read.status is ExtractionStatus.EXTRACTED


@pytest.mark.parametrize("place", ["-1", "7", "x", "99999999999999999999", ""])
async def test_a_cell_that_names_no_shared_string_is_empty(place: str) -> None:
    assert (await text_of(xlsx_with({"A": f"<row>{cell(place, 's')}</row>"}, ["một"]), XLSX)).text == "A"


async def test_one_string_shared_a_million_times_is_cut() -> None:
    rows = f"<row>{cell(0, 's') * 20_000}</row>"
    read = await text_of(xlsx_with({"A": rows}, ["ạ" * 10_000]), XLSX, text_bytes=100_000)
    assert (read.status, read.reason) in {
        (ExtractionStatus.CUT, ExtractionReason.TEXT_TOO_LONG),
        (ExtractionStatus.CUT, ExtractionReason.MEMORY),
    }


async def test_a_table_of_strings_beyond_its_room_leaves_what_is_in_it() -> None:
    """Its first strings are those of the first cells."""
    rows = f"<row>{cell(0, 's')}{cell(1_999, 's')}{cell('last', 'str')}</row>"
    workbook = xlsx_with({"A": rows}, ["một", "x" * 200, *["hai"] * 1_998])
    sink = Sink(1000)
    with pytest.raises(Unreadable, match="text_too_long"):
        read_xlsx(Source.of_bytes(workbook), sink, ExtractionLimits(memory_bytes=16 * 200))
    assert bytes(sink._waiting).decode() == "A\nmột\tlast"


async def test_a_number_format_of_brackets_costs_nothing() -> None:
    styles = f'<numFmts><numFmt numFmtId="200" formatCode="{"[" * 2_000_000}"/></numFmts>'
    rows = f"<row>{cell(5)}</row>"
    assert (await text_of(xlsx_with({"A": rows}, styles=styles), XLSX, cpu_seconds=3)).text == "A\n5"


async def test_slides_come_in_the_order_of_the_show_each_with_its_notes() -> None:
    table = f"<a:tbl><a:tr><a:tc>{line('a')}</a:tc><a:tc>{line('b')}</a:tc></a:tr></a:tbl>"
    number = '<a:p><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p>'
    content = pptx_with(
        line("Trang một") + table + number,
        "<a:p><a:r><a:t>hai</a:t></a:r><a:br/><a:r><a:t>dòng</a:t></a:r></a:p>",
        notes={0: line("Ghi chú")},
    )
    read = await text_of(content, PPTX)
    assert (read.text, read.pages) == ("Trang một\na\tb\nGhi chú\fhai\ndòng", 2)


async def test_the_text_of_an_odt_its_headers_and_tables() -> None:
    body = (
        "<text:tracked-changes><text:p>đã xóa</text:p></text:tracked-changes><text:h>Đầu đề</text:h>"
        '<text:p>Số:<text:tab/>05<text:s text:c="2"/>x<text:line-break/>y</text:p>'
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    margins = "<style:master-page><style:header><text:p>Đầu trang</text:p></style:header></style:master-page>"
    read = await text_of(odf_with("text", body, margins), ODT)
    assert read.text == "Đầu đề\nSố:\t05  x\ny\na\tb\nĐầu trang"
    assert read.pages is None


async def test_a_billion_spaces_are_not_written_out() -> None:
    body = '<text:p>a<text:s text:c="1000000000"/>b<text:s text:c="99999"/></text:p>'
    assert len((await text_of(odf_with("text", body), ODT)).text) < 300


async def test_sheets_and_slides_of_opendocument_are_pages() -> None:
    sheet = '<table:table table:name="{}"><table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row></table:table>'
    sheets = await text_of(
        odf_with("spreadsheet", sheet.format("T1", "một") + sheet.format("T2", "hai")), ODS
    )
    assert (sheets.text, sheets.pages) == ("T1\nmột\fT2\nhai", 2)
    page = "<draw:page><draw:frame><text:p>{}</text:p></draw:frame></draw:page>"
    slides = await text_of(odf_with("presentation", page.format("một") + page.format("hai")), ODP)
    assert (slides.text, slides.pages) == ("một\fhai", 2)


async def test_an_encrypted_opendocument_file_says_so() -> None:
    manifest = '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    content = odf_with("text", "", parts={"META-INF/manifest.xml": manifest})
    assert await text_of(content, ODT) == failed(ExtractionReason.PASSWORD_PROTECTED, Mark.PASSWORD_PROTECTED)


@pytest.mark.parametrize("media_type", [XLSX, PPTX, ODT, DOCX])
@pytest.mark.parametrize("content", [pdf_with("x"), zip_of({"a.txt": "a"}), b"PK\x03\x04" + b"x" * 100])
async def test_what_is_no_office_file_is_of_the_wrong_type(media_type: str, content: bytes) -> None:
    assert await text_of(content, media_type) == failed(ExtractionReason.WRONG_TYPE)


async def test_one_office_file_called_another_is_of_the_wrong_type() -> None:
    for content, media_type in (
        (docx_with(paragraph("a")), XLSX),
        (xlsx_with({"A": ""}), PPTX),
        (pptx_with(line("a")), DOCX),
    ):
        assert await text_of(content, media_type) == failed(ExtractionReason.WRONG_TYPE)


@pytest.mark.parametrize(
    ("part", "content", "media_type"),
    [
        (
            "xl/worksheets/sheet0.xml",
            xlsx_with({"A": ""}, parts={"xl/worksheets/sheet0.xml": LAUGHS + "<a>&b;</a>"}),
            XLSX,
        ),
        ("content.xml", odf_with("text", "", parts={"content.xml": LAUGHS + "<a>&b;</a>"}), ODT),
        ("word/document.xml", docx_with(paragraph("&b;"), LAUGHS), DOCX),
    ],
)
async def test_a_declaration_of_entities_is_refused(part: str, content: bytes, media_type: str) -> None:
    read = await text_of(content, media_type)
    assert read.reason is ExtractionReason.FORBIDDEN_MARKUP
    assert "root:" not in read.text
    assert "ha" not in read.text


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (xlsx_with({"A": " " * 40_000_000}), XLSX),
        (odf_with("text", " " * 40_000_000), ODT),
        (pptx_with(" " * 40_000_000), PPTX),
    ],
)
async def test_a_bomb_is_refused_before_it_is_unpacked(content: bytes, media_type: str) -> None:
    assert len(content) < 100_000
    read = await text_of(content, media_type)
    assert read.reason is ExtractionReason.EXPANDS_TOO_FAR


# What is noticed


def related(
    *, kind: str = "attachedTemplate", target: str = "https://example.vn/a.dotm", mode: str = "External"
) -> str:
    return (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="http://x/relationships/{kind}"'
        f' Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


def docx_and(parts: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO(docx_with(paragraph("Chữ")))
    with zipfile.ZipFile(packed, "a") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("parts", "marks"),
    [
        ({"word/vbaProject.bin": b"x"}, {Mark.MACROS}),
        ({"word/_rels/settings.xml.rels": related()}, {Mark.EXTERNAL_REFERENCES}),
        ({"word/_rels/settings.xml.rels": related(kind="image")}, {Mark.EXTERNAL_REFERENCES}),
        ({"word/_rels/settings.xml.rels": related(kind="hyperlink")}, set()),
        ({"word/_rels/settings.xml.rels": related(mode="Internal")}, set()),
        ({"word/_rels/settings.xml.rels": LAUGHS + related()}, set()),
        ({"word/embeddings/a.bin": zip_of({"a": "b"})}, {Mark.NESTED_ARCHIVE}),
        ({"word/media/a.rar": b"Rar!\x1a\x07\x00"}, {Mark.NESTED_ARCHIVE}),
        ({"_xmlsignatures/sig1.xml": "<a/>"}, {Mark.SIGNED}),
        ({}, set()),
    ],
)
async def test_what_a_docx_carries_is_marked_and_its_text_is_read(
    parts: dict[str, str | bytes], marks: set[Mark]
) -> None:
    read = await text_of(docx_and(parts), DOCX)
    assert (read.status, read.text, read.marks) == (ExtractionStatus.EXTRACTED, "Chữ", frozenset(marks))


async def test_a_linked_picture_and_a_module_of_an_odt_are_marked() -> None:
    body = '<text:p>Chữ</text:p><draw:image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://x/a.png"/>'
    content = odf_with(
        "text", body, parts={"Basic/Standard/Module1.xml": "<a/>", "Basic/script-lc.xml": "<a/>"}
    )
    read = await text_of(content, ODT)
    assert read.marks == {Mark.EXTERNAL_REFERENCES, Mark.MACROS}
    assert read.text == "Chữ"


async def test_archives_and_old_office_files_are_looked_at_and_not_read() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    cases = [
        (zip_of({"a.txt": "a"}), "application/zip", set()),
        (zip_of({"a.zip": zip_of({"b": "c"})}), "application/zip", {Mark.NESTED_ARCHIVE}),
        (ole, "application/msword", set()),
        (ole + "_VBA_PROJECT".encode("utf-16-le"), "application/vnd.ms-excel", {Mark.MACROS}),
    ]
    for content, media_type, marks in cases:
        read = await text_of(content, media_type)
        assert (read.status, read.reason, read.marks) == (
            ExtractionStatus.UNSUPPORTED,
            None,
            frozenset(marks),
        )
