"""Text of DOCX files, honest and hostile."""

from pathlib import Path

import pytest

from docflow.files.extraction import Extraction, ExtractionReason, ExtractionStatus, Mark
from tests.files import papers
from tests.files.papers import docx_with, failed, paragraph, pdf_with, story, text_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


async def test_headers_body_notes_and_footers_of_a_docx_come_in_reading_order() -> None:
    content = docx_with(
        paragraph("Thân văn bản"),
        parts={
            "footer1": story("ftr", paragraph("Chân trang")),
            "endnotes": story("endnotes", f"<w:endnote>{paragraph('Chú thích cuối')}</w:endnote>"),
            "footnotes": story("footnotes", f"<w:footnote>{paragraph('Chú thích')}</w:footnote>"),
            "header1": story("hdr", paragraph("Đầu trang")),
            "header2": story("hdr", paragraph("Đầu trang")),
        },
    )
    read = await text_of(content, DOCX)
    assert read.status is ExtractionStatus.EXTRACTED
    assert read.text.splitlines() == [
        "Đầu trang",
        "Thân văn bản",
        "Chú thích",
        "Chú thích cuối",
        "Chân trang",
    ]


async def test_cells_of_a_row_are_parted_by_tabs_and_cells_of_paragraphs_by_lines() -> None:
    def cell(*texts: str) -> str:
        return f"<w:tc>{''.join(paragraph(text) for text in texts)}</w:tc>"

    rows = f"<w:tr>{cell('Sở Nội vụ')}{cell('')}{cell('95')}</w:tr><w:tr>{cell('ỦY BAN', 'Số: 05')}{cell('An, ngày')}</w:tr>"
    read = await text_of(docx_with(f"<w:tbl>{rows}</w:tbl>{paragraph('Hết')}"), DOCX)
    assert read.text == "Sở Nội vụ\t95\nỦY BAN\nSố: 05\nAn, ngày\nHết"


async def test_tabs_breaks_and_hyphens_are_read_and_tab_stops_are_not() -> None:
    body = (
        '<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>'
        "<w:r><w:t>Số:</w:t><w:tab/><w:t>711</w:t><w:noBreakHyphen/><w:t>QĐ/TU</w:t><w:br/><w:t>Kính gửi</w:t></w:r></w:p>"
    )
    assert (await text_of(docx_with(body), DOCX)).text == "Số:\t711-QĐ/TU\nKính gửi"


async def test_deleted_and_moved_text_and_field_codes_are_not_read() -> None:
    body = (
        "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>kept </w:t></w:r>"
        "<w:moveFrom><w:r><w:t>left</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    assert (await text_of(docx_with(body), DOCX)).text == "kept added"


async def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('In the box')}</w:txbxContent>"
    compatibility = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    body = (
        f'<w:p><w:r><mc:AlternateContent xmlns:mc="{compatibility}"><mc:Choice Requires="wps">{box}</mc:Choice>'
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>Around it</w:t></w:r></w:p>"
    )
    assert (await text_of(docx_with(body), DOCX)).text == "In the box\nAround it"


async def test_a_docx_that_unpacks_to_gigabytes_is_refused_by_its_sizes() -> None:
    content = docx_with(paragraph(" " * 140 * 1024 * 1024))
    assert len(content) < 300 * 1024
    assert await text_of(content, DOCX) == failed(ExtractionReason.EXPANDS_TOO_FAR)


async def test_a_docx_that_lies_about_its_size_gives_no_more_than_it_declared() -> None:
    content = docx_with(paragraph("x" * 50_000_000))
    whole = (50_000_000 + len(story("document", f"<w:body>{paragraph('')}</w:body>"))).to_bytes(4, "little")
    assert content.count(whole) == 2
    read = await text_of(content.replace(whole, (1000).to_bytes(4, "little")), DOCX)
    assert read.reason is ExtractionReason.BROKEN
    assert len(read.text) <= 1000


async def test_an_external_entity_is_refused_before_it_is_declared(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE w:document [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    read = await text_of(docx_with(paragraph("&s;"), before=doctype), DOCX)
    assert read == failed(ExtractionReason.FORBIDDEN_MARKUP)


async def test_entities_that_multiply_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE w:document [<!ENTITY e0 "ha">{entities}]>'
    read = await text_of(docx_with(paragraph("&e11;"), before=doctype), DOCX)
    assert read == failed(ExtractionReason.FORBIDDEN_MARKUP)


async def test_text_before_a_fault_in_the_xml_is_kept() -> None:
    read = await text_of(docx_with(paragraph("Before the fault") + "<w:p></w:r>"), DOCX)
    assert read == Extraction(ExtractionStatus.CUT, "Before the fault", ExtractionReason.BROKEN)


async def test_a_docx_with_a_password_is_told_from_an_old_doc() -> None:
    compound = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    protected = compound + "EncryptedPackage".encode("utf-16-le") + bytes(100)
    assert await text_of(protected, DOCX) == failed(
        ExtractionReason.PASSWORD_PROTECTED, Mark.PASSWORD_PROTECTED
    )
    assert await text_of(compound, DOCX) == failed(ExtractionReason.WRONG_TYPE)


@pytest.mark.parametrize(
    "content",
    [
        b"just words",
        papers.zip_of({"a.txt": "a"}),
        papers.zip_of(
            {
                "_rels/.rels": papers.relations(("officeDocument", "xl/workbook.xml")),
                "xl/workbook.xml": "<a/>",
            }
        ),
        pdf_with("A letter"),
    ],
)
async def test_what_is_no_word_document_is_of_the_wrong_type(content: bytes) -> None:
    assert await text_of(content, DOCX) == failed(ExtractionReason.WRONG_TYPE)
