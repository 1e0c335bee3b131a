"""Which way manuscripts take: rules as data."""

from uuid import UUID

from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.issuing.manuscript_rendering import rules_out
from docflow.issuing.schemas.manuscript_steps import ReplaceRules, RulesOut
from docflow.issuing.service import rules
from docflow.web.etags import etag_of


@get("/approval-rules", opt={"action": Action.UNIT_READ})
async def list_approval_rules(session: NamedDependency[AsyncSession]) -> list[RulesOut]:
    """Every set of rules, those of every body first. The most exact one holds, always as a whole."""
    sets = await rules.list_all_rules(session)
    return [await rules_out(session, unit_id, kind, steps) for (unit_id, kind), steps in sets.items()]


@get("/approval-rules/set", opt={"action": Action.UNIT_READ})
async def get_approval_rules(
    session: NamedDependency[AsyncSession],
    unit_id: FromQuery[UUID | None] = None,
    kind: FromQuery[str | None] = None,
) -> Response[RulesOut]:
    """The set of exactly this body and kind, with no steps when there is none of its own; its ETag replaces it."""
    return await _answer(session, unit_id, kind)


@put("/approval-rules", opt={"action": Action.APPROVAL_CONFIGURE})
async def replace_approval_rules(
    data: JSONBody[ReplaceRules],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[RulesOut]:
    """Replace the whole set of a body and kind. What was submitted already keeps its steps."""
    await rules.replace_rules(session, actor, version, data)
    return await _answer(session, data.unit_id, data.kind)


async def _answer(session: AsyncSession, unit_id: UUID | None, kind: str | None) -> Response[RulesOut]:
    found = await rules.list_rules(session, unit_id, kind)
    body = await rules_out(session, unit_id, kind, found)
    return Response(body, headers={"ETag": etag_of(body.version)})


router = Router(
    "",
    route_handlers=[list_approval_rules, get_approval_rules, replace_approval_rules],
    tags=["manuscripts"],
)
