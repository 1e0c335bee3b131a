"""The addresses of sites, meetings and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.errors import invalid
from docflow.core.paging import Page
from docflow.meetings import queries
from docflow.meetings.models import MeetingState, Site
from docflow.meetings.published import published
from docflow.meetings.queries import MeetingFilter
from docflow.meetings.rendering import asked_out, meeting_out, meeting_row, site_kind_out, site_out
from docflow.meetings.schemas import (
    AnswerIn,
    AskedOut,
    CancellationIn,
    MeetingChange,
    MeetingIn,
    MeetingOut,
    MeetingRow,
    ParticipantsIn,
    SiteChange,
    SiteIn,
    SiteKindOut,
    SiteOut,
)
from docflow.meetings.service import answer as answering
from docflow.meetings.service import cancel as cancelling
from docflow.meetings.service import change as changing
from docflow.meetings.service import participants, schedule, sites
from docflow.notifications.service import Postman
from docflow.web.etags import etag_of
from docflow.web.requests import address_of

AnyRequest = Request[Any, Any, Any]
ORGANIZE = {"action": Action.MEETING_ORGANIZE}
READ = {"action": Action.MEETING_READ}
CALENDAR = "text/calendar"


def _site(site: Site, *, created: bool = False) -> Response[SiteOut]:
    headers = {"ETag": etag_of(site.version)}
    if created:
        headers["Location"] = f"/api/v1/sites/{site.id}"
    return Response(site_out(site), status_code=201 if created else 200, headers=headers)


async def _meeting(
    session: AsyncSession, actor: Actor, meeting_id: UUID, *, created: bool = False
) -> Response[MeetingOut]:
    view = await queries.get_meeting(session, actor, meeting_id)
    headers = {"ETag": etag_of(view.meeting.version)}
    if created:
        headers["Location"] = f"/api/v1/meetings/{meeting_id}"
    return Response(meeting_out(view), status_code=201 if created else 200, headers=headers)


@get("/sites", opt={"action": Action.SITE_READ})
async def list_sites(
    session: NamedDependency[AsyncSession],
    limit: NamedDependency[int],
    q: Annotated[str, QueryParameter(description="Part of name, room or address; marks are ignored.")] = "",
    unit_id: FromQuery[UUID | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[SiteOut]:
    """Sites, in the order in which they were added."""
    page = await queries.list_sites(session, q=q, unit_id=unit_id, cursor=cursor, limit=limit)
    return Page([site_out(site) for site in page.items], page.next)


@get("/site-kinds", opt={"action": Action.SITE_READ})
async def list_site_kinds(session: NamedDependency[AsyncSession]) -> list[SiteKindOut]:
    """The kinds of site."""
    return [site_kind_out(kind) for kind in await queries.list_site_kinds(session)]


@post("/sites", opt={"action": Action.SITE_ADMINISTER})
async def add_site(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], data: JSONBody[SiteIn]
) -> Response[SiteOut]:
    """Add a site."""
    return _site(await sites.add_site(session, actor, data), created=True)


@get("/sites/{site_id:uuid}", opt={"action": Action.SITE_READ})
async def get_site(session: NamedDependency[AsyncSession], site_id: FromPath[UUID]) -> Response[SiteOut]:
    """One site."""
    return _site(await queries.get_site(session, site_id))


@patch("/sites/{site_id:uuid}", opt={"action": Action.SITE_ADMINISTER})
async def change_site(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    site_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[SiteChange],
) -> Response[SiteOut]:
    """Change a site, close it or open it again. A closed site takes no more bookings; those it has stay."""
    return _site(await sites.change_site(session, actor, site_id, version, data))


@post("/meetings", opt=ORGANIZE)
async def schedule_meeting(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    data: JSONBody[MeetingIn],
) -> Response[MeetingOut]:
    """Book the sites and invite everybody by mail. 409 names every clash; then nothing is changed."""
    meeting = await schedule.schedule(session, actor, postman, data)
    return await _meeting(session, actor, meeting.id, created=True)


def provide_wanted(
    since: Annotated[datetime | None, QueryParameter(description="Still on at this moment.")] = None,
    until: Annotated[datetime | None, QueryParameter(description="Begun before this one.")] = None,
    site_id: FromQuery[UUID | None] = None,
    meeting_state: Annotated[MeetingState | None, QueryParameter(name="state")] = None,
    document_id: FromQuery[UUID | None] = None,
) -> MeetingFilter:
    """The filters of a list, from the query. Moments have an offset."""
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise invalid(name, "moment_without_offset")
    return MeetingFilter(
        since=since, until=until, site_id=site_id, state=meeting_state, document_id=document_id
    )


@get("/meetings", opt=READ, dependencies={"wanted": Provide(provide_wanted, sync_to_thread=False)})
async def list_meetings(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    wanted: NamedDependency[MeetingFilter],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
    total: Annotated[bool, QueryParameter(description="Count them.")] = False,
) -> Page[MeetingRow]:
    """Meetings that you see, by start."""
    page = await queries.list_meetings(session, actor, wanted, cursor=cursor, limit=limit, total=total)
    return Page([meeting_row(row) for row in page.items], page.next, page.total)


@get("/meetings/{meeting_id:uuid}", opt=READ)
async def get_meeting(
    session: NamedDependency[AsyncSession], actor: NamedDependency[Actor], meeting_id: FromPath[UUID]
) -> Response[MeetingOut]:
    """One meeting with its sites and participants. Addresses and notes are for its organizers."""
    return await _meeting(session, actor, meeting_id)


@patch("/meetings/{meeting_id:uuid}", opt=ORGANIZE)
async def change_meeting(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    meeting_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[MeetingChange],
) -> Response[MeetingOut]:
    """Change a meeting and write to everybody. A new time or page asks everybody for a new answer."""
    await changing.change(session, actor, postman, meeting_id, version, data)
    return await _meeting(session, actor, meeting_id)


@post("/meetings/{meeting_id:uuid}/participants", opt=ORGANIZE, status_code=200)
async def add_participants(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    meeting_id: FromPath[UUID],
    data: JSONBody[ParticipantsIn],
) -> Response[MeetingOut]:
    """Invite further people."""
    await participants.add_participants(session, actor, postman, meeting_id, data)
    return await _meeting(session, actor, meeting_id)


@delete("/meetings/{meeting_id:uuid}/participants/{participant_id:uuid}", opt=ORGANIZE, status_code=200)
async def remove_participant(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    meeting_id: FromPath[UUID],
    participant_id: FromPath[UUID],
    version: NamedDependency[int],
) -> Response[MeetingOut]:
    """Take somebody off a meeting: a cancellation to them alone. If-Match is the meeting's."""
    await participants.remove_participant(session, actor, postman, meeting_id, version, participant_id)
    return await _meeting(session, actor, meeting_id)


