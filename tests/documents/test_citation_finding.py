"""Documents named in texts: found however they are written, with date, issuer and relation, and nothing else."""

import time
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docflow.documents.citations import MAX_KEPT, Found, cited_as, find_citations, gathered, mark, names_any
from docflow.documents.kinds import COPIES, KINDS
from docflow.documents.models import Relation
from docflow.documents.symbols import MAX_LENGTH, parse

EVERY_KIND = KINDS + COPIES


def found_in(text: str) -> list[Found]:
    return list(find_citations(text, EVERY_KIND))


def told(text: str) -> list[tuple[str, str | None, str, str]]:
    """Symbol, date, issuer and relation of each."""
    return [
        (one.written, one.issued_on.isoformat() if one.issued_on else None, one.issuer, one.relation.value)
        for one in found_in(text)
    ]


def relations(text: str) -> dict[str, str]:
    return {one.written: one.relation.value for one in found_in(text)}


VIETNAMESE = """CHỈ THỊ
Về việc nâng cao Chỉ số cải cách hành chính
Căn cứ Quyết định số 711-QĐ/TU ngày 11 tháng 5 năm 2018 của Tỉnh
ủy và Kế hoạch số 4651/KH-UBND ngày 02/10/2018 của Ủy ban nhân
dân tỉnh; xét Báo cáo số 45/BC-SNV ngày 26/5/2020 của Sở Nội vụ, Chủ
tịch Ủy ban nhân dân tỉnh chỉ thị:
"""
ENGLISH = """Promote reviewing, streamlining the apparatus under Decision No. 711-QD/TU dated May 11th, 2018 by the
Provincial Party Committee and Plan No. 4651/KH-UBND dated October 2nd, 2018 by the Provincial People's Committee on
reorganizing. Strive to accomplish the goal of 10% in 2015-2020 according to Resolution No. 39-NQ/TW and the scheme.
Based on the results of PAR Index of the province in 2019 of the Department of Home Affairs in Report No. 45/BC-SNV
dated May 26th, 2020, recommending the departments."""


def test_a_vietnamese_directive_names_three_documents() -> None:
    assert told(VIETNAMESE) == [
        ("711-QĐ/TU", "2018-05-11", "Tỉnh ủy", "basis"),
        ("4651/KH-UBND", "2018-10-02", "Ủy ban nhân dân tỉnh", "basis"),
        ("45/BC-SNV", "2020-05-26", "Sở Nội vụ", "basis"),
    ]


def test_an_english_directive_names_four() -> None:
    assert told(ENGLISH) == [
        ("711-QD/TU", "2018-05-11", "Provincial Party Committee", "follows"),
        ("4651/KH-UBND", "2018-10-02", "Provincial People's Committee", "follows"),
        ("39-NQ/TW", None, "", "follows"),
        ("45/BC-SNV", "2020-05-26", "", "basis"),
    ]
    assert found_in(ENGLISH)[0].keys == ("711-QĐ/tu",)


