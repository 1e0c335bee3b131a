"""Meetings over the API: what is refused and how, versions, retries, pages, filters, calendars, delivery."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unicodedata import normalize
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar

from docflow.core import clock
from docflow.core.db import Sessions
from docflow.embedded import EmbeddedStack, captured
from storage import ObjectStore
from tests.conftest import SignIn
from tests.meetings.convening import (
    CHAIR,
    MEETINGS,
    Hall,
    at,
    count_letters,
    letters_since,
    matching,
    read_mail,
    schedule,
)
from tests.unchanged import unchanged


@pytest.fixture
async def hall(sessions: Sessions) -> Hall:
    return await Hall.of(sessions)


@pytest.fixture
async def organizer(sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in("phuoclh")


async def test_a_clash_is_answered_with_409_in_the_callers_language(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions, store: ObjectStore
) -> None:
    await schedule(organizer, hall.meeting())
    async with unchanged(sessions, store):
        refused = await organizer.post(MEETINGS, json=hall.meeting(), headers={"Accept-Language": "en"})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "site_already_booked")
    assert problem["detail"].startswith(f"Already booked at this time: {hall.names[0]}, {hall.names[1]}")
    assert "08:00–11:00" in problem["detail"]
    assert len(problem["facts"]["clashes"]) == 3


async def test_of_eight_requests_at_once_one_is_created_and_seven_are_refused_with_the_clash(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions
) -> None:
    answers = await asyncio.gather(*(organizer.post(MEETINGS, json=hall.meeting()) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json().get("code") for answer in answers} == {None, "site_already_booked"}
    assert await count_letters(sessions) == 4


async def test_a_retry_under_the_same_key_schedules_once(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions
) -> None:
    body = hall.meeting()
    first = await organizer.post(MEETINGS, json=body, headers={"Idempotency-Key": "k1"})
    again = await organizer.post(MEETINGS, json=body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"] == '"1"'
    assert await count_letters(sessions) == 4


LONG = "x" * 501


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"subject": " \n"}, "/subject", "text_missing"),
        ({"subject": LONG}, "/subject", "text_too_long"),
        ({"subject": "NUL\0"}, "/subject", "text_not_allowed"),
        ({"description": "x" * 10_001}, "/description", "text_too_long"),
        ({"join_url": "http://meet.example/room"}, "/join_url", "join_url_not_https"),
        ({"join_url": "https://[meet"}, "/join_url", "join_url_not_https"),
        ({"join_url": "javascript:alert(1)"}, "/join_url", "join_url_not_https"),
        ({"starts_at": "2020-01-01T08:00:00+07:00"}, "/starts_at", "starts_in_the_past"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "/starts_at", "starts_in_the_past"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, "/starts_at", "starts_too_far_ahead"),
        ({"starts_at": "2099-01-01T08:00:00"}, "/starts_at", "field_not_a_date"),
        ({"ends_at": at(7).isoformat()}, "/ends_at", "ends_before_it_starts"),
        ({"ends_at": at(8).isoformat()}, "/ends_at", "ends_before_it_starts"),
        ({"ends_at": at(33).isoformat()}, "/ends_at", "meeting_too_long"),
        ({"site_ids": [str(uuid4())]}, "/site_ids", "site_not_known"),
        ({"site_ids": [str(uuid4()) for _ in range(201)]}, "/site_ids", "too_many_sites"),
        ({"document_id": str(uuid4())}, "/document_id", "document_not_known"),
        ({"participants": []}, "/participants", "one_chair_needed"),
        ({"sites": []}, "/sites", "field_unknown"),
    ],
)
async def test_what_is_wrong_with_a_plan_is_named_and_nothing_changes(
    organizer: httpx.AsyncClient,
    hall: Hall,
    sessions: Sessions,
    store: ObjectStore,
    fields: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    body = {**hall.meeting(participants=hall.guests(1)), **fields}
    async with unchanged(sessions, store):
        refused = await organizer.post(MEETINGS, json=body)
    assert refused.status_code == 422, refused.text
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused.json()["errors"]}
    assert "…" not in refused.text


@pytest.mark.parametrize(
    ("person", "pointer", "code"),
    [
        ({"email": "nobody"}, "/participants/1/email", "address_not_valid"),
        ({"email": "a@mail.example\r\nBcc: b@mail.example"}, "/participants/1/email", "address_not_valid"),
        ({"email": CHAIR.upper()}, "/participants/1/email", "participant_twice"),
        ({"name": " "}, "/participants/1/name", "text_missing"),
        ({"name": "NUL\0"}, "/participants/name", "text_not_allowed"),
        ({"role": "chair"}, "/participants", "one_chair_needed"),
        ({"role": "guard"}, "/participants/1/role", "field_not_a_choice"),
        ({"site_id": str(uuid4())}, "/participants/1/site_id", "participant_elsewhere"),
        ({"person_id": str(uuid4())}, "/participants", "person_not_known"),
    ],
)
async def test_what_is_wrong_with_a_participant_is_named_and_nothing_changes(
    organizer: httpx.AsyncClient,
    hall: Hall,
    sessions: Sessions,
    store: ObjectStore,
    person: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    chair, guest = hall.guests(2, 3)
    async with unchanged(sessions, store):
        refused = await organizer.post(MEETINGS, json=hall.meeting(participants=[chair, {**guest, **person}]))
    assert refused.status_code == 422, refused.text
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused.json()["errors"]}


async def test_no_more_people_are_invited_than_a_meeting_has_room_for(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions, store: ObjectStore
) -> None:
    async with unchanged(sessions, store):
        refused = await organizer.post(MEETINGS, json=hall.meeting(people=2001))
    assert refused.status_code == 422
    assert [error["code"] for error in refused.json()["errors"]] == ["too_many_participants"]


async def test_decomposed_letters_are_kept_composed(organizer: httpx.AsyncClient, hall: Hall) -> None:
    subject = "Hội nghị về chuyển đổi số"
    meeting = await schedule(organizer, hall.meeting(subject=normalize("NFD", subject)))
    assert meeting["subject"] == subject


async def test_every_change_says_on_which_version_it_is_based(
    organizer: httpx.AsyncClient, hall: Hall, sessions: Sessions, store: ObjectStore
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    place = f"{MEETINGS}/{meeting['id']}"
    guest = f"{place}/participants/{meeting['participants'][1]['id']}"
    changed = await organizer.patch(place, json={"subject": "Mới"}, headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    async with unchanged(sessions, store):
        for headers, status in (({}, 428), ({"If-Match": '"1"'}, 412), ({"If-Match": "*"}, 400)):
            answers = [
                await organizer.patch(place, json={"subject": "Khác"}, headers=headers),
                await organizer.delete(guest, headers=headers),
                await organizer.post(f"{place}/cancellation", json={"reason": "Bão"}, headers=headers),
            ]
            assert [answer.status_code for answer in answers] == [status] * 3


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"starts_at": "2020-01-01T08:00:00+07:00"}, "/starts_at", "starts_in_the_past"),
        ({"ends_at": at(7).isoformat()}, "/ends_at", "ends_before_it_starts"),
        ({"subject": ""}, "/subject", "text_missing"),
        ({"join_url": "ftp://meet.example"}, "/join_url", "join_url_not_https"),
        ({"central_site_id": str(uuid4())}, "/site_ids", "site_not_known"),
        (
            {"participant_sites": [{"participant_id": str(uuid4()), "site_id": str(uuid4())}]},
            "/participant_sites/0/participant_id",
            "participant_not_known",
        ),
        ({"state": "cancelled"}, "/state", "field_unknown"),
    ],
)
async def test_an_impossible_change_is_named_and_nothing_changes(
    organizer: httpx.AsyncClient,
    hall: Hall,
    sessions: Sessions,
    store: ObjectStore,
    change: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    meeting = await schedule(organizer, hall.meeting())
    async with unchanged(sessions, store):
        refused = await organizer.patch(f"{MEETINGS}/{meeting['id']}", json=change, headers=matching(meeting))
    assert refused.status_code == 422, refused.text
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused.json()["errors"]}


async def test_meetings_come_by_start_in_pages_and_filtered(organizer: httpx.AsyncClient, hall: Hall) -> None:
    for hour in (14, 8, 10, 16):
        body = hall.meeting(
            subject=f"Lúc {hour}", starts_at=at(hour).isoformat(), ends_at=at(hour + 2).isoformat()
        )
        last = await schedule(organizer, body)
    await organizer.post(
        f"{MEETINGS}/{last['id']}/cancellation", json={"reason": "Bão"}, headers=matching(last)
    )

    async def subjects(**params: Any) -> list[str]:
        answer = await organizer.get(MEETINGS, params=params)
        assert answer.status_code == 200, answer.text
        return [meeting["subject"] for meeting in answer.json()["items"]]

    first = (await organizer.get(MEETINGS, params={"limit": 3, "total": "true"})).json()
    assert [meeting["subject"] for meeting in first["items"]] == ["Lúc 8", "Lúc 10", "Lúc 14"]
    assert first["total"] == {"value": 4, "relation": "eq"}
    assert await subjects(limit=3, cursor=first["next"]) == ["Lúc 16"]
    assert await subjects(since=at(9).isoformat(), until=at(14).isoformat()) == ["Lúc 8", "Lúc 10"]
    assert await subjects(since=at(10).isoformat(), until=at(10.5).isoformat()) == ["Lúc 10"]
    assert await subjects(state="cancelled") == ["Lúc 16"]
    assert await subjects(site_id=str(hall.ids[9])) == []
    assert len(await subjects(site_id=str(hall.ids[2]))) == 4
    assert await subjects(since="0001-01-01T00:00:00Z", until="9999-12-31T23:59:59Z", limit=1) == ["Lúc 8"]
    naive = await organizer.get(MEETINGS, params={"since": "2026-12-01T00:00:00"})
    assert naive.json()["errors"][0]["code"] == "moment_without_offset"
    assert (await organizer.get(MEETINGS, params={"cursor": "made-up"})).status_code == 422


async def test_the_calendar_file_names_ones_own_site_and_nobody_else(
    organizer: httpx.AsyncClient, hall: Hall, sign_in: SignIn
) -> None:
    english = {
        "email": "thuka@truonggiang.example",
        "name": "Kiều Anh Thư",
        "role": "member",
        "site_id": str(hall.ids[2]),
    }
    meeting = await schedule(organizer, hall.meeting(participants=[hall.guests(1)[0], english]))
    for reader, site in ((organizer, 0), (await sign_in("thuka"), 2)):
        answer = await reader.get(f"{MEETINGS}/{meeting['id']}/calendar.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        calendar = Calendar.from_ical(answer.content)
        (event,) = calendar.walk("VEVENT")
        assert str(calendar["METHOD"]) == "PUBLISH"
        assert str(event["LOCATION"]).startswith(hall.names[site])
        assert "ATTENDEE" not in event
        assert "@mail.example" not in answer.text
        assert event.decoded("DTSTART") == at(8)
    with clock.at(at(20)):
        organizer = await sign_in("phuoclh")
        past = await organizer.get(f"{MEETINGS}/{meeting['id']}/calendar.ics")
    assert past.status_code == 200


async def test_letters_arrive_by_smtp_as_they_were_written(
    organizer: httpx.AsyncClient,
    hall: Hall,
    sessions: Sessions,
    stack: EmbeddedStack,
    work: Callable[[], Awaitable[None]],
) -> None:
    before = len(captured(stack.mail_folder))
    meeting = await schedule(organizer, hall.meeting(sites=10, people=40))
    guest = meeting["participants"][1]
    removed = await organizer.delete(
        f"{MEETINGS}/{meeting['id']}/participants/{guest['id']}", headers=matching(meeting)
    )
    assert removed.status_code == 200
    written = {(mail.recipient, mail.calendar_bytes) for mail in await letters_since(sessions)}
    await work()
    mails = [read_mail(bytes(message)) for message in captured(stack.mail_folder)[before:]]
    assert len(mails) == 80
    to_guest = [(mail.method, mail.sequence) for mail in mails if mail.recipient == guest["email"]]
    assert to_guest == [("REQUEST", 0), ("CANCEL", 1)]
    assert {(mail.recipient, mail.calendar_bytes) for mail in mails} == written
