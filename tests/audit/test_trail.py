"""The trail only grows, tells a document's story in order, and keeps refusals."""

from typing import Any

import httpx
from litestar import Litestar, Request, get
from sqlalchemy import insert, select

from docflow.audit.models import AuditEvent
from docflow.audit.refusals import record_refusal
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.core.errors import NotAllowed
from docflow.core.ticks import Tick
from docflow.web import problems
from docflow.web.transaction import TransactionMiddleware, transaction_of
from tests.conftest import Client, SignIn
from tests.documents.registering import DOCUMENTS, paper, person_id, register, unit_id

AUDIT = "/api/v1/audit"
CLERK, LEADER, DEPARTMENT = "Phạm Thị Hoài An", "Hoàng Thị Thu Thủy", "Cao Văn Đạt"


async def told(client: Client, address: str, **query: Any) -> list[dict[str, Any]]:
    """Every event that an address tells, page by page."""
    events: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = await client.get(address, params={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        events += page["items"]
        cursor = page["next"]
        if cursor is None:
            return events


async def recorded(sessions: Sessions, tag: Tag) -> list[AuditEvent]:
    async with sessions() as session:
        return list(
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.id))
        )


async def worked_on(sign_in: SignIn, sessions: Sessions) -> dict[str, Any]:
    """A document that was registered, routed, read, directed, acknowledged, downloaded and accepted."""
    clerk, leader, department = [await sign_in(name) for name in ("anpth", "thuyhtt", "datcv")]
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    to_leader = {"role": "direction", "person_ids": [await person_id(sessions, "thuyhtt")]}
    words = {
        "content": "Giao Sở Nội vụ chủ trì.",
        "tasks": [{"lead_unit_id": await unit_id(sessions, "SNV"), "due": {"amount": 10}}],
    }
    file_id = document["files"][0]["id"]
    for person, method, path, body in (
        (clerk, "POST", f"{here}/routes", to_leader),
        (leader, "GET", here, None),
        (leader, "POST", f"{here}/directions", words),
        (department, "POST", f"{here}/acknowledgement", None),
        (department, "GET", f"{here}/files/{file_id}/content", None),
    ):
        answer = await person.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
    (task,) = (await department.get(f"{here}/tasks")).json()
    part = task["parts"][0]
    accepted = await department.post(
        f"/api/v1/task-parts/{part['id']}/acceptance", headers={"If-Match": f'"{part["version"]}"'}
    )
    assert accepted.status_code == 200, accepted.text
    return document


async def test_a_documents_trail_tells_its_story_in_order(sign_in: SignIn, sessions: Sessions) -> None:
    document = await worked_on(sign_in, sessions)
    clerk = await sign_in("anpth")
    await register(clerk, symbol="6/CT-UBND", files=paper(b"another"))
    events = await told(clerk, f"{DOCUMENTS}/{document['id']}/trail")
    assert [(event["tag"], event["actor_name"]) for event in events] == [
        ("document:registered", CLERK),
        ("document:routed", CLERK),
        ("document:read", LEADER),
        ("document:directed", LEADER),
        ("document:acknowledged", DEPARTMENT),
        ("document:downloaded", DEPARTMENT),
        ("task:accepted", DEPARTMENT),
    ]
    assert {event["subject_id"] for event in events} == {document["id"]}
    assert {event["address"] for event in events} == {"127.0.0.1"}
    moments = [event["happened_at"] for event in events]
    assert moments == sorted(moments)
    assert events[0]["details"]["symbol"] == "05/CT-UBND"


