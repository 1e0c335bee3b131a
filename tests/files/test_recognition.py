"""Text in scans and pictures: recognised when tesseract is there, said to be missing when it is not, read later."""

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.db import Sessions, transaction
from docflow.documents.jobs import read_left_out, read_text
from docflow.files import scans, service
from docflow.files.extract_terms import JPEG, PDF, PNG, TIFF, ExtractionLimits
from docflow.files.extraction import on_disk
from docflow.files.models import File, TextOrigin, TextStatus
from docflow.files.pages import pages_of
from docflow.files.pictures import pdf_page
from docflow.files.readers.source import Source
from docflow.files.recognition import Recognised, find_recogniser, recognise_page
from docflow.files.service import FileStore, Received
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register
from tests.files.office import picture, png_that_swells, scanned_pdf
from tests.files.papers import CHILDREN, in_pieces, pdf_with

ActorOf = Callable[[str], Awaitable[Actor]]
Add = Callable[..., Awaitable[File]]
Work = Callable[[], Awaitable[None]]
FIXTURES = Path(__file__).parent / "fixtures"
NEEDED = ("tesseract", "/usr/share/tesseract-ocr/*/tessdata/vie.traineddata")
needs_tesseract = pytest.mark.debian(*NEEDED)


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A directive of one page that was scanned."""
    return (FIXTURES / "scan.pdf").read_bytes()


@pytest.fixture(scope="module")
def sheet(scan: bytes) -> Image.Image:
    """Its picture."""
    return pdf_page(Source.of_bytes(scan), 1, width=1600, grey=True)


@pytest.fixture
async def add(sessions: Sessions, store: ObjectStore, actor_of: ActorOf) -> Add:
    actor = await actor_of("anpth")

    async def add(content: bytes, media_type: str = PDF) -> File:
        async with store.write(f"2026/11/{uuid4()}", media_type) as writer:
            await writer.write(content)
            stored = await writer.finish()
        received = Received(stored.key, "a.pdf", media_type, stored.size, bytes.fromhex(stored.sha256))
        async with transaction(sessions) as session:
            return await service.add_file(session, actor, received)

    return add


async def recognised(content: bytes, media_type: str, page: int = 1) -> Recognised:
    recogniser = await find_recogniser("tesseract")
    assert recogniser is not None
    async with on_disk(in_pieces(content, 1 << 16), ExtractionLimits()) as file:
        return await recognise_page(CHILDREN, recogniser, file, media_type, page)


async def state_of(sessions: Sessions, file_id: UUID) -> tuple[File, str]:
    async with sessions() as session:
        return await session.get_one(File, file_id), await service.text_of(session, file_id)


async def read_whole(
    sessions: Sessions, files: FileStore, file_id: UUID, seconds: float = scans.STEP_SECONDS
) -> list[int]:
    """Read a file as the jobs would; the first pages of its steps."""
    steps: list[int] = []

    async def go_on(session: AsyncSession, page: int) -> None:
        steps.append(page)

    await service.read_text(sessions, files, file_id, go_on)
    while len(steps) > (done := len(steps) - 1) and steps[done:]:
        known = len(steps)
        await scans.read_scan(sessions, files, file_id, steps[-1], go_on, seconds=seconds)
        if len(steps) == known:
            break
    return steps


@needs_tesseract
async def test_a_scanned_directive_is_read_as_it_was_written(scan: bytes) -> None:
    read = await recognised(scan, PDF)
    words, written = read.text.split(), (FIXTURES / "scan.txt").read_text("utf-8").split()
    assert difflib.SequenceMatcher(None, words, written, autojunk=False).ratio() > 0.98
    for exact in ("711-QĐ/TU", "05/CT-UBND", "4651/KH-UBND", "45/BC-SNV", "Căn", "hoả", "uỷ"):
        assert any(exact in word for word in words), exact


@needs_tesseract
@pytest.mark.parametrize(("kind", "media_type"), [("PNG", PNG), ("JPEG", JPEG)])
async def test_a_picture_of_a_page_is_read(sheet: Image.Image, kind: str, media_type: str) -> None:
    assert "711-QĐ/TU" in (await recognised(picture(sheet, kind), media_type)).text


@needs_tesseract
async def test_an_english_page_is_read_by_the_english_model() -> None:
    lines = "The committee shall approve the schedule\nbefore the meeting of the provincial council\nPursuant to Decision 12 of 2026"
    read = await recognised(pdf_with(lines), PDF)
    assert "Pursuant to Decision 12 of 2026" in read.text


@needs_tesseract
async def test_a_scan_is_read_step_by_step_and_is_waiting_until_its_last_page(
    sessions: Sessions, file_store: FileStore, add: Add, sheet: Image.Image
) -> None:
    small = sheet.crop((0, 0, 1600, 500))
    content = picture(small, "TIFF", save_all=True, append_images=[small, small], compression="tiff_deflate")
    file = await add(content, TIFF)
    assert await read_whole(sessions, file_store, file.id, seconds=0) == [1, 2, 3]
    done, said = await state_of(sessions, file.id)
    assert (done.text_status, done.text_reason, done.text_origin) == (
        TextStatus.EXTRACTED,
        None,
        TextOrigin.OCR,
    )
    assert done.page_count == 3
    assert [page.count("CHỈ THỊ") for page in pages_of(said)] == [1, 1, 1]
    assert await read_whole(sessions, file_store, file.id) == []


@needs_tesseract
async def test_a_step_that_is_done_again_behind_its_successors_takes_nothing_away(
    sessions: Sessions, file_store: FileStore, add: Add, sheet: Image.Image
) -> None:
    """Its worker was killed after the commit: when the job is revived, the next step may have been made."""
    small = sheet.crop((0, 0, 1600, 500))
    content = picture(small, "TIFF", save_all=True, append_images=[small, small], compression="tiff_deflate")
    file = await add(content, TIFF)
    steps: list[int] = []

    async def go_on(session: AsyncSession, page: int) -> None:
        steps.append(page)

    await service.read_text(sessions, file_store, file.id, go_on)
    for page in (1, 2, 1, 3):
        await scans.read_scan(sessions, file_store, file.id, page, go_on, seconds=0)
    assert steps == [1, 2, 3, 2]
    done, said = await state_of(sessions, file.id)
    assert done.text_status is TextStatus.EXTRACTED
    assert [page.count("CHỈ THỊ") for page in pages_of(said)] == [1, 1, 1]


@needs_tesseract
async def test_of_a_mixed_file_only_the_pictures_are_recognised(
    sessions: Sessions, file_store: FileStore, add: Add, sheet: Image.Image
) -> None:
    layer = "A page with a layer of text"
    file = await add(scanned_pdf(layer, sheet, layer))
    assert await read_whole(sessions, file_store, file.id) == [2]
    done, said = await state_of(sessions, file.id)
    first, second, third = pages_of(said)
    assert (first, third) == (layer, layer)
    assert "05/CT-UBND" in second
    assert (done.text_status, done.text_origin) == (TextStatus.EXTRACTED, TextOrigin.MIXED)


@needs_tesseract
async def test_pages_that_fail_leave_the_others(
    sessions: Sessions, file_store: FileStore, add: Add, sheet: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docflow.files import recognition

    file = await add(scanned_pdf(sheet, sheet))
    slower = recognition.RECOGNISING._replace(wall_seconds=0)
    steps: list[int] = []

    async def go_on(session: AsyncSession, page: int) -> None:
        steps.append(page)

    await service.read_text(sessions, file_store, file.id, go_on)
    await scans.read_scan(sessions, file_store, file.id, 1, go_on, seconds=0)
    with monkeypatch.context() as patched:
        patched.setattr(recognition, "RECOGNISING", slower)
        await scans.read_scan(sessions, file_store, file.id, 2, go_on, seconds=0)
    done, said = await state_of(sessions, file.id)
    assert (done.text_status, done.text_reason) == (TextStatus.CUT, "timeout")
    assert "CHỈ THỊ" in said


@needs_tesseract
async def test_a_blank_page_and_a_bomb_say_nothing_each_for_its_reason(
    sessions: Sessions, file_store: FileStore, add: Add
) -> None:
    blank = await add(picture(Image.new("L", (800, 800), 255), "PNG"), PNG)
    bomb = await add(png_that_swells(60_000), PNG)
    for file in (blank, bomb):
        await read_whole(sessions, file_store, file.id)
    assert (await state_of(sessions, blank.id))[0].text_status is TextStatus.EMPTY
    refused, _ = await state_of(sessions, bomb.id)
    assert (refused.text_status, refused.text_reason) == (TextStatus.FAILED, "expands_too_far")


async def test_without_tesseract_a_scan_says_so_and_a_mixed_file_keeps_what_it_says(
    sessions: Sessions, file_store: FileStore, add: Add, scan: bytes, sheet: Image.Image
) -> None:
    without = replace(file_store, tesseract="")
    whole, mixed = await add(scan), await add(scanned_pdf("With a layer", sheet.crop((0, 0, 400, 400))))
    for file in (whole, mixed):
        assert await read_whole(sessions, without, file.id) == []
    failed, _ = await state_of(sessions, whole.id)
    cut, said = await state_of(sessions, mixed.id)
    assert (failed.text_status, failed.text_reason) == (TextStatus.FAILED, "ocr_unavailable")
    assert (cut.text_status, cut.text_reason, cut.text_origin) == (
        TextStatus.CUT,
        "ocr_unavailable",
        TextOrigin.LAYER,
    )
    assert said == "With a layer"


async def test_a_scan_of_too_many_pages_is_looked_for_again_once_tesseract_is_there(
    sessions: Sessions, file_store: FileStore, add: Add
) -> None:
    sheets = [Image.new("1", (20, 20))] * (ExtractionLimits().pages + 1)
    file = await add(picture(sheets[0], "TIFF", save_all=True, append_images=sheets[1:]), TIFF)
    assert await read_whole(sessions, replace(file_store, tesseract=""), file.id) == []
    assert (await state_of(sessions, file.id))[0].text_reason == "ocr_unavailable"


async def test_a_program_that_is_no_tesseract_is_none(tmp_path: Path) -> None:
    assert await find_recogniser("") is None
    assert await find_recogniser("no-such-program") is None
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\necho eng\n")
    fake.chmod(0o755)
    assert await find_recogniser(str(fake)) is None, "it knows no Vietnamese"
    fake.write_text("no script at all")
    assert await find_recogniser(str(fake)) is None


@needs_tesseract
async def test_what_was_left_out_is_read_and_found_once_tesseract_is_there(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, work: Work, scan: bytes
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, paper(scan, "quét.pdf", PDF))
    file_id = document["files"][0]["id"]
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    without = replace(file_store, tesseract="")
    await read_text(sessions, without, document_id=document["id"], file_id=file_id)
    await read_left_out(sessions, without)
    assert await queued(sessions) == []
    for _ in range(2):
        await read_left_out(sessions, file_store)
    assert await queued(sessions) == [("documents.read_scan", "slow")]
    await work()
    found = await clerk.get(DOCUMENTS, params={"q": "chấm dứt hồ sơ trễ hạn"})
    assert [row["id"] for row in found.json()["items"]] == [document["id"]]
    read = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()["files"][0]
    assert (read["text"], read["text_reason"], read["text_origin"]) == ("extracted", None, "ocr")


async def queued(sessions: Sessions) -> list[tuple[str, str]]:
    async with sessions() as session:
        rows = await session.execute(text("SELECT task_name, queue_name FROM procrastinate_jobs ORDER BY id"))
        return [(row.task_name, row.queue_name) for row in rows]


async def test_the_files_that_wait_for_a_scan_are_those_that_are_waiting(
    sessions: Sessions, add: Add
) -> None:
    file = await add(b"%PDF-1.7 x")
    async with transaction(sessions) as session:
        await scans.read_left_out(session, await session.get_one(File, file.id), lambda *_: _nothing())
    async with sessions() as session:
        assert list(await session.scalars(select(File.text_status))) == [TextStatus.WAITING]


async def _nothing() -> None:
    return
