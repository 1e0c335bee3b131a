"""Who sees a document, at every address through which it could leak: the visible set and the hidden set."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from docflow.access.actor import Secrecy
from docflow.accounts.models import Person
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from tests.conftest import SignIn
from tests.documents.registering import (
    DOCUMENTS,
    INCOMING,
    OUTGOING,
    incoming,
    outgoing,
    paper,
    person_id,
    register,
    unit_id,
)

WORDS = "tuyệt nhiên riêng biệt"
EVERYBODY = ["anpth", "lochtt", "thuyhtt", "datcv", "lienttb", "phuongct", "anhmtn", "huyvn"]
"""Clerk and specialist of the office, a leader, clerks of two departments and a commune, auditor, administrator."""
MAY_ROUTE = {"anpth", "thuyhtt", "datcv", "lienttb", "phuongct"}
MAY_AMEND = {"anpth", "datcv", "lienttb", "phuongct"}
MAY_READ_TRAILS = MAY_ROUTE | {"anhmtn"}


@dataclass(frozen=True)
class Thing:
    """A registered document and what its addresses need."""

    id: str
    file: str
    somewhere: str

    @property
    def address(self) -> str:
        return f"{DOCUMENTS}/{self.id}"


async def ways_in(client: httpx.AsyncClient, thing: Thing) -> dict[str, bool]:
    """For each way to a document whether it shows that the document is there."""

    async def listed(**query: Any) -> bool:
        answer = await client.get(DOCUMENTS, params=query)
        assert answer.status_code == 200
        return thing.id in answer.text

    async def counted(**query: Any) -> bool:
        return bool((await client.get(DOCUMENTS, params=query)).json()["total"]["value"])

    async def found(method: str, path: str = "", **request: Any) -> bool:
        answer = await client.request(method, f"{thing.address}{path}", **request)
        assert answer.status_code != 500
        return answer.status_code != 404

    waiting = await client.get("/api/v1/home")
    return {
        "list": await listed(),
        "list with filters": await listed(kind="directive", direction="incoming"),
        "search": await listed(q=WORDS),
        "search by number": await listed(q="05/CT-UBND"),
        "count": await counted(total=True),
        "count of a search": await counted(q=WORDS),
        "get": await found("GET"),
        "file": await found("GET", f"/files/{thing.file}/content"),
        "part of the file": await found(
            "GET", f"/files/{thing.file}/content", headers={"Range": "bytes=0-0"}
        ),
        "receipts": await found("GET", "/receipts"),
        "citations": await found("GET", "/citations"),
        "cited by": await found("GET", "/cited-by"),
        "acknowledge": await found("POST", "/acknowledgement"),
        "home": thing.id in waiting.text,
    }


async def ways_for_some(client: httpx.AsyncClient, thing: Thing, username: str) -> dict[str, bool]:
    """The ways that the route gate opens to some roles only."""
    stale, here = {"If-Match": '"999"'}, thing.address
    nobody: dict[str, Any] = {"unit_ids": []}
    asked = {
        "amend": (MAY_AMEND, client.patch(here, json={"note": "x"}, headers=stale)),
        "add a file": (MAY_AMEND, client.post(f"{here}/files", files=paper(), headers=stale)),
        "route": (MAY_ROUTE, client.post(f"{here}/routes", json=nobody)),
        "trail": (MAY_READ_TRAILS, client.get(f"{here}/trail")),
    }
    told = {}
    for way, (roles, request) in asked.items():
        answer = await request
        if username not in roles:
            assert answer.status_code == 403, (username, way)
            assert answer.json()["facts"]["reason"] == "role_missing"
            continue
        told[way] = answer.status_code != 404
    return told


async def everyones_view(sign_in: SignIn, thing: Thing) -> dict[str, dict[str, bool]]:
    seen = {}
    for username in EVERYBODY:
        client = await sign_in(username)
        seen[username] = await ways_in(client, thing) | await ways_for_some(client, thing, username)
    return seen


def who_sees(views: dict[str, dict[str, bool]], *, waiting: set[str]) -> set[str]:
    """The visible set; every way must agree about every person."""
    visible = set()
    for username, ways in views.items():
        at_home = ways.pop("home")
        assert at_home == (username in waiting), username
        assert len(set(ways.values())) == 1, (username, ways)
        if all(ways.values()):
            visible.add(username)
    return visible


async def registered(sign_in: SignIn, sessions: Sessions) -> Thing:
    clerk = await sign_in("anpth")
    document = await register(clerk, subject=f"Về {WORDS}", files=paper(b"rieng cua van phong"))
    return Thing(document["id"], document["files"][0]["id"], await unit_id(sessions, "SNV"))


async def test_a_registered_document_is_seen_in_its_unit_alone(sign_in: SignIn, sessions: Sessions) -> None:
    thing = await registered(sign_in, sessions)
    views = await everyones_view(sign_in, thing)
    assert who_sees(views, waiting=set()) == {"anpth", "lochtt"}


async def test_whom_it_is_given_to_sees_it_and_nobody_else_does(sign_in: SignIn, sessions: Sessions) -> None:
    thing = await registered(sign_in, sessions)
    clerk = await sign_in("anpth")
    given = {"unit_ids": [thing.somewhere], "person_ids": [await person_id(sessions, "thuyhtt")]}
    assert (await clerk.post(f"{thing.address}/routes", json=given)).status_code == 201
    views = await everyones_view(sign_in, thing)
    assert who_sees(views, waiting={"datcv", "thuyhtt"}) == {"anpth", "lochtt", "datcv", "thuyhtt"}


async def test_nobody_sees_what_is_above_their_clearance(sign_in: SignIn, sessions: Sessions) -> None:
    thing = await registered(sign_in, sessions)
    async with transaction(sessions) as session:
        await session.execute(update(Document).values(secrecy=int(Secrecy.TOP_SECRET)))
        cleared = update(Person).where(Person.username == "lochtt").values(clearance=int(Secrecy.TOP_SECRET))
        nearly = update(Person).where(Person.username == "anpth").values(clearance=int(Secrecy.SECRET))
        await session.execute(cleared)
        await session.execute(nearly)
    views = await everyones_view(sign_in, thing)
    assert who_sees(views, waiting=set()) == {"lochtt"}


@pytest.mark.parametrize("other", ["datcv", "phuongct"])
async def test_a_warning_never_names_what_is_hidden(sign_in: SignIn, sessions: Sessions, other: str) -> None:
    thing = await registered(sign_in, sessions)
    stranger = await sign_in(other)
    answer = await stranger.post(INCOMING, data=incoming(), files=paper(b"rieng cua van phong"))
    assert answer.status_code == 201
    assert thing.id not in answer.text
    reply = outgoing(answers_id=thing.id)
    assert (await stranger.post(OUTGOING, data=reply, files=paper())).status_code == 404


async def test_a_file_is_reached_through_its_own_document_only(sign_in: SignIn, sessions: Sessions) -> None:
    hidden = await registered(sign_in, sessions)
    stranger = await sign_in("phuongct")
    own = await register(stranger)
    answer = await stranger.get(f"{DOCUMENTS}/{own['id']}/files/{hidden.file}/content")
    assert answer.status_code == 404
    other = await register(stranger, symbol="06/CT-UBND", files=paper(b"other"))
    answer = await stranger.get(f"{DOCUMENTS}/{other['id']}/files/{own['files'][0]['id']}/content")
    assert answer.status_code == 404


async def test_totals_and_cursors_count_only_what_is_seen(sign_in: SignIn, sessions: Sessions) -> None:
    office, department = await sign_in("anpth"), await sign_in("datcv")
    for number in range(1, 6):
        await register(office, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
        await register(department, symbol=f"{number}/QĐ-TTg", files=paper(b"x%d" % number))
    for clerk, symbols in ((office, "CT-UBND"), (department, "QĐ-TTg")):
        page = (await clerk.get(DOCUMENTS, params={"limit": 3, "total": True})).json()
        rest = (await clerk.get(DOCUMENTS, params={"limit": 3, "cursor": page["next"]})).json()
        assert page["total"] == {"value": 5, "relation": "eq"}
        shown = [row["symbol"] for row in page["items"] + rest["items"]]
        assert len(shown) == 5
        assert all(symbol.endswith(symbols) for symbol in shown)
        assert rest["next"] is None


async def test_the_cursor_of_one_person_opens_nothing_to_another(sign_in: SignIn, sessions: Sessions) -> None:
    office, department = await sign_in("anpth"), await sign_in("datcv")
    for number in range(1, 4):
        await register(office, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
    cursor = (await office.get(DOCUMENTS, params={"limit": 1})).json()["next"]
    assert (await department.get(DOCUMENTS, params={"cursor": cursor})).json()["items"] == []


async def test_the_trail_is_for_the_registering_unit_and_those_above(
    sign_in: SignIn, sessions: Sessions
) -> None:
    thing = await registered(sign_in, sessions)
    clerk = await sign_in("anpth")
    people = [await person_id(sessions, name) for name in ("thuyhtt", "anhmtn")]
    given = {"unit_ids": [thing.somewhere], "person_ids": people}
    await clerk.post(f"{thing.address}/routes", json=given)
    for username, status in {"anpth": 200, "thuyhtt": 200, "anhmtn": 200, "datcv": 403}.items():
        answer = await (await sign_in(username)).get(f"{thing.address}/trail")
        assert answer.status_code == status, username
    assert answer.json()["facts"] == {"reason": "trail_for_the_registering_unit_and_above"}


async def test_registers_are_shown_to_their_own_unit(sign_in: SignIn, sessions: Sessions) -> None:
    await registered(sign_in, sessions)
    mine = (await (await sign_in("lochtt")).get("/api/v1/registers")).json()
    assert [(one["direction"], one["last_number"]) for one in mine] == [("incoming", 1)]
    assert (await (await sign_in("datcv")).get("/api/v1/registers")).json() == []
