"""What a mail says, however it was made: charsets, broken headers, odd structures, and mails made to cost time."""

import base64
import binascii
import os
import tempfile
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.documents.mail_reading import reader
from docflow.documents.mail_reading.charsets import decoded
from docflow.documents.mail_reading.child import said_by
from docflow.documents.mail_reading.coding import content_of
from docflow.documents.mail_reading.headers import readable
from docflow.documents.mail_reading.page_words import words_of
from docflow.documents.mail_reading.terms import MailFault, MailSaid
from tests.documents.mails import REPORT, SCAN, mail, raw
from tests.files.papers import CHILDREN

SUBJECT = "Quyết định về việc ban hành kế hoạch cải cách hành chính"
SECONDS = 6.0
"""What any mail below may take on a busy machine; each is written so that a careless reader takes minutes."""


def files_of(content: bytes) -> dict[str, bytes]:
    said = said_by(content)
    assert said.fault is None
    return {
        part.filename: b"".join(content_of(content, part.start, part.end, part.encoding))
        for part in said.files
    }


def in_cp1258(text: str) -> bytes:
    """As Windows wrote it: letters with their shape, tones behind them."""
    out = bytearray()
    for letter in unicodedata.normalize("NFC", text):
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base, marks = parts[0], parts[1:]
            tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
            shape = unicodedata.normalize("NFC", base + "".join(set(marks) - set(tones)))
            out += shape.encode("cp1258") + "".join(tones).encode("cp1258")
    return bytes(out)


TCVN3 = {"ế": 0xD5, "ị": 0xDE, "ề": 0xD2, "ệ": 0xD6, "ạ": 0xB9, "ả": 0xB6, "đ": 0xAE, "í": 0xDD, "à": 0xB5}
"""The letters that are needed here (TCVN 5712:1993)."""


def in_tcvn3(text: str) -> bytes:
    return bytes(TCVN3.get(letter) or ord(letter) for letter in text)


def header(value: bytes) -> str:
    return said_by(b"From: a@b.example\r\nSubject: " + value + b"\r\n\r\nx").subject


def b_word(text: str, charset: str = "utf-8") -> bytes:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?=".encode()


HEADERS: dict[str, bytes] = {
    "raw utf-8, as RFC 6532 has it": SUBJECT.encode(),
    "one encoded word": b_word(SUBJECT),
    "several on folded lines": b_word(SUBJECT[:20]) + b"\r\n " + b_word(SUBJECT[20:]),
    "quoted words with underscores": (
        "=?UTF-8?q?" + "".join(f"={b:02X}" for b in SUBJECT.encode()) + "?="
    ).encode(),
    "a language named beside the charset": b_word(SUBJECT).replace(b"=?utf-8?", b"=?utf-8*vi?"),
    "a charset in capitals": b_word(SUBJECT).replace(b"utf-8", b"UTF-8"),
    "UTF-8 that says it is Latin": b_word(SUBJECT).replace(b"utf-8", b"iso-8859-1"),
    "a charset that nobody knows": b_word(SUBJECT).replace(b"utf-8", b"x-unknown"),
    "without the padding": b_word(SUBJECT + "!!").replace(b"=?=", b"?=").replace(b"=?=", b"?="),
    "Windows-1258 that says so": b"=?windows-1258?B?" + base64.b64encode(in_cp1258(SUBJECT)) + b"?=",
    "Windows-1258 that says nothing": in_cp1258(SUBJECT),
}


@pytest.mark.parametrize("how", HEADERS)
def test_a_subject_is_read_however_it_was_written(how: str) -> None:
    assert header(HEADERS[how]).rstrip("!") == SUBJECT


def test_a_letter_cut_in_two_by_its_program_is_whole_again() -> None:
    content = SUBJECT.encode()
    halves = (content[:11], content[11:])
    words = b"\r\n ".join(b"=?utf-8?B?" + base64.b64encode(half) + b"?=" for half in halves)
    assert header(words) == SUBJECT


def test_old_vietnamese_in_a_header_is_told_by_its_syllables() -> None:
    words = "kế hoạch về đề tài hệ đảm bảo"
    assert header(in_tcvn3(words)) == words


@pytest.mark.parametrize(
    "written",
    [
        b"=?utf-8?B?####?= con lai",
        b"=?utf-8?Q?=ZZ=4?= con lai",
        b"=?utf-8?B?con lai",
        b"=?=?=?= con lai",
        b"\xff\xfe con lai",
    ],
)
def test_a_broken_word_does_no_harm_to_the_rest(written: bytes) -> None:
    assert "con lai" in header(written)


