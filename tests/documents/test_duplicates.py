"""The warning on a document that seems to be registered already (domain §1.5), and what it may not betray."""

from typing import Any

from docflow.core.db import Sessions
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import INCOMING, incoming, issue, paper, register
from tests.unchanged import unchanged


async def test_the_same_symbol_and_issuer_warns_and_names_the_first(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    first = await register(clerk)
    again = incoming(symbol="Số: 5 / CT - ubnd", issuer="UỶ BAN nhân dân TỈNH", subject="Khác")
    async with unchanged(sessions, store):
        answer = await clerk.post(INCOMING, data=again, files=paper(b"other bytes"))
        told = answer.json()
        assert (answer.status_code, told["code"]) == (409, "duplicate_suspected")
        assert told["facts"]["first"] == f"01/{first['arrived_on'][:4]}"
        (named,) = told["facts"]["duplicates"]
        assert (named["id"], named["number"], named["symbol"]) == (first["id"], "01", "05/CT-UBND")
        assert named["issuer"] == "Ủy ban nhân dân tỉnh"
        assert "05/CT-UBND" in told["detail"]
        assert "số đến 01/" in told["detail"]


async def test_the_same_bytes_under_another_symbol_warn_too(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    first = await register(clerk)
    async with unchanged(sessions, store):
        answer = await clerk.post(INCOMING, data=incoming(symbol="9/QĐ-TTg", issuer="Khác"), files=paper())
        assert answer.status_code == 409
        assert [one["id"] for one in answer.json()["facts"]["duplicates"]] == [first["id"]]


async def test_bytes_of_an_earlier_version_count_as_well(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    first = await register(clerk)
    added = await clerk.post(
        f"/api/v1/documents/{first['id']}/files", files=paper(b"clearer scan"), headers={"If-Match": '"1"'}
    )
    assert added.status_code == 201
    for content in (b"clearer scan", None):
        files = paper(content) if content else paper()
        answer = await clerk.post(INCOMING, data=incoming(symbol="9/QĐ-TTg", issuer="Khác"), files=files)
        assert answer.status_code == 409


async def test_a_confirmed_duplicate_is_registered_and_gets_the_next_number(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await register(clerk)
    second = await register(clerk, confirm_duplicate="true")
    assert second["number"] == "02"
    third = await clerk.post(INCOMING, data=incoming(), files=paper())
    assert [one["number"] for one in third.json()["facts"]["duplicates"]] == ["01", "02"]
    assert third.json()["facts"]["first"].startswith("01/")


async def test_another_kind_number_or_issuer_is_another_document(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, symbol="45/HD-SNV", kind="guideline")
    others: list[dict[str, Any]] = [
        {"symbol": "45/HĐ-SNV"},
        {"symbol": "46/HD-SNV", "kind": "guideline"},
        {"symbol": "45/HD-STC", "kind": "guideline"},
        {"symbol": "45/HD-SNV", "kind": "guideline", "issuer": "Sở Nội vụ tỉnh khác"},
    ]
    for number, fields in enumerate(others, 2):
        body = await register(clerk, files=paper(b"%d" % number), **fields)
        assert body["number"] == f"{number:02d}"


async def test_the_same_symbol_of_another_year_is_another_document(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, issued_on="2025-01-12")
    second = await register(clerk, issued_on="2026-01-12", files=paper(b"2"))
    assert second["number"] == "02"


async def test_a_duplicate_that_the_clerk_may_not_see_is_never_named(sign_in: SignIn) -> None:
    other, clerk = await sign_in("datcv"), await sign_in("phuongct")
    await register(other)
    mine = await register(clerk)
    assert mine["number"] == "01"


async def test_what_a_unit_issued_itself_is_no_duplicate_of_what_arrives(sign_in: SignIn) -> None:
    clerk = await sign_in("datcv")
    await issue(clerk)
    arrived = await register(clerk, symbol="01/BC-SNV", issuer="Sở Nội vụ")
    assert arrived["number"] == "01"
