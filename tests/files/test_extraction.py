"""Text of files, honest and hostile, through the real child process."""

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from docflow.files.extraction import (
    Extraction,
    ExtractionLimits,
    ExtractionReason,
    ExtractionStatus,
    Mark,
    extract,
    is_readable,
)
from tests.files import papers
from tests.files.papers import docx_with, failed, paragraph, pdf_with, text_of

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = "text/plain"
FIXTURES = Path(__file__).parent / "fixtures"


# PDF


async def test_the_pages_of_a_pdf_follow_each_other_as_lines() -> None:
    read = await text_of(pdf_with("Page one\nSecond line", "Page two"), PDF)
    assert read == Extraction(ExtractionStatus.EXTRACTED, "Page one\nSecond line\fPage two", None, 2)


async def test_a_file_on_disk_is_read_like_a_stream_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf_with("On disk"))
    assert (await extract(path, "Application/PDF; version=1.7")).text == "On disk"
    assert path.read_bytes() == pdf_with("On disk")


async def test_a_symbol_broken_at_the_end_of_a_line_is_whole_again() -> None:
    read = await text_of(pdf_with("see report 45/BC-\nSNV and plan 711-\nNQ/TW\nNo. 4651/\nKH-UBND"), PDF)
    assert "45/BC-SNV" in read.text
    assert "711-NQ/TW" in read.text
    assert "4651/KH-UBND" in read.text


async def test_a_pdf_without_a_text_layer_is_empty_and_its_pages_are_counted() -> None:
    assert await text_of(pdf_with("", "", ""), PDF) == Extraction(ExtractionStatus.EMPTY, "", None, 3)


async def test_pages_beyond_the_limit_are_cut_and_said_to_be() -> None:
    read = await text_of(pdf_with(*[f"Page {number}" for number in range(1, 8)]), PDF, pages=3)
    assert read == Extraction(ExtractionStatus.CUT, "Page 1\fPage 2\fPage 3", ExtractionReason.TOO_MANY_PAGES)


async def test_a_pdf_that_needs_a_password_is_told_from_a_broken_one() -> None:
    assert await extract(FIXTURES / "locked.pdf", PDF) == failed(
        ExtractionReason.PASSWORD_PROTECTED, Mark.PASSWORD_PROTECTED
    )


async def test_a_pdf_that_only_forbids_printing_is_read() -> None:
    assert (await extract(FIXTURES / "not-to-be-printed.pdf", PDF)).text == "Everybody may read this"


async def test_a_zip_called_pdf_is_of_the_wrong_type() -> None:
    assert await text_of(docx_with(paragraph("A letter")), PDF) == failed(ExtractionReason.WRONG_TYPE)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + bytes(range(256)) * 40,
        pdf_with("A letter")[:300],
        papers.pdf_of([b"<</Type/Catalog/Pages 9 0 R>>"]),
        papers.pdf_of([b"[" * 50_000]),
    ],
)
async def test_a_damaged_pdf_is_broken_and_raises_nothing(content: bytes) -> None:
    read = await text_of(content, PDF)
    assert (read.status, read.text) == (ExtractionStatus.FAILED, "")
    assert read.reason in {ExtractionReason.BROKEN, ExtractionReason.CRASHED}


async def test_a_pdf_that_claims_two_billion_pages_gives_the_one_it_has() -> None:
    read = await text_of(pdf_with("The only page", claimed_pages=2_000_000_000), PDF)
    assert read.text == "The only page"


async def test_a_pdf_of_nested_forms_is_stopped_by_the_limits() -> None:
    began = time.monotonic()
    read = await text_of(papers.pdf_that_laughs(10), PDF, cpu_seconds=1, wall_seconds=10)
    assert read == failed(ExtractionReason.TIMEOUT)
    assert time.monotonic() - began < 12


async def test_a_pdf_that_swells_beyond_the_memory_fails_alone() -> None:
    read = await text_of(papers.pdf_that_swells(400), PDF, memory_bytes=200 * 1024 * 1024)
    assert read == failed(ExtractionReason.MEMORY)


