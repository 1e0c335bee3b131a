"""Certificates to sign with: one's own, and the seals of one's units."""

from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core.paging import Page, page_of
from docflow.signatures import queries
from docflow.signatures.desk import SigningDesk
from docflow.signatures.rendering import credential_out
from docflow.signatures.schemas import AddCredential, CredentialOut
from docflow.signatures.service import credentials as service


@get("/credentials", opt={"action": Action.CREDENTIAL_ADMINISTER})
async def list_credentials(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[CredentialOut]:
    """My certificates and the seals of my units, the newest first."""
    rows = await queries.list_credentials(session, actor, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda credential: (credential.id,))
    owners = await queries.owners_of(session, kept)
    return Page([credential_out(actor, one, owners[one.principal_no]) for one in kept], following)


@get("/credentials/{credential_id:uuid}", opt={"action": Action.CREDENTIAL_ADMINISTER})
async def read_credential(
    credential_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> CredentialOut:
    """One of them."""
    credential = await queries.get_credential(session, actor, credential_id)
    return credential_out(actor, credential, await queries.owner_of(session, credential))


@post("/credentials", opt={"action": Action.CREDENTIAL_ADMINISTER, "secret": True})
async def add_credential(
    data: JSONBody[AddCredential],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    signing: NamedDependency[SigningDesk],
) -> Response[CredentialOut]:
    """Keep a certificate of mine or a seal of my unit. The passphrase opens it once and is not kept."""
    credential = await service.add_credential(session, actor, signing, data)
    body = credential_out(actor, credential, await queries.owner_of(session, credential))
    headers = {"Location": f"/api/v1/credentials/{credential.id}"}
    return Response(body, status_code=201, headers=headers)


@delete("/credentials/{credential_id:uuid}", opt={"action": Action.CREDENTIAL_ADMINISTER})
async def revoke_credential(
    credential_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> None:
    """Nobody signs with it any more; what was signed with it stays."""
    await service.revoke_credential(session, actor, credential_id)


router = Router(
    "",
    route_handlers=[list_credentials, read_credential, add_credential, revoke_credential],
    tags=["signatures"],
)
