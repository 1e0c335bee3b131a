"""A dossier as one archive, over HTTP and in its parts: all that may be seen, bit by bit, or nothing that looks whole."""

import asyncio
import contextlib
import hashlib
import io
import json
import re
import subprocess
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pypdfium2
import pytest
import uvicorn
from litestar import Litestar
from lxml import etree
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from docflow.access.actor import Actor
from docflow.core.db import Sessions
from docflow.core.errors import NotFound
from docflow.documents.models import DocumentFile
from docflow.documents.sheet import SheetSources
from docflow.dossiers.exporting import sending
from docflow.dossiers.exporting.planning import Plan, plan_export
from docflow.dossiers.exporting.sending import Export, ExportBroken, sheets_from
from docflow.files.models import File
from docflow.files.service import FileStore
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import PAPER, issue, person_id
from tests.dossiers.dossiers import DOSSIERS, a_document, heading, hide, open_dossier, put_in, tags_of

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(sending.__file__).parent / "schema" / "document.xsd"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
ActorOf = Callable[[str], Awaitable[Actor]]


async def a_dossier(
    clerk: httpx.AsyncClient, sessions: Sessions, *documents: dict[str, Any]
) -> dict[str, Any]:
    made = await open_dossier(clerk, await heading(clerk, sessions))
    if documents:
        await put_in(clerk, made, *documents)
    return made