def test_words_beside_plain_text_keep_their_blanks_and_neighbours_lose_them() -> None:
    assert readable("Re: =?utf-8?q?m=E1=BB=99t?= hai") == "Re: một hai"
    assert readable("=?utf-8?q?m=E1=BB=99?= =?utf-8?q?t?=") == "một"
    assert readable("a=?utf-8?q?b?=c") == "abc"


def test_marks_that_turn_or_hide_text_are_taken_out() -> None:
    assert header("giay \u202efdp.exe\u202c \x07\u200bxong\x00".encode()) == "giay fdp.exe xong"


SENDERS = {
    "Văn thư <vanthu@x.example>": ("vanthu@x.example", "Văn thư"),
    "vanthu@x.example": ("vanthu@x.example", ""),
    '"Nguyễn, Văn A" <a@x.example>, b@x.example': ("a@x.example", "Nguyễn, Văn A"),
    "=?utf-8?q?V=C4=83n_th=C6=B0?= <a@x.example>": ("a@x.example", "Văn thư"),
    "khong phai dia chi": ("khong phai dia chi", ""),
    "(((((": ("(((((", ""),
    "": ("", ""),
}


@pytest.mark.parametrize("written", SENDERS)
def test_the_sender_is_an_address_and_a_name(written: str) -> None:
    said = said_by(f"Subject: x\r\nFrom: {written}\r\n\r\n".encode())
    assert (said.sender, said.sender_name) == SENDERS[written]


DATES = {
    "Mon, 23 Nov 2026 08:30:00 +0700": datetime(2026, 11, 23, 1, 30, tzinfo=UTC),
    "23 Nov 2026 08:30 -0000": datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
    "Mon, 99 Nov 2026 08:30:00 +0700": None,
    "Fri, 31 Dec 9999 23:00:00 -1400": None,
    "hôm qua": None,
}


@pytest.mark.parametrize("written", DATES)
def test_a_date_is_a_moment_or_nothing(written: str) -> None:
    assert said_by(f"From: a@b.example\r\nDate: {written}\r\n\r\n".encode()).sent_at == DATES[written]


NAMES = {
    'filename="giay moi.pdf"': "giay moi.pdf",
    'filename="=?utf-8?q?quy=E1=BA=BFt_=C4=91=E1=BB=8Bnh?=.pdf"': "quyết định.pdf",
    "filename*=utf-8''quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh.pdf": "quyết định.pdf",
    "filename*0*=utf-8''quy%E1%BA%BF; filename*1*=t.pdf": "quyết.pdf",
    'filename="quyết định.pdf"': "quyết định.pdf",
    'filename="../../etc/passwd"': "passwd.pdf",
    'filename="C:\\\\thu\\\\moi.pdf"': "moi.pdf",
    'filename="\u202efdp.exe"': "fdp.exe",
    'filename=""': "attachment-1.pdf",
    'filename="khong duoi"': "khong duoi.pdf",
}


@pytest.mark.parametrize("parameter", NAMES)
def test_a_files_name_is_readable_and_safe(parameter: str) -> None:
    content = raw(f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameter}\n\n%PDF\n")
    assert list(files_of(content)) == [NAMES[parameter]]


def multipart(*parts: str, kind: str = "mixed") -> bytes:
    return raw(
        f"Content-Type: multipart/{kind}; boundary=b\n", *(f"--b\n{part}" for part in parts), "--b--\n"
    )


def test_every_part_that_is_no_letter_is_a_file_byte_for_byte() -> None:
    assert files_of(mail(REPORT, SCAN)) == {REPORT[0]: REPORT[1], SCAN[0]: SCAN[1]}


LOGO = "Content-Type: image/png\nContent-ID: <Logo@x>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"


def test_a_logo_in_the_letter_is_no_file_and_a_scan_in_it_is() -> None:
    page = 'Content-Type: text/html\n\n<img src="cid:logo@x"> <img src="cid:scan@x">\n'
    scan = "Content-Type: image/png\nContent-ID: <scan@x>\n\n" + "x" * 60_000 + "\n"
    assert list(files_of(multipart(page, LOGO, scan, kind="related"))) == ["attachment-1.png"]
    attached = LOGO.replace("Content-ID", "Content-Disposition: attachment\nContent-ID")
    assert len(files_of(multipart(page, attached))) == 1, "whoever attaches a picture means it"
    assert len(files_of(multipart("Content-Type: text/html\n\nkhong co hinh\n", LOGO))) == 1