def test_a_decision_tells_its_grounds_and_what_it_changes() -> None:
    text = """Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;
Căn cứ Nghị định số 154/2020/NĐ-CP ngày 31 tháng 12 năm 2020 của Chính phủ sửa đổi, bổ sung một số điều của
Nghị định số 37/2014/NĐ-CP ngày 05/5/2014; Thông tư số 05/2019/TT-BNV của Bộ Nội vụ;
Xét đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 112/TTr-SNV ngày 3/4/2021,
QUYẾT ĐỊNH:
Điều 1. Sửa đổi, bổ sung Điều 3 Quy chế ban hành kèm theo Quyết định số 15/2018/QĐ-UBND ngày 2/3/2018.
Điều 2. Quyết định này có hiệu lực từ ngày ký, thay thế Quyết định số 5/QĐ-UBND ngày 1/2/2019 và bãi bỏ
Quyết định số 6/QĐ-UBND ngày 2/2/2019 của Chủ tịch UBND tỉnh."""
    assert relations(text) == {
        "30/2020/NĐ-CP": "basis",
        "154/2020/NĐ-CP": "basis",
        "37/2014/NĐ-CP": "mentions",
        "05/2019/TT-BNV": "basis",
        "112/TTr-SNV": "basis",
        "15/2018/QĐ-UBND": "amends",
        "5/QĐ-UBND": "replaces",
        "6/QĐ-UBND": "repeals",
    }


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("Căn cứ Luật số 77/2015/QH13", "basis"),
        ("Trên cơ sở Kế hoạch số 7/KH-SNV", "basis"),
        ("Pursuant to Plan No. 7/KH-SNV", "basis"),
        ("having considered Report No. 7/BC-SNV", "basis"),
        ("Thực hiện Kế hoạch số 7/KH-SNV", "implements"),
        ("V/v triển khai thực hiện Kế hoạch số 7/KH-SNV", "implements"),
        ("implementing Plan No. 7/KH-SNV", "implements"),
        ("theo quy định tại Kế hoạch số 7/KH-SNV", "follows"),
        ("in accordance with Plan No. 7/KH-SNV", "follows"),
        ("sửa đổi một số điều của Quy chế kèm theo Quyết định số 7/QĐ-SNV", "amends"),
        ("amending and supplementing Decision No. 7/QD-SNV", "amends"),
        ("thay thế Kế hoạch số 7/KH-SNV", "replaces"),
        ("replacing Plan No. 7/KH-SNV", "replaces"),
        ("hủy bỏ Kế hoạch số 7/KH-SNV", "repeals"),
        ("huỷ bỏ Kế hoạch số 7/KH-SNV", "repeals"),
        ("repealing Plan No. 7/KH-SNV", "repeals"),
        ("Trả lời Công văn số 7/SNV-CCHC", "answers"),
        ("Phúc đáp Văn bản số 7/SNV-CCHC", "answers"),
        ("In reply to Official Letter No. 7/SNV-CCHC", "answers"),
        ("Ngày 5/3/2020 có Kế hoạch số 7/KH-SNV", "mentions"),
        ("Sở theo dõi Kế hoạch số 7/KH-SNV", "mentions"),
        ("được sửa đổi, bổ sung bởi Kế hoạch số 7/KH-SNV", "mentions"),
        ("as amended by Plan No. 7/KH-SNV", "mentions"),
        ("Thực hiện nhiệm vụ năm 2020. Tại Kế hoạch số 7/KH-SNV", "mentions"),
        ("Căn cứ tình hình thực tế, Chủ tịch yêu cầu gửi Kế hoạch số 7/KH-SNV", "mentions"),
        ("Thực hiện " + "nhiệm vụ " * 30 + "nêu tại Kế hoạch số 7/KH-SNV", "mentions"),
    ],
)
def test_the_wording_near_it_tells_the_relation(text: str, relation: str) -> None:
    for written in (text, text.upper() if text.isascii() else text, f"Mở đầu.\n{text}.\nKết thúc."):
        (one,) = found_in(written)
        assert one.relation.value == relation, written


def test_a_relation_holds_on_through_lists_and_ends_with_the_sentence() -> None:
    text = """Bãi bỏ các văn bản sau đây:
1. Quyết định số 12/QĐ-UBND ngày 1/1/2015 về việc giao chỉ tiêu biên chế.
2. Các Quyết định số 13/QĐ-UBND và 14/QĐ-UBND ngày 2/1/2015 của UBND tỉnh;
- Kế hoạch số 15/KH-UBND.
Sở Tài chính đã có Công văn số 1234/STC-NS ngày 5 tháng 6 năm 2020."""
    assert relations(text) == {
        "12/QĐ-UBND": "repeals",
        "13/QĐ-UBND": "repeals",
        "14/QĐ-UBND": "repeals",
        "15/KH-UBND": "repeals",
        "1234/STC-NS": "mentions",
    }