async def test_the_text_of_ten_pages_is_there_within_a_second() -> None:
    page = "\n".join(
        f"Line {number} of a page with some sixty letters of plain text on it" for number in range(50)
    )
    began = time.monotonic()
    read = await text_of(pdf_with(*[page] * 10), PDF)
    assert read.pages == 10
    assert read.text.count("Line 49 of a page") == 10
    assert time.monotonic() - began < 1


# Plain text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1258"])
async def test_vietnamese_is_read_in_the_encodings_of_its_time(encoding: str) -> None:
    words = "Đề nghị xử lý hồ sơ trễ hạn"
    written = _for_windows_1258(words) if encoding == "cp1258" else words
    assert (await text_of(written.encode(encoding), PLAIN)).text == words


def _for_windows_1258(text: str) -> str:
    """Windows-1258 writes the five tones as marks of their own, the letters with their shapes whole."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    letters = []
    for letter in text:
        marks = [mark for mark in unicodedata.normalize("NFD", letter) if mark in tones]
        bare = "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark not in tones)
        letters.append(unicodedata.normalize("NFC", bare) + "".join(marks))
    return "".join(letters)


async def test_bytes_of_no_vietnamese_encoding_are_read_as_latin() -> None:
    assert (await text_of(b"caf\xe9 \x9d r\xe9sum\xe9", PLAIN)).text == "café  résumé"


async def test_nul_and_control_characters_vanish_and_text_is_composed() -> None:
    written = (
        "\x00quye\u0302\u0301t\x07 \u0111i\u0323nh\x1b\r\nso\u0302\u0301\x0c711\u00adQ\u0110\u00a0TU\ufeff"
    )
    read = await text_of(written.encode(), PLAIN)
    assert read.text == "quyết định\nsố\n711QĐ TU"


async def test_bytes_that_are_no_text_are_of_the_wrong_type() -> None:
    assert await text_of(bytes(range(256)) * 100, PLAIN) == failed(ExtractionReason.WRONG_TYPE)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("ạ".encode() * 100_000, PLAIN),
        (docx_with(paragraph("ạ" * 1000) * 100), DOCX),
        (pdf_with(*["a" * 100] * 100), PDF),
    ],
)
async def test_long_text_is_cut_at_a_whole_character_and_said_to_be(content: bytes, media_type: str) -> None:
    read = await text_of(content, media_type, text_bytes=5_000)
    assert (read.status, read.reason) == (ExtractionStatus.CUT, ExtractionReason.TEXT_TOO_LONG)
    assert 4_990 <= len(read.text.encode()) <= 5_000
    assert "\ufffd" not in read.text


# Any type


@pytest.mark.parametrize("media_type", [PDF, DOCX, PLAIN])
async def test_an_empty_file_is_empty(media_type: str) -> None:
    assert await text_of(b"", media_type) == Extraction(ExtractionStatus.EMPTY)


async def test_a_type_without_a_reader_is_unsupported_and_its_bytes_are_not_asked_for() -> None:
    asked = False

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal asked
        asked = True
        yield b"PK"

    assert not is_readable("video/mp4")
    assert await extract(pieces(), "video/mp4") == Extraction(ExtractionStatus.UNSUPPORTED)
    assert not asked


async def test_a_file_over_the_limit_is_not_read_to_its_end() -> None:
    given = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 1000:
            given += 1
            yield b"x" * 1000

    read = await extract(pieces(), PLAIN, ExtractionLimits(input_bytes=10_000))
    assert read == failed(ExtractionReason.TOO_LARGE)
    assert given == 11


async def test_a_fault_of_the_store_is_not_taken_for_a_fault_of_the_file() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half of a file"
        raise ConnectionError("the store went away")

    with pytest.raises(ConnectionError, match="the store went away"):
        await extract(pieces(), PLAIN)


async def test_many_files_at_once_do_not_mix() -> None:
    read = await asyncio.gather(*[text_of(f"Số {number}".encode(), PLAIN) for number in range(12)])
    assert [one.text for one in read] == [f"Số {number}" for number in range(12)]
