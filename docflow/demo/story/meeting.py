"""Chapter 4: a video meeting at ten sites with forty participants."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from docflow.core import clock
from docflow.core.clock import LOCAL_ZONE
from docflow.demo.people import Desk
from docflow.demo.story.scene import LEADER, ORGANIZER, Scene, calendar_of, recipients, text_of
from docflow.demo.telling import expect, expect_equal

PARTICIPANTS = 40


def tell(scene: Scene) -> None:
    """Book, clash, invite, move, answer, remove, cancel."""
    teller = scene.teller
    teller.chapter("4. A video meeting is booked, moved and cancelled")
    organizer = scene.desk(ORGANIZER)
    sites = organizer.get("/sites", limit=50)["items"]
    starts_at = _morning_after_tomorrow()
    with teller.step(
        f"{organizer.name} books a meeting at ten sites with forty participants, chaired by the leader."
    ):
        expect_equal(len(sites), 10, "sites of the province")
        meeting = organizer.post("/meetings", _booking(scene, sites, starts_at))
        teller.detail(f"{meeting['subject']}, {starts_at.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M}")
    _clash(scene, organizer, sites, starts_at)
    mails = _invited(
        scene, "REQUEST", 0, PARTICIPANTS, "Forty invitations are delivered, each with its own site."
    )
    meeting = _move(scene, organizer, meeting, starts_at)
    moved = _invited(scene, "REQUEST", 1, PARTICIPANTS, "Forty updates arrive with SEQUENCE 1.")
    expect_equal(recipients(moved), recipients(mails), "who was told of the new time")
    _answer(scene, organizer, meeting, moved)
    _remove(scene, organizer, meeting)
    _cancel(scene, organizer, meeting)


def _morning_after_tomorrow() -> datetime:
    day = clock.today() + timedelta(days=2)
    return datetime(day.year, day.month, day.day, 8, 0, tzinfo=LOCAL_ZONE).astimezone(UTC)


def _booking(scene: Scene, sites: list[dict[str, Any]], starts_at: datetime) -> dict[str, Any]:
    leader = scene.desk(LEADER)
    central = next(site for site in sites if site["kind_code"] == "central")
    participants = [
        {
            "email": "thuyhtt@truonggiang.example",
            "name": leader.name,
            "role": "chair",
            "site_id": central["id"],
        }
    ]
    participants += [
        {
            "email": f"daibieu{number:02d}@truonggiang.example",
            "name": f"Đại biểu số {number:02d}",
            "role": "member",
            "site_id": sites[number % len(sites)]["id"],
        }
        for number in range(1, PARTICIPANTS)
    ]
    return {
        "document_id": scene.document_id,
        "subject": "Hội nghị trực tuyến về cải cách hành chính",
        "description": "Triển khai ý kiến chỉ đạo của Phó Chủ tịch.",
        "letter_number": "15/GM-UBND",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "central_site_id": central["id"],
        "site_ids": [site["id"] for site in sites],
        "participants": participants,
    }


def _clash(scene: Scene, organizer: Desk, sites: list[dict[str, Any]], starts_at: datetime) -> None:
    with scene.teller.step("A second meeting that overlaps at one site is refused, and the clash is named."):
        booking = _booking(scene, sites, starts_at + timedelta(hours=1))
        site_id = booking["central_site_id"]
        booking["site_ids"] = [site_id]
        booking["participants"] = booking["participants"][:1]
        refused = organizer.post("/meetings", booking, expected=409)
        expect_equal(refused["code"], "site_already_booked", "the reason")
        scene.teller.detail(refused["detail"])


def _move(scene: Scene, organizer: Desk, meeting: dict[str, Any], starts_at: datetime) -> dict[str, Any]:
    with scene.teller.step("The meeting is moved by an hour."):
        later = starts_at + timedelta(hours=1)
        change = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(hours=2)).isoformat()}
        moved: dict[str, Any] = organizer.patch(f"/meetings/{meeting['id']}", change, of=meeting)
        expect_equal(moved["sequence"], 1, "the sequence")
        stale = organizer.patch(f"/meetings/{meeting['id']}", change, of=meeting, expected=412)
        scene.teller.detail(f"a second change on the old state is refused: {stale['detail']}")
        return moved


def _invited(scene: Scene, method: str, sequence: int, count: int, sentence: str) -> list[Any]:
    with scene.teller.step(sentence):
        mails = scene.await_mails(count, lambda mail: _is(mail, method, sequence))
        expect_equal(len(recipients(mails)), count, "different recipients")
        scene.teller.detail(f"{count} mails “{mails[0]['Subject']}”, from {min(recipients(mails))} on")
        if method == "REQUEST" and sequence == 0:
            places = {re.findall(r"^LOCATION:(.*)$", calendar_of(mail), re.MULTILINE)[0] for mail in mails}
            expect_equal(len(places), 10, "different places in the calendars")
        return mails


def _is(mail: Any, method: str, sequence: int) -> bool:
    if not any(part.get_content_type() == "text/calendar" for part in mail.walk()):
        return False
    lines = calendar_of(mail).splitlines()
    return f"METHOD:{method}" in lines and f"SEQUENCE:{sequence}" in lines


def _answer(scene: Scene, organizer: Desk, meeting: dict[str, Any], mails: list[Any]) -> None:
    with scene.teller.step(
        "A participant opens the link in the mail, which changes nothing, and then accepts."
    ):
        mail = next(mail for mail in mails if "daibieu07@" in str(mail["X-Envelope-To"]))
        (secret,) = set(re.findall(r"/a/([A-Za-z0-9_-]+)", text_of(mail)))
        path = f"{scene.desk.base_url}/api/v1/answers/{secret}"
        expect_equal(httpx.get(path).json()["answer"], "needs_action", "the answer after looking")
        answered = httpx.post(path, json={"answer": "accepted", "note": "Tôi sẽ dự."})
        expect_equal(answered.status_code, 200, "the answer's status")
        seen = organizer.get(f"/meetings/{meeting['id']}")
        one = next(person for person in seen["participants"] if person["name"] == "Đại biểu số 07")
        expect_equal(one["answer"], "accepted", "what the organizer sees")


def _remove(scene: Scene, organizer: Desk, meeting: dict[str, Any]) -> None:
    with scene.teller.step(
        "One participant is taken off: a cancellation to that person only, an update to the rest."
    ):
        current = organizer.get(f"/meetings/{meeting['id']}")
        one = next(person for person in current["participants"] if person["name"] == "Đại biểu số 20")
        organizer.delete(f"/meetings/{meeting['id']}/participants/{one['id']}", of=current)
        (mail,) = scene.await_mails(1, lambda mail: _is(mail, "CANCEL", 2))
        expect("daibieu20@" in str(mail["X-Envelope-To"]), "the cancellation went to the person taken off")
        rest = scene.await_mails(PARTICIPANTS - 1, lambda mail: _is(mail, "REQUEST", 2))
        scene.teller.detail(
            f"to {mail['X-Envelope-To']}: “{mail['Subject']}”; {len(rest)} updates to the rest"
        )


def _cancel(scene: Scene, organizer: Desk, meeting: dict[str, Any]) -> None:
    with scene.teller.step(
        "The meeting is cancelled: thirty-nine cancellations, and the sites are free again."
    ):
        current = organizer.get(f"/meetings/{meeting['id']}")
        cancelled = organizer.post(
            f"/meetings/{meeting['id']}/cancellation", {"reason": "Bão số 9 đổ bộ"}, expected=200, of=current
        )
        expect_equal(cancelled["state"], "cancelled", "the state")
        mails = scene.await_mails(PARTICIPANTS - 1, lambda mail: _is(mail, "CANCEL", 3))
        scene.teller.detail(f"{len(mails)} mails “{mails[0]['Subject']}”")
        twice = organizer.post(
            f"/meetings/{meeting['id']}/cancellation", {"reason": "Bão"}, expected=409, of=cancelled
        )
        scene.teller.detail(f"cancelling it twice is refused: {twice['detail']}")
