"""Scheduling, changing, adding, removing and cancelling, as the verbs do it, with the letters they write."""

from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.audit.models import AuditEvent
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotAllowed, NotFound, Stale
from docflow.meetings.errors import ChairNeeded, MeetingCancelled, MeetingOver
from docflow.meetings.models import Answer, Booking, Meeting, MeetingState, Participant
from docflow.meetings.schemas import CancellationIn, MeetingChange, ParticipantsIn
from docflow.meetings.service.cancel import cancel
from docflow.meetings.service.change import change
from docflow.meetings.service.participants import add_participants, remove_participant
from docflow.meetings.service.schedule import schedule
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from tests.meetings.calendar_check import check
from tests.meetings.convening import CHAIR, Hall, Mail, answers_of, at, letters_since

ActorOf = Callable[[str], Awaitable[Actor]]


class Office:
    """The office's organizer at work: each call is one transaction."""

    def __init__(self, sessions: Sessions, postman: Postman, actor: Actor, hall: Hall) -> None:
        self.sessions, self.postman, self.actor, self.hall = sessions, postman, actor, hall
        self._read = 0

    async def schedule(self, **fields: Any) -> Meeting:
        async with transaction(self.sessions) as session:
            return await schedule(session, self.actor, self.postman, self.hall.plan(**fields))

    async def change(self, meeting: Meeting, version: int | None = None, **fields: Any) -> Meeting:
        data = msgspec.convert(fields, MeetingChange)
        async with transaction(self.sessions) as session:
            return await change(
                session, self.actor, self.postman, meeting.id, version or meeting.version, data
            )

    async def add(self, meeting: Meeting, *people: dict[str, Any]) -> Meeting:
        data = msgspec.convert({"participants": people}, ParticipantsIn)
        async with transaction(self.sessions) as session:
            return await add_participants(session, self.actor, self.postman, meeting.id, data)

    async def remove(self, meeting: Meeting, email: str) -> Meeting:
        leaving = await self.participant(meeting, email)
        async with transaction(self.sessions) as session:
            return await remove_participant(
                session, self.actor, self.postman, meeting.id, meeting.version, leaving.id
            )

    async def cancel(self, meeting: Meeting, reason: str = "Bão số 9 đổ bộ") -> Meeting:
        async with transaction(self.sessions) as session:
            return await cancel(
                session,
                self.actor,
                self.postman,
                meeting.id,
                meeting.version,
                CancellationIn(reason=reason),
            )

    async def participant(self, meeting: Meeting, email: str) -> Participant:
        async with self.sessions() as session:
            found = await session.scalars(
                select(Participant)
                .where(Participant.meeting_id == meeting.id, Participant.email == email)
                .order_by(Participant.id.desc())
            )
            return found.first() or pytest.fail(f"{email} is not on the meeting")

    async def answered(self, meeting: Meeting, email: str) -> None:
        """That person has accepted."""
        async with transaction(self.sessions) as session:
            person = await session.get_one(Participant, (await self.participant(meeting, email)).id)
            person.answer, person.answered_at, person.answer_note = Answer.ACCEPTED, clock.now(), "Có"

    async def new_letters(self) -> list[Mail]:
        """What was put into the outbox since the last call."""
        found = await letters_since(self.sessions, self._read)
        self._read += len(found)
        return found


@pytest.fixture
async def office(sessions: Sessions, postman: Postman, actor_of: ActorOf) -> Office:
    return Office(sessions, postman, await actor_of("phuoclh"), await Hall.of(sessions))