async def exported(client: httpx.AsyncClient, dossier: dict[str, Any], **query: Any) -> zipfile.ZipFile:
    answer = await client.get(f"{DOSSIERS}/{dossier['id']}/export.zip", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def checked_sums(folder: Path) -> tuple[int, bytes]:
    """What ``sha256sum -c`` says of an unpacked archive."""
    command = ["sha256sum", "--strict", "--quiet", "-c", "manifest.sha256"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return checked.returncode, checked.stdout


async def object_key(sessions: Sessions, document: dict[str, Any]) -> str:
    async with sessions() as session:
        found = await session.scalars(
            select(File.object_key)
            .join(DocumentFile, DocumentFile.file_id == File.id)
            .where(DocumentFile.document_id == UUID(document["id"]))
        )
        return found.one()


async def planned(sessions: Sessions, files: FileStore, actor: Actor, dossier: dict[str, Any]) -> Plan:
    async with sessions() as session:
        return await plan_export(session, files, actor, UUID(dossier["id"]), versions=False)


async def test_everything_goes_with_it_bit_by_bit_in_time_order(
    sign_in: SignIn, sessions: Sessions, tmp_path: Path
) -> None:
    clerk = await sign_in("datcv")
    late = await a_document(clerk, 2, issued_on="2024-02-01", page_count=2, name="../../Ke hoach?.txt")
    early = await a_document(
        clerk, 1, issued_on="2024-01-05", content=PDF, name="chi-thi.pdf", media_type="application/pdf"
    )
    answer = await issue(clerk, answers_id=early["id"])
    made = await a_dossier(clerk, sessions, late, early, answer)
    with await exported(clerk, made) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        names = archive.namelist()
    folders = list(dict.fromkeys(name.split("/")[0] for name in names if "/" in name))
    assert folders[:2] == ["001_1-CT-UBND", "002_2-CT-UBND"]
    assert folders[2].startswith("003_")
    assert names[:2] == ["index.pdf", "document.xsd"]
    assert names[-2:] == ["manifest.json", "manifest.sha256"]
    assert (tmp_path / "001_1-CT-UBND" / "chi-thi.pdf").read_bytes() == PDF
    assert (tmp_path / "002_2-CT-UBND" / "Ke hoach_.txt").read_bytes() == b"Noi dung van ban so 2.\n"
    assert checked_sums(tmp_path) == (0, b"")
    manifest = (tmp_path / "manifest.json").read_bytes()
    told = {entry["path"] for entry in json.loads(manifest)["entries"]}
    assert told == set(names) - {"manifest.json", "manifest.sha256"}
    for pdf in ("index.pdf", "001_1-CT-UBND/circulation.pdf"):
        with contextlib.closing(pypdfium2.PdfDocument((tmp_path / pdf).read_bytes())) as paper:
            assert len(paper) >= 1
    trail = [details for tag, details in await tags_of(sessions, made["id"]) if tag == "dossier:exported"]
    assert [one["stage"] for one in trail] == ["begun", "sent"]
    assert trail[0]["documents"] == [early["id"], late["id"], answer["id"]]
    assert trail[1]["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()


async def test_each_record_is_valid_by_the_schema_and_tells_what_belongs_together(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    asked = await a_document(
        clerk, 1, note="Dòng một\nDòng hai", urgency="urgent", signer_name="Nguyễn <Ánh>"
    )
    to = {"person_ids": [await person_id(sessions, "nguyetdtm")], "role": "direction", "note": "Kính trình"}
    assert (await clerk.post(f"/api/v1/documents/{asked['id']}/routes", json=to)).status_code < 300
    reply = await issue(clerk, answers_id=asked["id"])
    hidden = await issue(clerk, answers_id=asked["id"], subject="Điều không ai được biết")
    await hide(sessions, hidden)
    made = await a_dossier(clerk, sessions, asked, reply)
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    with await exported(clerk, made) as archive:
        records = [archive.read(name) for name in archive.namelist() if name.endswith("document.xml")]
        assert archive.read("document.xsd") == SCHEMA.read_bytes()
    trees = [etree.fromstring(record) for record in records]
    for tree in trees:
        schema.assertValid(tree)
    space = {"d": "urn:docflow:document:1"}
    first, second = trees
    assert first.xpath("string(d:note)", namespaces=space) == "Dòng một\nDòng hai"
    assert first.xpath("string(d:signer/@name)", namespaces=space) == "Nguyễn <Ánh>"
    assert first.xpath("d:receipts/d:receipt/d:to/text()", namespaces=space)[-1] == "Đặng Thị Minh Nguyệt"
    assert first.xpath("d:relations/d:answeredBy/@id", namespaces=space) == [reply["id"]]
    assert second.xpath("d:relations/d:answers/@id", namespaces=space) == [asked["id"]]
    assert "Điều không ai" not in b"".join(records).decode()


async def test_the_manifest_and_a_record_read_as_they_were_agreed(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    document = await a_document(clerk, 1, recipients="Như trên;\nLưu: VT", page_count=3)
    made = await a_dossier(clerk, sessions, document)
    with await exported(clerk, made) as archive:
        shown = {
            "manifest.json": _steady(archive.read("manifest.json").decode()),
            "document.xml": _steady(archive.read("001_1-CT-UBND/document.xml").decode()),
        }
    for name, text in shown.items():
        assert text == (GOLDEN / name).read_text("utf-8"), name


def _steady(text: str) -> str:
    """Without what is another each time."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "(id)", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "(moment)", text)
    text = re.sub(r'("opened_on": ")[\d-]+|(<arrivedOn>)[\d-]+', r"\1\2(day)", text)
    text = re.sub(r"(Sổ đăng ký văn bản đến năm )\d{4}", r"\1(year)", text)
    made_here = r'("path": "[^"]*(?:\.pdf|document\.xml)",\s+"size": )\d+(,\s+"sha256": ")[0-9a-f]{64}'
    return re.sub(made_here, r"\1(size)\2(checksum)", text)


async def test_a_file_that_is_not_in_the_store_is_named_before_the_first_byte(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    whole, broken = await a_document(clerk, 1), await a_document(clerk, 2)
    made = await a_dossier(clerk, sessions, whole, broken)
    await store.delete(await object_key(sessions, broken))
    answer = await clerk.get(f"{DOSSIERS}/{made['id']}/export.zip")
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier_export_incomplete")
    facts = answer.json()["facts"]
    assert (facts["document"], facts["file"], facts["document_id"]) == (
        "2/CT-UBND",
        "van-ban-2.txt",
        broken["id"],
    )
    assert "van-ban-2.txt" in answer.json()["detail"]
    assert "dossier:exported" not in [tag for tag, _ in await tags_of(sessions, made["id"])]


async def test_an_empty_dossier_is_an_archive_of_its_list_alone(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    made = await a_dossier(clerk, sessions)
    with await exported(clerk, made) as archive:
        assert archive.namelist() == ["index.pdf", "document.xsd", "manifest.json", "manifest.sha256"]
        assert json.loads(archive.read("manifest.json"))["documents"] == []


async def test_a_void_document_goes_along_and_says_that_it_is_void(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    document = await a_document(clerk, 1)
    made = await a_dossier(clerk, sessions, document)
    number = f"/api/v1/registers/{document['register_id']}/entries/{document['number']}/void"
    answer = await clerk.post(number, json={"reason": "Đăng ký nhầm sổ"})
    assert answer.status_code < 300, answer.text
    with await exported(clerk, made) as archive:
        assert json.loads(archive.read("manifest.json"))["documents"][0]["voided"] is True
        assert b"<voidedAt>" in archive.read("001_1-CT-UBND/document.xml")


async def test_what_the_asker_may_not_see_is_nowhere_in_the_archive(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("datcv")
    seen, hidden = await a_document(clerk, 1), await a_document(clerk, 2, subject="Dieu khong ai duoc biet")
    made = await a_dossier(clerk, sessions, hidden, seen)
    await hide(sessions, hidden)
    answer = await clerk.get(f"{DOSSIERS}/{made['id']}/export.zip")
    assert answer.headers["docflow-documents"] == "1"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        folders = {name.split("/")[0] for name in archive.namelist() if "/" in name}
    assert folders == {"001_1-CT-UBND"}
    assert not any(word in everything for word in (hidden["id"].encode(), b"Dieu khong ai", b"van-ban-2"))


async def test_every_version_goes_along_where_that_is_wanted(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("datcv")
    document = await a_document(clerk, 1)
    newer = await clerk.post(
        f"/api/v1/documents/{document['id']}/files",
        data={"note": "Bản rõ hơn"},
        files={"file": ("van-ban-1.txt", PAPER, "text/plain")},
        headers={"If-Match": f'"{document["version"]}"'},
    )
    assert newer.status_code == 201, newer.text
    made = await a_dossier(clerk, sessions, document)
    with await exported(clerk, made) as newest, await exported(clerk, made, versions=True) as all_of_them:
        assert newest.read("001_1-CT-UBND/van-ban-1.txt") == PAPER
        assert all_of_them.read("001_1-CT-UBND/van-ban-1.txt") == PAPER
        assert all_of_them.read("001_1-CT-UBND/v1_van-ban-1.txt") == b"Noi dung van ban so 1.\n"
        assert "001_1-CT-UBND/v1_van-ban-1.txt" not in newest.namelist()


async def test_what_changes_meanwhile_breaks_the_transfer_off(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, store: ObjectStore, actor_of: ActorOf
) -> None:
    clerk = await sign_in("datcv")
    actor = await actor_of("datcv")
    first, second = await a_document(clerk, 1), await a_document(clerk, 2)
    made = await a_dossier(clerk, sessions, first, second)

    async def taken(plan: Plan) -> bytes:
        out = bytearray()
        async for chunk in Export(plan, sessions, file_store, sheets_from(SheetSources())).chunks():
            out += chunk
        return bytes(out)

    plan = await planned(sessions, file_store, actor, made)
    key = await object_key(sessions, second)
    async with store.write(key, "text/plain") as writer:
        await writer.write(b"Noi dung khac han so 2.")
        await writer.finish()
    with pytest.raises(ExportBroken, match=r"van-ban-2\.txt"):
        await taken(plan)
    await hide(sessions, second)
    with pytest.raises(NotFound):
        await taken(plan)
    stages = [
        details["stage"] for tag, details in await tags_of(sessions, made["id"]) if tag == "dossier:exported"
    ]
    assert stages == []


async def test_a_client_that_leaves_holds_nothing(
    sign_in: SignIn, sessions: Sessions, engine: AsyncEngine, file_store: FileStore, actor_of: ActorOf
) -> None:
    clerk = await sign_in("datcv")
    large = await a_document(
        clerk, 1, content=bytes(range(256)) * 12_000, name="lon.zip", media_type="application/zip"
    )
    made = await a_dossier(clerk, sessions, large, await a_document(clerk, 2))
    plan = await planned(sessions, file_store, await actor_of("datcv"), made)
    sent = 0
    chunks = Export(plan, sessions, file_store, sheets_from(SheetSources())).chunks()
    async for chunk in chunks:
        sent += len(chunk)
        assert engine.pool.status().endswith("Current Checked out connections: 0")
        if sent > 600_000:
            break
    await chunks.aclose()
    await asyncio.sleep(0)
    assert engine.pool.status().endswith("Current Checked out connections: 0")
    assert "sent" not in str(await tags_of(sessions, made["id"]))


@asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The application behind a real server."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (the server tells it in no other way)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


async def test_over_the_wire_a_broken_transfer_is_seen_to_be_incomplete(
    app: Litestar, sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    documents = [await a_document(clerk, number) for number in (1, 2)]
    made = await a_dossier(clerk, sessions, *documents)
    path = f"{DOSSIERS}/{made['id']}/export.zip"
    async with served(app) as address, httpx.AsyncClient(base_url=address, cookies=clerk.cookies) as wire:
        whole = await wire.get(path)
        assert zipfile.ZipFile(io.BytesIO(whole.content)).testzip() is None
        async with store.write(await object_key(sessions, documents[1]), "text/plain") as writer:
            await writer.write(b"Noi dung khac han so 2.")
            await writer.finish()
        received = bytearray()
        with pytest.raises(httpx.RemoteProtocolError):
            async with wire.stream("GET", path) as answer:
                assert answer.status_code == 200
                async for chunk in answer.aiter_bytes():
                    received += chunk
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(received))
        assert (await wire.get("/health/live")).status_code == 200