def test_what_a_cited_document_does_is_not_told_of_the_citing_one() -> None:
    text = "Căn cứ Quyết định số 3/QĐ-UBND về việc thực hiện Nghị quyết số 4/NQ-CP và Kế hoạch số 5/KH-UBND"
    assert relations(text)["3/QĐ-UBND"] == "basis"
    assert relations(text)["4/NQ-CP"] == "mentions"


def test_a_list_shares_its_kind_date_and_issuer() -> None:
    text = "các Hợp đồng số 12/HD-SYT, 13/HD-SYT và số 14/HD-SYT ngày 5/3/2020 của Sở Y tế"
    assert told(text) == [(f"{n}/HD-SYT", "2020-03-05", "Sở Y tế", "mentions") for n in (12, 13, 14)]
    assert [one.keys for one in found_in(text)] == [(f"{n}/HĐ-syt",) for n in (12, 13, 14)]
    apart = "Quyết định số 1/QĐ-SYT ngày 1/2/2020 và số 2/QĐ-SYT ngày 3/4/2020 của Sở Y tế"
    assert [(one[1], one[2]) for one in told(apart)] == [("2020-02-01", "Sở Y tế"), ("2020-04-03", "Sở Y tế")]
    other = "Quyết định số 1/QĐ-SYT và Kế hoạch số 2/KH-SYT ngày 3/4/2020 của Sở Y tế"
    assert [(one[1], one[2]) for one in told(other)] == [(None, ""), ("2020-04-03", "Sở Y tế")]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Hợp đồng số 5/HD-SYT", ("5/HĐ-syt",)),
        ("Hướng dẫn số 5/HD-SYT", ("5/HD-syt",)),
        ("Hợp đồng kinh tế số 5/HD-SYT", ("5/HĐ-syt",)),
        ("văn bản số 5/HD-SYT", ("5/HD-syt", "5/HĐ-syt")),
        ("5/HĐ-SYT", ("5/HĐ-syt",)),
        ("Đề án số 5-DA/TU", ("5-ĐA/tu",)),
        ("Project No. 5-DA/TU", ("5-DA/tu",)),
        ("so 12/CTr-UBND", ("12/CTr-ubnd",)),
        ("so 12/CT-UBND", ("12/CT-ubnd",)),
        ("Quyet dinh so 12/QDD-BNV", ("12/QĐ-bnv",)),
        ("Nghị quyết số 08/NQ-HDND", ("8/NQ-hdnd", "8/NQ-hđnd")),
        ("Nghị quyết số 08/NQ-HĐND", ("8/NQ-hđnd",)),
        ("Số 45 /BC - SNV", ("45/BC-snv",)),
        ("Báo cáo số 45/BC-\nSNV", ("45/BC-snv",)),
        ("Báo cáo số: 45/bc-snv", ("45/BC-snv",)),
        ("số45/BC-SNV", ("45/BC-snv",)),
        ("Công văn số 2345/UBND", ("2345/ubnd",)),
        ("30c/NQ-CP", ("30c/NQ-cp",)),
        ("Luật 45/2019/QH14", ("45/2019/qh14",)),
    ],
)
def test_loose_writing_is_read_and_a_kind_before_it_decides(text: str, keys: tuple[str, ...]) -> None:
    (one,) = found_in(f"Theo {text}.")
    assert one.keys == keys


@pytest.mark.parametrize(
    "text",
    [
        "ngày 11/5/2018, 5/2018, 02-10-2018",
        "tỷ lệ 3/4, 24/7, 1/2, Điều 5/2",
        "500.000đ/người-ngày, 1.500.000/năm, 20.000/BC-SNV",
        "điện thoại 0274.3822.825, 0274/3822-825",
        "2G/3G-4G, 4G/LTE-A, ISO 9001, QCVN 102:2016/BTTTT, TCVN 5574:2018",
        "100 km/h, 5/người-ngày, 10 m/s",
        "1/ Công - tư, 2/ Kế hoạch - Tài chính",
        "Covid-19/BYT-DP, A-12/QĐ-X, x12/QĐ-UBND",
        "khoản 2 Điều 10 Luật Đất đai",
        "giai đoạn 2015-2020/NQ",
        "https://example.vn/2020/12/a-b, file12/QĐ",
        "45/BC, 711-QĐ, 30/2020/NĐ, 30/1020/NĐ-CP",
    ],
)
def test_what_is_no_symbol_names_nothing(text: str) -> None:
    assert found_in(text) == []


