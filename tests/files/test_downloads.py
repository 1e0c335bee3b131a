"""Serving files over the API: ranges, conditions, safe headers, and a store that does not answer."""

from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

import httpx
import psycopg
from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.db import Sessions
from docflow.files.models import File
from docflow.settings import Settings
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register
from tests.unchanged import unchanged

ActorOf = Callable[[str], Awaitable[Actor]]
CONTENT = bytes(range(256)) * 20


async def served(clerk: httpx.AsyncClient, content: bytes = CONTENT, **named: str) -> tuple[str, str]:
    """Register a file; its address and ETag."""
    document = await register(clerk, files=paper(content, **named), confirm_duplicate="true")
    (file,) = document["files"]
    return f"{DOCUMENTS}/{document['id']}/files/{file['id']}/content", f'"{file["sha256"]}"'


def tell_size(settings: Settings, size: int) -> None:
    """Have every file's row tell another size: the facts of a file never change, but for the tables' owner."""
    with psycopg.connect(settings.migration_database_url) as connection:
        connection.execute("ALTER TABLE file DISABLE TRIGGER USER")
        connection.execute("UPDATE file SET size = %s", [size])


async def downloads(sessions: Sessions) -> int:
    async with sessions() as session:
        events = await session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.DOCUMENT_DOWNLOADED))
        return len(list(events))