async def test_forty_people_at_ten_sites_are_invited_in_one_transaction_each_to_their_own_site(
    office: Office,
) -> None:
    meeting = await office.schedule(sites=10, people=40, letter_number="15/GM-UBND")
    mails = await office.new_letters()
    assert len(mails) == 40
    assert {(mail.method, mail.sequence, str(mail.event["STATUS"])) for mail in mails} == {
        ("REQUEST", 0, "CONFIRMED")
    }
    assert len({mail.link for mail in mails}) == 40
    for mail in mails:
        site = 0 if mail.recipient == CHAIR else int(mail.recipient.split("@")[0][5:]) % 10
        assert str(mail.event["LOCATION"]).startswith(f"{office.hall.names[site]}, ")
        assert set(mail.attendees) == {CHAIR, mail.recipient}
        assert mail.attendees[mail.recipient]["RSVP"] == "TRUE"
        assert check(mail.calendar_bytes, "REQUEST") == []
        assert str(mail.event["ORGANIZER"]) == f"mailto:{mail.reply_to}"
        assert mail.reply_to.startswith(f"meeting+{meeting.token}@")
        assert mail.event.decoded("DTSTART") == at(8)
        assert "15/GM-UBND" in mail.subject


async def test_a_known_person_is_linked_by_address_and_invited_in_their_own_language(office: Office) -> None:
    guests = office.hall.guests(2)
    english = {**guests[1], "email": "ThuKA@truonggiang.example", "name": "Kiều Anh Thư"}
    meeting = await office.schedule(participants=[guests[0], english])
    vietnamese, letter = sorted(await office.new_letters(), key=lambda mail: "Dear" in mail.text)
    assert "Kính gửi" in vietnamese.text
    assert "Dear Kiều Anh Thư" in letter.text
    assert letter.event["ORGANIZER"].params["CN"] == "Office of the Provincial People's Committee"
    linked = await office.participant(meeting, "ThuKA@truonggiang.example")
    assert linked.person_id is not None


async def test_the_join_page_is_named_by_our_own_link_only(office: Office) -> None:
    meeting = await office.schedule(join_url="https://meet.example/secret-room")
    for mail in await office.new_letters():
        assert f"/j/{meeting.token}" in str(mail.event["LOCATION"])
        assert str(mail.event["URL"]).endswith(f"/j/{meeting.token}")
        assert "secret-room" not in mail.text + mail.html + mail.calendar_bytes.decode()


async def test_a_move_by_an_hour_tells_everybody_and_asks_again(office: Office) -> None:
    meeting = await office.schedule(sites=10, people=40)
    first = await office.new_letters()
    await office.answered(meeting, "guest1@mail.example")
    moved = await office.change(meeting, starts_at=at(9).isoformat(), ends_at=at(12).isoformat())
    mails = await office.new_letters()
    assert (len(mails), moved.version) == (40, 2)
    assert {(mail.method, mail.sequence) for mail in mails} == {("REQUEST", 1)}
    assert {str(mail.event["UID"]) for mail in [*first, *mails]} == {meeting.uid}
    assert {mail.event.decoded("DTSTART") for mail in mails} == {at(9)}
    assert set((await answers_of(office.sessions, str(meeting.id))).values()) == {"needs_action"}
    assert not {mail.link for mail in first} & {mail.link for mail in mails}
    assert "không còn hiệu lực" in mails[0].text
    async with office.sessions() as session:
        held = (await session.scalars(select(Booking.during))).all()
    assert {(during.lower, during.upper) for during in held} == {(at(9), at(12))}


async def test_a_new_text_is_told_but_keeps_sequence_and_answers(office: Office) -> None:
    meeting = await office.schedule()
    await office.answered(meeting, "guest1@mail.example")
    await office.new_letters()
    once = await office.change(meeting, subject="Hội nghị về chuyển đổi số")
    twice = await office.change(once, description="Mang theo báo cáo.")
    mails = await office.new_letters()
    assert [mail.sequence for mail in mails] == [0] * 8
    assert twice.version == 3
    answers = await answers_of(office.sessions, str(meeting.id))
    assert answers["guest1@mail.example"] == "accepted"
    asked = [mail for mail in mails if mail.recipient == "guest1@mail.example"]
    assert {mail.attendees["guest1@mail.example"]["PARTSTAT"] for mail in asked} == {"ACCEPTED"}
    assert str(asked[1].event["SUMMARY"]) == "Hội nghị về chuyển đổi số"
    assert "không còn hiệu lực" not in asked[0].text


