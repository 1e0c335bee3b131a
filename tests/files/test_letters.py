"""Text of RTF, HTML, mail and plain text in the encodings of their time."""

import unicodedata
from email.message import EmailMessage, Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from docflow.files.extract_terms import HTML, MAIL, PLAIN, RTF
from docflow.files.extraction import ExtractionReason, ExtractionStatus, Mark
from docflow.files.readers import vietnamese
from docflow.files.readers.plain import decoded
from docflow.files.readers.vietnamese import is_syllable, tcvn3, told_by_syllables, vni
from tests.files.office import scanned_pdf
from tests.files.papers import docx_with, failed, paragraph, pdf_with, text_of, zip_of

DIRECTIVE = """Căn cứ Quyết định số 711-QĐ/TU ngày 11 tháng 5 năm 2018 của Tỉnh ủy
1. Sở Nội vụ chủ trì, phối hợp với Sở Tài chính rà soát các tiêu chí bị mất điểm.
2. Sở Thông tin và Truyền thông hoàn thiện phần mềm quản lý văn bản."""
CAPITALS = "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH\nQUYẾT ĐỊNH\nSố: 05/CT-UBND"


# Vietnamese before Unicode


def in_tcvn3(text: str) -> bytes:
    """As typed: capitals without a place of their own are the small letter, shown in a font of capitals."""
    places = {
        letter: first + number
        for first, run in vietnamese._TCVN3.items()
        for number, letter in enumerate(run)
    }
    written = bytearray()
    for letter in text:
        if letter.isascii():
            written += letter.encode()
        else:
            small = letter.lower()
            written.append(places[letter if letter in "ĂÂÊÔƠƯĐ" else small])
    return bytes(written)


def in_vni(text: str) -> bytes:
    alone = {letter: mark for mark, letter in vietnamese._VNI_ALONE.items()}
    pairs = {
        unicodedata.normalize("NFC", vowel + added): alone.get(vowel, vowel) + mark
        for vowel, marks in vietnamese._VNI_MARKS.items()
        for mark, added in marks.items()
    }
    written = ""
    for letter in text:
        small = letter.lower()
        said = alone.get(small) or pairs.get(small) or small
        written += said.upper() if letter.isupper() else said
    return written.encode("cp1252")


@pytest.mark.parametrize("encode", [in_tcvn3, in_vni])
@pytest.mark.parametrize("text", [DIRECTIVE, CAPITALS])
async def test_text_of_before_unicode_is_read_as_it_was_meant(encode: object, text: str) -> None:
    assert callable(encode)
    assert (await text_of(encode(text), PLAIN)).text == text


async def test_utf_16_without_its_mark_is_read() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert (await text_of(DIRECTIVE.encode(encoding), PLAIN)).text == DIRECTIVE


@pytest.mark.parametrize(
    "text",
    [
        "Où est la forêt ? L'été passé, la rivière était gelée à côté du château, déjà vu, mañana, señor.",
        "Ähnliche Größen für Übungen: schöne Bücher, heiße Öfen, müde Füße.",
        "São Paulo não é a capital; informação, coração, três ações.",
    ],
)
def test_text_of_western_languages_is_not_taken_for_vietnamese(text: str) -> None:
    assert told_by_syllables(text.encode("cp1252")) is None


@pytest.mark.parametrize(
    "text", ["São Paulo não é a capital", "Perché la città è più lì", "“Øre” – Þór, ÆØÅ"]
)
def test_text_of_western_languages_is_read_as_it_was_written(text: str) -> None:
    assert decoded(text.encode("cp1252")) == text


def test_windows_1258_is_not_taken_for_tcvn3_or_vni() -> None:
    tones = "\u0300\u0301\u0303\u0309\u0323"
    letters = []
    for letter in DIRECTIVE:
        parts = unicodedata.normalize("NFD", letter)
        bare = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
        letters.append(bare + "".join(mark for mark in parts if mark in tones))
    assert told_by_syllables("".join(letters).encode("cp1258")) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_told_or_not_told(data: bytes) -> None:
    read = told_by_syllables(data)
    assert read is None or isinstance(read, str)