async def test_a_person_keeps_the_name_under_which_they_acted(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, admin = await sign_in("anpth"), await sign_in("huyvn")
    document = await register(clerk)
    address = f"/api/v1/people/{await person_id(sessions, 'anpth')}"
    version = (await admin.get(address)).headers["etag"]
    renamed = await admin.patch(address, json={"full_name": "Phạm Thị An"}, headers={"If-Match": version})
    assert renamed.status_code == 200
    (event,) = await told(clerk, f"{DOCUMENTS}/{document['id']}/trail")
    assert event["actor_name"] == CLERK


async def test_who_may_not_read_a_trail_is_told_so_or_sees_nothing(
    sign_in: SignIn, client: Client, sessions: Sessions
) -> None:
    document = await register(await sign_in("anpth"))
    trail = f"{DOCUMENTS}/{document['id']}/trail"
    assert (await client.get(trail)).status_code == 401
    assert (await client.get(AUDIT)).status_code == 401
    for username, status in {"lochtt": 403, "huyvn": 403, "phuongct": 404, "thuyhtt": 404}.items():
        person = await sign_in(username)
        assert (await person.get(trail)).status_code == status, username
        assert (await person.get(AUDIT)).status_code == 403, username
    auditor = await sign_in("anhmtn")
    assert (await auditor.get(AUDIT)).status_code == 200


async def test_a_refusal_is_recorded_once_with_who_and_what(sign_in: SignIn, sessions: Sessions) -> None:
    department = await sign_in("datcv")
    refused = await department.post("/api/v1/units?x=1", json={})
    assert refused.status_code == 403
    (event,) = await recorded(sessions, Tag.ACCESS_REFUSED)
    assert event.actor_id is not None
    assert str(event.actor_id) == await person_id(sessions, "datcv")
    assert (event.actor_name, event.address) == (DEPARTMENT, "127.0.0.1")
    assert event.details == {
        "path": "/api/v1/units",
        "method": "POST",
        "reason": "role_missing",
        "action": "unit:administer",
    }


async def test_what_is_hidden_or_wrong_or_unknown_is_no_refusal(
    sign_in: SignIn, client: Client, sessions: Sessions
) -> None:
    document = await register(await sign_in("anpth"))
    stranger = await sign_in("phuongct")
    assert (await stranger.get(f"{DOCUMENTS}/{document['id']}")).status_code == 404
    assert (await stranger.get(DOCUMENTS, params={"limit": 0})).status_code == 422
    assert (await client.get(DOCUMENTS)).status_code == 401
    assert await recorded(sessions, Tag.ACCESS_REFUSED) == []


async def test_a_change_from_a_foreign_page_is_recorded_as_somebodys(
    client: Client, sessions: Sessions
) -> None:
    for path in ("/api/v1/session", "/api/v1/answers/a%00b", f"/api/v1/answers/{'x' * 900}"):
        answer = await client.post(path, json={}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403, answer.text
    events = await recorded(sessions, Tag.ACCESS_REFUSED)
    assert len(events) == 3
    for event in events:
        assert (event.actor_id, event.actor_name) == (None, "somebody")
        assert event.details["reason"] == "foreign_origin"
        assert len(event.details["path"]) <= 300


async def test_what_was_written_before_a_refusal_is_rolled_back_and_the_refusal_stays(
    sessions: Sessions,
) -> None:
    @get("/half")
    async def half(request: Request[Any, Any, Any]) -> None:
        written = insert(Tick).values(name="half", slot=clock.now())
        await transaction_of(request.scope).session.execute(written)
        raise NotAllowed(reason="no_rule_allows_it")

    app = Litestar(
        [half],
        middleware=[TransactionMiddleware(sessions, {}, problems.render_bare)],
        exception_handlers={Exception: problems.render},
        after_exception=[record_refusal(sessions)],
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as web:
        assert (await web.get("/half")).status_code == 403
    async with sessions() as session:
        assert list(await session.scalars(select(Tick))) == []
    assert [event.details["path"] for event in await recorded(sessions, Tag.ACCESS_REFUSED)] == ["/half"]


async def test_a_refused_sign_in_is_recorded_without_the_password(client: Client, sessions: Sessions) -> None:
    for username in ("anpth", "nobody"):
        body = {"username": username, "password": "sai mat khau cua toi"}
        assert (await client.post("/api/v1/session", json=body)).status_code == 401
    events = await recorded(sessions, Tag.SESSION_REFUSED)
    assert [(event.actor_id, event.details["username"]) for event in events] == [
        (None, "anpth"),
        (None, "nobody"),
    ]
    assert {event.address for event in events} == {"127.0.0.1"}
    assert not any("sai mat khau" in str(event.details) for event in events)


async def test_the_auditor_pages_through_everything_once_and_in_order(
    sign_in: SignIn, sessions: Sessions
) -> None:
    await worked_on(sign_in, sessions)
    auditor = await sign_in("anhmtn")
    whole = await told(auditor, AUDIT, limit=200)
    assert len(whole) == 12, "four sign-ins, a register opened and seven things done"
    for limit in (1, 3, 11, 12, 13):
        assert await told(auditor, AUDIT, limit=limit) == whole
    assert [event["id"] for event in whole] == sorted({event["id"] for event in whole})


async def test_the_auditor_narrows_the_trail_by_who_what_and_when(
    sign_in: SignIn, sessions: Sessions
) -> None:
    document = await worked_on(sign_in, sessions)
    auditor = await sign_in("anhmtn")
    whole = await told(auditor, AUDIT)
    department = await person_id(sessions, "datcv")
    middle = whole[5]["happened_at"]
    for query, expected in (
        ({"tag": "session:started"}, [one for one in whole if one["tag"] == "session:started"]),
        ({"actor_id": department}, [one for one in whole if one["actor_id"] == department]),
        ({"subject_kind": "document"}, [one for one in whole if one["subject_id"] == document["id"]]),
        ({"subject_id": document["id"]}, [one for one in whole if one["subject_id"] == document["id"]]),
        ({"since": middle}, [one for one in whole if one["happened_at"] >= middle]),
        ({"until": middle}, [one for one in whole if one["happened_at"] < middle]),
        ({"actor_id": department, "tag": "task:accepted"}, whole[-2:-1]),
    ):
        assert expected != []
        assert await told(auditor, AUDIT, limit=2, **query) == expected, query
    assert await told(auditor, AUDIT, tag="unit:added") == []


async def test_a_question_that_makes_no_sense_is_refused(sign_in: SignIn) -> None:
    auditor = await sign_in("anhmtn")
    for name, value in {
        "tag": "document:eaten",
        "actor_id": "7",
        "since": "yesterday",
        "cursor": "x",
    }.items():
        answer = await auditor.get(AUDIT, params={name: value})
        assert answer.status_code == 422, name
        assert answer.json()["errors"][0]["pointer"] == f"/{name}"