async def test_a_change_that_changes_nothing_writes_nothing(office: Office) -> None:
    meeting = await office.schedule()
    await office.new_letters()
    sites = [str(site) for site in office.hall.ids[:3]]
    same = await office.change(
        meeting, subject=meeting.subject, starts_at=at(8).isoformat(), site_ids=sites[::-1]
    )
    assert (same.version, await office.new_letters()) == (1, [])
    async with office.sessions() as session:
        tags = (await session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id))).all()
    assert "meeting:changed" not in tags


async def test_whoever_gets_another_seat_is_asked_again_and_the_others_are_not(office: Office) -> None:
    meeting = await office.schedule()
    for email in ("guest1@mail.example", "guest2@mail.example"):
        await office.answered(meeting, email)
    await office.new_letters()
    mover = await office.participant(meeting, "guest1@mail.example")
    seat = {"participant_id": str(mover.id), "site_id": str(office.hall.ids[5])}
    sites = [str(office.hall.ids[number]) for number in (0, 1, 2, 5)]
    await office.change(meeting, site_ids=sites, participant_sites=[seat])
    mails = {mail.recipient: mail for mail in await office.new_letters()}
    assert {mail.sequence for mail in mails.values()} == {1}
    assert str(mails["guest1@mail.example"].event["LOCATION"]).startswith(office.hall.names[5])
    answers = await answers_of(office.sessions, str(meeting.id))
    assert (answers["guest1@mail.example"], answers["guest2@mail.example"]) == ("needs_action", "accepted")


async def test_a_new_join_page_asks_everybody_again(office: Office) -> None:
    meeting = await office.schedule()
    await office.answered(meeting, "guest1@mail.example")
    await office.new_letters()
    changed = await office.change(meeting, join_url="https://meet.example/other")
    assert changed.sequence == 1
    assert set((await answers_of(office.sessions, str(meeting.id))).values()) == {"needs_action"}


async def test_one_who_is_removed_gets_a_cancellation_alone_and_the_rest_an_update(office: Office) -> None:
    meeting = await office.schedule()
    await office.answered(meeting, "guest2@mail.example")
    await office.new_letters()
    removed = await office.remove(meeting, "guest1@mail.example")
    first, *rest = await office.new_letters()
    assert (first.recipient, first.method, first.sequence) == ("guest1@mail.example", "CANCEL", 1)
    assert set(first.attendees) == {"guest1@mail.example"}
    assert "STATUS" not in first.event
    assert check(first.calendar_bytes, "CANCEL") == []
    assert [(mail.method, mail.sequence) for mail in rest] == [("REQUEST", 1)] * 3
    answers = await answers_of(office.sessions, str(meeting.id))
    assert "guest1@mail.example" not in answers
    assert answers["guest2@mail.example"] == "accepted"
    assert removed.sequence == 1


async def test_the_chair_cannot_be_removed_and_nobody_twice(office: Office) -> None:
    meeting = await office.schedule()
    with pytest.raises(ChairNeeded):
        await office.remove(meeting, CHAIR)
    removed = await office.remove(meeting, "guest1@mail.example")
    with pytest.raises(NotFound):
        await office.remove(removed, "guest1@mail.example")


async def test_somebody_added_is_invited_with_the_present_sequence_and_the_others_hear_nothing(
    office: Office,
) -> None:
    meeting = await office.schedule()
    moved = await office.change(meeting, starts_at=at(9).isoformat())
    await office.new_letters()
    further = {
        "email": "new@mail.example",
        "name": "Lê Thị Mới",
        "role": "guest",
        "site_id": str(office.hall.ids[1]),
    }
    added = await office.add(moved, further)
    (letter,) = await office.new_letters()
    assert (letter.recipient, letter.method, letter.sequence) == ("new@mail.example", "REQUEST", 1)
    assert added.version == moved.version + 1


