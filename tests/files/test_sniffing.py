"""What a file is, from its first bytes."""

import io
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.files.sniffing import HEAD_BYTES, INLINE_SAFE, UNKNOWN, sniff

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100


def packed(*entries: tuple[str, str], stored: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


class _OneWay(io.RawIOBase):
    """A file that cannot be rewound, so that lengths are written behind the entries."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        assert isinstance(data, bytes | bytearray | memoryview)
        piece = bytes(data)
        self.content += piece
        return len(piece)


def streamed(*names: str) -> bytes:
    target = _OneWay()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<xml/>")
    return target.content


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.vn", "b@example.vn", "Công văn"
    message.set_content("Kính gửi")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\xef\xbb\xbf  %PDF-1.4\n", "application/pdf"),
        (b"\x00\x01junk%PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\x01\0", "image/gif"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"{\\rtf1\\ansi", "application/rtf"),
        (packed(("[Content_Types].xml", "x"), ("_rels/.rels", "x"), ("word/document.xml", "x")), DOCX),
        (packed(("_rels/.rels", "x"), ("xl/workbook.xml", "x")), XLSX),
        (streamed("[Content_Types].xml", "ppt/presentation.xml"), PPTX),
        (packed(("mimetype", ODT), ("content.xml", "x"), stored=True), ODT),
        (packed(("word/notes.txt", "not an office file")), "application/zip"),
        (packed(("a.txt", "a")), "application/zip"),
        ("Kính gửi: Ủy ban nhân dân".encode(), "text/plain"),
        ("Kính gửi".encode("utf-8-sig"), "text/plain"),
        ("Kính gửi".encode("utf-16"), "text/plain"),
        (b"\xfe\xff" + "Kính gửi".encode("utf-16-be"), "text/plain"),
        (b"a < b\nc > d", "text/plain"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"\n  <html lang=vi>", "text/html"),
        (b"<script>alert(1)</script>", "text/html"),
        (b"<!-- hi --><body onload=x>", "text/html"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "text/html"),
        ("<html>".encode("utf-16"), "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- drawn --><svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><edXML/>", "application/xml"),
        (b"", UNKNOWN),
        (b"\0\0\0\0", UNKNOWN),
        (b"MZ\x90\0\x03", UNKNOWN),
        (b"text with a \0 in it", UNKNOWN),
        ("Kính gửi".encode("cp1258", errors="replace") + b"\xff", UNKNOWN),
        (OLE, "application/x-ole-storage"),
    ],
)
def test_bytes_tell_the_type_whatever_the_name_claims(head: bytes, media_type: str) -> None:
    assert sniff(head, "claims.bin", "application/x-claimed") == media_type


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.txt", "a.pdf", "a"])
@pytest.mark.parametrize(
    "head",
    [
        b"<svg onload='alert(1)'>",
        b"\n\t <svg>",
        b"\xef\xbb\xbf<svg>",
        b"<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'><svg>",
        b"<!-- " + b"x" * 2000 + b" --><SVG>",
        "<svg>".encode("utf-16"),
        b"<?xml version='1.0'?><x:svg xmlns:x='http://www.w3.org/2000/svg'>",
        b"<svg" + b" " * 9000,
        b"\x1f\x8b\x08 a packed svg",
        "<svg>".encode("utf-16-le"),
        b"GIF<svg>",
        b"<!-- " + b"x" * 9000 + b" --><svg>",
    ],
)
def test_a_drawing_that_could_run_something_is_never_taken_for_a_picture(head: bytes, name: str) -> None:
    media_type = sniff(head, name, "image/png")
    assert not media_type.startswith("image/") or media_type == "image/svg+xml"
    assert media_type not in INLINE_SAFE or media_type == "text/plain", (
        "as text it is shown as letters, never run"
    )


def test_html_named_as_a_pdf_is_html() -> None:
    assert sniff(b"<html><script>", "directive.pdf", "application/pdf") == "text/html"


def test_an_office_file_whose_folders_come_late_is_known_by_its_name() -> None:
    head = packed(("[Content_Types].xml", "x"), ("docProps/thumbnail.jpeg", "x"))
    assert sniff(head, "Công văn.DOCX", None) == DOCX
    assert sniff(head, "cong-van", f"{XLSX}; charset=binary") == XLSX
    assert sniff(head, "cong-van", "text/html") == "application/zip"


def test_a_file_of_old_office_is_known_by_its_name() -> None:
    assert sniff(OLE, "Công văn.doc", None) == "application/msword"
    assert sniff(OLE, "x", "application/vnd.ms-excel") == "application/vnd.ms-excel"


def test_a_mail_is_known_by_its_headers() -> None:
    assert sniff(mail(), "thu.eml", None) == "message/rfc822"
    assert sniff(mail().replace(b"\n", b"\r\n"), "x", None) == "message/rfc822"
    memo = "From: phòng A\nTo: phòng B\n\nKính gửi".encode()
    assert sniff(memo, "memo.txt", "text/plain") == "text/plain"
    assert sniff(memo, "memo.eml", None) == "message/rfc822"


def test_a_letter_cut_by_the_end_of_the_head_does_not_matter() -> None:
    text = ("ệ" * HEAD_BYTES).encode()
    for shift in range(3):
        assert sniff(b"x" * shift + text, "a.txt", None) == "text/plain"


def test_a_letter_cut_at_the_end_of_the_file_is_not_text() -> None:
    assert sniff("ệ".encode()[:2], "a.txt", None) == UNKNOWN


@given(st.binary(max_size=200), st.text(max_size=20), st.none() | st.text(max_size=20))
def test_any_file_has_some_type(head: bytes, filename: str, declared: str | None) -> None:
    assert "/" in sniff(head, filename, declared)


@given(st.binary(max_size=100))
def test_any_archive_has_some_type(tail: bytes) -> None:
    assert "/" in sniff(b"PK\x03\x04" + tail, "a.docx", None)


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/xml", UNKNOWN, "message/rfc822"]
)
def test_what_a_browser_could_run_is_never_shown_inline(media_type: str) -> None:
    assert media_type not in INLINE_SAFE
