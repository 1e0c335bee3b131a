"""What a paper says about itself: read off the layout of the decree, however its columns come out, and never made up."""

import time
from itertools import chain, zip_longest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docflow.core.text import fold
from docflow.documents.kinds import COPIES, KINDS, Kind
from docflow.documents.prefill import Field, Suggestion, suggest
from docflow.documents.prefill.agencies import agency_name

EVERY_KIND = KINDS + COPIES


def read(text: str, filename: str = "van-ban.pdf", mail_subject: str | None = None) -> dict[str, Suggestion]:
    suggestions = suggest(text, filename, mail_subject, EVERY_KIND)
    fields = [one.field for one in suggestions]
    assert len(fields) == len(set(fields)), "one suggestion for a field"
    return {one.field.value: one for one in suggestions}


def values(text: str) -> dict[str, str]:
    return {field: one.value for field, one in read(text).items()}


LEFT = ["ỦY BAN NHÂN DÂN", "TỈNH AN BÌNH", "-------", "Số: {symbol}"]
RIGHT = [
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "---------------",
    "An Bình, ngày 05 tháng 01 năm 2026",
]
BODY = [
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015 và Nghị định số",
    "30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ, Ủy ban nhân dân tỉnh thông báo",
    "như sau: các cơ quan thực hiện nghiêm, không viện lý do hoả tốc hay mật./.",
]
TO = ["Nơi nhận:", "- Như trên;", "- Thường trực Tỉnh ủy (để b/c);", "- Lưu: VT, NC."]
SIGNED = ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "", "", "Nguyễn Văn Ánh"]


def beside(left: list[str], right: list[str], gap: str) -> list[str]:
    """Two columns line by line, as a recogniser reads them."""
    pairs = zip_longest(left, right, fillvalue="")
    return [gap.join(part for part in pair if part) for pair in pairs]


LAYOUTS = {
    "left first": lambda left, right: left + right,
    "right first": lambda left, right: right + left,
    "in turn": lambda left, right: list(chain.from_iterable(zip_longest(left, right, fillvalue=""))),
    "run together": lambda left, right: beside(left, right, " "),
    "with wide gaps": lambda left, right: beside(left, right, " " * 8),
    "with tabs": lambda left, right: beside(left, right, "\t"),
}


def paper(kind: Kind, layout: str, symbol: str) -> str:
    put = LAYOUTS[layout]
    head = put([line.format(symbol=symbol) for line in LEFT], RIGHT)
    foot = put(TO, SIGNED)
    subject = ["Về việc nâng cao Chỉ số cải cách hành chính và chấm dứt hồ sơ trễ hạn"]
    return "\n".join([*head, "", kind.name_vi.upper(), *subject, "", *BODY, "", *foot])


NAMED = [kind for kind in KINDS if kind.code != "official_letter"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_papers_of_every_kind_are_read_in_every_order_of_their_columns(layout: str) -> None:
    for kind in NAMED:
        symbol = f"05/{kind.symbol}-UBND" if kind.symbol else "05/UBND-VX"
        told = read(paper(kind, layout, symbol))
        assert (told.pop("symbol").value, told.pop("kind").value) == (symbol, kind.code)
        assert {field: one.value for field, one in told.items()} == EXPECTED, kind.code
        assert all(one.sure for one in told.values()), kind.code


EXPECTED = {
    "issuer": "Ủy ban nhân dân tỉnh An Bình",
    "place": "An Bình",
    "issued_on": "2026-01-05",
    "subject": "Về việc nâng cao Chỉ số cải cách hành chính và chấm dứt hồ sơ trễ hạn",
    "language": "vi",
    "signer_name": "Nguyễn Văn Ánh",
    "signer_post": "Phó Chủ tịch",
    "signer_authority": "KT.",
    "recipients": "Như trên; Thường trực Tỉnh ủy (để b/c); Lưu: VT, NC",
}


def letter(layout: str) -> str:
    put = LAYOUTS[layout]
    left = [
        "UBND TỈNH AN BÌNH",
        "SỞ GIÁO DỤC VÀ ĐÀO TẠO",
        "Số: 12/SGDĐT-VP",
        "V/v triển khai phần mềm",
        "quản lý văn bản",
    ]
    head = put(left, [*RIGHT[:2], RIGHT[3]])
    foot = put(TO, ["TL. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG", "Trần Thị Bích Hạnh"])
    return "\n".join([*head, "", "Kính gửi: Các trường trung học phổ thông.", *BODY, *foot])


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "in turn"])
def test_an_official_letter_has_its_subject_under_its_number(layout: str) -> None:
    told = values(letter(layout))
    assert told["kind"] == "official_letter"
    assert told["symbol"] == "12/SGDĐT-VP"
    assert told["issuer"] == "Sở Giáo dục và Đào tạo"
    assert told["issued_on"] == "2026-01-05"
    assert told["subject"] == "Triển khai phần mềm quản lý văn bản"
    assert (told["signer_authority"], told["signer_post"]) == ("TL.", "Chánh Văn phòng")
    assert told["signer_name"] == "Trần Thị Bích Hạnh"


