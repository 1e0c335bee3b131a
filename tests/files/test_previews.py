"""Pictures of pages: drawn once, served safely, seen by whoever may see the document, made again when they are lost."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.files import previews, service
from docflow.files.errors import PreviewUnavailable
from docflow.files.models import File, FilePreview
from docflow.files.previews import THUMBNAIL, WIDTHS, is_preview, make_preview, verify_previews, width_for
from docflow.files.service import FileStore
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register
from tests.files.office import picture, png_that_swells, scanned_pdf
from tests.files.papers import docx_with, paragraph, pdf_that_laughs, pdf_with

Work = Callable[[], Awaitable[None]]
LONG_AGO = timedelta(seconds=-60)
"""A grace that leaves every object out of it."""
TWO = pdf_with("Page one", "Page two")


async def served(clerk: httpx.AsyncClient, content: bytes = TWO, name: str = "chi thi.pdf") -> str:
    document = await register(clerk, paper(content, name), confirm_duplicate="true")
    return f"{DOCUMENTS}/{document['id']}/files/{document['files'][0]['id']}"


async def previews_of(sessions: Sessions) -> list[FilePreview]:
    async with sessions() as session:
        order = (FilePreview.page, FilePreview.width)
        return list(await session.scalars(select(FilePreview).order_by(*order)))


async def the_file(sessions: Sessions) -> File:
    async with sessions() as session:
        return (await session.scalars(select(File))).one()


async def recorded(sessions: Sessions) -> int:
    async with sessions() as session:
        counted = select(func.count()).where(AuditEvent.tag == Tag.DOCUMENT_DOWNLOADED)
        return await session.scalar(counted) or 0


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


async def test_a_page_is_drawn_when_it_is_first_asked_for_and_then_kept(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk)
    first = await clerk.get(f"{address}/pages/2", params={"width": 700})
    assert opened(first).size == (800, 1132)
    assert [(made.page, made.width) for made in await previews_of(sessions)] == [(2, 800)]
    again = await clerk.get(f"{address}/pages/2", params={"width": 800})
    assert again.content == first.content
    assert len(await previews_of(sessions)) == 1
    assert await recorded(sessions) == 2, "who looked at a page has read it"


async def test_a_preview_is_served_as_safely_as_a_file(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk, name='a"b\u202e.pdf')
    answer = await clerk.get(f"{address}/pages/1")
    headers = answer.headers
    assert headers["content-type"] == "image/webp"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["cache-control"] == "private, no-cache"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-disposition"].startswith("inline")
    seen = await recorded(sessions)
    for condition in ({"If-None-Match": headers["etag"]}, {"If-Modified-Since": headers["last-modified"]}):
        copy = await clerk.get(f"{address}/pages/1", headers=condition)
        assert (copy.status_code, copy.content) == (304, b"")
    assert await recorded(sessions) == seen


async def test_the_thumbnail_is_there_when_the_text_has_been_read(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk)
    await work()
    assert [(made.page, made.width) for made in await previews_of(sessions)] == [(1, THUMBNAIL)]
    assert opened(await clerk.get(f"{address}/thumbnail")).width == THUMBNAIL
    assert len(await previews_of(sessions)) == 1
    assert await recorded(sessions) == 0


async def test_pages_that_do_not_exist_and_types_that_are_not_drawn_are_404(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk)
    for page in (0, 3, 999_999_999):
        assert (await clerk.get(f"{address}/pages/{page}")).status_code == 404, page
    await work()
    answer = await clerk.get(f"{address}/pages/3", headers={"Accept-Language": "en"})
    assert (answer.json()["code"], answer.json()["detail"]) == ("page_missing", "The file has no page 3.")
    for content, name in ((docx_with(paragraph("a")), "a.docx"), (b"words", "a.txt")):
        answer = await clerk.get(f"{await served(clerk, content, name)}/thumbnail")
        assert (answer.status_code, answer.json()["code"]) == (404, "preview_unavailable")
    for width in (0, -1, 1601, "x"):
        assert (await clerk.get(f"{address}/pages/1", params={"width": width})).status_code == 422, width
    assert {made.width for made in await previews_of(sessions)} == {THUMBNAIL}


async def test_who_does_not_see_the_document_sees_no_page_of_it(
    sign_in: SignIn, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    clerk, stranger = await sign_in("anpth"), await sign_in("datcv")
    address = await served(clerk)
    other = await register(clerk, paper(b"another"), confirm_duplicate="true")
    assert (await clerk.get(f"{address}/thumbnail")).status_code == 200
    elsewhere = f"{DOCUMENTS}/{other['id']}/files/{address.rpartition('/')[2]}"
    for path in ("thumbnail", "pages/1"):
        assert (await client.get(f"{address}/{path}")).status_code == 401
        assert (await stranger.get(f"{address}/{path}")).status_code in {403, 404}
        assert (await clerk.get(f"{elsewhere}/{path}")).status_code == 404
    assert len(await previews_of(sessions)) == 1


async def test_many_who_ask_at_once_get_one_preview(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk)
    answers = await asyncio.gather(*[clerk.get(f"{address}/pages/1") for _ in range(6)])
    assert {(answer.status_code, answer.headers["etag"]) for answer in answers} == {
        (200, answers[0].headers["etag"])
    }
    (made,) = await previews_of(sessions)
    kept = [item.key async for item in store.list_objects(f"previews/{made.file_id}/")]
    assert kept == [made.object_key]


async def test_a_lost_or_changed_preview_is_drawn_anew_and_never_swept(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore, file_store: FileStore
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk)
    before = await clerk.get(f"{address}/pages/1")
    (made,) = await previews_of(sessions)
    orphans = [key async for key in service.find_orphans(sessions, store, LONG_AGO)]
    assert made.object_key not in orphans
    await store.delete(made.object_key)
    after = await clerk.get(f"{address}/pages/1")
    assert (after.status_code, after.content) == (200, before.content)
    (again,) = await previews_of(sessions)
    assert again.object_key != made.object_key
    async with store.write(again.object_key, "image/webp") as writer:
        await writer.write(b"changed")
        await writer.finish()
    faults = {finding.object_key: finding.fault async for finding in verify_previews(sessions, store)}
    assert faults == {again.object_key: f"has 7 bytes instead of {again.size}"}
    assert await previews_of(sessions) == []
    assert [finding async for finding in verify_previews(sessions, store)] == []
    assert (await clerk.get(f"{address}/pages/1")).content == before.content


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"%PDF-1.7\nbroken", "a.pdf", "broken"),
        (png_that_swells(60_000), "a.png", "expands_too_far"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a.png", "wrong_type"),
        (b"II*\0\xff\xff\xff\xff", "a.tif", "wrong_type"),
    ],
)
async def test_a_hostile_file_is_not_drawn_and_stays_downloadable(
    sign_in: SignIn, content: bytes, name: str, reason: str
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk, content, name)
    answer = await clerk.get(f"{address}/thumbnail")
    assert (answer.status_code, answer.json()["code"]) == (404, "preview_unavailable")
    assert answer.json()["facts"]["reason"] == reason
    assert (await clerk.get(f"{address}/content")).content == content


async def test_a_page_that_takes_for_ever_is_given_up(
    sign_in: SignIn, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await sign_in("anpth")
    address = await served(clerk, pdf_that_laughs(10))
    monkeypatch.setattr(previews, "DRAWING", previews.DRAWING._replace(cpu_seconds=1, wall_seconds=5))
    answer = await clerk.get(f"{address}/thumbnail")
    reason = answer.json()["facts"]["reason"]
    assert reason in {"timeout", "memory"}
    assert await previews_of(sessions) == []
    monkeypatch.setattr(previews, "_draw", None)
    again = await clerk.get(f"{address}/thumbnail")
    assert again.json()["facts"]["reason"] == reason, "who asks again costs nothing"
    monkeypatch.undo()


async def test_a_page_that_could_not_be_drawn_is_tried_again_later(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine may have been the reason."""
    await served(await sign_in("anpth"))
    file = await the_file(sessions)
    with monkeypatch.context() as patched:
        patched.setattr(previews, "DRAWING", previews.DRAWING._replace(text_bytes=1))
        with pytest.raises(PreviewUnavailable):
            await make_preview(sessions, file_store, file, 1, 240)
    with pytest.raises(PreviewUnavailable):
        await make_preview(sessions, file_store, file, 1, 240)
    with clock.at(clock.now() + previews.UNDRAWN_FOR):
        assert (await make_preview(sessions, file_store, file, 1, 240)).page == 1


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("GIF", "P"), ("TIFF", "1"), ("PNG", "LA")],
)
async def test_a_picture_of_any_kind_is_drawn(sign_in: SignIn, kind: str, mode: str) -> None:
    clerk = await sign_in("anpth")
    image = Image.new(mode, (1000, 500))
    drawn = opened(
        await clerk.get(f"{await served(clerk, picture(image, kind), f'a.{kind.lower()}')}/pages/1")
    )
    assert drawn.size == (1000, 500), "a small picture is not blown up"