def test_mails_calendars_and_winmail_are_kept_as_files() -> None:
    inner = (
        "From: c@d.example\nSubject: trong\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nhai\n--z--"
    )
    content = multipart(
        "\nKinh gui\n",
        f"Content-Type: message/rfc822\n\n{inner}\n",
        "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n",
        "Content-Type: application/ms-tnef\n\nx\n",
        'Content-Type: text/plain; name="ghi chu.txt"\n\nchu\n',
    )
    found = files_of(content)
    assert list(found) == ["attachment-1.eml", "attachment-2.ics", "winmail.dat", "ghi chu.txt"]
    assert found["attachment-1.eml"] == inner.replace("\n", "\r\n").encode() + b"\r\n", "to the byte"


def test_a_mails_own_signature_is_no_file_and_an_attached_one_is() -> None:
    signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nx\n"
    assert files_of(multipart("\nKinh gui\n", signature, kind="signed")) == {}
    assert list(files_of(multipart("\nKinh gui\n", signature))) == ["smime.p7s"]


STRUCTURES: dict[str, tuple[bytes, list[str]]] = {
    "no closing boundary": (
        multipart("\na\n", "Content-Type: application/pdf\n\nx\n")[:-7],
        ["attachment-1.pdf"],
    ),
    "a boundary that never comes": (raw("Content-Type: multipart/mixed; boundary=b\n\nchi co chu\n"), []),
    "no boundary named": (raw("Content-Type: multipart/mixed\n\nchi co chu\n"), []),
    "words before and after": (
        multipart("\na\n", "Content-Type: application/pdf\n\nx\n").replace(
            b"--b\r\n", b"loi tua\r\n--b\r\n", 1
        ),
        ["attachment-1.pdf"],
    ),
    "one boundary begins another": (
        raw(
            "Content-Type: multipart/mixed; boundary=b\n",
            "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: application/pdf\n\nx\n--bb--",
            "--b--\n",
        ),
        ["attachment-1.pdf"],
    ),
    "lines that end in LF alone": (
        multipart("\na\n", "Content-Type: application/pdf\n\nx\n").replace(b"\r", b""),
        ["attachment-1.pdf"],
    ),
    "a mailbox line in front": (b"From a@b.example Mon\n" + mail(REPORT), ["bao-cao.txt"]),
    "no empty line after the headers": (
        raw("Content-Type: application/pdf", "khong phai dau thu").replace(b"\r\n\r\n", b"\r\n"),
        ["attachment-1.pdf"],
    ),
    "an unknown type": (raw("Content-Type: thu/la\n\nx\n"), ["attachment-1"]),
    "a type that is none": (raw("Content-Type: ;;;\n\nx\n"), []),
    "an empty attachment": (multipart("\na\n", "Content-Type: application/pdf\n\n"), []),
}


@pytest.mark.parametrize("how", STRUCTURES)
def test_a_structure_that_is_broken_gives_what_is_there(how: str) -> None:
    content, names = STRUCTURES[how]
    assert list(files_of(content)) == names


CODINGS: dict[str, tuple[str, bytes]] = {
    "base64 in one line": ("base64", base64.b64encode(SCAN[1])),
    "base64 with rubbish between": (
        "BASE64",
        b"!".join(base64.encodebytes(SCAN[1]).splitlines(keepends=True)),
    ),
    "base64 whose lines end each for itself": (
        "base64",
        b"\r\n".join(base64.b64encode(SCAN[1][at : at + 10]) for at in range(0, len(SCAN[1]), 10)),
    ),
    "quoted-printable": ("quoted-printable", b"".join(b"=%02X" % byte for byte in SCAN[1])),
    "8bit": ("8bit", SCAN[1]),
    "an unknown one": ("x-thing", SCAN[1]),
}


@pytest.mark.parametrize("how", CODINGS)
def test_a_content_is_decoded_as_far_as_it_can_be(how: str) -> None:
    encoding, written = CODINGS[how]
    content = raw(f"Content-Type: application/pdf\nContent-Transfer-Encoding: {encoding}\n\n") + written
    assert files_of(content) == {"attachment-1.pdf": SCAN[1]}


def test_uuencode_of_old_is_decoded() -> None:
    lines = b"".join(binascii.b2a_uu(SCAN[1][at : at + 45]) for at in range(0, len(SCAN[1]), 45))
    content = raw("Content-Type: application/pdf\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n")
    assert files_of(content + lines + b"`\nend\n") == {"attachment-1.pdf": SCAN[1]}


def test_the_words_of_a_page_are_its_note() -> None:
    page = "<html><head><title>t</title></head><style>p{}</style><p>Kính&nbsp;gửi</p><script>x()</script><br>A &lt; B"
    assert words_of(page).split() == ["Kính", "gửi", "A", "<", "B"]


