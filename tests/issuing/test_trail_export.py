"""The trail of a document leaves the house as a file that the house signed, and that anybody can check."""

import asyncio
import base64
import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pypdfium2 as pdfium
import pytest

from docflow.audit.digests import FACTS, event_digest
from docflow.audit.sealing import seal
from docflow.core.db import Sessions
from docflow.settings import Settings
from docflow.signatures.house import keep_house_certificate
from tests.conftest import Client, SignIn
from tests.documents.registering import DOCUMENTS, register


@pytest.fixture
async def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A house with a certificate of its own."""
    container, passphrase = keep_house_certificate(tmp_path)
    return msgspec.structs.replace(settings, proof_certificate=str(container), proof_passphrase=passphrase)


def verifies(folder: Path, content: bytes) -> bool:
    """What openssl says of the detached signature in the folder over this content."""
    (folder / "trail.json").write_bytes(content)
    command = ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", "trail.p7s"]
    out = ["-content", "trail.json", "-out", "/dev/null"]
    return subprocess.run([*command, *out], cwd=folder, capture_output=True, check=False).returncode == 0


async def exported(client: Client, document: dict[str, Any], **query: str) -> bytes:
    answer = await client.get(f"{DOCUMENTS}/{document['id']}/trail/export", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_the_json_file_can_be_checked_by_another_program(
    sign_in: SignIn, sessions: Sessions, tmp_path: Path
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await clerk.get(f"{DOCUMENTS}/{document['id']}")
    refused = await (await sign_in("lochtt")).get(f"{DOCUMENTS}/{document['id']}/trail")
    assert refused.status_code == 403
    await seal(sessions)
    content = await exported(clerk, document, format="json")
    told = json.loads(content)
    assert [event["tag"] for event in told["trail"]["events"]] == [
        "document:registered",
        "document:read",
        "access:refused",
    ]
    assert {event["seal"] for event in told["trail"]["events"]} == {1}
    # The signature is over the bytes of the trail as they stand in the file.
    plain = content[content.index(b'{"document_id"') : content.rindex(b',"signature"')]
    (tmp_path / "trail.p7s").write_bytes(base64.b64decode(told["signature"]))
    assert await asyncio.to_thread(verifies, tmp_path, plain)
    changed = plain.replace(b"document:read", b"document:eaten")
    assert not await asyncio.to_thread(verifies, tmp_path, changed)


async def test_an_event_that_was_changed_after_it_was_sealed_is_told(
    sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await seal(sessions)
    before = json.loads(await exported(clerk, document, format="json"))["trail"]["events"][0]
    facts = [before[fact] for fact in FACTS]
    facts[1] = (
        facts[1].replace("Z", "").ljust(26, "0") + "Z" if "." in facts[1] else facts[1][:-1] + ".000000Z"
    )
    assert event_digest(facts).hex() == before["digest"]
    with psycopg.connect(settings.migration_database_url) as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        owner.execute("UPDATE audit_event SET actor_name = 'ai khác' WHERE id = %s", [UUID(before["id"])])
        owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    after = json.loads(await exported(clerk, document, format="json"))["trail"]["events"][0]
    assert (before["agrees"], after["agrees"]) == (True, False)
    assert after["digest"] == before["digest"]
    pages = pdfium.PdfDocument(await exported(clerk, document, format="pdf", language="vi"))
    text = pages[0].get_textpage().get_text_bounded()
    assert "Không còn đúng như khi niêm phong!" in " ".join(text.split())
    assert "Đăng ký văn bản" in " ".join(text.split())
    pages.close()


@pytest.mark.parametrize(("username", "status"), [("lochtt", 403), ("phuongct", 404), ("thuyhtt", 404)])
async def test_who_may_not_read_a_trail_may_not_take_it_away(
    sign_in: SignIn, username: str, status: int
) -> None:
    document = await register(await sign_in("anpth"))
    somebody = await sign_in(username)
    for format_ in ("pdf", "json"):
        answer = await somebody.get(f"{DOCUMENTS}/{document['id']}/trail/export", params={"format": format_})
        assert answer.status_code == status
