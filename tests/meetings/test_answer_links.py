"""Answering by the link of a letter, by people without an account, and joining by the link of a calendar."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from docflow.audit.models import AuditEvent
from docflow.core import clock
from docflow.core.db import Sessions
from docflow.meetings.models import Participant
from storage import ObjectStore
from tests.conftest import SignIn
from tests.meetings.convening import MEETINGS, Hall, answers_of, at, letters_since, matching, schedule
from tests.unchanged import unchanged

GUEST = "guest1@mail.example"
FORM = {"answer": "accepted", "note": "Tôi đến lúc 9 giờ."}


class Scene:
    """A scheduled meeting, its organizer and the secret in the newest letter to a guest."""

    def __init__(self, organizer: httpx.AsyncClient, meeting: dict[str, Any], sessions: Sessions) -> None:
        self.organizer, self.meeting, self.sessions = organizer, meeting, sessions

    @property
    def place(self) -> str:
        return f"{MEETINGS}/{self.meeting['id']}"

    async def secret(self) -> str:
        mails = [mail for mail in await letters_since(self.sessions) if mail.recipient == GUEST]
        return mails[-1].link

    async def change(self, **fields: Any) -> None:
        answer = await self.organizer.patch(self.place, json=fields, headers=matching(self.meeting))
        assert answer.status_code == 200, answer.text
        self.meeting = answer.json()

    async def answer(self) -> str:
        return (await answers_of(self.sessions, self.meeting["id"]))[GUEST]


@pytest.fixture
async def scene(sign_in: SignIn, sessions: Sessions) -> Scene:
    organizer = await sign_in("phuoclh")
    hall = await Hall.of(sessions)
    body = hall.meeting(join_url="https://meet.example/room")
    return Scene(organizer, await schedule(organizer, body), sessions)


async def test_opening_the_link_shows_the_question_and_records_nothing(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    secret = await scene.secret()
    async with unchanged(scene.sessions, store):
        page = await client.get(f"/a/{secret}")
        question = await client.get(f"/api/v1/answers/{secret}")
    assert page.status_code == question.status_code == 200
    for fact in (
        "Hội nghị trực tuyến về cải cách hành chính",
        "Điểm cầu Sở Nội vụ",
        f"{at(8):%d/%m/%Y} 08:00",
    ):
        assert fact in page.text
    assert page.text.count('<button type="submit" name="answer"') == 3
    assert question.json()["answer"] == "needs_action"
    assert (question.json()["site"], question.json()["name"]) == (
        "Điểm cầu Sở Nội vụ",
        "Nguyễn Văn Khách 1",
    )


async def test_the_page_loads_nothing_runs_nothing_and_stands_in_no_frame(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    page = await client.get(f"/a/{await scene.secret()}")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert "http" not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_page_speaks_the_readers_language(scene: Scene, client: httpx.AsyncClient) -> None:
    place = f"/a/{await scene.secret()}"
    assert "Tôi sẽ dự" in (await client.get(place)).text
    english = await client.get(place, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "I will attend" in english.text
    assert english.headers["content-language"] == "en"


async def test_the_form_records_the_answer_and_the_page_says_so(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    place = f"/a/{await scene.secret()}"
    recorded = await client.post(place, data=FORM)
    assert (recorded.status_code, recorded.headers["location"]) == (303, place)
    assert await scene.answer() == "accepted"
    page = await client.get(place)
    assert "Đã ghi nhận: Tôi sẽ dự" in page.text
    assert FORM["note"] in page.text
    await client.post(place, data={"answer": "declined", "note": ""})
    assert await scene.answer() == "declined"
    async with scene.sessions() as session:
        events = (await session.scalars(select(AuditEvent).where(AuditEvent.tag == "meeting:answered"))).all()
        person = await session.scalar(select(Participant).where(Participant.email == GUEST))
    assert [(event.actor_name, event.details["answer"]) for event in events] == [
        ("Nguyễn Văn Khách 1", "accepted"),
        ("Nguyễn Văn Khách 1", "declined"),
    ]
    assert person is not None
    assert (person.answer_note, person.answered_at is None) == ("", False)


async def test_a_program_answers_with_json(scene: Scene, client: httpx.AsyncClient) -> None:
    place = f"/api/v1/answers/{await scene.secret()}"
    recorded = await client.post(place, json={"answer": "tentative", "note": "Cha\u0300o"})
    assert (recorded.status_code, recorded.json()["answer"]) == (200, "tentative")
    assert recorded.json()["note"] == "Ch\u00e0o"


async def test_a_text_in_the_note_stays_a_text(scene: Scene, client: httpx.AsyncClient) -> None:
    place = f"/a/{await scene.secret()}"
    await client.post(place, data={"answer": "declined", "note": "</textarea><script>alert(1)</script>"})
    assert "<script" not in (await client.get(place)).text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"answer": "needs_action"}, 422),
        ({"answer": "perhaps"}, 422),
        ({}, 422),
        ({"answer": "accepted", "note": "NUL\0"}, 422),
        ({"answer": "accepted", "note": "x" * 1001}, 422),
        ({"answer": ["accepted", "declined"]}, 422),
        ({"answer": "accepted", "email": "other@mail.example"}, 422),
    ],
)
async def test_an_answer_that_is_none_is_refused_in_words_and_records_nothing(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore, form: dict[str, Any], status: int
) -> None:
    secret = await scene.secret()
    async with unchanged(scene.sessions, store):
        page = await client.post(
            f"/a/{secret}", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        problem = await client.post(f"/api/v1/answers/{secret}", json=form)
    assert (page.status_code, problem.status_code) == (status, status)
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"].startswith("application/problem+json")


async def test_a_form_sent_by_another_site_is_refused(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    place = f"/a/{await scene.secret()}"
    async with unchanged(scene.sessions, store):
        refused = await client.post(place, data=FORM, headers={"Origin": "https://elsewhere.example"})
    assert refused.status_code == 403
    own = await client.post(place, data=FORM, headers={"Origin": "http://127.0.0.1:8000"})
    assert own.status_code == 303


async def assert_ended(client: httpx.AsyncClient, scene: Scene, secret: str, store: ObjectStore) -> None:
    """The link tells nothing any more, and nothing is recorded by it."""
    async with unchanged(scene.sessions, store):
        answers = [
            await client.get(f"/a/{secret}"),
            await client.post(f"/a/{secret}", data=FORM),
            await client.get(f"/api/v1/answers/{secret}"),
            await client.post(f"/api/v1/answers/{secret}", json=FORM),
        ]
    unknown = await client.get("/api/v1/answers/unknown")
    assert [answer.status_code for answer in answers] == [404] * 4
    for answer in answers:
        assert "Hội nghị" not in answer.text
        assert "Nguyễn" not in answer.text
    assert answers[2].json()["detail"] == unknown.json()["detail"]
    assert "không còn hiệu lực" in answers[0].text


async def test_the_link_of_an_older_letter_is_dead(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    first = await scene.secret()
    await scene.change(starts_at=at(9).isoformat())
    await assert_ended(client, scene, first, store)
    second = await scene.secret()
    assert (await client.post(f"/a/{second}", data=FORM)).status_code == 303
    await scene.change(subject="Chỉ đổi tên")
    await assert_ended(client, scene, second, store)
    assert await scene.answer() == "accepted"


async def test_an_answer_given_while_the_meeting_moves_never_counts_for_the_new_time(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    for hour in range(9, 15):
        place = f"/a/{await scene.secret()}"
        answered, _ = await asyncio.gather(
            client.post(place, data=FORM),
            scene.change(starts_at=at(hour).isoformat(), ends_at=at(hour + 1).isoformat()),
        )
        assert answered.status_code in {303, 404}
        assert await scene.answer() == "needs_action"


async def test_the_link_dies_with_the_meeting_or_the_invitation(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    secret = await scene.secret()
    with clock.at(at(11)):
        await assert_ended(client, scene, secret, store)
    guest = next(one for one in scene.meeting["participants"] if one["email"] == GUEST)
    removed = await scene.organizer.delete(
        f"{scene.place}/participants/{guest['id']}", headers=matching(scene.meeting)
    )
    assert removed.status_code == 200
    await assert_ended(client, scene, secret, store)


async def test_the_link_dies_when_the_meeting_is_cancelled(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    secret = await scene.secret()
    off = await scene.organizer.post(
        f"{scene.place}/cancellation", json={"reason": "Bão"}, headers=matching(scene.meeting)
    )
    assert off.status_code == 200
    await assert_ended(client, scene, secret, store)


@pytest.mark.parametrize("secret", ["unknown", "%00", "%ff%fe", "x" * 3000, "..%2f..%2f"])
async def test_a_made_up_link_is_simply_not_there(client: httpx.AsyncClient, secret: str) -> None:
    assert (await client.get(f"/a/{secret}")).status_code == 404
    assert (await client.get(f"/j/{secret}")).status_code == 404


async def test_the_secret_is_nowhere_in_the_database_but_in_the_letter(scene: Scene) -> None:
    secret = await scene.secret()
    async with scene.sessions() as session:
        person = await session.scalar(select(Participant).where(Participant.email == GUEST))
    assert person is not None
    assert secret.encode() not in person.link_digest
    assert len(person.link_digest) == 32


async def test_the_join_link_leads_on_as_long_as_the_meeting_stands(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    (mail,) = [mail for mail in await letters_since(scene.sessions) if mail.recipient == GUEST]
    place = str(mail.event["URL"]).removeprefix("http://127.0.0.1:8000")
    joined = await client.get(place)
    assert (joined.status_code, joined.headers["location"]) == (302, "https://meet.example/room")
    assert joined.headers["referrer-policy"] == "no-referrer"
    with clock.at(at(11) + timedelta(seconds=1)):
        assert (await client.get(place)).status_code == 404
    await scene.change(join_url=None)
    assert (await client.get(place)).status_code == 404