def test_the_number_in_the_head_of_the_first_page_names_nothing() -> None:
    head = "UBND TỈNH\nSỞ NỘI VỤ\nSố: 45/BC-SNV\tAn Bình, ngày 5 tháng 1 năm 2026\nBÁO CÁO\n"
    assert found_in(head) == []
    assert relations(f"{head}Theo Kế hoạch\nsố 7/KH-SNV") == {"7/KH-SNV": "follows"}
    assert [one.page for one in found_in(f"{head}\f{head}")] == [2]


def test_pages_places_and_the_words_around_are_told() -> None:
    text = "một " * 60 + "\f" + "hai " * 60 + "Thực hiện Kế hoạch số\n7/KH-SNV ngày 1/2/2020. " + "ba " * 60
    (one,) = found_in(text)
    assert (one.page, text[one.start : one.start + 8]) == (2, "7/KH-SNV")
    assert "Thực hiện Kế hoạch số 7/KH-SNV ngày 1/2/2020" in one.excerpt
    assert one.excerpt.startswith("…")
    assert one.excerpt.endswith("…")
    assert "\n" not in one.excerpt
    assert len(one.excerpt) < 300


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("ngày 11 tháng 5 năm 2018", date(2018, 5, 11)),
        ("ngày 11\ntháng 05 năm 2018", date(2018, 5, 11)),
        (", ký ngày 11/5/2018", date(2018, 5, 11)),
        ("(ngày 11-05-2018)", date(2018, 5, 11)),
        ("dated 11 May 2018", date(2018, 5, 11)),
        ("of May 11th, 2018", date(2018, 5, 11)),
        ("dated 11/5/2018", date(2018, 5, 11)),
        ("ngày 31 tháng 2 năm 2018", None),
        ("dated 05/26/2020", None),
        ("ngày 11/5", None),
        ("năm 2018", None),
        ("ngày 11/5/1018", None),
    ],
)
def test_the_date_is_read_and_no_impossible_one(text: str, day: date | None) -> None:
    (one,) = found_in(f"theo Kế hoạch số 7/KH-SNV {text} của Sở Nội vụ")
    assert one.issued_on == day


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("của Sở Kế hoạch và Đầu tư về việc mua sắm", "Sở Kế hoạch và Đầu tư"),
        ("của Cục Thống kê tỉnh; xét", "Cục Thống kê tỉnh"),
        ("của Thủ tướng Chính phủ phê duyệt Đề án", "Thủ tướng Chính phủ"),
        ("của UBND tỉnh và Báo cáo số 5/BC-SNV", "UBND tỉnh"),
        ("by the Ministry of Home Affairs on staff", "Ministry of Home Affairs"),
        ("của cấp có thẩm quyền", ""),
        ("của tỉnh", ""),
        ("về cải cách", ""),
    ],
)
def test_the_issuer_is_an_agency_up_to_the_next_verb(text: str, issuer: str) -> None:
    assert found_in(f"theo Kế hoạch số 7/KH-SNV ngày 1/2/2020 {text}")[0].issuer == issuer