async def test_the_whole_file_comes_back_with_its_checksum_as_etag(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    address, etag = await served(clerk, name="a.bin")
    answer = await clerk.get(address)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == etag
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.bin"'
    assert await downloads(sessions) == 1


async def test_a_large_file_streams_unchanged(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    content = bytes(range(251)) * 40_000
    address, _ = await served(clerk, content, name="large.bin")
    assert (await clerk.get(address)).content == content
    tail = await clerk.get(address, headers={"Range": f"bytes={len(content) - 5_000_000}-"})
    assert (tail.status_code, tail.content) == (206, content[-5_000_000:])


PARTS = {
    "bytes=0-0": slice(0, 1),
    "bytes=100-299": slice(100, 300),
    "bytes=5119-": slice(5119, 5120),
    "bytes=-20": slice(5100, 5120),
    "bytes=-99999": slice(0, 5120),
    "bytes=5000-99999": slice(5000, 5120),
}


async def test_a_range_gives_exactly_that_part(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    address, _ = await served(clerk)
    for asked, part in PARTS.items():
        answer = await clerk.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, CONTENT[part]), asked
        assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/5120"
        assert answer.headers["content-length"] == str(part.stop - part.start)


async def test_a_range_outside_is_416_and_a_malformed_one_gives_the_whole(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    address, _ = await served(clerk)
    async with unchanged(sessions, store):
        for asked in ("bytes=5120-", "bytes=99999-100000", "bytes=-0"):
            answer = await clerk.get(address, headers={"Range": asked, "Accept-Language": "en"})
            assert answer.status_code == 416, asked
            assert answer.headers["content-range"] == "bytes */5120"
            assert answer.json()["detail"] == "The file has only 5120 bytes."
    for asked in ("bytes=9-1", "lines=1-2", "bytes=a-b", "bytes=0-1,5-6", "bytes=-"):
        answer = await clerk.get(address, headers={"Range": asked})
        assert (answer.status_code, len(answer.content)) == (200, 5120), asked


async def test_a_copy_that_is_still_good_is_not_sent_again_nor_recorded(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    address, etag = await served(clerk)
    stored = (await clerk.get(address)).headers["last-modified"]
    async with unchanged(sessions, store):
        for condition in (
            {"If-None-Match": etag},
            {"If-None-Match": f"W/{etag}"},
            {"If-None-Match": f'"other", {etag}'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": stored},
        ):
            answer = await clerk.get(address, headers=condition)
            assert (answer.status_code, answer.content) == (304, b""), condition
            assert answer.headers["etag"] == etag
            assert "content-length" not in answer.headers or answer.headers["content-length"] == "0"
    for condition in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": stored},
    ):
        assert (await clerk.get(address, headers=condition)).status_code == 200


async def test_if_range_gives_the_part_only_of_the_same_file(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    address, etag = await served(clerk)
    part = {"Range": "bytes=0-9"}
    stored = (await clerk.get(address)).headers["last-modified"]
    async with sessions() as session:
        moment = (await session.scalars(select(File.stored_at))).one()
    assert stored == format_datetime(moment, usegmt=True)
    for same in (etag, stored):
        assert (await clerk.get(address, headers={**part, "If-Range": same})).status_code == 206
    for other in ('"other"', f"W/{etag}", "Mon, 01 Jan 2001 00:00:00 GMT", "nonsense"):
        assert (await clerk.get(address, headers={**part, "If-Range": other})).status_code == 200


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


async def test_only_harmless_types_are_shown_in_the_browser(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    cases = [
        (b"%PDF-1.7\n", "a.pdf", "application/pdf", "inline"),
        (b"plain words", "a.txt", "text/plain; charset=utf-8", "inline"),
        (PNG, "a.png", "image/png", "inline"),
        (b"<!doctype html><script>alert(1)</script>", "a.html", "text/html", "attachment"),
        (b"<!doctype html><script>alert(1)</script>", "a.pdf", None, "attachment"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", None, "attachment"),
    ]
    for content, name, media_type, shown in cases:
        address, _ = await served(clerk, content + name.encode(), name=name, media_type="application/pdf")
        answer = await clerk.get(address, params={"inline": True})
        assert answer.headers["content-disposition"].partition(";")[0] == shown, name
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if media_type:
            assert answer.headers["content-type"] == media_type
        else:
            assert answer.headers["content-type"] != "application/pdf"
        saved = await clerk.get(address)
        assert saved.headers["content-disposition"].startswith("attachment")
        assert saved.headers["content-security-policy"].startswith("sandbox")


HOSTILE = {
    "../../etc/passwd": "passwd",
    "C:\\Windows\\quyết định.pdf": "quyết định.pdf",
    'a"; filename="b.exe': 'a"; filename="b.exe',
    "a\r\nSet-Cookie: x=1.txt": "aSet-Cookie: x=1.txt",
    "\u202efdp.exe": "fdp.exe",
    "..": "unnamed",
    "Quyết định.pdf": "Quyết định.pdf",
    "x" * 400 + ".pdf": "x" * 251 + ".pdf",
    "Quyết định " * 30 + ".pdf": ("Quyết định " * 30).encode()[:251].decode("utf-8", "ignore").rstrip()
    + ".pdf",
    "chi\u200f thi\u2066.pdf\u2069\x7f\x00": "chi thi.pdf",
}


async def test_hostile_names_are_made_harmless_on_the_way_in_and_out(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    for number, (given, kept) in enumerate(HOSTILE.items()):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % (
            given.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()
        )
        body = head + b"%d" % number + b"\r\n" + form(symbol=f"{number + 1}/CT-UBND") + b"--b--\r\n"
        answer = await clerk.post(
            f"{DOCUMENTS}/incoming",
            content=body,
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
        assert answer.status_code == 201, answer.text
        document = answer.json()
        assert document["files"][0]["filename"] == kept
        address = f"{DOCUMENTS}/{document['id']}/files/{document['files'][0]['id']}/content"
        served_as = (await clerk.get(address)).headers
        disposition = served_as["content-disposition"]
        assert "\n" not in disposition
        assert disposition.startswith('attachment; filename="')
        assert "set-cookie" not in served_as
        assert disposition.isascii()
        assert disposition.isprintable()
        assert unquote(disposition.rpartition("UTF-8''")[2]) == kept or f'"{kept}"' in disposition


def form(**fields: Any) -> bytes:
    whole = {"issued_on": "2024-01-12", "issuer": "UBND", "subject": "Tên tệp", **fields}
    return b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), text.encode())
        for name, text in whole.items()
    )


async def test_a_missing_object_is_503_and_not_half_an_answer(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    address, _ = await served(clerk)
    async with sessions() as session:
        key = (await session.scalars(select(File.object_key))).one()
    await store.delete(key)
    async with unchanged(sessions, store):
        for headers in ({}, {"Range": "bytes=5-9"}):
            answer = await clerk.get(address, headers={**headers, "Accept-Language": "en"})
            assert (answer.status_code, answer.json()["code"]) == (503, "store_down")
            assert answer.json()["detail"].startswith("The document store does not answer.")
    assert await downloads(sessions) == 0


async def test_an_object_shorter_than_its_row_is_503_for_the_part_that_is_gone(
    sign_in: SignIn, settings: Settings
) -> None:
    clerk = await sign_in("anpth")
    address, _ = await served(clerk)
    tell_size(settings, 9_000)
    answer = await clerk.get(address, headers={"Range": "bytes=8000-8999"})
    assert answer.status_code == 503