def test_a_party_paper_is_read() -> None:
    told = read(
        "TỈNH ỦY AN BÌNH\n*\nSố 711-QĐ/TU\nĐẢNG CỘNG SẢN VIỆT NAM\nAn Bình, ngày 11 tháng 5 năm 2018\n\nQUYẾT ĐỊNH\n"
        "về sắp xếp tổ chức bộ máy\n-----\n- Căn cứ Điều lệ Đảng;\nBAN THƯỜNG VỤ TỈNH ỦY QUYẾT ĐỊNH\nĐiều 1. Sắp xếp.\n"
        "Nơi nhận:\n- Các huyện ủy,\n- Lưu Văn phòng Tỉnh ủy.\nT/M BAN THƯỜNG VỤ\nPHÓ BÍ THƯ\nLê Thị Hồng"
    )
    assert {field: one.value for field, one in told.items()} == {
        "symbol": "711-QĐ/TU",
        "kind": "decision",
        "issuer": "Tỉnh ủy An Bình",
        "place": "An Bình",
        "issued_on": "2018-05-11",
        "subject": "về sắp xếp tổ chức bộ máy",
        "language": "vi",
        "signer_name": "Lê Thị Hồng",
        "signer_post": "Phó Bí thư",
        "signer_authority": "TM.",
        "recipients": "Các huyện ủy; Lưu Văn phòng Tỉnh ủy",
    }


def test_an_english_paper_is_read() -> None:
    told = values(
        "PEOPLE'S COMMITTEE OF\nAN BINH PROVINCE\nNo.: 08/CT-UBND\nSOCIALIST REPUBLIC OF VIET NAM\n"
        "Independence - Freedom - Happiness\nAn Binh, January 12, 2026\nDIRECTIVE\n"
        "On speeding up administrative reform\nPursuant to Resolution No. 39-NQ/TW of 17 April 2015, it is directed:\n"
        "1. To report./.\nTo:\n- Departments;\n- File: VT.\nCHAIRMAN\nTrinh Quang Khai\n"
    )
    assert told == {
        "symbol": "08/CT-UBND",
        "kind": "directive",
        "issuer": "People's Committee of An Binh Province",
        "place": "An Binh",
        "issued_on": "2026-01-12",
        "subject": "On speeding up administrative reform",
        "language": "en",
        "signer_name": "Trinh Quang Khai",
        "signer_post": "Chairman",
        "recipients": "Departments; File: VT",
    }


HEADS = {
    "a circular, which is no kind here": (
        "BỘ NỘI VỤ\nSố: 05/2023/TT-BNV\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
        "Hà Nội, ngày 03 tháng 5 năm 2023\nTHÔNG TƯ\nQuy định về vị trí việc làm\nCăn cứ Luật Cán bộ, công chức;\n",
        ("05/2023/TT-BNV", None, "Bộ Nội vụ", "2023-05-03", "Quy định về vị trí việc làm"),
    ),
    "an urgent dispatch with its hour": (
        "ỦY BAN NHÂN DÂN   CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTỈNH AN BÌNH   Độc lập - Tự do - Hạnh phúc\n"
        "Số: 03/CĐ-UBND   An Bình, hồi 18 giờ 00 ngày 05 tháng 9 năm 2024\nHỎA TỐC\nCÔNG ĐIỆN\n"
        "Về việc tập trung ứng phó bão số 3\nCHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH điện:\n- Giám đốc các sở;\n",
        (
            *("03/CĐ-UBND", "urgent_dispatch", "Ủy ban nhân dân tỉnh An Bình", "2024-09-05"),
            "Về việc tập trung ứng phó bão số 3",
        ),
    ),
    "a decision that decides twice": (
        "ỦY BAN NHÂN DÂN\nTỈNH AN BÌNH\nSố: 123/QĐ-UBND\nAn Bình, ngày 5 tháng 9 năm 2024\n\nQUYẾT ĐỊNH\n"
        "Phê duyệt Kế hoạch cải cách hành chính năm 2025\n\nCHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH\n\nCăn cứ Luật;\n"
        "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 5/TTr-SNV ngày 1/9/2024.\n\nQUYẾT ĐỊNH:\nĐiều 1. Duyệt./.",
        (
            *("123/QĐ-UBND", "decision", "Ủy ban nhân dân tỉnh An Bình", "2024-09-05"),
            "Phê duyệt Kế hoạch cải cách hành chính năm 2025",
        ),
    ),
    "a resolution of a council": (
        "HỘI ĐỒNG NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTỈNH AN BÌNH Độc lập – Tự do – Hạnh phúc\n\n"
        "Số: 08/NQ-HĐND An Bình, ngày 10 tháng 12 năm 2024\n\nNGHỊ QUYẾT\nVề dự toán ngân sách năm 2025\n\n"
        "HỘI ĐỒNG NHÂN DÂN TỈNH AN BÌNH\nKHÓA X, KỲ HỌP THỨ 18\n\nCăn cứ Luật\n",
        (
            *("08/NQ-HĐND", "resolution", "Hội đồng nhân dân tỉnh An Bình", "2024-12-10"),
            "Về dự toán ngân sách năm 2025",
        ),
    ),
}


