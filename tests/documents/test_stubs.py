"""State secrets: a stub in a series of its own, no file, and no word of it to whoever is not cleared."""

from typing import Any

from sqlalchemy import text

from docflow.core.db import Sessions, transaction
from storage import ObjectStore
from tests.conftest import Client, SignIn
from tests.documents.books import REGISTERS, assert_whole, entries, open_book, registers, reserve, void
from tests.documents.registering import DOCUMENTS, INCOMING, incoming, paper, register
from tests.unchanged import unchanged

STUBS = "/api/v1/documents/stubs"
SECRET: dict[str, Any] = {
    "secrecy": "secret",
    "symbol": "12/BC-BTL",
    "issued_on": "2026-11-20",
    "issuer": "Bộ Tư lệnh Quân khu",
}


async def clear(sessions: Sessions, username: str, clearance: int) -> None:
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE person SET clearance = :clearance WHERE username = :username"),
            {"clearance": clearance, "username": username},
        )


async def cleared(sign_in: SignIn, sessions: Sessions, username: str, clearance: int) -> Client:
    await clear(sessions, username, clearance)
    return await sign_in(username)


async def enter(clerk: Client, **fields: Any) -> dict[str, Any]:
    answer = await clerk.post(STUBS, json={**SECRET, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_stubs_are_numbered_in_a_series_of_their_own(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 2)
    await register(clerk)
    stub = await enter(clerk)
    assert (stub["number"], stub["secrecy"], stub["subject"], stub["files"]) == ("01", "secret", "(mật)", [])
    second = await enter(clerk, secrecy="top_secret", symbol="13/BC-BTL", language="en", subject="")
    assert (second["number"], second["subject"]) == ("02", "(top secret)")
    own = await enter(clerk, symbol="14/BC-BTL", subject="Kế hoạch diễn tập")
    assert own["subject"] == "Kế hoạch diễn tập"
    books = {one["id"]: (one["is_secret"], one["last_number"]) for one in await registers(clerk)}
    assert books[stub["register_id"]] == (True, 3)
    assert (await register(clerk, symbol="9/CT-UBND", files=paper(b"2")))["number"] == "02"
    await assert_whole(sessions)


async def test_a_stub_that_the_unit_issues_has_its_symbol_made(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 1)
    body = {"secrecy": "secret", "direction": "outgoing", "kind": "report"}
    answer = await clerk.post(STUBS, json=body)
    assert (answer.status_code, answer.json()["symbol"]) == (201, "01/BC-VP")
    assert answer.json()["issued_on"] is not None


async def test_whoever_is_not_cleared_enters_none(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    plain = await sign_in("datcv")
    clerk = await cleared(sign_in, sessions, "anpth", 1)
    async with unchanged(sessions, store):
        for client, secrecy in ((plain, "secret"), (clerk, "top_secret")):
            refused = await client.post(STUBS, json={**SECRET, "secrecy": secrecy})
            assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_cleared_for_it")
        refused = await plain.post(REGISTERS, json={"direction": "incoming", "is_secret": True})
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "not_cleared_for_it")


async def test_a_stub_that_says_something_impossible_is_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 3)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"secrecy": "none"}, ["/secrecy"]),
        ({"symbol": "", "issuer": "", "issued_on": None}, ["/symbol", "/issued_on", "/issuer"]),
        ({"symbol": "BC"}, ["/symbol"]),
        ({"answers_id": "01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"}, ["/answers_id"]),
        ({"direction": "outgoing", "kind": "report"}, ["/issued_on"]),
        ({"file": "x"}, ["/file"]),
    ]
    async with unchanged(sessions, store):
        for fields, pointers in cases:
            answer = await clerk.post(STUBS, json={**SECRET, **fields})
            assert answer.status_code == 422, (fields, answer.text)
            assert [one["pointer"] for one in answer.json()["errors"]] == pointers


async def test_the_file_of_a_state_secret_is_refused_with_the_reason_and_nothing_is_kept(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 3)
    stub = await enter(clerk)
    async with unchanged(sessions, store):
        for secrecy in ("secret", "top_secret", "utmost_secret"):
            answer = await clerk.post(INCOMING, data=incoming(secrecy=secrecy), files=paper(b"secret"))
            assert answer.status_code == 422
            assert [one["code"] for one in answer.json()["errors"]] == ["secret_file_refused"]
        here = f"{DOCUMENTS}/{stub['id']}/files"
        added = await clerk.post(here, files=paper(b"secret"), headers={"If-Match": '"1"'})
        assert (added.status_code, added.json()["code"]) == (409, "stub_has_no_files")


