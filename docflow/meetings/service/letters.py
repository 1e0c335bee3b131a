"""Writing to participants: one letter each, in their language, with the calendar object that is theirs alone."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.accounts.models import Person, Unit
from docflow.core import clock
from docflow.core.ids import digest_of, new_secret
from docflow.core.messages import Language
from docflow.meetings import queries
from docflow.meetings.invitations import (
    Attendee,
    Change,
    Edition,
    Invitation,
    SiteFacts,
    cancel,
    letter_facts,
    request,
)
from docflow.meetings.models import Meeting, Participant, ParticipantRole, Site
from docflow.notifications.mail import Mailbox
from docflow.notifications.service import Draft, Postman

AT_A_TIME = 50
"""Letters written before other requests of the process get their turn."""


class Occasion(StrEnum):
    """Why a letter is written."""

    INVITATION = "invitation"
    UPDATE = "update"
    WITHDRAWAL = "withdrawal"
    """The recipient alone is taken off the meeting."""
    CANCELLATION = "cancellation"


_TEMPLATES = {
    Occasion.INVITATION: "meetings/invitation",
    Occasion.UPDATE: "meetings/update",
    Occasion.WITHDRAWAL: "meetings/cancellation",
    Occasion.CANCELLATION: "meetings/cancellation",
}


@dataclass(frozen=True, slots=True)
class News:
    """What a batch of letters tells. ``asked_again``: participants whose answers count no more."""

    occasion: Occasion
    changes: tuple[Change, ...] = ()
    asked_again: frozenset[UUID] = frozenset()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all letters of a batch share; the editions differ in the name of the convening unit."""

    editions: Mapping[Language, Edition]
    sites: Mapping[int, SiteFacts]
    languages: Mapping[UUID, Language]


def new_links(meeting: Meeting, participants: Sequence[Participant]) -> dict[UUID, str]:
    """A new secret for the answer link of each, by participant; the link of the letter before ends."""
    secrets = {participant.id: new_secret() for participant in participants}
    for participant in participants:
        participant.link_digest = digest_of(secrets[participant.id])
        participant.link_sequence = meeting.sequence
    return secrets


async def send(
    session: AsyncSession,
    postman: Postman,
    meeting: Meeting,
    recipients: Sequence[Participant],
    news: News,
    secrets: Mapping[UUID, str] | None = None,
) -> None:
    """Put one letter to each recipient into the outbox. The meeting and its bookings are flushed.

    The letters of one address about one meeting are a thread: a cancellation never overtakes its invitation.
    The version in the effect tells two changes with the same SEQUENCE apart.
    """
    setting = await _setting(session, postman, meeting, recipients)
    drafts = []
    for number, participant in enumerate(recipients, start=1):
        drafts.append(_draft(postman, meeting, participant, news, setting, secrets or {}))
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
    await postman.post(session, drafts)


async def _setting(
    session: AsyncSession, postman: Postman, meeting: Meeting, recipients: Sequence[Participant]
) -> _Setting:
    unit = (await session.execute(select(Unit.name_vi, Unit.name_en).where(Unit.id == meeting.unit_id))).one()
    sites = facts_of(await queries.list_sites_of(session, meeting), postman.domain)
    chair = await session.scalar(
        select(Participant).where(
            Participant.meeting_id == meeting.id,
            Participant.role == ParticipantRole.CHAIR,
            Participant.removed_at.is_(None),
        )
    )
    names = {Language.VI: unit.name_vi, Language.EN: unit.name_en}
    people = {participant.person_id for participant in recipients if participant.person_id}
    languages = await session.execute(select(Person.id, Person.language).where(Person.id.in_(people)))
    return _Setting(
        editions={
            language: edition_of(meeting, postman.domain, names[language], sites, chair)
            for language in Language
        },
        sites=sites,
        languages={row.id: row.language for row in languages},
    )


def facts_of(sites: Sequence[Site], domain: str) -> dict[int, SiteFacts]:
    """Sites by number as a calendar shows them, in their order."""
    return {
        site.no: SiteFacts(site.name, f"site-{site.no}@{domain}", site.room, site.address) for site in sites
    }


def edition_of(
    meeting: Meeting,
    domain: str,
    organizer_name: str,
    sites: Mapping[int, SiteFacts],
    chair: Participant | None,
) -> Edition:
    """What the present version of a meeting says to everybody."""
    return Edition(
        uid=meeting.uid,
        sequence=meeting.sequence,
        organizer_email=f"meeting+{meeting.token}@{domain}",
        organizer_name=organizer_name,
        subject=meeting.subject,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        sites=tuple(sites.values()),
        chair=_attendee(chair) if chair else None,
        letter_number=meeting.letter_number,
    )


def join_link(postman: Postman, meeting: Meeting) -> str | None:
    """The product's own page that leads to the meeting: the real address is in no mail or calendar."""
    return postman.link(f"/j/{meeting.token}") if meeting.join_url else None


def _attendee(participant: Participant) -> Attendee:
    return Attendee(participant.email, participant.name, participant.role, participant.answer)


def _draft(
    postman: Postman,
    meeting: Meeting,
    participant: Participant,
    news: News,
    setting: _Setting,
    secrets: Mapping[UUID, str],
) -> Draft:
    language = (
        setting.languages.get(participant.person_id, Language.VI) if participant.person_id else Language.VI
    )
    edition = setting.editions[language]
    secret = secrets.get(participant.id)
    invitation = Invitation(
        edition=edition,
        recipient=_attendee(participant),
        site=setting.sites.get(participant.site_no),
        stamp=clock.now(),
        language=language,
        description=meeting.description,
        join_url=join_link(postman, meeting),
        answer_url=postman.link(f"/a/{secret}") if secret else None,
    )
    off = news.occasion in {Occasion.WITHDRAWAL, Occasion.CANCELLATION}
    whole = news.occasion is Occasion.CANCELLATION
    return Draft(
        effect=f"meeting/{meeting.id}/{participant.id}/{meeting.sequence}/{news.occasion}/{meeting.version}",
        thread=f"meeting/{meeting.id}/{participant.email.lower()}",
        to=Mailbox(participant.email, participant.name),
        words=postman.words(
            _TEMPLATES[news.occasion], language, {**letter_facts(invitation), **_told(news, participant)}
        ),
        about=("meeting", meeting.id),
        calendar=cancel(invitation, whole=whole) if off else request(invitation),
        method="CANCEL" if off else "REQUEST",
        reply_to=Mailbox(edition.organizer_email, edition.organizer_name),
    )


def _told(news: News, participant: Participant) -> dict[str, Any]:
    """The facts that each template has beside those of ``letter_facts``."""
    if news.occasion is Occasion.INVITATION:
        return {}
    if news.occasion is Occasion.UPDATE:
        return {"changes": news.changes, "asks_again": participant.id in news.asked_again}
    return {"whole": news.occasion is Occasion.CANCELLATION, "reason": news.reason}
