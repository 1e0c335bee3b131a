"""The trail over HTTP: a document's story page by page, everything for auditors, nothing to rewrite."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from docflow.access.actor import Actor
from docflow.audit import service
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, person_id, register, unit_id
from tests.unchanged import unchanged

ActorOf = Callable[[str], Awaitable[Actor]]
AUDIT = "/api/v1/audit"


async def whole(client: httpx.AsyncClient, address: str, **query: Any) -> list[dict[str, Any]]:
    """Every page of a trail."""
    events, cursor = [], None
    for _ in range(50):
        asked = {"limit": 3, **query, **({"cursor": cursor} if cursor else {})}
        answer = await client.get(address, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        events += page["items"]
        cursor = page["next"]
        if cursor is None:
            return events
    raise AssertionError("the pages do not end")


async def test_a_documents_trail_tells_its_whole_story_in_order(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, leader = await sign_in("anpth"), await sign_in("thuyhtt")
    document = await register(clerk)
    other = await register(clerk, symbol="06/CT-UBND", files=paper(b"other"))
    here = f"{DOCUMENTS}/{document['id']}"
    to_leader = {
        "person_ids": [await person_id(sessions, "thuyhtt")],
        "role": "direction",
        "note": "Kính trình",
    }
    await clerk.post(f"{here}/routes", json=to_leader)
    await leader.get(here)
    file = f"{here}/files/{document['files'][0]['id']}/content"
    etag = (await leader.get(file)).headers["etag"]
    await leader.get(file, headers={"If-None-Match": etag})
    await leader.post(f"{here}/acknowledgement")
    await clerk.patch(here, json={"note": "x"}, headers={"If-Match": '"1"'})
    await clerk.post(f"{here}/files", files=paper(b"v2", "v2.txt"), headers={"If-Match": '"2"'})
    story = await whole(clerk, f"{here}/trail")
    assert [(event["tag"], event["actor_name"]) for event in story] == [
        ("document:registered", "Phạm Thị Hoài An"),
        ("document:routed", "Phạm Thị Hoài An"),
        ("document:read", "Hoàng Thị Thu Thủy"),
        ("document:downloaded", "Hoàng Thị Thu Thủy"),
        ("document:acknowledged", "Hoàng Thị Thu Thủy"),
        ("document:amended", "Phạm Thị Hoài An"),
        ("document:file_added", "Phạm Thị Hoài An"),
    ]
    assert all(event["subject_id"] == document["id"] for event in story)
    assert all(event["address"] == "127.0.0.1" for event in story)
    moments = [event["happened_at"] for event in story]
    assert moments == sorted(moments)
    (change,) = story[1]["details"].pop("changes")
    assert (change["from"], change["to"]) == (None, "waiting")
    assert story[1]["details"] == {
        "role": "direction",
        "to": ["Hoàng Thị Thu Thủy"],
        "note": "Kính trình",
    }
    assert story[3]["details"] == {"file": "chi-thi.txt"}
    assert story[5]["details"] == {"changed": {"note": ["", "x"]}}
    assert [event["tag"] for event in await whole(clerk, f"{DOCUMENTS}/{other['id']}/trail")] == [
        "document:registered"
    ]


async def test_reading_a_trail_or_a_list_leaves_no_trace_in_it(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    async with unchanged(sessions, store):
        await whole(clerk, f"{DOCUMENTS}/{document['id']}/trail")
        await clerk.get(DOCUMENTS, params={"q": "cai cach"})


async def test_the_applications_role_cannot_rewrite_the_trail(sign_in: SignIn, sessions: Sessions) -> None:
    await register(await sign_in("anpth"))
    for change in (
        "UPDATE audit_event SET actor_name = 'nobody'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (id) DO UPDATE SET actor_name = 'x'",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with sessions() as session:
                await session.execute(text(change))


async def test_an_auditor_lists_everything_and_narrows_it(sign_in: SignIn, sessions: Sessions) -> None:
    clerk, auditor = await sign_in("anpth"), await sign_in("anhmtn")
    before = clock.now()
    document = await register(clerk)
    await clerk.get(AUDIT)
    events = await whole(auditor, AUDIT)
    assert [event["tag"] for event in events] == [
        "session:started",
        "session:started",
        "register:opened",
        "document:registered",
        "access:refused",
    ]
    clerk_id = await person_id(sessions, "anpth")
    narrowed: list[tuple[dict[str, Any], list[str]]] = [
        ({"tag": "document:registered"}, ["document:registered"]),
        (
            {"actor_id": clerk_id},
            ["session:started", "register:opened", "document:registered", "access:refused"],
        ),
        ({"subject_kind": "document", "subject_id": document["id"]}, ["document:registered"]),
        ({"subject_id": str(uuid4())}, []),
        ({"since": before.isoformat()}, ["register:opened", "document:registered", "access:refused"]),
        ({"until": before.isoformat()}, ["session:started", "session:started"]),
        ({"since": (before + timedelta(days=1)).isoformat()}, []),
        ({"subject_kind": "request"}, ["access:refused"]),
    ]
    for filters, tags in narrowed:
        assert [event["tag"] for event in await whole(auditor, AUDIT, **filters)] == tags, filters


async def test_the_trail_of_the_house_is_for_auditors_alone(sign_in: SignIn) -> None:
    for username in ("anpth", "thuyhtt", "huyvn", "datcv", "phuongct", "lochtt"):
        answer = await (await sign_in(username)).get(AUDIT)
        assert (answer.status_code, answer.json()["facts"]["action"]) == (403, "audit:read"), username


async def test_odd_questions_to_the_trail_are_refused_by_name(sign_in: SignIn) -> None:
    auditor = await sign_in("anhmtn")
    for name, value in {
        "tag": "document:burnt",
        "actor_id": "1",
        "since": "yesterday",
        "limit": "0",
        "cursor": "x",
    }.items():
        answer = await auditor.get(AUDIT, params={name: value})
        assert answer.status_code == 422, name
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}"]
    nul = await auditor.get(AUDIT, params={"subject_kind": "\0"})
    assert nul.status_code == 422


async def test_refused_sign_ins_are_told_without_the_password(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    await client.post("/api/v1/session", json={"username": "anpth", "password": "a very secret guess"})
    events = await whole(await sign_in("anhmtn"), AUDIT, tag="session:refused")
    assert [event["actor_name"] for event in events] == ["anpth"]
    assert "secret guess" not in str(events)


async def test_an_event_of_nobody_names_who_it_was(sessions: Sessions, actor_of: ActorOf) -> None:
    subject = uuid4()
    async with transaction(sessions) as session:
        await service.record(
            session,
            None,
            Tag.MEETING_ANSWERED,
            "meeting",
            subject,
            name="a@b.example",
            address="::1",
            tag="x",
        )
        await service.record(
            session, await actor_of("anpth"), Tag.MEETING_ANSWERED, "meeting", subject, session="y"
        )
    async with sessions() as session:
        events = list(
            await session.scalars(
                select(AuditEvent).where(AuditEvent.subject_id == subject).order_by(AuditEvent.id)
            )
        )
    assert [(one.actor_id is None, one.actor_name, one.details) for one in events] == [
        (True, "a@b.example", {"tag": "x"}),
        (False, "Phạm Thị Hoài An", {"session": "y"}),
    ]


async def test_names_in_the_trail_stay_as_they_were(sign_in: SignIn, sessions: Sessions) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    async with transaction(sessions) as session:
        await session.execute(text("UPDATE person SET full_name = 'Tên mới' WHERE username = 'anpth'"))
    events = await whole(clerk, f"{DOCUMENTS}/{document['id']}/trail")
    assert [event["actor_name"] for event in events] == ["Phạm Thị Hoài An"]


async def test_a_refused_route_is_recorded_though_its_transaction_rolled_back(
    sign_in: SignIn, sessions: Sessions
) -> None:
    clerk, department = await sign_in("anpth"), await sign_in("datcv")
    document = await register(clerk)
    here = f"{DOCUMENTS}/{document['id']}"
    await clerk.post(f"{here}/routes", json={"unit_ids": [await unit_id(sessions, "SNV")]})
    await department.post(f"{here}/routes", json={"unit_ids": [await unit_id(sessions, "STC")]})
    async with sessions() as session:
        refused = await session.scalar(select(AuditEvent).where(AuditEvent.tag == Tag.ACCESS_REFUSED))
        routed = await session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.tag == Tag.DOCUMENT_ROUTED)
        )
    assert refused is not None
    assert (refused.actor_name, refused.details["reason"]) == ("Cao Văn Đạt", "target_outside_own_units")
    assert refused.details["path"] == f"{here}/routes"
    assert routed == 1