async def test_a_stub_is_handed_over_outside_the_system(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 1)
    stub = await enter(clerk)
    assert "document:route" not in stub["actions"]
    routed = await clerk.post(
        f"{DOCUMENTS}/{stub['id']}/routes", json={"unit_ids": [stub["unit_id"]], "note": "x"}
    )
    assert (routed.status_code, routed.json()["code"]) == (409, "stub_not_given_on")


async def test_nothing_of_a_stub_is_told_to_whoever_is_not_cleared(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 2)
    stub = await enter(clerk, secrecy="top_secret", subject="Diễn tập phòng thủ", issuer="Bộ Tư lệnh")
    await register(clerk)
    (book,) = [one for one in await registers(clerk) if one["is_secret"]]
    await reserve(clerk, book["id"])

    low = await cleared(sign_in, sessions, "lochtt", 1)
    assert [one["number"] for one in await entries(low, book["id"])] == ["01", "02"]
    hidden, reserved = await entries(low, book["id"])
    assert {name: value for name, value in hidden.items() if value} == {"number": "01", "state": "restricted"}
    assert reserved["state"] == "reserved"
    for only in ("void", "late"):
        assert await entries(low, book["id"], only=only) == []

    nobody = await sign_in("tungnt")
    assert [one["is_secret"] for one in await registers(nobody)] == [False]
    for client in (low, nobody):
        assert (await client.get(f"{DOCUMENTS}/{stub['id']}")).status_code == 404
        listed = (await client.get(DOCUMENTS, params={"total": "true"})).json()
        assert [one["symbol"] for one in listed["items"]] == ["05/CT-UBND"]
        for q in ("12/BC-BTL", "diễn tập", "tư lệnh"):
            assert (await client.get(DOCUMENTS, params={"q": q})).json()["items"] == []
    for address in ("", "/entries"):
        assert (await nobody.get(f"{REGISTERS}/{book['id']}{address}")).status_code == 404


async def test_a_clerk_with_too_low_a_clearance_voids_no_number_of_a_hidden_stub(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 3)
    stub = await enter(clerk, secrecy="utmost_secret")
    lower = await cleared(sign_in, sessions, "anpth", 1)
    async with unchanged(sessions, store):
        refused = await void(lower, stub["register_id"], "1")
        assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "entry_hidden")
    await clear(sessions, "anpth", 3)
    assert (await void(clerk, stub["register_id"], "1")).status_code == 200
    await clear(sessions, "anpth", 1)
    again = await void(lower, stub["register_id"], "1")
    assert (again.status_code, again.json()["facts"]["reason"]) == (403, "entry_hidden"), (
        "void or not is hidden"
    )
    (entry,) = await entries(lower, stub["register_id"])
    assert (entry["state"], entry["void_reason"]) == ("restricted", None)


async def test_the_trail_tells_of_a_stub_only_that_there_is_one(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 1)
    stub = await enter(
        clerk, subject="Diễn tập", arrived_on=SECRET["issued_on"], late_reason="Vì cuộc tập kín"
    )
    amended = await clerk.patch(
        f"{DOCUMENTS}/{stub['id']}", json={"subject": "Diễn tập lần hai"}, headers={"If-Match": '"1"'}
    )
    assert amended.status_code == 200
    assert (await void(clerk, stub["register_id"], "1", reason="Sai cuộc tập kín")).status_code == 200
    auditor = await sign_in("anhmtn")
    told = (await auditor.get("/api/v1/audit", params={"limit": 200})).text
    assert "Diễn tập" not in told
    assert "12/BC-BTL" not in told
    assert "tập kín" not in told


async def test_a_second_stub_of_the_same_secret_warns(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await cleared(sign_in, sessions, "anpth", 1)
    await open_book(clerk, direction="incoming", is_secret=True, kinds=["report"])
    await enter(clerk)
    async with unchanged(sessions, store):
        answer = await clerk.post(STUBS, json=SECRET)
        assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_suspected")
