"""Letters in the layout of Decree 30/2020/NĐ-CP, Appendix I: golden files, and what the decree says of them."""

import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from docflow.documents.models import Authority
from docflow.issuing.letters import FIELDS, LetterFacts, Recipient, make_docx, make_pdf
from docflow.issuing.letters import measures as m
from docflow.issuing.letters.markup import Look, paragraphs_of
from docflow.issuing.service.templates_facts import annexes_of, signer_of
from tests.issuing.letters import DECISION, LETTER, NOTICE, REPORT, SAMPLES, SUBMISSION
from tests.issuing.papers import docx_as_text, pdf_as_text

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_pdf_is_as_it_was_looked_at(name: str) -> None:
    assert pdf_as_text(make_pdf(SAMPLES[name]).content) == (GOLDEN / f"{name}.pdf.txt").read_text("utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_docx_is_as_it_was_looked_at(name: str) -> None:
    assert docx_as_text(make_docx(SAMPLES[name])) == (GOLDEN / f"{name}.docx.xml").read_text("utf-8")


@pytest.mark.parametrize("name", ["report", "official_letter"])
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    assert make_pdf(SAMPLES[name]).content == make_pdf(SAMPLES[name]).content
    assert make_docx(SAMPLES[name]) == make_docx(SAMPLES[name])


def fields_in(content: bytes) -> dict[str, list[float]]:
    root = PdfFileReader(io.BytesIO(content)).root
    if "/AcroForm" not in root:
        return {}
    fields = [one.get_object() for one in root["/AcroForm"]["/Fields"]]
    return {str(field["/T"]): [float(edge) for edge in field["/Rect"]] for field in fields}


def test_number_and_date_that_are_to_come_are_fields_at_their_places_and_others_are_not() -> None:
    made = make_pdf(LETTER)
    fields = fields_in(made.content)
    assert tuple(sorted(fields)) == tuple(sorted(FIELDS))
    assert made.has_fields
    # The same letter with its number: the digits stand inside the rectangles.
    known = msgspec.structs.replace(LETTER, number="45", issued_on=date(2026, 11, 23))
    given = make_pdf(known)
    assert not given.has_fields
    assert not fields_in(given.content)
    baseline = fields["number"][1]
    assert fields["day"][1] == pytest.approx(baseline, abs=0.1)
    assert fields["day"][2] < fields["month"][0] < fields["year"][0]
    assert set(fields_in(make_pdf(msgspec.structs.replace(REPORT, number=None)).content)) == {"number"}


@pytest.mark.parametrize("facts", SAMPLES.values(), ids=SAMPLES)
def test_signature_and_seal_have_a_place_that_the_file_names(facts: LetterFacts) -> None:
    made = make_pdf(facts)
    signature, seal = made.signature_box, made.seal_box
    assert 0 < seal.x1 < signature.x1 < seal.x2 < signature.x2 < m.PAGE_WIDTH
    assert (seal.x2 - signature.x1) / (signature.x2 - signature.x1) == pytest.approx(1 / 3, abs=0.01)
    assert seal.y2 - seal.y1 == pytest.approx(36 * m.MM, abs=0.1)
    root = PdfFileReader(io.BytesIO(made.content)).root
    for name, box in (("/signature", signature), ("/seal", seal)):
        _, how, *edges = root["/Dests"][name]
        assert str(how) == "/FitR"
        assert [float(edge) for edge in edges] == pytest.approx(list(box), abs=0.1)
    # Nothing is written where the signature goes.
    document = pypdfium2.PdfDocument(made.content)
    assert len(document) == made.page_count
    text = document[made.page].get_textpage()
    assert not text.get_text_bounded(*signature).strip()
    document.close()


def test_the_signature_does_not_stand_alone_on_a_page() -> None:
    for count in range(12, 19):
        text = "\n".join(
            f"{place}. " + "Giao Sở Tài chính rà soát nội dung này. " * 4 for place in range(count)
        )
        made = make_pdf(msgspec.structs.replace(NOTICE, text=text))
        document = pypdfium2.PdfDocument(made.content)
        page = document[made.page].get_textpage().get_text_bounded()
        document.close()
        assert "Giao Sở Tài chính" in page.partition("Nơi nhận")[0], count


def test_any_number_of_recipients_finds_room() -> None:
    many = tuple(Recipient(f"Ủy ban nhân dân xã Số {place}") for place in range(1, 200))
    made = make_pdf(msgspec.structs.replace(REPORT, recipients=many))
    said = pdf_as_text(made.content)
    assert all(f"xã Số {place};" in said for place in range(1, 200))
    assert made.page < made.page_count - 1


def test_hostile_text_is_text() -> None:
    hostile = '<b>x</b> & <para> </para> {{so}} <font size="99"> ]]> \u202e'
    facts = msgspec.structs.replace(
        REPORT, subject=hostile, text=hostile, issuer=hostile, addressees=(hostile,), place=hostile
    )
    assert '<font size="99">' in pdf_as_text(make_pdf(facts).content)
    assert "&lt;b&gt;x&lt;/b&gt;" in docx_as_text(make_docx(facts))


@pytest.mark.parametrize(
    ("on", "said"),
    [(date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"), (date(2026, 10, 12), "ngày 12 tháng 10 năm 2026"),
     (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026")],
)  # fmt: skip
def test_days_below_ten_and_the_first_two_months_have_a_zero(on: date, said: str) -> None:
    made = make_pdf(msgspec.structs.replace(REPORT, issued_on=on))
    assert said in pdf_as_text(made.content)


def test_the_marks_of_a_text() -> None:
    found = paragraphs_of(
        "Căn cứ Luật A;\n\nQUYẾT ĐỊNH:\nĐiều 1. Ban hành **quy chế**.\n# Phần một\nCăn cứ đó."
    )
    assert [one.look for one in found] == [Look.BASIS, Look.CENTRED, Look.PLAIN, Look.HEADING, Look.PLAIN]
    assert [(run.text, run.bold) for run in found[2].runs] == [
        ("Điều 1.", True), (" Ban hành ", False), ("quy chế", True), (".", False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("authority", "post", "above", "own"),
    [
        (None, "Giám đốc", "", "Giám đốc"),
        (Authority.TM, "Chủ tịch", "TM. Ủy ban nhân dân", "Chủ tịch"),
        (Authority.KT, "Phó Chủ tịch", "KT. Chủ tịch", "Phó Chủ tịch"),
        (Authority.TL, "Chủ tịch / Chánh Văn phòng", "TL. Chủ tịch", "Chánh Văn phòng"),
        (Authority.Q, "Giám đốc", "", "Q. Giám đốc"),
    ],
)
def test_authority_stands_above_the_post(
    authority: Authority | None, post: str, above: str, own: str
) -> None:
    signer = signer_of(authority, post, "Trần Quốc Khải", "Ủy ban nhân dân tỉnh Trường Giang")
    assert (signer.authority, signer.post) == (above, own)


def test_an_annex_begins_with_its_title_and_says_of_what_it_is_one() -> None:
    text, annexes = annexes_of("Thân.\n=== Phụ lục I\nBảng.\n=== Phụ lục II\n")
    assert (text.strip(), [one.title for one in annexes]) == ("Thân.", ["Phụ lục I", "Phụ lục II"])
    assert "Kèm theo Quyết định số 05/QĐ-UBND ngày 12 tháng 10 năm 2026" in pdf_as_text(
        make_pdf(DECISION).content
    )
    later = msgspec.structs.replace(DECISION, number=None, issued_on=None)
    assert "số …/QĐ-UBND ngày … tháng … năm …" in pdf_as_text(make_pdf(later).content)


@pytest.mark.debian("/usr/lib/libreoffice/program/libswlo.so")
def test_an_office_program_shows_the_docx_on_as_many_pages_as_the_pdf(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    assert office is not None
    for name in ("notice", "submission"):
        (tmp_path / f"{name}.docx").write_bytes(make_docx(SAMPLES[name]))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, str(tmp_path / "notice.docx"), str(tmp_path / "submission.docx")],
        check=True, timeout=120, capture_output=True,
    )  # fmt: skip
    for name, facts in (("notice", NOTICE), ("submission", SUBMISSION)):
        document = pypdfium2.PdfDocument((tmp_path / f"{name}.pdf").read_bytes())
        assert len(document) == make_pdf(facts).page_count
        assert round(document[0].get_width()) == round(m.PAGE_WIDTH)
        document.close()


def test_the_docx_is_a_package_that_names_no_machine_and_no_moment() -> None:
    with zipfile.ZipFile(io.BytesIO(make_docx(REPORT))) as package:
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"python-docx" not in package.read("docProps/core.xml")
