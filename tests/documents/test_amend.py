"""Correcting what was registered, and new versions of the file: on the version that was read, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from docflow.core.db import Sessions
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import (
    DOCUMENTS,
    PAPER,
    incoming,
    issue,
    paper,
    person_id,
    register,
    unit_id,
)
from tests.unchanged import unchanged

Work = Callable[[], Awaitable[None]]
FIRST = {"If-Match": '"1"'}


async def test_a_correction_is_kept_searchable_and_told_in_the_trail(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    changes = {"subject": "  Về   phòng chống bão ", "issuer": "Bộ Nội vụ", "note": "một\r\nhai", "copies": 3}
    answer = await clerk.patch(here, json=changes, headers=FIRST)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    body = answer.json()
    assert (body["subject"], body["note"], body["copies"]) == ("Về phòng chống bão", "một\nhai", 3)
    assert (body["number"], body["registered_at"]) == (document["number"], document["registered_at"])
    for q, found in {"phong chong bao": 1, "bo noi vu": 1, "cai cach": 0}.items():
        listed = (await clerk.get(DOCUMENTS, params={"q": q})).json()
        assert listed["total"]["value"] == found, q
    trail = (await clerk.get(f"{here}/trail")).json()["items"]
    assert trail[-1]["tag"] == "document:amended"
    assert trail[-1]["details"]["changed"]["copies"] == [None, 3]


async def test_fields_left_out_stay_and_null_empties_what_may_be_empty(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, page_count="4", signer_name="Nguyễn Văn Ánh", due_on="2999-01-01")
    here = f"{DOCUMENTS}/{document['id']}"
    body = (await clerk.patch(here, json={"page_count": None, "due_on": None}, headers=FIRST)).json()
    assert (body["page_count"], body["due_on"], body["signer_name"]) == (None, None, "Nguyễn Văn Ánh")


async def test_a_correction_that_changes_nothing_leaves_no_trace(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    async with unchanged(sessions, store):
        for body in ({}, {"subject": document["subject"], "urgency": "normal"}):
            answer = await clerk.patch(f"{DOCUMENTS}/{document['id']}", json=body, headers=FIRST)
            assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')


async def test_reading_the_text_does_not_make_a_clerks_etag_stale(sign_in: SignIn, work: Work) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await work()
    answer = await clerk.patch(f"{DOCUMENTS}/{document['id']}", json={"note": "x"}, headers=FIRST)
    assert answer.status_code == 200, answer.text


async def test_a_stale_or_missing_version_changes_nothing(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    await clerk.patch(here, json={"note": "first"}, headers=FIRST)
    cases: list[tuple[dict[str, str], int, str]] = [
        (FIRST, 412, "stale"),
        ({"If-Match": '"3"'}, 412, "stale"),
        ({}, 428, "if_match_missing"),
        ({"If-Match": "*"}, 400, "if_match_not_understood"),
        ({"If-Match": 'W/"2"'}, 400, "if_match_not_understood"),
        ({"If-Match": "2"}, 400, "if_match_not_understood"),
        ({"If-Match": '"2", "1"'}, 400, "if_match_not_understood"),
    ]
    async with unchanged(sessions, store):
        for headers, status, code in cases:
            as_english = {**headers, "Accept-Language": "en"}
            amended = await clerk.patch(here, json={"note": "second"}, headers=as_english)
            added = await clerk.post(f"{here}/files", files=paper(b"v2"), headers=as_english)
            for answer in (amended, added):
                assert (answer.status_code, answer.json()["code"]) == (status, code), headers
    stale = await clerk.patch(here, json={"note": "second"}, headers={**FIRST, "Accept-Language": "en"})
    assert stale.json()["detail"].startswith("Somebody changed this since you read it.")
    assert stale.json()["facts"] == {"current_version": 2}


async def test_of_two_corrections_at_once_one_wins_and_the_other_is_told(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    answers = await asyncio.gather(
        *(clerk.patch(here, json={"note": f"note {number}"}, headers=FIRST) for number in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    assert (await clerk.get(here)).json()["note"] == winner.json()["note"]


async def test_impossible_corrections_are_refused_by_field(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"subject": " "}, "/subject", "field_empty"),
        ({"subject": "x" * 501}, "/subject", "field_too_long"),
        ({"subject": None}, "/subject", "field_not_valid"),
        ({"issuer": ""}, "/issuer", "field_empty"),
        ({"note": "a\0b"}, "/note", "text_not_allowed"),
        ({"due_on": "2024-01-01"}, "/due_on", "due_in_past"),
        ({"due_on": "soon"}, "/due_on", "field_not_a_date"),
        ({"copies": 0}, "/copies", "field_not_valid"),
        ({"symbol": "06/CT-UBND"}, "/symbol", "field_unknown"),
        ({"number": "07"}, "/number", "field_unknown"),
        ({"readers": [1]}, "/readers", "field_unknown"),
    ]
    async with unchanged(sessions, store):
        for body, pointer, code in cases:
            answer = await clerk.patch(here, json=body, headers=FIRST)
            assert answer.status_code == 422, (body, answer.text)
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)], (
                body
            )


async def test_a_body_that_is_not_json_is_not_understood(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    as_json = {**FIRST, "Content-Type": "application/json"}
    cases = [(b"{", 400), (b"note=x", 400), (b"\xff\xfe", 400), (b"[]", 422), (b"null", 422), (b"", 422)]
    async with unchanged(sessions, store):
        for content, status in cases:
            answer = await clerk.patch(here, content=content, headers=as_json)
            assert answer.status_code == status, (content, answer.text)
            assert answer.json()["code"] in {"not_understood", "invalid"}
        wrong_type = await clerk.patch(here, content=b"{}", headers={**FIRST, "Content-Type": "text/json"})
        assert (wrong_type.status_code, wrong_type.json()["code"]) == (415, "wrong_media_type")
        assert wrong_type.json()["facts"] == {"expected": "application/json", "given": "text/json"}
        large = await clerk.patch(here, json={"note": "x" * (1 << 20)}, headers=FIRST)
        assert (large.status_code, large.json()["code"]) == (413, "too_large")


async def test_a_new_version_of_the_file_stands_first_and_the_earlier_stay(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    files = paper(b"a clearer scan", "ban-quet.txt")
    answer = await clerk.post(f"{here}/files", data={"note": "Rõ hơn"}, files=files, headers=FIRST)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"2"'
    listed = [(one["version"], one["filename"], one["note"]) for one in answer.json()["files"]]
    assert listed == [(2, "ban-quet.txt", "Rõ hơn"), (1, "chi-thi.txt", "")]
    for file, content in zip(answer.json()["files"], (b"a clearer scan", PAPER), strict=True):
        got = await clerk.get(f"{here}/files/{file['id']}/content")
        assert got.content == content


async def test_only_the_registry_that_registered_it_corrects_it(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk, department, leader = [await sign_in(name) for name in ("anpth", "datcv", "thuyhtt")]
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    given = {
        "unit_ids": [await unit_id(sessions, "SNV")],
        "person_ids": [await person_id(sessions, "thuyhtt")],
    }
    await clerk.post(f"{here}/routes", json=given)
    async with unchanged(sessions, store):
        for client, reason in (
            (department, "only_the_registry_that_registered_it"),
            (leader, "role_missing"),
        ):
            amended = await client.patch(here, json={"note": "x"}, headers=FIRST)
            added = await client.post(f"{here}/files", files=paper(b"v2"), headers=FIRST)
            for answer in (amended, added):
                assert (answer.status_code, answer.json()["facts"]["reason"]) == (403, reason)


async def test_an_issued_document_is_never_edited(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    here = f"{DOCUMENTS}/{(await issue(clerk))['id']}"
    async with unchanged(sessions, store):
        amended = await clerk.patch(here, json={"note": "x"}, headers=FIRST)
        added = await clerk.post(f"{here}/files", files=paper(b"v2"), headers=FIRST)
        for answer in (amended, added):
            assert (answer.status_code, answer.json()["code"]) == (409, "issued_never_edited")


async def test_a_corrected_issuer_counts_for_the_warning_on_duplicates(sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, issuer="Bộ Nội vụ")
    here = f"{DOCUMENTS}/{document['id']}"
    await clerk.patch(here, json={"issuer": "Bộ Tài chính"}, headers=FIRST)
    form = incoming(issuer="bộ tài chính")
    answer = await clerk.post(f"{DOCUMENTS}/incoming", data=form, files=paper(b"other"))
    assert answer.status_code == 409


async def test_kinds_are_added_by_the_administrator_and_usable_at_once(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    administrator, clerk = await sign_in("huyvn"), await sign_in("anpth")
    kind = {"code": "conclusion", "symbol": "KL", "name_vi": "Kết luận", "name_en": "Conclusion"}
    assert (await administrator.post("/api/v1/kinds", json=kind)).status_code == 201
    assert (await register(clerk, symbol="12/KL-TTr"))["kind"] == "conclusion"
    kinds = (await clerk.get("/api/v1/kinds")).json()
    assert kind in kinds
    assert len(kinds) == 33
    refused = [
        (kind, 409, "kind_code_taken"),
        ({**kind, "code": "other"}, 409, "kind_code_taken"),
        ({**kind, "code": "x", "symbol": "XX"}, 422, "invalid"),
        ({**kind, "code": "other", "symbol": "K-L"}, 422, "invalid"),
        ({**kind, "code": "other", "symbol": "X", "name_vi": " "}, 422, "invalid"),
    ]
    async with unchanged(sessions, store):
        for body, status, code in refused:
            answer = await administrator.post("/api/v1/kinds", json=body)
            assert (answer.status_code, answer.json()["code"]) == (status, code), body
        assert (await clerk.post("/api/v1/kinds", json=kind)).status_code == 403
