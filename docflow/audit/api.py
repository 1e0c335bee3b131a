"""The trail of the whole house, for auditors."""

from datetime import datetime
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.audit import queries
from docflow.audit.queries import EventFilters
from docflow.audit.schemas import EventOut, event_out
from docflow.audit.tags import Tag
from docflow.core.paging import Page, page_of


def provide_filters(
    tag: FromQuery[Tag | None] = None,
    actor_id: FromQuery[UUID | None] = None,
    subject_kind: FromQuery[str | None] = None,
    subject_id: FromQuery[UUID | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> EventFilters:
    """The filters of the trail, from the query."""
    return EventFilters(
        tag=tag,
        actor_id=actor_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        since=since,
        until=until,
    )


@get(
    "/audit",
    opt={"action": Action.AUDIT_READ},
    dependencies={"filters": Provide(provide_filters, sync_to_thread=False)},
)
async def list_events(
    session: NamedDependency[AsyncSession],
    filters: NamedDependency[EventFilters],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[EventOut]:
    """Everything that was done, in order; narrowed by who, what, to what and when."""
    rows = await queries.list_events(session, filters, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda event: (event.id,))
    return Page([event_out(event) for event in kept], following)


router = Router("", route_handlers=[list_events], tags=["audit"])
