"""Bad files: each is kept as it came, says clearly why it was not read, and can be downloaded unchanged."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from docflow.core.db import Sessions
from docflow.core.messages import Language, text_of
from docflow.files.extract_terms import ExtractionReason, Mark
from docflow.files.service import find_orphans, verify
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register
from tests.files.office import png_that_swells, xlsx_with
from tests.files.papers import docx_with, paragraph, pdf_of, pdf_that_swells, pdf_with, zip_of

Work = Callable[[], Awaitable[None]]
LOCKED = (Path(__file__).parent / "fixtures" / "locked.pdf").read_bytes()
ENTITIES = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    packed = io.BytesIO(content)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return packed.getvalue()


def pdf_of_pages(count: int) -> bytes:
    """A PDF of so many pages that all have the same contents."""
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</Font<</T 3 0 R>>>>/Contents 4 0 R>>"
    said = b"BT /T 9 Tf 9 9 Td (a page) Tj ET"
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(said), said),
            *[page] * count,
        ]
    )


def pdf_that_acts(action: bytes) -> bytes:
    return pdf_with("Chi thi").replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<<" + action + b">>")


BOMB = "<w:p/>" * 8_000_000
CASES: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "a ZIP that is called a PDF": (
        zip_of({"a.txt": "a"}),
        "a.pdf",
        {"media_type": "application/zip", "text": "unsupported"},
    ),
    "a PDF behind a password": (
        LOCKED,
        "a.pdf",
        {"text": "failed", "text_reason": "password_protected", "marks": ["password_protected"]},
    ),
    "a PDF of 10,000 pages": (
        pdf_of_pages(10_000),
        "a.pdf",
        {"text": "cut", "text_reason": "too_many_pages"},
    ),
    "a DOCX that swells": (docx_with(BOMB), "a.docx", {"text": "failed", "text_reason": "expands_too_far"}),
    "a workbook that swells": (
        xlsx_with({"A": " " * 20_000_000}),
        "a.xlsx",
        {"text": "cut", "text_reason": "expands_too_far"},
    ),
    "a PNG that swells": (
        png_that_swells(60_000),
        "a.png",
        {"text": "failed", "text_reason": "expands_too_far"},
    ),
    "an archive in an archive": (
        zip_of({"a.zip": zip_of({"b.zip": zip_of({"c": "d"})})}),
        "a.zip",
        {"text": "unsupported", "marks": ["nested_archive"]},
    ),
    "a DOCX with external entities": (
        docx_with(paragraph("&file;"), ENTITIES),
        "a.docx",
        {"text": "failed", "text_reason": "forbidden_markup"},
    ),
    "a DOCX with macros": (
        with_part(docx_with(paragraph("Chỉ thị")), "word/vbaProject.bin", b"\xd0\xcf\x11\xe0 VBA"),
        "a.docm",
        {"text": "extracted", "marks": ["macros"]},
    ),
    "a PDF with a script": (
        pdf_that_acts(b"/S/JavaScript/JS(app.alert(1))"),
        "a.pdf",
        {"text": "extracted", "marks": ["script"]},
    ),
    "a PDF that starts a program, its name disguised": (
        pdf_that_acts(b"/S /L#61unch/F(cmd.exe)"),
        "a.pdf",
        {"text": "extracted", "marks": ["script"]},
    ),
    "a PDF that opens at a page": (
        pdf_that_acts(b"/S/GoTo/D[4 0 R/Fit]"),
        "a.pdf",
        {"text": "extracted", "marks": []},
    ),
    "HTML with a script": (
        b"<!doctype html><script>alert(1)</script><p>Chi thi",
        "a.html",
        {"media_type": "text/html", "text": "extracted", "marks": ["script"]},
    ),
    "an SVG with a script": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a.svg",
        {"media_type": "image/svg+xml", "text": "unsupported"},
    ),
    "an SVG that is called a picture": (
        b'<?xml version="1.0"?><!-- x --><svg onload="alert(1)"/>',
        "a.png",
        {"media_type": "image/svg+xml", "text": "unsupported"},
    ),
    "an SVG that is called a text": (
        b'\xef\xbb\xbf\n<svg onload="alert(1)"/>',
        "a.txt",
        {"media_type": "image/svg+xml", "text": "unsupported"},
    ),
}
NEVER_SHOWN = ("image/svg+xml", "text/html", "application/zip")


@pytest.mark.parametrize("name", CASES)
async def test_a_bad_file_is_kept_marked_and_given_back(
    name: str, sign_in: SignIn, sessions: Sessions, store: ObjectStore, work: Work
) -> None:
    content, filename, said = CASES[name]
    clerk = await sign_in("anpth")
    document = await register(clerk, paper(content, filename, "application/pdf"))
    await work()
    here = f"{DOCUMENTS}/{document['id']}"
    (file,) = (await clerk.get(here)).json()["files"]
    expected = {"text_reason": None, **said} if said["text"] in {"extracted", "unsupported"} else said
    assert {field: file[field] for field in expected} == expected
    for inline in (False, True):
        answer = await clerk.get(f"{here}/files/{file['id']}/content", params={"inline": inline})
        assert answer.content == content
        assert answer.headers["x-content-type-options"] == "nosniff"
        if file["media_type"] in NEVER_SHOWN:
            assert answer.headers["content-disposition"].startswith("attachment")
    assert [finding.fault async for finding in verify(sessions, store)] == [None]
    assert await left_over(sessions, store) == []


async def left_over(sessions: Sessions, store: ObjectStore) -> list[Any]:
    """Jobs that were not done; objects of this database's files that the sweep would take."""
    async with sessions() as session:
        jobs = list(await session.scalars(text("SELECT task_name FROM procrastinate_jobs")))
        keys = set(
            await session.scalars(
                text("SELECT object_key FROM file UNION SELECT object_key FROM file_preview")
            )
        )
    return [
        *jobs,
        *[key async for key in find_orphans(sessions, store, timedelta(minutes=-1)) if key in keys],
    ]


async def test_a_pdf_stream_that_swells_fails_alone(sign_in: SignIn, work: Work) -> None:
    content = pdf_that_swells(300)
    clerk = await sign_in("anpth")
    document = await register(clerk, paper(content, "a.pdf"))
    await work()
    here = f"{DOCUMENTS}/{document['id']}"
    (file,) = (await clerk.get(here)).json()["files"]
    assert (file["text"], file["text_reason"]) in {
        ("failed", "memory"),
        ("failed", "timeout"),
        ("failed", "broken"),
        ("empty", None),
    }
    assert (await clerk.get(f"{here}/files/{file['id']}/content")).content == content


@pytest.mark.parametrize("language", list(Language))
def test_every_reason_and_mark_has_a_text(language: Language) -> None:
    for reason in ExtractionReason:
        assert text_of(f"text_reason_{reason}", language) != f"text_reason_{reason}"
    for mark in Mark:
        assert text_of(f"file_mark_{mark}", language) != f"file_mark_{mark}"
