"""Reads: sites, meetings, clashes, today, and what stands behind a link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import cast

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.ids import digest_of
from docflow.core.messages import Language
from docflow.core.paging import COUNTED, Page, key_of, page_of, total_of
from docflow.core.text import TextNotAllowed, clean_line, fold
from docflow.documents.queries import get_document
from docflow.meetings.errors import LinkEnded
from docflow.meetings.models import Booking, Meeting, MeetingState, Participant, Site, SiteKind
from docflow.meetings.plans import LONGEST
from docflow.meetings.policy import Concern, decide, hosts, is_own_seat, takes_part, visible_to

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
OFFERED = (Action.MEETING_ANSWER, Action.MEETING_ORGANIZE)


@dataclass(frozen=True, slots=True)
class ListedMeeting:
    """A meeting in a list, with its central site."""

    meeting: Meeting
    central: Site


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting as one actor sees it. ``sites``: the central one first.

    ``own``: the participants that are the actor. ``document_id`` is None when the actor may not see it.
    """

    meeting: Meeting
    sites: Sequence[Site]
    participants: Sequence[Participant]
    own: frozenset[UUID]
    actions: tuple[Action, ...]
    document_id: UUID | None

    @property
    def organizes(self) -> bool:
        return Action.MEETING_ORGANIZE in self.actions

    @property
    def site_ids(self) -> dict[int, UUID]:
        return {site.no: site.id for site in self.sites}


class MeetingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which meetings: those that touch the time from ``since`` to ``until`` (aware, the end excluded)."""

    since: datetime | None = None
    until: datetime | None = None
    site_id: UUID | None = None
    state: MeetingState | None = None
    document_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """A site that is held at a time. ``visible``: whether the actor may know by which meeting."""

    site_id: UUID
    site: str
    meeting_id: UUID
    meeting: str
    starts_at: datetime
    ends_at: datetime
    visible: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked by an answer link, for what. ``language`` is the person's own, if they are known."""

    participant: Participant
    meeting: Meeting
    site: Site
    language: Language


# The same as core.text.fold for the Latin script, whatever the collation of the database.
_FOLDED = func.translate(
    func.lower(
        func.regexp_replace(
            func.normalize(func.concat_ws(" ", Site.name, Site.room, Site.address), literal_column("NFD")),
            r"[\u0300-\u036f]",
            "",
            "g",
        )
    ),
    "ĐđÐðƉɖ",
    "dddddd",
)


async def list_sites(
    session: AsyncSession, *, q: str = "", unit_id: UUID | None = None, cursor: str | None, limit: int
) -> Page[Site]:
    """Sites in the order in which they were added; ``q`` is a part of name, room or address, marks ignored."""
    query = select(Site).order_by(Site.no).limit(limit + 1)
    if q:
        query = query.where(_FOLDED.contains(_searched(q), autoescape=True))
    if unit_id is not None:
        query = query.where(Site.unit_id == unit_id)
    if key := key_of(cursor, int):
        query = query.where(Site.no > key[0])
    rows = (await session.scalars(query)).all()
    shown, following = page_of(rows, limit, lambda site: (site.no,))
    return Page(list(shown), following)


async def get_site(session: AsyncSession, site_id: UUID, *, to_change: bool = False) -> Site:
    """One site, held until the transaction ends when it is ``to_change``. Raises NotFound."""
    query = select(Site).where(Site.id == site_id)
    if to_change:
        query = query.with_for_update(key_share=True)
    site = await session.scalar(query)
    if site is None:
        raise NotFound
    return site


async def list_site_kinds(session: AsyncSession) -> Sequence[SiteKind]:
    """The kinds of site, by code."""
    return (await session.scalars(select(SiteKind).order_by(SiteKind.code))).all()