async def test_one_who_was_removed_can_be_invited_again_and_their_letters_stay_in_order(
    office: Office,
) -> None:
    meeting = await office.schedule()
    guest = office.hall.guests(4, 3)[1]
    await office.add(await office.remove(meeting, guest["email"]), {**guest, "email": "GUEST1@mail.example"})
    async with office.sessions() as session:
        rows = await session.execute(
            select(Letter.thread, Letter.recipient)
            .order_by(Letter.no)
            .where(Letter.recipient.ilike("guest1@%"))
        )
        letters = rows.all()
    assert len({row.thread for row in letters}) == 1
    mails = [mail for mail in await office.new_letters() if mail.recipient.lower() == guest["email"]]
    assert [(mail.method, mail.sequence) for mail in mails] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 1)]


async def test_a_cancelled_meeting_tells_everybody_why_and_frees_its_sites(office: Office) -> None:
    meeting = await office.schedule()
    await office.new_letters()
    off = await office.cancel(meeting)
    mails = await office.new_letters()
    assert [(mail.method, mail.sequence) for mail in mails] == [("CANCEL", 1)] * 4
    for mail in mails:
        assert str(mail.event["STATUS"]) == "CANCELLED"
        assert "Bão số 9 đổ bộ" in mail.text
        assert mail.link == ""
        assert check(mail.calendar_bytes, "CANCEL") == []
    assert off.state is MeetingState.CANCELLED
    again = await office.schedule()
    assert again.id != meeting.id


async def test_nothing_can_be_done_with_a_meeting_that_was_cancelled(office: Office) -> None:
    meeting = await office.schedule()
    off = await office.cancel(meeting)
    with pytest.raises(MeetingCancelled):
        await office.cancel(off)
    with pytest.raises(MeetingCancelled):
        await office.change(off, subject="Khác")
    with pytest.raises(MeetingCancelled):
        await office.remove(off, "guest1@mail.example")
    with pytest.raises(MeetingCancelled):
        await office.add(off, {**office.hall.guests(2)[1], "email": "new@mail.example"})


async def test_a_running_meeting_can_be_prolonged_and_one_that_ended_cannot_be_touched(
    office: Office,
) -> None:
    meeting = await office.schedule()
    ten, noon = at(10), at(12)
    with clock.at(ten):
        longer = await office.change(meeting, ends_at=noon.isoformat())
        assert longer.ends_at == noon
    with clock.at(noon):
        with pytest.raises(MeetingOver):
            await office.cancel(longer)
        with pytest.raises(MeetingOver):
            await office.change(longer, subject="Khác")


async def test_only_an_organizer_of_the_convening_unit_changes_a_meeting(
    office: Office, actor_of: ActorOf
) -> None:
    meeting = await office.schedule()
    office.actor = await actor_of("thinhbd")  # the chair, who sees it
    with pytest.raises(NotAllowed) as refused:
        await office.change(meeting, subject="Khác")
    assert refused.value.facts == {"reason": "not_organizer_of_the_unit"}
    office.actor = await actor_of("huongdt")  # of a unit that has nothing to do with it
    with pytest.raises(NotFound):
        await office.cancel(meeting)


async def test_a_change_based_on_an_older_version_is_refused(office: Office) -> None:
    meeting = await office.schedule()
    await office.change(meeting, subject="Một")
    with pytest.raises(Stale):
        await office.change(meeting, version=1, subject="Hai")


async def test_the_trail_tells_what_was_done_in_order(office: Office) -> None:
    meeting = await office.schedule()
    moved = await office.change(meeting, starts_at=at(9).isoformat())
    removed = await office.remove(moved, "guest1@mail.example")
    await office.cancel(removed)
    async with office.sessions() as session:
        events = (
            await session.scalars(
                select(AuditEvent).where(AuditEvent.subject_id == meeting.id).order_by(AuditEvent.id)
            )
        ).all()
    assert [event.tag.value for event in events] == [
        "meeting:scheduled",
        "meeting:changed",
        "meeting:participant_removed",
        "meeting:cancelled",
    ]
    assert events[1].details["changes"] == ["time"]
    assert events[1].details["before"][0] == at(8).astimezone(UTC).isoformat()
    assert [event.details["sequence"] for event in events] == [0, 1, 2, 3]
    assert {event.subject_kind for event in events} == {"meeting"}
    assert events[0].happened_at - clock.now() < timedelta(seconds=60)
