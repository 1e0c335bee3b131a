"""Searches that people keep: what they find, what they tell of, and what becomes of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from docflow.accounts.models import Person
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.search_jobs import tell_searches
from docflow.documents.service import searches as verbs
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, person_id, register

SEARCHES = "/api/v1/searches"
Work = Callable[[], Awaitable[None]]


async def keep(client: httpx.AsyncClient, name: str = "Cải cách", **fields: Any) -> dict[str, Any]:
    body = {"name": name, "search": {"q": "cải cách"}, **fields}
    answer = await client.post(SEARCHES, json=body)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{SEARCHES}/{kept['id']}"
    return kept


async def new_of(client: httpx.AsyncClient) -> dict[str, int]:
    answer = await client.get(SEARCHES)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one["new"]["value"] for one in answer.json()["items"]}


async def found_of(client: httpx.AsyncClient, kept: dict[str, Any]) -> list[str]:
    answer = await client.get(f"{SEARCHES}/{kept['id']}/documents")
    assert answer.status_code == 200, answer.text
    return [row["symbol"] for row in answer.json()["items"]]


async def letters(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        rows = await session.scalars(select(Letter.subject).where(Letter.subject_kind == "search"))
        return list(rows)


async def test_what_came_after_it_was_kept_is_new_until_its_owner_looks(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, symbol="1/CT-UBND")
    kept = await keep(clerk)
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 0}
    await register(clerk, symbol="2/CT-UBND", files=paper(b"2"))
    await register(clerk, symbol="3/CT-UBND", subject="Về việc khác", files=paper(b"3"))
    for _ in range(3):
        await tell_searches(sessions, postman)
        assert await new_of(clerk) == {"Cải cách": 1}
    assert await found_of(clerk, kept) == ["2/CT-UBND", "1/CT-UBND"]
    assert await new_of(clerk) == {"Cải cách": 0}
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 0}


async def test_what_is_found_by_its_text_alone_is_told_when_that_was_read(
    sign_in: SignIn, sessions: Sessions, postman: Postman, work: Work
) -> None:
    clerk = await sign_in("anpth")
    await keep(clerk, search={"q": "khuyếch"})
    await register(clerk, files=paper("khuyếch trương".encode()))
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 0}
    await work()
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 1}


async def test_a_document_that_is_given_to_them_later_is_told_then(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("khaitq")
    await keep(leader)
    document = await register(clerk)
    await tell_searches(sessions, postman)
    assert await new_of(leader) == {"Cải cách": 0}
    leader_id = await person_id(sessions, "khaitq")
    answer = await clerk.post(
        f"{DOCUMENTS}/{document['id']}/routes", json={"role": "direction", "person_ids": [leader_id]}
    )
    assert answer.status_code == 201, answer.text
    await tell_searches(sessions, postman)
    assert await new_of(leader) == {"Cải cách": 1}


async def test_new_hits_are_told_by_mail_once_and_only_when_asked_for(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk = await sign_in("anpth")
    await keep(clerk, by_mail=True)
    await keep(clerk, name="Không thư")
    await tell_searches(sessions, postman)
    assert await letters(sessions) == []
    await register(clerk)
    await register(clerk, symbol="6/CT-UBND", files=paper(b"6"))
    for _ in range(2):
        await tell_searches(sessions, postman)
    (subject,) = await letters(sessions)
    assert subject.startswith("2 văn bản mới – Cải cách: ")


async def test_a_frozen_person_is_told_nothing(sign_in: SignIn, sessions: Sessions, postman: Postman) -> None:
    clerk = await sign_in("anpth")
    await keep(clerk, by_mail=True)
    await register(clerk)
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE person SET frozen_at = now() WHERE username = :name"), {"name": "anpth"}
        )
    await tell_searches(sessions, postman)
    assert await letters(sessions) == []
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM saved_search_hit")) == 0


async def test_whoever_lost_their_role_is_told_nothing_of_what_came_before_or_after(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk = await sign_in("anpth")
    kept = await keep(clerk, by_mail=True)
    await register(clerk)
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 1}
    async with transaction(sessions) as session:
        person = await session.scalar(select(Person.id).where(Person.username == "anpth"))
        # A member of another unit now, where nothing was registered.
        await session.execute(
            text(
                "UPDATE role_held SET unit_id = (SELECT id FROM unit WHERE code = 'H99.24') WHERE person_id = :id"
            ),
            {"id": person},
        )
    assert await new_of(clerk) == {"Cải cách": 0}
    assert await found_of(clerk, kept) == []


async def test_a_change_made_before_and_committed_after_the_worker_looked_is_told_still(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk = await sign_in("anpth")
    await keep(clerk)
    document = await register(clerk)
    late = clock.now() - timedelta(minutes=5)
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE document SET touched_at = :at WHERE id = :id"), {"at": late, "id": document["id"]}
        )
        await session.execute(text("UPDATE saved_search SET told_until = now()"))
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 1}


async def test_more_than_one_turn_can_tell_of_are_told_by_the_next(
    sign_in: SignIn, sessions: Sessions, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbs, "AT_ONCE", 2)
    clerk = await sign_in("anpth")
    await keep(clerk)
    for number in range(5):
        await register(clerk, symbol=f"{number + 1}/CT-UBND", files=paper(b"%d" % number))
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cải cách": 5}


async def test_a_search_is_its_owners_alone(sign_in: SignIn) -> None:
    clerk, other = await sign_in("anpth"), await sign_in("datcv")
    kept = await keep(clerk)
    address = f"{SEARCHES}/{kept['id']}"
    tag = {"If-Match": '"1"'}
    assert await new_of(other) == {}
    for answer in (
        await other.get(address),
        await other.get(f"{address}/documents"),
        await other.patch(address, json={"name": "Của tôi"}, headers=tag),
        await other.delete(address, headers=tag),
    ):
        assert answer.status_code == 404, answer.text
    assert (await clerk.get(address)).json()["name"] == "Cải cách"


async def test_it_can_be_changed_and_dropped(sign_in: SignIn, sessions: Sessions, postman: Postman) -> None:
    clerk = await sign_in("anpth")
    kept = await keep(clerk)
    await register(clerk)
    await tell_searches(sessions, postman)
    address = f"{SEARCHES}/{kept['id']}"
    assert (await clerk.patch(address, json={"name": "X"})).status_code == 428
    answer = await clerk.patch(
        address, json={"name": "Chỉ thị", "search": {"kind": "directive"}}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["search"]["kind"] == "directive"
    assert answer.json()["new"]["value"] == 0
    assert (await clerk.patch(address, json={"name": "Y"}, headers={"If-Match": '"1"'})).status_code == 412
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Chỉ thị": 0}
    # That the worker looked, and that its owner looked, is no change of the search.
    await clerk.get(f"{address}/documents")
    tag = (await clerk.get(address)).headers["ETag"]
    assert tag == answer.headers["ETag"]
    assert (await clerk.delete(address, headers={"If-Match": tag})).status_code == 204
    assert (await clerk.get(address)).status_code == 404


async def test_what_cannot_be_kept_is_refused_with_its_reason(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = await sign_in("anpth")
    await keep(clerk)
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"name": "Cải cách", "search": {}}, 409, "search_name_taken"),
        ({"name": "B", "search": {"columns": ["readers"]}}, 422, "column_not_known"),
        ({"name": "B", "search": {"sort": "relevance"}}, 422, "relevance_without_search"),
        ({"name": "B", "search": {"q": "a\0b"}}, 422, "text_not_allowed"),
        ({"name": "B", "search": {"person": "x"}}, 422, ""),
        ({"name": " ", "search": {}}, 422, ""),
    ]
    for body, status, code in wrong:
        answer = await clerk.post(SEARCHES, json=body)
        assert answer.status_code == status, answer.text
        assert code in answer.text, answer.text
    monkeypatch.setattr(verbs, "MOST_KEPT", 1)
    answer = await clerk.post(SEARCHES, json={"name": "B", "search": {}})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_searches")


async def test_a_search_of_older_rules_is_told_as_such_and_stops_nobody_elses(
    sign_in: SignIn, sessions: Sessions, postman: Postman
) -> None:
    clerk = await sign_in("anpth")
    kept = await keep(clerk, name="Cũ")
    await keep(clerk)
    async with transaction(sessions) as session:
        await session.execute(
            text("""UPDATE saved_search SET search = '{"forgotten": 1}' WHERE name = 'Cũ'""")
        )
    await register(clerk)
    await tell_searches(sessions, postman)
    assert await new_of(clerk) == {"Cũ": 0, "Cải cách": 1}
    answer = await clerk.get(f"{SEARCHES}/{kept['id']}/documents")
    assert (answer.status_code, answer.json()["code"]) == (409, "search_not_understood")
