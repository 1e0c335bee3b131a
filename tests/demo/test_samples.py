"""The papers that the demonstration registers read as what they are."""

import json
import unicodedata
from importlib.resources import files
from pathlib import Path

import pytest

import docflow
from docflow.files.extraction import Extraction, ExtractionStatus, extract

SAMPLES = Path(next(iter(docflow.__path__))) / "demo" / "samples"
TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
CITED = ("711-QĐ/TU", "4651/KH-UBND", "39-NQ/TW", "45/BC-SNV")
DIRECTIVES = ("chi-thi.pdf", "chi-thi.docx", "directive.pdf", "directive.docx")


async def read(name: str) -> Extraction:
    path = SAMPLES / name
    return await extract(path, TYPES[path.suffix])


def words(extraction: Extraction) -> str:
    return " ".join(extraction.text.split())


@pytest.mark.parametrize("name", DIRECTIVES)
async def test_a_sample_directive_cites_the_four_documents(name: str) -> None:
    extraction = await read(name)
    assert extraction.status is ExtractionStatus.EXTRACTED
    for symbol in CITED:
        assert f" {symbol} " in words(extraction), symbol
    assert "08/CT-UBND" in extraction.text
    assert "cải cách hành chính" in words(extraction)


@pytest.mark.parametrize("name", DIRECTIVES)
async def test_a_sample_directive_has_the_parts_of_decree_30_in_order(name: str) -> None:
    parts = {
        "chi-thi": (
            "ỦY BAN NHÂN DÂN TỈNH TRƯỜNG GIANG",
            "Số: 08/CT-UBND",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "Trường Giang, ngày 12 tháng 01 năm 2026",
            "CHỈ THỊ Về việc đẩy mạnh cải cách hành chính",
            "1. Sở Nội vụ",
            "7. Ủy ban nhân dân các xã, phường",
            "quyết định./.",
            "Nơi nhận:",
            "CHỦ TỊCH",
        ),
        "directive": (
            "PEOPLE'S COMMITTEE OF TRUONG GIANG PROVINCE",
            "No.: 08/CT-UBND",
            "SOCIALIST REPUBLIC OF VIET NAM",
            "Independence - Freedom - Happiness",
            "Truong Giang, 12 January 2026",
            "DIRECTIVE On speeding up administrative reform",
            "1. The Department of Home Affairs",
            "7. The People's Committees of communes and wards",
            "for decision./.",
            "To:",
            "CHAIRMAN",
        ),
    }[Path(name).stem]
    text, at = words(await read(name)), 0
    for part in parts:
        at = text.index(part, at)
    assert text.endswith("Trịnh Quang Khải")


@pytest.mark.parametrize("name", ["chi-thi", "directive"])
async def test_the_pdf_and_the_docx_of_a_directive_say_the_same(name: str) -> None:
    pdf, docx = await read(f"{name}.pdf"), await read(f"{name}.docx")
    assert pdf.pages == 2
    assert words(pdf).replace(" 2 ", " ") == words(docx).replace(" 2 ", " ")


async def test_the_report_of_home_affairs_answers_the_directive_on_one_page() -> None:
    report = await read("bao-cao.pdf")
    assert report.pages == 1
    assert "Số: 01/BC-SNV" in report.text
    assert "Thực hiện Chỉ thị số 08/CT-UBND ngày 12 tháng 01 năm 2026" in words(report)


@pytest.mark.parametrize("name", [*DIRECTIVES, "bao-cao.pdf"])
async def test_a_sample_is_composed_text_of_a_few_kilobytes(name: str) -> None:
    assert unicodedata.is_normalized("NFC", (await read(name)).text)
    assert (SAMPLES / name).stat().st_size < 100_000


async def test_papers_are_signed_by_people_of_the_sample_province() -> None:
    province = json.loads(files("docflow.sample").joinpath("province.json").read_text("utf-8"))
    posts = {person["full_name"]: person["post"] for person in province["people"]}
    assert posts[(await read("chi-thi.pdf")).text.splitlines()[-1]] == "Chủ tịch Ủy ban nhân dân tỉnh"
    assert posts[(await read("bao-cao.pdf")).text.splitlines()[-1]] == "Giám đốc Sở Nội vụ"