@pytest.mark.parametrize("head", HEADS)
def test_heads_of_other_papers_are_read(head: str) -> None:
    text, expected = HEADS[head]
    told = values(text)
    assert tuple(told.get(name) for name in ("symbol", "kind", "issuer", "issued_on", "subject")) == expected


RECOGNISED = {
    "bao-cao": ("01/BC-SNV", "report", "Sở Nội vụ", "2026-01-26", "Đặng Thị Minh Nguyệt"),
    "chi-thi": ("08/CT-UBND", "directive", "Ủy ban nhân dân tỉnh Trường Giang", "2026-01-12", None),
    "directive": (
        "08/CT-UBND",
        "directive",
        "People's Committee of Truong Giang Province",
        "2026-01-12",
        None,
    ),
}


@pytest.mark.parametrize("name", RECOGNISED)
def test_what_a_recogniser_made_of_a_scan_is_read(name: str) -> None:
    text = (Path(__file__).parent / "fixtures" / "recognised" / f"{name}.txt").read_text("utf-8")
    symbol, kind, issuer, issued_on, signer = RECOGNISED[name]
    told = values(text)
    assert (told["symbol"], told["kind"], told["issuer"]) == (symbol, kind, issuer)
    assert (told["issued_on"], told.get("signer_name")) == (issued_on, signer)
    assert told["subject"].endswith(("trừ điểm", "đến cấp xã", "video meetings with communes"))


def test_a_spoilt_scan_gives_less_and_nothing_that_is_not_there() -> None:
    folder = Path(__file__).parent / "fixtures" / "recognised"
    report, directive = (
        values((folder / name).read_text("utf-8")) for name in ("bao-cao-spoilt.txt", "chi-thi-spoilt.txt")
    )
    assert (report["symbol"], report["kind"], report["issuer"]) == ("01/BC-SNV", "report", "Sở Nội vụ")
    assert (report["issued_on"], report["signer_post"]) == ("2026-01-26", "Giám đốc")
    assert "recipients" not in report
    assert (directive["symbol"], directive["kind"]) == ("08/CT-UBND", "directive")
    assert fold(directive["issuer"]) == "uy ban nhan dan tinh truong giang"
    assert "issued_on" not in directive


def test_every_suggestion_says_where_it_was_read() -> None:
    told = read("\f".join(["\n" + paper(KINDS[2], "left first", "05/CT-UBND"), "hai"]))
    assert (told["symbol"].page, told["symbol"].line, told["symbol"].excerpt) == (1, 5, "Số: 05/CT-UBND")
    assert told["issued_on"].excerpt == "An Bình, ngày 05 tháng 01 năm 2026"
    assert {one.read_in for one in told.values()} == {"text"}


MARKS = {
    "KHẨN": ("urgency", "urgent", True),
    "THƯỢNG KHẨN": ("urgency", "very_urgent", True),
    "HỎA TỐC": ("urgency", "flash", True),
    "HOẢ TỐC": ("urgency", "flash", True),
    "HOA TOC": ("urgency", "flash", False),
    "MẬT": ("secrecy", "secret", True),
    "TỐI MẬT": ("secrecy", "top_secret", True),
    "TUYỆT MẬT": ("secrecy", "utmost_secret", True),
    "MAT": ("secrecy", "secret", False),
    "Độ mật: Tối mật": ("secrecy", "top_secret", True),
}


