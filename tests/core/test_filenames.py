"""Names of files as people and programs send them."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.core.filenames import (
    NAME_BYTES,
    UNNAMED,
    ascii_filename,
    extension_of,
    filename_from_wire,
    safe_filename,
)

VIETNAMESE = "".join(
    unicodedata.normalize("NFC", letter + tone)
    for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯYđĐ"
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    if letter not in "đĐ" or not tone
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Quyết định 711-QĐ-TU.pdf", "Quyết định 711-QĐ-TU.pdf"),
        (unicodedata.normalize("NFD", "Quyết định.pdf"), "Quyết định.pdf"),
        ("..\\..\\a.pdf", "a.pdf"),
        ("../../a.pdf", "a.pdf"),
        ("/etc/passwd", "passwd"),
        ("C:\\fakepath\\a.pdf", "a.pdf"),
        ("folder/", UNNAMED),
        ("", UNNAMED),
        (".", UNNAMED),
        ("..", UNNAMED),
        (" . . ", UNNAMED),
        ("  a.pdf  ", "a.pdf"),
        ("a.pdf. .", "a.pdf"),
        ("a\r\nb\0c\x1b.pdf", "abc.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066a\u2069\u200b\ufeff.pdf", "a.pdf"),
        ("a\ud800b.pdf", "ab.pdf"),
        (".htaccess", ".htaccess"),
        ("\u200f\u202eQuyết\u200d định\u2069.pdf", "Quyết định.pdf"),
        ("a\x85b\u2028c\u2029.pdf", "abc.pdf"),
        ("a\U000e0041b\ufff9.pdf", "ab.pdf"),
        ("\\\\server\\share\\Công văn.docx", "Công văn.docx"),
        ("..%2f..%2fa.pdf", "..%2f..%2fa.pdf"),
        ("C:a.pdf", "C:a.pdf"),
    ],
)
def test_a_name_is_made_safe(raw: str, name: str) -> None:
    assert safe_filename(raw) == name


def test_a_long_vietnamese_name_is_cut_between_letters_and_keeps_its_extension() -> None:
    name = safe_filename("ệ" * 300 + ".docx")
    assert name == "ệ" * 83 + ".docx"
    assert len(name.encode()) <= NAME_BYTES


def test_three_hundred_vietnamese_letters_are_cut_whole_in_either_spelling() -> None:
    name = "Quyết định về việc " * 16 + ".pdf"
    for spelled in (name, unicodedata.normalize("NFD", name)):
        kept = safe_filename(spelled)
        assert kept.endswith(".pdf")
        assert 240 <= len(kept.encode()) <= NAME_BYTES
        assert name.startswith(kept.removesuffix(".pdf"))


def test_a_long_sentence_is_no_extension() -> None:
    name = safe_filename("V.v " + "x" * 300)
    assert name == "V.v " + "x" * 251


@given(names)
def test_a_safe_name_stays_as_it_is_and_is_safe(raw: str) -> None:
    name = safe_filename(raw)
    assert safe_filename(name) == name
    assert 0 < len(name.encode()) <= NAME_BYTES
    assert not set(name) & set("/\\\0\r\n")
    assert name not in {".", ".."}
    assert unicodedata.is_normalized("NFC", name)


@given(st.text(VIETNAMESE + string.ascii_letters + string.digits + " .,-_()", max_size=60))
def test_a_vietnamese_name_on_the_wire_is_read_as_meant(name: str) -> None:
    assert filename_from_wire(name.encode()) == name
    assert filename_from_wire(name.encode().decode("latin-1").encode()) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Quyết định".encode(), "Quyết định"),
        ("Quyết định".encode().decode("latin-1").encode(), "Quyết định"),
        ("Quyáº¿t.pdf".encode(), "Quyết.pdf"),
        ("“Đơn”.pdf".encode(), "“Đơn”.pdf"),
        (b"r\xe9sum\xe9.pdf", "résumé.pdf"),
        ("résumé.pdf".encode(), "résumé.pdf"),
        (b"\x96.pdf", "–.pdf"),
        (b"\x81\xff", "\x81ÿ"),
    ],
)
def test_other_encodings_on_the_wire_are_recognised(raw: bytes, name: str) -> None:
    assert filename_from_wire(raw) == name


@given(st.binary(max_size=100))
def test_any_bytes_make_a_name(raw: bytes) -> None:
    assert safe_filename(filename_from_wire(raw))


@given(names)
def test_an_ascii_name_can_stand_in_quotes(name: str) -> None:
    plain = ascii_filename(name)
    assert plain.isascii()
    assert plain.isprintable()
    assert not set(plain) & set('"\\%')


def test_accents_are_dropped_for_old_clients() -> None:
    assert ascii_filename("Đề nghị “gấp” 100%.pdf") == "De nghi _gap_ 100_.pdf"


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a", ""), (".bashrc", ""), ("a.b c", "b c"), ("a." + "x" * 30, "")],
)
def test_the_extension_is_what_follows_the_last_dot(name: str, extension: str) -> None:
    assert extension_of(name) == extension
