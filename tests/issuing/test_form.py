"""What a program can say of a draft's form (Decree 30/2020, Appendix I)."""

import io
from collections.abc import Awaitable, Callable

import docx
import pytest
from docx.shared import Mm

from docflow.files.extract_terms import DOCX
from docflow.issuing.form import Finding, FormFacts, Item, Layout, check_form, needs_word
from docflow.issuing.layout_child import layout_of
from docflow.issuing.models import ManuscriptVersion
from tests.conftest import SignIn
from tests.issuing.writing import AUTHOR, Office

FACTS = FormFacts(
    kind_name="Báo cáo",
    kind_symbol="BC",
    after_number="/BC-SNV",
    issuer="Sở Nội vụ",
    place="Bến Thuyền",
    subject="Kết quả rà soát quý III",
    authority="KT.",
    post="Giám đốc",
    signer="Đặng Thị Minh Nguyệt",
    recipients=2,
)
TEXT = """ỦY BAN NHÂN DÂN TỈNH\tCỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM
SỞ NỘI VỤ\tĐộc lập - Tự do - Hạnh phúc
Số:      /BC-SNV\tBến Thuyền, ngày     tháng     năm 2026
BÁO CÁO
Kết quả rà soát  quý III
Kính gửi: Ủy ban nhân dân tỉnh
Nơi nhận:
- Như trên;\tKT. GIÁM ĐỐC
Đặng Thị Minh Nguyệt
"""
PAGES = Layout(width=210, height=297, top=20, bottom=20, left=30, right=15, typefaces=("Times New Roman",))


def found_of(
    item: Item, text: str = TEXT, facts: FormFacts = FACTS, layout: Layout | None = PAGES
) -> Finding:
    return next(one for one in check_form(facts, text, layout) if one.item is item)


def test_a_draft_in_the_decree_s_form_is_found_in_order_throughout() -> None:
    findings = check_form(FACTS, TEXT, PAGES)
    assert [one.item for one in findings] == list(Item)
    assert needs_word(findings) == []


def test_of_nothing_nothing_is_found_and_nothing_fails() -> None:
    assert {one.found for one in check_form(FACTS, None, None)} == {"not_found"}


@pytest.mark.parametrize(
    ("item", "text", "found"),
    [
        (Item.MOTTO, TEXT.replace("Độc lập - Tự do - Hạnh phúc", ""), "wrong"),
        (Item.NUMBER, TEXT.replace("/BC-SNV", "/BC-STC"), "wrong"),
        (Item.NUMBER, TEXT.replace("Số:      /BC-SNV", "Số: 45/BC-SNV"), "wrong"),
        (Item.NUMBER, TEXT.replace("Số:      /BC-SNV", "Số: …/BC-SNV"), "ok"),
        (Item.NUMBER, TEXT.replace("Số:      /BC-SNV", ""), "not_found"),
        (Item.PLACE_AND_DATE, TEXT.replace("ngày     tháng     năm 2026", "ngày 05 tháng 02 năm 2026"), "ok"),
        (
            Item.PLACE_AND_DATE,
            TEXT.replace("ngày     tháng     năm 2026", "ngày 5 tháng 11 năm 2026"),
            "wrong",
        ),
        (
            Item.PLACE_AND_DATE,
            TEXT.replace("ngày     tháng     năm 2026", "ngày 05 tháng 2 năm 2026"),
            "wrong",
        ),
        (
            Item.PLACE_AND_DATE,
            TEXT.replace("ngày     tháng     năm 2026", "ngày 05 tháng 03 năm 2026"),
            "wrong",
        ),
        (Item.PLACE_AND_DATE, TEXT.replace("ngày     tháng     năm 2026", "ngày 05 tháng 3 năm 2026"), "ok"),
        (Item.PLACE_AND_DATE, TEXT.replace("Bến Thuyền,", "Tân Giang,"), "wrong"),
        (Item.PLACE_AND_DATE, "Bến Thuyền, 11/5/2026", "wrong"),
        (Item.KIND, TEXT.replace("BÁO CÁO", "Báo cáo"), "wrong"),
        (Item.KIND, TEXT.replace("BÁO CÁO", "TỜ TRÌNH"), "not_found"),
        (Item.SUBJECT, TEXT.replace("quý III", "quý IV"), "not_found"),
        (Item.SIGNATURE, TEXT.replace("KT. GIÁM ĐỐC", "GIÁM ĐỐC"), "wrong"),
        (Item.SIGNATURE, TEXT.replace("Đặng Thị Minh Nguyệt", "Cao Văn Đạt"), "not_found"),
        (Item.RECIPIENTS, TEXT.replace("Nơi nhận:", "").replace("Kính gửi:", ""), "wrong"),
        (Item.ISSUER, TEXT.replace("SỞ NỘI VỤ", "SỞ TÀI CHÍNH"), "not_found"),
    ],
)
def test_what_is_not_in_form_is_found(item: Item, text: str, found: str) -> None:
    assert found_of(item, text).found == found


def test_an_official_letter_says_its_subject_after_v_v() -> None:
    facts = FormFacts(
        kind_name="Công văn",
        kind_symbol=None,
        after_number="/SNV-VP",
        issuer="Sở Nội vụ",
        subject="Về việc báo cáo",
    )
    text = "Số:   /SNV-VP\nV/v báo cáo\n"
    assert [found_of(item, text, facts).found for item in (Item.NUMBER, Item.KIND, Item.SUBJECT)] == [
        "ok"
    ] * 3


@pytest.mark.parametrize(
    ("item", "layout"),
    [
        (Item.PAPER, Layout(width=216, height=279, top=20, bottom=20, left=30, right=15)),
        (Item.MARGINS, Layout(width=210, height=297, top=20, bottom=20, left=20, right=15)),
        (
            Item.TYPEFACE,
            Layout(width=210, height=297, top=20, bottom=20, left=30, right=15, typefaces=("Arial",)),
        ),
    ],
)
def test_pages_that_are_not_the_decree_s_are_found(item: Item, layout: Layout) -> None:
    assert found_of(item, layout=layout).found == "wrong"


def document_of(text: str = "Một") -> bytes:
    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin = page.bottom_margin = Mm(20)
    page.left_margin, page.right_margin = Mm(30), Mm(15)
    document.styles["Normal"].font.name = "Times New Roman"
    document.add_paragraph(text)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def test_a_docx_tells_its_paper_margins_and_typefaces() -> None:
    told = layout_of(io.BytesIO(document_of()))
    assert told == {
        "width": 210.0,
        "height": 297.0,
        "top": 20.0,
        "bottom": 20.0,
        "left": 30.0,
        "right": 15.0,
        "typefaces": ["Times New Roman"],
    }


async def test_the_layout_of_an_uploaded_docx_is_read_by_the_worker(
    office: Office, sign_in: SignIn, work: Callable[[], Awaitable[None]]
) -> None:
    manuscript = await office.begin()
    author = await sign_in(AUTHOR)
    address = f"/api/v1/manuscripts/{manuscript.id}/versions"
    good = await author.post(address, files={"file": ("a.docx", document_of(), DOCX)})
    assert good.status_code == 201, good.text
    broken = document_of()[:-200] + b"x" * 200
    await author.post(address, files={"file": ("b.docx", broken, DOCX)}, data={"based_on": "1"})
    await work()
    async with office.sessions() as session:
        read = await session.get_one(ManuscriptVersion, (manuscript.id, 1))
        hostile = await session.get_one(ManuscriptVersion, (manuscript.id, 2))
    assert read.layout is not None
    assert read.layout["left"] == 30.0
    assert hostile.layout is None