@pytest.mark.parametrize("stamp", MARKS)
def test_stamps_are_marks_of_urgency_and_secrecy(stamp: str) -> None:
    field, value, sure = MARKS[stamp]
    text = paper(KINDS[2], "left first", "05/CT-UBND")
    for stamped in (f"{stamp}\n{text}", text.replace("Số: 05", f"{stamp}\nSố: 05")):
        told = read(stamped)
        assert (told[field].value, told[field].sure) == (value, sure)
        assert told["issuer"].value == "Ủy ban nhân dân tỉnh An Bình"


@pytest.mark.parametrize(
    "prose",
    [
        "hoả tốc, mật và khẩn là các mức độ",
        "Tài liệu này không mật",
        "Khẩn trương thực hiện",
        "ỦY BAN MẶT TRẬN",
    ],
)
def test_words_in_prose_are_no_stamps(prose: str) -> None:
    told = read(paper(KINDS[2], "left first", "05/CT-UBND") + f"\n{prose}")
    assert "urgency" not in told
    assert "secrecy" not in told


UNSURE = {
    "two numbers": ("Số: 05/CT-UBND", "Số: 05/CT-UBND\nSố: 06/CT-UBND", Field.SYMBOL),
    "two dates": (RIGHT[3], f"{RIGHT[3]}\nAn Bình, ngày 06 tháng 01 năm 2026", Field.ISSUED_ON),
    "a kind that the symbol denies": ("05/CT-UBND", "05/BC-UBND", Field.KIND),
}


@pytest.mark.parametrize("case", UNSURE)
def test_what_contradicts_itself_is_not_sure(case: str) -> None:
    before, after, field = UNSURE[case]
    text = paper(KINDS[2], "left first", "05/CT-UBND")
    assert read(text)[field].sure
    assert not read(text.replace(before, after))[field].sure


def test_a_kind_in_plain_letters_is_sure_by_its_title_only() -> None:
    contract = next(kind for kind in KINDS if kind.code == "contract")
    text = paper(contract, "left first", "05/HD-UBND")
    assert (read(text)["kind"].value, read(text)["kind"].sure, read(text)["symbol"].sure) == (
        "contract",
        True,
        True,
    )
    told = read(text.replace("HỢP ĐỒNG\n", ""))
    assert not told["symbol"].sure
    assert not told["kind"].sure


MISSING = {
    "a draft without number": ("Số: 05/CT-UBND", "Số:      /CT-UBND", "symbol"),
    "a date without day": ("ngày 05 tháng 01 năm 2026", "ngày     tháng 01 năm 2026", "issued_on"),
    "an impossible date": ("ngày 05 tháng 01", "ngày 35 tháng 01", "issued_on"),
    "no name below the post": ("Nguyễn Văn Ánh", "", "signer_name"),
    "nobody it goes to": ("Nơi nhận:", "", "recipients"),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_not_said_is_not_made_up(case: str) -> None:
    before, after, field = MISSING[case]
    text = paper(KINDS[2], "left first", "05/CT-UBND").replace(before, after)
    assert field not in values(text)
    assert values(text)["issuer"] == "Ủy ban nhân dân tỉnh An Bình"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\f\f\n \t\n",
        "Kính gửi anh,\nem gửi anh bảng lương tháng 5.\nCảm ơn anh.",
        "Số liệu 2024: 45/100, 12/2024",
        "BẢNG KÊ\n1. Bút bi 5.000 đồng\n2. Giấy 10.000 đồng",
        "lorem ipsum dolor sit amet " * 50,
    ],
)
def test_what_is_no_paper_suggests_nothing(text: str) -> None:
    assert suggest(text, "scan0001.pdf", None, EVERY_KIND) == []


@pytest.mark.parametrize(
    ("filename", "symbol"),
    [
        ("05_CT-UBND.pdf", "05/CT-UBND"),
        ("45-BC-SNV ky so.pdf", "45/BC-SNV"),
        ("Bao cao 45.BC-SNV.docx", "45/BC-SNV"),
        ("scan_2026-01-05.pdf", None),
        ("IMG-20260105-WA0001.jpg", None),
        ("5 ct ubnd.pdf", None),
        ("45-XX-YY.pdf", None),
    ],
)
def test_the_name_of_a_file_is_asked_where_the_text_is_silent(filename: str, symbol: str | None) -> None:
    told = read("", filename).get("symbol")
    assert (told and told.value) == symbol
    if told:
        assert (told.read_in, told.page, told.line, told.excerpt, told.sure) == (
            "filename", None, None, filename, False,
        )  # fmt: skip
        assert read(paper(KINDS[2], "left first", "07/CT-UBND"), filename)["symbol"].value == "07/CT-UBND"