async def list_meetings(
    session: AsyncSession,
    actor: Actor,
    wanted: MeetingFilter,
    *,
    cursor: str | None,
    limit: int,
    total: bool = False,
) -> Page[ListedMeeting]:
    """Visible meetings by start; with ``total`` the first page says how many there are."""
    if wanted.document_id is not None:
        try:
            await get_document(session, actor, wanted.document_id)
        except NotFound:
            return Page([], None, total_of(0) if total else None)
    matching = [visible_to(actor), *_conditions(wanted)]
    query = _rows().where(*matching).order_by(Meeting.starts_at, Meeting.id).limit(limit + 1)
    key = key_of(cursor, datetime, UUID)
    if key is not None:
        query = query.where(tuple_(Meeting.starts_at, Meeting.id) > key)
    rows = [ListedMeeting(meeting, central) for meeting, central in await session.execute(query)]
    shown, following = page_of(rows, limit, lambda row: (row.meeting.starts_at, row.meeting.id))
    counted = total_of(await _count(session, matching)) if total and key is None else None
    return Page(list(shown), following, counted)


async def get_meeting(session: AsyncSession, actor: Actor, meeting_id: UUID) -> MeetingView:
    """One meeting with its sites and participants. Raises NotFound."""
    meeting = await session.scalar(select(Meeting).where(Meeting.id == meeting_id, visible_to(actor)))
    if meeting is None:
        raise NotFound
    people = await session.execute(
        select(Participant, is_own_seat(actor))
        .where(Participant.meeting_id == meeting_id, Participant.removed_at.is_(None))
        .order_by(Participant.id)
    )
    participants = people.all()
    own = frozenset(one.id for one, mine in participants if mine)
    concern = Concern(meeting.unit_id, invited=bool(own))
    return MeetingView(
        meeting=meeting,
        sites=await list_sites_of(session, meeting),
        participants=[one for one, _ in participants],
        own=own,
        actions=tuple(action for action in OFFERED if decide(actor, action, concern)),
        document_id=await _visible_document(session, actor, meeting.document_id),
    )


async def list_sites_of(session: AsyncSession, meeting: Meeting) -> Sequence[Site]:
    """The sites of a meeting that the caller may see, the central one first."""
    sites = await session.scalars(
        select(Site)
        .join(Booking, Booking.site_no == Site.no)
        .where(Booking.meeting_id == meeting.id)
        .order_by(Site.no != meeting.central_site_no, Site.no)
    )
    return sites.all()


async def get_own_seat(
    session: AsyncSession, actor: Actor, meeting_id: UUID
) -> tuple[Meeting, Participant | None]:
    """The meeting, and the actor's own row on it, held until the transaction ends; None: not invited.

    Whoever is linked comes before whoever is merely known by the same address. Raises NotFound.
    """
    own = await session.scalar(
        select(Participant)
        .where(Participant.meeting_id == meeting_id, is_own_seat(actor))
        .order_by(Participant.person_id.is_distinct_from(actor.person_id), Participant.id)
        .limit(1)
        .with_for_update(of=Participant)
    )
    # Read after the row is held: a change of the meeting that came before is seen.
    meeting = await session.scalar(select(Meeting).where(Meeting.id == meeting_id, visible_to(actor)))
    if meeting is None:
        raise NotFound
    return meeting, own


async def lock_meeting(session: AsyncSession, actor: Actor, meeting_id: UUID) -> Meeting:
    """The meeting as it is now, held until the transaction ends: changes of one meeting come one by one.

    Raises NotFound.
    """
    meeting = await session.scalar(
        select(Meeting)
        .where(Meeting.id == meeting_id, visible_to(actor))
        .with_for_update(of=Meeting)
        .execution_options(populate_existing=True)
    )
    if meeting is None:
        raise NotFound
    return meeting


async def find_clashes(
    session: AsyncSession,
    actor: Actor,
    site_nos: Collection[int],
    starts_at: datetime,
    ends_at: datetime,
    *,
    besides: UUID | None,
) -> list[Clash]:
    """Bookings of these sites at this time, other than those of the meeting ``besides``."""
    rows = await session.execute(
        select(
            Site.id,
            Site.name,
            Meeting.id,
            Meeting.subject,
            Meeting.starts_at,
            Meeting.ends_at,
            visible_to(actor),
        )
        .select_from(Site)
        .join(Booking, Booking.site_no == Site.no)
        .join(Meeting, Meeting.id == Booking.meeting_id)
        .where(
            Site.no.in_(site_nos),
            Booking.during.op("&&")(cast(Range(starts_at, ends_at), TSTZRANGE)),
            Booking.released_at.is_(None),
            Booking.meeting_id != besides,
        )
        .order_by(Site.no, Meeting.starts_at)
    )
    return [Clash(*row) for row in rows]