def test_every_word_of_a_directive_is_a_syllable_and_a_foreign_one_is_not() -> None:
    words = [
        "Quyết",
        "định",
        "nghị",
        "quyết",
        "giếng",
        "già",
        "quỳnh",
        "khuya",
        "thuở",
        "nguyễn",
        "trường",
        "xoong",
        "đoàn",
        "uỷ",
        "ủy",
        "hoả",
        "hỏa",
        "yêu",
        "ngoằn",
    ]
    assert [word for word in words if not is_syllable(word)] == []
    assert [word for word in ("forêt", "été", "schön", "ção", "ỡơư", "tòấn") if is_syllable(word)] == []


def test_a_font_of_capitals_and_marks_of_capitals_are_read() -> None:
    assert tcvn3("ñy ban nh©n d©n", capitals=True) == "ỦY BAN NHÂN DÂN"
    assert tcvn3("ñy ban nh©n d©n", capitals=False) == "ủy ban nhân dân"
    assert vni("UÛY BAN NHAÂN DAÂN TÆNH") == "ỦY BAN NHÂN DÂN TỈNH"
    assert vni("Ñaëng Thò Höôùng") == "Đặng Thị Hướng"


# RTF


def rtf(body: bytes, fonts: bytes = b"{\\f0\\fnil Times New Roman;}") -> bytes:
    return b"{\\rtf1\\ansi\\ansicpg1252\\uc1{\\fonttbl" + fonts + b"}" + body + b"}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"H\\u7879? th\\u7889?ng\\par d\\'f2ng", "Hệ thống\ndòng"),
        (b"\\uc2\\u7879\\'ff\\'ffx {\\uc0\\u7879 y}", "ệx ệy"),
        (b"\\u-10179?\\u-8704?", "😀"),
        (b"a\\cell b\\cell\\row c\\tab d", "a\tb\nc\td"),
        (b"{\\info{\\title hidden}}{\\*\\generator x;}{\\pict\\bin5 {}{}}ff}shown", "shown"),
        (b"{\\v hidden}{\\deleted gone}kept \\{a\\}\\\\ b\\~c\\_d\\-e", "kept {a}\\ b c-de"),
        (b"{\\field{\\*\\fldinst HYPERLINK x}{\\fldrslt shown}}", "shown"),
        (b"{\\*\\shpinst{\\sp{\\sn x}{\\sv y}}{\\shptxt in a box}}", "in a box"),
        (b"\\lquote a\\rquote  \\emdash", "‘a’ —"),
    ],
)
async def test_rich_text_is_read(body: bytes, text: str) -> None:
    read = await text_of(rtf(body), RTF)
    assert (read.status, read.text) == (ExtractionStatus.EXTRACTED, text)


async def test_fonts_tell_the_encoding_of_rich_text() -> None:
    fonts = (
        b"{\\f0\\fnil Arial;}{\\f1\\fnil\\fcharset0 .VnTime;}{\\f2 VNI-Times;}{\\f3 .VnTimeH;}"
        b"{\\f4\\fcharset163 Arial;}{\\f5\\fcharset204 Arial;}"
    )
    body = b"\\f1 S\\'e8 \\'aei\\'d2u\\par\\f2 Quye\\'e1t \\'f1\\'f2nh\\par\\f3 \\'f1y ban\\par\\f4 \\'f0\\par{\\f5 \\'c4\\'e0}\\par\\f0 \\'e9"
    read = await text_of(rtf(body, fonts), RTF)
    assert read.text == "Số điều\nQuyết định\nỦY BAN\nđ\nДа\né"


@pytest.mark.parametrize(
    "content",
    [b"{\\rtf1" + b"{" * 100_000, b"{\\rtf1 \\bin999999999 x", b"{\\rtf1 \\u99999999999 x", b"{\\rtf1\\'"],
)
async def test_broken_rich_text_raises_nothing(content: bytes) -> None:
    read = await text_of(content, RTF)
    assert read.reason in {None, ExtractionReason.BROKEN}


