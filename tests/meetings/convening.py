"""Convening as the tests do it: a meeting of ten sites and forty people, and letters taken out of the outbox."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import cached_property
from typing import Any
from uuid import UUID

import httpx
import msgspec
from icalendar import Calendar, Component
from sqlalchemy import select

from docflow.core import clock
from docflow.core.db import Sessions
from docflow.meetings.models import Participant, Site
from docflow.meetings.schemas import MeetingIn
from docflow.notifications.models import Letter

MEETINGS = "/api/v1/meetings"
SITES = "/api/v1/sites"
CHAIR = "thinhbd@truonggiang.example"


def at(hour: float, *, days: int = 10) -> datetime:
    """That hour on the province's wall, some days from today."""
    midnight = datetime.combine(clock.today() + timedelta(days=days), datetime.min.time(), clock.LOCAL_ZONE)
    return midnight + timedelta(hours=hour)


@dataclass(frozen=True)
class Hall:
    """The sample province's sites in order, the central one first."""

    ids: list[UUID] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @classmethod
    async def of(cls, sessions: Sessions) -> "Hall":
        async with sessions() as session:
            rows = (await session.execute(select(Site.id, Site.name).order_by(Site.no))).all()
        return cls([row.id for row in rows], [row.name for row in rows])

    def guests(self, count: int, sites: int = 10) -> list[dict[str, Any]]:
        """A chair and members, spread over the first sites."""
        people = [
            {
                "email": f"guest{number}@mail.example",
                "name": f"Nguyễn Văn Khách {number}",
                "role": "member",
                "site_id": str(self.ids[number % sites]),
            }
            for number in range(1, count)
        ]
        chair = {"email": CHAIR, "name": "Bùi Đức Thịnh", "role": "chair", "site_id": str(self.ids[0])}
        return [chair, *people]

    def meeting(self, *, sites: int = 3, people: int = 4, **fields: Any) -> dict[str, Any]:
        """A body for POST /meetings, from 8:00 to 11:00 in ten days; None leaves a field out."""
        body = {
            "subject": "Hội nghị trực tuyến về cải cách hành chính",
            "starts_at": at(8).isoformat(),
            "ends_at": at(11).isoformat(),
            "central_site_id": str(self.ids[0]),
            "site_ids": [str(site) for site in self.ids[:sites]],
            "participants": self.guests(people, sites),
            **fields,
        }
        return {name: value for name, value in body.items() if value is not None}

    def plan(self, **fields: Any) -> MeetingIn:
        """The same for the verb."""
        return msgspec.convert(self.meeting(**fields), MeetingIn)


async def schedule(organizer: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """Schedule over the API; the answer's body."""
    answer = await organizer.post(MEETINGS, json=body)
    assert answer.status_code == 201, answer.text
    meeting: dict[str, Any] = answer.json()
    return meeting


def matching(meeting: dict[str, Any]) -> dict[str, str]:
    """If-Match for a meeting as it was read."""
    return {"If-Match": f'"{meeting["version"]}"'}


@dataclass(frozen=True)
class Mail:
    """A letter read as a mail program reads it."""

    recipient: str
    subject: str
    text: str
    html: str
    calendar_bytes: bytes
    method: str
    reply_to: str

    @cached_property
    def event(self) -> Component:
        (event,) = Calendar.from_ical(self.calendar_bytes).walk("VEVENT")
        return event

    @property
    def sequence(self) -> int:
        return int(self.event.decoded("SEQUENCE"))

    @property
    def attendees(self) -> dict[str, Any]:
        """Address to parameters, rooms left out."""
        listed = self.event["ATTENDEE"]
        found = listed if isinstance(listed, list) else [listed]
        return {
            str(one).removeprefix("mailto:").lower(): one.params
            for one in found
            if one.params.get("CUTYPE") != "ROOM"
        }

    @property
    def link(self) -> str:
        """The secret of the answer link; empty without one."""
        _, _, rest = self.text.partition("/a/")
        return rest.split()[0] if rest else ""


def read_mail(content: bytes) -> Mail:
    """What is in a mail."""
    message = message_from_bytes(content, policy=policy.SMTP)
    parts = {part.get_content_type(): part for part in message.walk()}
    invite = parts["text/calendar"]
    ics = invite.get_payload(decode=True)
    assert isinstance(ics, bytes)
    return Mail(
        recipient=message["To"].addresses[0].addr_spec,
        subject=str(message["Subject"]),
        text=parts["text/plain"].get_content(),
        html=parts["text/html"].get_content(),
        calendar_bytes=ics,
        method=str(invite.get_param("method")),
        reply_to=message["Reply-To"].addresses[0].addr_spec,
    )


async def letters_since(sessions: Sessions, number: int = 0) -> list[Mail]:
    """The letters of the outbox after the first ``number``, in order."""
    async with sessions() as session:
        contents = await session.scalars(select(Letter.content).order_by(Letter.no).offset(number))
        return [read_mail(content) for content in contents]


async def count_letters(sessions: Sessions) -> int:
    return len(await letters_since(sessions))


async def answers_of(sessions: Sessions, meeting_id: str) -> dict[str, str]:
    """Address to answer of everybody on a meeting."""
    async with sessions() as session:
        rows = await session.execute(
            select(Participant.email, Participant.answer).where(
                Participant.meeting_id == UUID(meeting_id), Participant.removed_at.is_(None)
            )
        )
        return {row.email: row.answer.value for row in rows}


def utc(moment: str) -> datetime:
    """A moment of a body."""
    return datetime.fromisoformat(moment).astimezone(UTC)
