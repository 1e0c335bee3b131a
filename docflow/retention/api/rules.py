"""Rules of retention, and what they mean for a document."""

from uuid import UUID

from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.documents.queries import get_document
from docflow.retention.models import RetentionRule
from docflow.retention.queries import find_rules
from docflow.retention.rendering import retention_out, rule_out
from docflow.retention.schemas import RetentionOut, RuleIn, RuleOut
from docflow.retention.service import rules
from docflow.web.etags import etag_of


@get("/retention-rules", opt={"action": Action.DOSSIER_READ})
async def list_rules(session: NamedDependency[AsyncSession]) -> list[RuleOut]:
    """Every rule of retention, those of all units first."""
    return [rule_out(rule) for rule in await find_rules(session)]


@post("/retention-rules", opt={"action": Action.RETENTION_CONFIGURE})
async def add_rule(
    data: JSONBody[RuleIn], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[RuleOut]:
    """Say how long a kind is kept, in a unit or in all."""
    return _answer(await rules.add_rule(session, actor, data), created=True)


@put("/retention-rules/{rule_id:uuid}", opt={"action": Action.RETENTION_CONFIGURE})
async def change_rule(
    rule_id: FromPath[UUID],
    data: JSONBody[RuleIn],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> Response[RuleOut]:
    """Change a rule."""
    return _answer(await rules.change_rule(session, actor, rule_id, version, data))


@delete("/retention-rules/{rule_id:uuid}", opt={"action": Action.RETENTION_CONFIGURE})
async def drop_rule(
    rule_id: FromPath[UUID],
    version: NamedDependency[int],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
) -> None:
    """Take a rule away; what no rule speaks of is kept."""
    await rules.drop_rule(session, actor, rule_id, version)


@get("/documents/{document_id:uuid}/retention", opt={"action": Action.DOCUMENT_READ})
async def get_retention(
    document_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> RetentionOut:
    """Until when a document is kept and why, what holds it, and what the store itself enforces."""
    document = await get_document(session, actor, document_id)
    return await retention_out(session, actor, document)


def _answer(rule: RetentionRule, *, created: bool = False) -> Response[RuleOut]:
    headers = {"ETag": etag_of(rule.version)}
    if created:
        headers["Location"] = f"/api/v1/retention-rules/{rule.id}"
    return Response(rule_out(rule), status_code=201 if created else 200, headers=headers)


router = Router(
    "", route_handlers=[list_rules, add_rule, change_rule, drop_rule, get_retention], tags=["retention"]
)
