"""A signed file is checked after it was read, told under its document, and checked again when the roots change."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from docflow.core.db import Sessions, transaction
from docflow.files.service import FileStore
from docflow.signatures.desk import SigningDesk
from docflow.signatures.service import checks
from tests.documents.registering import paper as document_file
from tests.documents.registering import register

GOLDEN = Path(__file__).parent / "golden" / "signatures.json"
CHANGING = {"file_id", "checked_at", "serial", "certificate_sha256", "valid_from", "valid_to", "claimed_at"}


def steady(answer: Any) -> Any:
    """The answer without what is another at every run."""
    if isinstance(answer, dict):
        return {name: "…" if name in CHANGING else steady(value) for name, value in answer.items()}
    return [steady(value) for value in answer] if isinstance(answer, list) else answer


async def test_a_signed_document_tells_its_signatures(
    sign_in: Any, sessions: Sessions, file_store: FileStore, desk: SigningDesk, work: Any, signed: bytes
):
    clerk = await sign_in("datcv")
    document = await register(clerk, document_file(signed, "bao-cao.pdf", "application/pdf"))
    address = f"/api/v1/documents/{document['id']}/signatures"
    assert (await clerk.get(address)).json()["verdict"] == "unsigned"

    await work()
    unproven = (await clerk.get(address)).json()
    assert unproven["verdict"] == "unproven", "no roots are set"
    reasons = [reason["code"] for reason in unproven["files"][0]["signatures"][0]["reasons"]]
    assert "no_trust_roots" in reasons

    assert await checks.recheck(sessions, desk) == 1
    async with transaction(sessions) as session:
        file_id = await session.scalar(text("SELECT args ->> 'file_id' FROM procrastinate_jobs"))
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await checks.check(sessions, file_store, desk, file_id=str(file_id))
    assert await checks.recheck(sessions, desk) == 0, "judged by the present roots"
    told = (await clerk.get(address)).json()

    assert told["verdict"] == "valid"
    assert steady(told) == json.loads(GOLDEN.read_text())
    stranger = await sign_in("lienttb")
    assert (await stranger.get(address)).status_code == 404


async def test_what_nobody_was_told_of_is_found(
    sign_in: Any, sessions: Sessions, file_store: FileStore, desk: SigningDesk, work: Any, signed: bytes
):
    clerk = await sign_in("datcv")
    await register(clerk, document_file(signed, "bao-cao.pdf", "application/pdf"))
    await work()
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM file_signature"))
        await session.execute(text("DELETE FROM signature_check"))

    assert await checks.catch_up(sessions) == 1
    assert await checks.catch_up(sessions) == 0, "it waits in the queue already"
    async with transaction(sessions) as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    assert await checks.catch_up(sessions) == 1, "its job was lost"


async def test_a_file_that_cannot_be_read_says_why(
    sign_in: Any, sessions: Sessions, file_store: FileStore, desk: SigningDesk, work: Any
):
    clerk = await sign_in("datcv")
    document = await register(clerk)
    file_id = document["files"][0]["id"]

    await checks.check(sessions, file_store, replace(desk, trust_roots=""), file_id=file_id)

    told = (await clerk.get(f"/api/v1/documents/{document['id']}/signatures")).json()
    assert (told["verdict"], told["files"][0]["reason"]["code"]) == ("unreadable", "not_a_pdf")