def test_gathering_keeps_each_once_and_never_the_document_itself() -> None:
    text = """Căn cứ Nghị định số 30/2020/NĐ-CP ngày 5/3/2020; Báo cáo số 45/BC-SNV.
Theo Nghị định số 30/2020/NĐ-CP của Chính phủ. Nghị định số 30/2020/NĐ-CP ban hành rồi.
Quyết định số 7/QĐ-UBND ngày 1/1/2019. Quyết định số 7/QĐ-UBND ngày 1/1/2020. Quyết định số 7/QĐ-UBND cũ.
Báo cáo số 45/BC-SNV ngày 1/2/2019."""
    kept = gathered(found_in(text), "45/BC-snv", date(2020, 5, 26))
    assert [(one.written, str(one.issued_on), one.relation.value) for one in kept] == [
        ("30/2020/NĐ-CP", "2020-03-05", "basis"),
        ("30/2020/NĐ-CP", "2020-03-05", "follows"),
        ("7/QĐ-UBND", "2019-01-01", "mentions"),
        ("7/QĐ-UBND", "2020-01-01", "mentions"),
        ("7/QĐ-UBND", "None", "mentions"),
        ("45/BC-SNV", "2019-02-01", "mentions"),
    ]
    many = found_in("; ".join(f"Quyết định số {number}/QĐ-UBND" for number in range(1, MAX_KEPT + 100)))
    assert len(gathered(many, "", None)) == MAX_KEPT


def test_a_document_is_cited_with_its_date_or_without_one() -> None:
    day = date(2018, 5, 11)
    assert cited_as("711-QĐ/tu", day) == [mark("711-QĐ/tu", None), mark("711-QĐ/tu", day)]
    assert mark("711-QĐ/tu", day) == "711-QĐ/tu@2018-05-11"
    assert mark("711-QĐ/tu", date(2019, 5, 11)) not in cited_as("711-QĐ/tu", day)


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            ["Quyết định số ", "12", "/QĐ-", "UBND", " ngày ", "1/2/2020", " của ", "Sở Nội vụ", "; ", ".\n", "căn cứ ",
             "thay thế ", "và ", "số ", "-", "/", "TU", "\f", ":\n1. ", "711-QĐ/TU", "đ", "İ", "\u0301", "No. "]
        ),
        max_size=60,
    ).map("".join)
)  # fmt: skip
@settings(max_examples=300)
def test_any_text_is_read_and_what_is_found_stands_there(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    last = -1
    for one in found_in(text):
        assert one.start > last
        last = one.start
        assert "".join(text[one.start :].split()).startswith("".join(one.written.split()))
        assert len(one.written) <= MAX_LENGTH
        assert one.keys
        assert one.page == text.count("\f", 0, one.start) + 1
        assert parse(one.written, [kind.symbol for kind in EVERY_KIND if kind.symbol]).match_key
        assert names_any(text)
        assert isinstance(one.relation, Relation)


HOSTILE = {
    "digits and joints": "1/A-" * 400_000,
    "spaced joints": "1 / " * 400_000,
    "citations": "Quyết định số 12/QĐ-UBND ngày 1/1/2015 của Ủy ban nhân dân tỉnh; " * 8_000,
    "glued citations": "Quyết định số 1/HD-B" * 20_000,
    "empty lines": "\n" * 1_500_000,
    "full stops": ". " * 700_000,
    "labels": "so " * 500_000,
    "wordings": "sửa đổi " * 200_000 + "số 1/QĐ-A",
    "one long word": "a" * 1_500_000,
    "dates": "ngày 1 tháng 1 năm 2020 " * 60_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_time_in_proportion(text: str) -> None:
    took = []
    for part in (text[: len(text) // 4], text):
        started = time.process_time()
        found_in(part)
        took.append(time.process_time() - started)
    assert took[1] < 12 * max(took[0], 0.02)
    assert took[1] < 6


RECOGNISED = {"chi-thi": "implements", "directive": "basis"}
"""What tesseract made of the demonstration's directives: the bar of QĐ is lost, and a tone here and there."""


@pytest.mark.parametrize(("name", "relation"), RECOGNISED.items())
def test_a_recognised_scan_names_what_the_paper_does(name: str, relation: str) -> None:
    text = (Path(__file__).parent / "fixtures" / "recognised" / f"{name}.txt").read_text("utf-8")
    assert [(one.keys, one.issued_on, one.relation.value) for one in found_in(text)] == [
        (("39-NQ/tw",), date(2015, 4, 17), relation),
        (("711-QĐ/tu",), date(2018, 5, 11), relation),
        (("4651/KH-ubnd",), date(2018, 10, 2), relation),
        (("45/BC-snv",), date(2020, 5, 26), "basis"),
    ]