async def test_groups_beyond_counting_leave_what_was_said_before() -> None:
    read = await text_of(rb"{\rtf1 Chi thi" + b"{" * 1_000_000, RTF)
    assert (read.status, read.reason, read.text) == (
        ExtractionStatus.CUT,
        ExtractionReason.BROKEN,
        "Chi thi",
    )


async def test_rich_text_that_loads_something_is_marked() -> None:
    for body in (
        b"{\\*\\template https://x/a.dot}x",
        b"{\\object\\objautlink x}",
        b"{\\field{\\*\\fldinst INCLUDEPICTURE x}}",
    ):
        assert (await text_of(rtf(body), RTF)).marks == {Mark.EXTERNAL_REFERENCES}, body


async def test_two_megabytes_of_rich_text_are_read_in_time() -> None:
    body = b"\\pard\\plain\\f0\\fs28 v\\u259?n b\\u7843?n s\\u7889? 05\\par\n" * 30_000
    read = await text_of(rtf(body), RTF)
    assert read.text.count("văn bản số 05") == 30_000


# HTML


async def test_the_words_of_a_page_are_read_and_nothing_of_it_is_run() -> None:
    page = """<html><head><title>Thông báo</title><style>p{}</style><script>alert("x")</script></head>
    <body onload="go()"><p>Một &amp; <b>hai</b><br>ba</p><!-- nói thầm -->
    <table><tr><td>a</td><td>b</td></tr></table><svg><text>hình</text></svg></body></html>"""
    read = await text_of(page.encode(), HTML)
    assert read.text == "Thông báo\nMột & hai\nba\na\tb"
    assert read.marks == {Mark.SCRIPT}


async def test_a_page_in_another_encoding_is_read() -> None:
    page = '<meta charset="iso-8859-1"><p>déjà vu</p>'
    assert (await text_of(page.encode("latin-1"), HTML)).text == "déjà vu"
    assert (await text_of("<p>Quyết định</p>".encode("utf-16"), HTML)).text == "Quyết định"
    claims = '<meta charset="windows-1252"><p>Quyết định</p>'
    assert (await text_of(claims.encode(), HTML)).text == "Quyết định"


async def test_a_page_that_loads_from_elsewhere_is_marked_and_nothing_is_loaded() -> None:
    read = await text_of(b'<p>x<img src="https://example.vn/a.png">', HTML)
    assert read.marks == {Mark.EXTERNAL_REFERENCES}


@pytest.mark.parametrize(
    "content", [b"<" * 200_000, b"<a " * 100_000, b"<!--" * 50_000, b"&" * 500_000, b"<![CDATA[" * 20_000]
)
async def test_hostile_markup_is_stopped_by_the_limits(content: bytes) -> None:
    read = await text_of(content, HTML, cpu_seconds=1, wall_seconds=5)
    assert read.reason in {None, ExtractionReason.TIMEOUT, ExtractionReason.BROKEN}


@pytest.mark.parametrize(
    "unfinished", ["<a ", "<!--", "<![CDATA[", "<?", "<!doctype ", "</a ", '<a b="c" ', "<a b='", "<script>"]
)
async def test_a_tag_that_never_ends_is_looked_at_once(unfinished: str) -> None:
    read = await text_of(b"<p>Chi thi</p>" + unfinished.encode() * 300_000, HTML)
    assert (read.status, read.text.partition("\n")[0]) == (ExtractionStatus.EXTRACTED, "Chi thi")


async def test_elements_of_two_kinds_that_close_nothing_cost_little() -> None:
    page = b"<svg>" * 300_000 + b"</math>" * 300_000 + b"</svg>after"
    assert (await text_of(page, HTML)).text == "after"


async def test_a_picture_inside_a_page_is_a_long_tag_and_the_rest_is_read() -> None:
    page = b"<p>before<img src='data:image/png;base64," + b"QUFB" * 200_000 + b"'><p>after <b"
    assert (await text_of(page, HTML)).text == "before\nafter <b"


# Mail


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Sở Nội vụ <snv@example.vn>", "Subject": "Báo cáo", **headers}.items():
        message[name] = value
    message.set_content("Kính gửi Ủy ban")
    return message