@post("/meetings/{meeting_id:uuid}/cancellation", opt=ORGANIZE, status_code=200)
async def cancel_meeting(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    meeting_id: FromPath[UUID],
    version: NamedDependency[int],
    data: JSONBody[CancellationIn],
) -> Response[MeetingOut]:
    """Call a meeting off: its sites are free again and everybody gets a cancellation."""
    await cancelling.cancel(session, actor, postman, meeting_id, version, data)
    return await _meeting(session, actor, meeting_id)


@post("/meetings/{meeting_id:uuid}/answer", opt={"action": Action.MEETING_ANSWER}, status_code=200)
async def answer_meeting(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    meeting_id: FromPath[UUID],
    data: JSONBody[AnswerIn],
) -> Response[MeetingOut]:
    """Say for yourself whether you attend."""
    await answering.answer(session, actor, meeting_id, data)
    return await _meeting(session, actor, meeting_id)


@get("/meetings/{meeting_id:uuid}/calendar.ics", opt={**READ, "answers": CALENDAR})
async def get_calendar(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    postman: NamedDependency[Postman],
    meeting_id: FromPath[UUID],
) -> Response[bytes]:
    """The meeting for your own calendar, at your own site (METHOD:PUBLISH, no attendees)."""
    view = await queries.get_meeting(session, actor, meeting_id)
    content = await published(session, actor, postman, view)
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": 'attachment; filename="meeting.ics"',
    }
    return Response(content, media_type=f"{CALENDAR}; method=PUBLISH", headers=headers)


@get("/answers/{secret:str}", opt={"public": True})
async def get_question(session: NamedDependency[AsyncSession], secret: FromPath[str]) -> Response[AskedOut]:
    """What the answer link of an invitation asks. Reading it answers nothing."""
    asked = await queries.get_asked(session, secret)
    return Response(asked_out(asked), headers={"Cache-Control": "no-store"})


@post("/answers/{secret:str}", opt={"public": True}, status_code=200)
async def answer_question(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    secret: FromPath[str],
    data: JSONBody[AnswerIn],
) -> Response[AskedOut]:
    """Answer an invitation by the secret of its newest letter, without signing in."""
    asked = await answering.answer_by_link(session, secret, data, address_of(request))
    return Response(asked_out(asked), headers={"Cache-Control": "no-store"})


router = Router(
    "",
    route_handlers=[
        list_sites,
        list_site_kinds,
        add_site,
        get_site,
        change_site,
        schedule_meeting,
        list_meetings,
        get_meeting,
        change_meeting,
        add_participants,
        remove_participant,
        cancel_meeting,
        answer_meeting,
        get_calendar,
        get_question,
        answer_question,
    ],
    tags=["meetings"],
)