def test_the_subject_of_a_mail_is_asked_last() -> None:
    told = read("", "a.pdf", "Fwd: RE: Báo cáo số 45/BC-SNV về cải cách")
    assert (told["symbol"].value, told["symbol"].sure) == ("45/BC-SNV", False)
    assert (told["subject"].value, told["subject"].read_in) == (
        "Báo cáo số 45/BC-SNV về cải cách",
        "mail_subject",
    )
    assert read(paper(KINDS[2], "left first", "07/CT-UBND"), "a.pdf", "Khác")["subject"].read_in == "text"


def test_a_long_subject_in_several_lines_is_one() -> None:
    text = paper(KINDS[2], "left first", "05/CT-UBND").replace(
        "Về việc nâng cao Chỉ số cải cách hành chính và chấm dứt hồ sơ trễ hạn",
        "Về việc kiện toàn Ban Chỉ đạo cải cách hành chính của\ntỉnh, đẩy mạnh ứng dụng công nghệ thông tin và\n"
        "chấm dứt hồ sơ trễ hạn",
    )
    assert values(text)["subject"] == (
        "Về việc kiện toàn Ban Chỉ đạo cải cách hành chính của tỉnh, đẩy mạnh ứng dụng công nghệ thông tin và"
        " chấm dứt hồ sơ trễ hạn"
    )


NOISE = st.sampled_from(
    [
        *LEFT,
        *RIGHT,
        *BODY,
        *TO,
        *SIGNED,
        "V/v",
        "CHỈ THỊ",
        "\f",
        "Số: 5/CT-UBND",
        "MẬT",
        "İ",
        "́" * 30,
        "\t",
        "|",
    ]
)


@given(
    st.text(max_size=400) | st.lists(NOISE, max_size=40).map("\n".join),
    st.text(max_size=60),
    st.none() | st.text(max_size=60),
)
@settings(max_examples=150)
def test_any_text_is_read(text: str, filename: str, mail_subject: str | None) -> None:
    for one in suggest(text, filename, mail_subject, EVERY_KIND):
        assert one.value.strip()
        assert (one.page is None) == (one.read_in != "text")


@pytest.mark.parametrize(
    "text",
    ["A" * 2_000_000, "A\n" * 1_000_000, "Số: 1/" * 300_000, "a\u0301" * 500_000, "\u0316\u0301" * 500_000, " \t" * 500_000,
     "KT. CHỦ TỊCH " * 100_000, "An, ngày " * 200_000, ", " * 500_000, "- x;\n" * 300_000, "Nơi nhận: " * 100_000,
     "Về việc\n" * 100_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_texts_are_read_at_once(text: str) -> None:
    started = time.process_time()
    suggest(text, text, text, EVERY_KIND)
    suggest("CHỈ THỊ\n" + text, "a.pdf", None, EVERY_KIND)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("capitals", "name"),
    [
        ("SỞ NỘI VỤ", "Sở Nội vụ"),
        ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "Sở Giáo dục và Đào tạo"),
        ("SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Sở Lao động - Thương binh và Xã hội"),
        ("ỦY BAN NHÂN DÂN TỈNH TRƯỜNG GIANG", "Ủy ban nhân dân tỉnh Trường Giang"),
        ("UBND THÀNH PHỐ AN BÌNH", "UBND thành phố An Bình"),
        ("HỘI ĐỒNG NHÂN DÂN XÃ TÂN HÒA", "Hội đồng nhân dân xã Tân Hòa"),
        ("CÔNG AN TỈNH AN BÌNH", "Công an tỉnh An Bình"),
        ("TỈNH ỦY AN BÌNH", "Tỉnh ủy An Bình"),
        ("VĂN PHÒNG UBND TỈNH AN BÌNH", "Văn phòng UBND tỉnh An Bình"),
        ("DEPARTMENT OF HOME AFFAIRS", "Department of Home Affairs"),
        ("Sở Nội vụ", "Sở Nội vụ"),
    ],
)
def test_a_name_in_capitals_is_written_as_in_a_sentence(capitals: str, name: str) -> None:
    assert agency_name(capitals) == name
    assert fold(name) == fold(capitals)
