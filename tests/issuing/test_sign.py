"""Signing on issue: the signer's own certificate, then the number, then the office's seal, each still right at the end."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from docflow.core.db import Sessions
from docflow.files.service import FileStore
from docflow.issuing.models import Manuscript, ManuscriptState, ManuscriptVersion, VersionOrigin
from docflow.signatures.desk import SigningDesk
from docflow.signatures.trust import read_trust
from storage import ObjectStore
from tests.conftest import Client, SignIn
from tests.documents.registering import unit_id
from tests.issuing.issued_papers import DOCUMENTS, MANUSCRIPTS, issue, manuscript, version_of
from tests.signatures.authority import PASSPHRASE, Authority
from tests.unchanged import unchanged


async def credential(client: Client, authority: Authority, name: str, unit: str | None = None) -> str:
    body: dict[str, Any] = {
        "title": name,
        "passphrase": PASSPHRASE,
        "container": b64encode(authority.container(name)).decode(),
        "unit_id": unit,
    }
    answer = await client.post("/api/v1/credentials", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


async def test_signature_number_and_seal_all_stand_in_what_is_issued(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, authority: Authority
) -> None:
    head, clerk = await sign_in("nguyetdtm"), await sign_in("datcv")
    own = await credential(head, authority, "Đỗ Thị Minh Nguyệt")
    seal = await credential(clerk, authority, "Sở Nội vụ", await unit_id(sessions, "SNV"))
    waiting = await manuscript(sessions, file_store, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    body = {"credential_id": own, "password": PASSPHRASE}
    signed = await head.post(f"{MANUSCRIPTS}/{waiting}/signature", json=body, headers=headers)
    assert (signed.status_code, signed.json()["number"]) == (201, 2), signed.text
    document = await issue(clerk, sessions, waiting, credential_id=seal, password=PASSPHRASE)
    whole = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()
    (file,) = whole["files"]
    content = (await clerk.get(f"{DOCUMENTS}/{document['id']}/files/{file['id']}/content")).content
    trust = read_trust("")
    desk = SigningDesk(file_store.children)

    async def source() -> AsyncIterator[bytes]:
        yield content

    judged = await desk.judge_stream(source(), trust.material)
    assert [one.field for one in judged.found] == ["Signer", "Seal"]
    assert all(one.is_intact and one.change != "suspicious" for one in judged.found)
    async with sessions() as session:
        rows = await session.scalars(
            select(ManuscriptVersion.origin)
            .where(ManuscriptVersion.manuscript_id == waiting)
            .order_by(ManuscriptVersion.number)
        )
        assert list(rows) == [VersionOrigin.TEMPLATE, VersionOrigin.SIGNED]


async def test_a_wrong_passphrase_another_ones_certificate_and_another_person_change_nothing(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, store: ObjectStore, authority: Authority
) -> None:
    head, clerk = await sign_in("nguyetdtm"), await sign_in("datcv")
    own = await credential(head, authority, "Đỗ Thị Minh Nguyệt")
    seal = await credential(clerk, authority, "Sở Nội vụ", await unit_id(sessions, "SNV"))
    waiting = await manuscript(sessions, file_store, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    other = await sign_in("khaitq")
    place = f"{MANUSCRIPTS}/{waiting}/signature"
    async with unchanged(sessions, store):
        for client, which, word, status in (
            (head, own, "sai", 409),
            (head, seal, PASSPHRASE, 422),
            (head, str(UUID(int=7)), PASSPHRASE, 404),
            (other, own, PASSPHRASE, 404),
            (clerk, seal, PASSPHRASE, 403),
        ):
            body = {"credential_id": which, "password": word}
            answer = await client.post(place, json=body, headers=headers)
            assert answer.status_code == status, answer.text
    async with sessions() as session:
        assert (await session.get_one(Manuscript, waiting)).state is ManuscriptState.APPROVED