async def test_a_mail_is_read_with_its_attachments_each_on_its_page() -> None:
    message = mail()
    message.add_alternative("<p>Kính gửi</p>", subtype="html")
    message.add_attachment(
        pdf_with("One", "Two"), maintype="application", subtype="pdf", filename="báo cáo.pdf"
    )
    message.add_attachment(
        docx_with(paragraph("Ba")), maintype="application", subtype="octet-stream", filename="a.docx"
    )
    message.add_attachment(zip_of({"a": "b"}), maintype="application", subtype="zip", filename="a.zip")
    message.add_attachment(b"\x00\x01", maintype="video", subtype="mp4", filename="phim.mp4")
    read = await text_of(message.as_bytes(), MAIL)
    assert read.text == (
        "From: Sở Nội vụ <snv@example.vn>\nSubject: Báo cáo\nKính gửi Ủy ban\fbáo cáo.pdf\nOne\fTwo\fa.docx\nBa"
    )
    assert (read.status, read.pages) == (ExtractionStatus.EXTRACTED, 4)
    assert read.marks == {Mark.NESTED_ARCHIVE}


async def test_mails_in_mails_are_read_down_to_a_depth() -> None:
    message: Message = mail(Subject="Thư 0")
    for number in range(1, 5):
        outer = mail(Subject=f"Thư {number}")
        outer.add_attachment(message)
        message = outer
    read = await text_of(message.as_bytes(), MAIL)
    assert "Thư 2" in read.text
    assert "Thư 1" not in read.text
    assert (read.status, read.reason) == (ExtractionStatus.CUT, ExtractionReason.ATTACHMENT_UNREADABLE)


async def test_an_attachment_that_cannot_be_read_leaves_the_others() -> None:
    message = mail()
    locked = (Path(__file__).parent / "fixtures" / "locked.pdf").read_bytes()
    for content, name in ((locked, "khóa.pdf"), (b"%PDF-1.7 x", "hỏng.pdf"), (pdf_with("Sound"), "tốt.pdf")):
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    read = await text_of(message.as_bytes(), MAIL)
    assert read.text.endswith("tốt.pdf\nSound")
    assert read.reason is ExtractionReason.ATTACHMENT_UNREADABLE
    assert read.marks == {Mark.PASSWORD_PROTECTED}


async def test_an_attached_scan_is_said_to_be_unread() -> None:
    message = mail()
    message.add_attachment(
        scanned_pdf(Image.new("L", (60, 80), 200)), maintype="application", subtype="pdf", filename="scan.pdf"
    )
    read = await text_of(message.as_bytes(), MAIL)
    assert (read.status, read.reason) == (ExtractionStatus.CUT, ExtractionReason.ATTACHMENT_UNREADABLE)
    assert read.text.endswith("scan.pdf")


async def test_headers_in_any_state_are_read() -> None:
    head = "Subject: Báo cáo số 5\r\nFrom: =?x-unknown?B?AAAA?= <a@b>\r\nTo: =?utf-8?B?U+G7nw==?=\r\n\r\nThân".encode()
    read = await text_of(head, MAIL)
    assert "Báo cáo số 5" in read.text
    assert "To: Sở" in read.text
    assert read.text.endswith("Thân")


@pytest.mark.parametrize(
    "content",
    [
        b"no mail at all",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 50_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n"
        * 200,
        b"Subject: x\nContent-Transfer-Encoding: base64\n\n" + b"A" * 100_001,
        b"Subject: " + b"=?utf-8?B?" * 20_000 + b"\n\nx",
    ],
)
async def test_a_hostile_mail_raises_nothing(content: bytes) -> None:
    read = await text_of(content, MAIL, cpu_seconds=5, wall_seconds=10)
    assert read.reason in {None, *ExtractionReason} - {ExtractionReason.CRASHED}


async def test_a_mail_without_anything_is_of_the_wrong_type() -> None:
    assert await text_of(b"\n\n", MAIL) == failed(ExtractionReason.WRONG_TYPE)