async def test_a_scanned_page_and_a_very_long_one_are_drawn_within_bounds(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("anpth")
    long = picture(Image.new("L", (300, 9000), 255), "PNG")
    drawn = opened(await clerk.get(f"{await served(clerk, long, 'a.png')}/thumbnail"))
    assert drawn.size == (240, 960)
    scan = scanned_pdf(Image.new("L", (600, 800), 200))
    assert opened(await clerk.get(f"{await served(clerk, scan)}/pages/1")).size[0] == 1200


async def test_a_crash_between_object_and_row_leaves_an_orphan_that_is_swept(
    sign_in: SignIn,
    sessions: Sessions,
    file_store: FileStore,
    store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clerk = await sign_in("anpth")
    await served(clerk)
    file = await the_file(sessions)

    def crash(_: Sessions) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(previews, "transaction", crash)
        with pytest.raises(KeyboardInterrupt):
            await make_preview(sessions, file_store, file, 1, 240)
    (left,) = [item.key async for item in store.list_objects(f"previews/{file.id}/")]
    assert left in [key async for key in service.find_orphans(sessions, store, LONG_AGO)]
    await store.delete(left)


def test_a_wish_is_answered_with_the_next_wider_picture() -> None:
    assert [width_for(wish) for wish in (1, 240, 241, 1200, 1201, 1600, 9999)] == [
        240,
        240,
        800,
        1200,
        1600,
        1600,
        1600,
    ]
    assert WIDTHS[0] == THUMBNAIL


def test_what_is_no_picture_is_never_kept_as_one() -> None:
    assert not is_preview(b"<svg onload=alert(1)>")
    assert is_preview(b"RIFF\0\0\0\0WEBPVP8 ")