async def list_today(session: AsyncSession, actor: Actor) -> list[ListedMeeting]:
    """Meetings of today, on the province's clock, to which the actor is invited or a site of their unit joins."""
    midnight = datetime.combine(clock.today(), time(), clock.LOCAL_ZONE)
    today = MeetingFilter(since=midnight, until=midnight + timedelta(days=1), state=MeetingState.SCHEDULED)
    rows = await session.execute(
        _rows()
        .where(takes_part(actor) | hosts(actor), *_conditions(today))
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(200)
    )
    return [ListedMeeting(meeting, central) for meeting, central in rows]


async def get_asked(session: AsyncSession, secret: str, *, to_answer: bool = False) -> Asked:
    """Whom an answer link asks. Raises LinkEnded once the meeting moved on, is off or over, or they are off it.

    ``to_answer`` holds the participant until the transaction ends; a letter that is being written meanwhile
    ends the link first.
    """
    query = (
        select(Participant, Meeting, Site, func.coalesce(Person.language, Language.VI))
        .join(Meeting, Meeting.id == Participant.meeting_id)
        .join(Site, Site.no == Participant.site_no)
        .outerjoin(Person, Person.id == Participant.person_id)
        .where(
            Participant.link_digest == digest_of(secret),
            Participant.link_sequence == Meeting.sequence,
            Participant.removed_at.is_(None),
            *_open(),
        )
    )
    if to_answer:
        query = query.with_for_update(of=Participant)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise LinkEnded
    participant, meeting, site, language = row
    return Asked(participant, meeting, site, Language(language))


async def get_join_url(session: AsyncSession, token: str) -> str:
    """Where the meeting with this token is held online. Raises LinkEnded when it is off, over or has no page."""
    if not token.isalnum():
        raise LinkEnded
    url = await session.scalar(
        select(Meeting.join_url).where(Meeting.token == token, Meeting.join_url.is_not(None), *_open())
    )
    if url is None:
        raise LinkEnded
    return url


def _open() -> list[ColumnElement[bool]]:
    return [Meeting.state == MeetingState.SCHEDULED, Meeting.ends_at > clock.now()]


def _rows() -> Select[Meeting, Site]:
    return select(Meeting, Site).join(Site, Site.no == Meeting.central_site_no)


def _conditions(wanted: MeetingFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        since = max(wanted.since, _EARLIEST)
        # No meeting is longer than LONGEST: the index of starts serves both ends.
        found += [Meeting.ends_at > since, Meeting.starts_at > since - LONGEST]
    if wanted.until is not None:
        found.append(Meeting.starts_at < wanted.until)
    if wanted.site_id is not None:
        booked = select(Booking.meeting_id).join(Site, Site.no == Booking.site_no)
        found.append(Meeting.id.in_(booked.where(Site.id == wanted.site_id)))
    if wanted.state is not None:
        found.append(Meeting.state == wanted.state)
    if wanted.document_id is not None:
        found.append(Meeting.document_id == wanted.document_id)
    return found


async def _count(session: AsyncSession, matching: list[ColumnElement[bool]]) -> int:
    some = select(Meeting.id).where(*matching).limit(COUNTED + 1).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0


async def _visible_document(session: AsyncSession, actor: Actor, document_id: UUID | None) -> UUID | None:
    if document_id is None:
        return None
    try:
        await get_document(session, actor, document_id)
    except NotFound:
        return None
    return document_id


def _searched(q: str) -> str:
    try:
        return fold(clean_line(q))
    except TextNotAllowed as error:
        raise invalid("q", "text_not_allowed") from error
