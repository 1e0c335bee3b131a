"""Credentials over HTTP: kept, listed, withdrawn, by whom they belong to; a passphrase leaves no trace."""

import base64
from typing import Any

import pytest
from sqlalchemy import text

from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotAllowed, NotFound
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import CredentialUnusable
from docflow.signatures.schemas import AddCredential
from docflow.signatures.service import credentials, signing
from docflow.signatures.terms import Placement
from tests.signatures.authority import PASSPHRASE, Authority, judged, paper

CREDENTIALS = "/api/v1/credentials"


def body(authority: Authority, **fields: Any) -> dict[str, Any]:
    container = base64.b64encode(authority.container()).decode()
    return {"title": "Chứng thư số", "passphrase": PASSPHRASE, "container": container, **fields}


async def test_a_person_keeps_lists_and_withdraws_a_certificate(sign_in: Any, authority: Authority):
    client = await sign_in("datcv")

    added = await client.post(CREDENTIALS, json=body(authority))
    assert added.status_code == 201, added.text
    kept = added.json()
    assert (kept["subject"], kept["kind"], kept["unit_id"], kept["usable"]) == (
        "Nguyễn Văn Đức",
        "pkcs12",
        None,
        True,
    )
    listed = (await client.get(CREDENTIALS)).json()["items"]
    assert [item["id"] for item in listed] == [kept["id"]]

    assert (await client.delete(f"{CREDENTIALS}/{kept['id']}")).status_code == 204
    assert (await client.get(f"{CREDENTIALS}/{kept['id']}")).json()["usable"] is False
    assert (await client.delete(f"{CREDENTIALS}/{kept['id']}")).status_code == 409


async def test_nobody_else_sees_it(sign_in: Any, authority: Authority):
    owner, other = await sign_in("datcv"), await sign_in("lienttb")
    kept = (await owner.post(CREDENTIALS, json=body(authority))).json()

    assert (await other.get(f"{CREDENTIALS}/{kept['id']}")).status_code == 404
    assert (await other.get(CREDENTIALS)).json()["items"] == []


async def test_a_wrong_passphrase_is_told_and_found_nowhere(
    sign_in: Any, sessions: Sessions, authority: Authority, capsys: pytest.CaptureFixture[str]
):
    client = await sign_in("datcv")
    secret = "bi-mat-khong-ai-biet"

    answer = await client.post(
        CREDENTIALS, json=body(authority, passphrase=secret), headers={"Idempotency-Key": "once"}
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "passphrase_wrong"
    assert secret not in answer.text
    async with sessions() as session:
        for table in ("audit_event", "kept_answer", "credential"):
            found = await session.scalar(
                text(f"SELECT count(*) FROM {table} AS one WHERE one::text LIKE '%{secret}%'")
            )
            assert found == 0
    printed = capsys.readouterr()
    assert secret not in printed.out + printed.err
    assert secret not in repr(AddCredential(title="a", passphrase=secret, container=b"x"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"container": None},
        {"token_label": "a", "key_label": "b"},
        {"picture": base64.b64encode(b"no").decode()},
    ],
)
async def test_a_credential_is_one_thing_with_a_real_picture(
    sign_in: Any, authority: Authority, wrong: dict[str, Any]
):
    client = await sign_in("datcv")
    assert (await client.post(CREDENTIALS, json=body(authority, **wrong))).status_code in {409, 422}


async def test_the_seal_is_with_the_registry_and_a_signature_of_somebody_else_is_refused(
    sessions: Sessions, actor_of: Any, desk: SigningDesk, authority: Authority
):
    clerk, specialist = await actor_of("datcv"), await actor_of("maihtx")
    unit_id = clerk.held[0].unit_id
    data = AddCredential(
        title="Con dấu", passphrase=PASSPHRASE, container=authority.container(), unit_id=unit_id
    )
    async with transaction(sessions) as session:
        with pytest.raises(NotAllowed) as refused:
            await credentials.add_credential(session, specialist, desk, data)
        assert refused.value.facts["reason"] == "seal_is_with_the_registry"
        seal = await credentials.add_credential(session, clerk, desk, data)
    async with transaction(sessions) as session:
        made = await signing.sign(session, clerk, desk, seal.id, PASSPHRASE, paper(), Placement())
        with pytest.raises(NotAllowed):
            await signing.sign(session, specialist, desk, seal.id, PASSPHRASE, paper(), Placement())
        with pytest.raises(NotFound):
            await signing.sign(
                session, await actor_of("lienttb"), desk, seal.id, PASSPHRASE, paper(), Placement()
            )
        await credentials.revoke_credential(session, clerk, seal.id)
        with pytest.raises(CredentialUnusable):
            await signing.sign(session, clerk, desk, seal.id, PASSPHRASE, paper(), Placement())
    assert (await judged(desk, made)).found[0].is_intact