HEAD = "From: a@b.example\nSubject: x"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "deep": lambda: raw(
        "Content-Type: multipart/mixed; boundary=b0\n",
        *(f"--b{one}\nContent-Type: multipart/mixed; boundary=b{one + 1}\n" for one in range(3000)),
    ),
    "itself inside": lambda: (
        raw("Content-Type: multipart/mixed; boundary=b\n")
        + b"\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n" * 20_000
    ),
    "parts without end": lambda: (
        raw("Content-Type: multipart/mixed; boundary=b\n") + b"\r\n--b\r\n\r\nx" * 300_000
    ),
    "false boundaries": lambda: raw("Content-Type: multipart/mixed; boundary=b\n") + b"--bx" * 2_000_000,
    "semicolons": lambda: multipart(*(["Content-Type: text/plain" + ';"' * 5000 + "\n\nx"] * 100)),
    "addresses": lambda: raw("\n", headers="Subject: x\nFrom: " + "a," * 400_000),
    "brackets": lambda: raw("\n", headers="Subject: x\nFrom: " + "(" * 400_000),
    "words": lambda: raw("\n", headers="From: a@b.example\nSubject: " + "=?a?q?" * 150_000),
    "a header of 5 MB": lambda: raw("\n", headers="From: a@b.example\nX: " + "x" * 5_000_000),
    "headers": lambda: raw("\n", headers=HEAD + "\nList-X: y" * 80_000),
    "continued names": lambda: raw(
        "Content-Type: application/pdf; " + "; ".join(f"name*{one}=a" for one in range(900)) + "\n\nx"
    ),
    "open tags": lambda: raw("Content-Type: text/html\n\n" + "<a " * 600_000),
    "open comments": lambda: raw("Content-Type: text/html\n\n" + "<!--" * 600_000),
    "open scripts": lambda: raw("Content-Type: text/html\n\n" + "<script>" * 300_000),
    "pictures": lambda: raw("Content-Type: text/html\n\n" + "cid:" * 600_000),
    "padding": lambda: raw(
        "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + "A=" * 2_000_000
    ),
    "equal signs": lambda: raw(
        "Content-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\n" + "=" * 4_000_000
    ),
    "marks": lambda: raw("\n", headers="From: a@b.example\nSubject: a" + "\u0301" * 100_000),
    "old letters": lambda: raw("Content-Type: text/plain\n\n") + "Quyt ðnh ".encode("cp1252") * 200_000,
    "nul": lambda: raw("\n") + b"\0" * 2_000_000,
}


@pytest.mark.parametrize("how", HOSTILE)
def test_no_mail_costs_more_than_its_size_allows(how: str) -> None:
    content = HOSTILE[how]()
    began = time.perf_counter()
    said = said_by(content)
    assert time.perf_counter() - began < SECONDS
    assert said.fault in {None, *MailFault}
    assert len(said.subject) <= 1000
    assert len(said.note) <= 5000


@given(st.binary(max_size=2000))
def test_any_bytes_at_all_are_a_mail_or_a_fault(content: bytes) -> None:
    said = said_by(content)
    assert said.fault in {None, *MailFault}
    for part in said.files:
        assert 0 <= part.start <= part.end <= len(content)
        b"".join(content_of(content, part.start, part.end, part.encoding))
    for text in (
        said.subject,
        said.sender,
        said.sender_name,
        said.note,
        *(part.filename for part in said.files),
    ):
        assert "\0" not in text
        text.encode()


@given(
    st.binary(max_size=300),
    st.sampled_from(["utf-8", "tcvn3", "vni", "windows-1258", "utf-7", "idna", "zlib", ""]),
)
def test_any_bytes_are_some_text(content: bytes, charset: str) -> None:
    decoded(content, charset).encode("utf-8", "surrogatepass")


async def read(content: bytes, fault: MailFault | None = None) -> MailSaid:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return await reader.read(CHILDREN, file, fault)


async def test_the_child_says_what_the_reader_says() -> None:
    content = mail(REPORT, SCAN)
    assert await read(content) == said_by(content)
    headers = await read(content, MailFault.TOO_LARGE)
    assert (headers.subject, headers.files, headers.fault) == (
        said_by(content).subject,
        [],
        MailFault.TOO_LARGE,
    )


async def test_a_large_mail_is_read_in_little_memory_and_given_in_pieces() -> None:
    content = mail(("lon.pdf", os.urandom(20_000_000), "application/pdf"))
    with tempfile.TemporaryFile() as file:
        file.write(content)
        said = await reader.read(CHILDREN, file)
        pieces = [len(piece) async for piece in reader.pieces_of(file, said.files[0])]
    assert sum(pieces) == 20_000_000
    assert max(pieces) <= 1024 * 1024
