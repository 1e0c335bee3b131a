"""API tokens of one's own."""

from uuid import UUID

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import listing
from docflow.accounts.rendering import token_out
from docflow.accounts.schemas import IssuedToken, IssueToken, TokenOut
from docflow.accounts.service import tokens as service
from docflow.core.paging import Page, page_of


@get("/tokens", opt={"action": Action.TOKEN_ADMINISTER})
async def list_tokens(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    limit: NamedDependency[int],
    cursor: FromQuery[str | None] = None,
) -> Page[TokenOut]:
    """My tokens, the newest first."""
    rows = await listing.list_tokens(session, actor, cursor=cursor, limit=limit)
    kept, following = page_of(rows, limit, lambda token: (token.id,))
    return Page([token_out(token) for token in kept], following)


@post("/tokens", opt={"action": Action.TOKEN_ADMINISTER, "secret": True})
async def issue_token(
    data: JSONBody[IssueToken], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> Response[IssuedToken]:
    """Make a token for a program of mine. Its secret is in this answer and nowhere else."""
    issued = await service.issue_token(session, actor, data)
    body = IssuedToken(token=token_out(issued.token), secret=issued.secret)
    headers = {"Location": f"/api/v1/tokens/{issued.token.id}", "Cache-Control": "no-store"}
    return Response(body, status_code=201, headers=headers)


@delete("/tokens/{token_id:uuid}", opt={"action": Action.TOKEN_ADMINISTER})
async def revoke_token(
    token_id: FromPath[UUID], session: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
) -> None:
    """End a token of mine at once."""
    await service.revoke_token(session, actor, token_id)


router = Router("", route_handlers=[list_tokens, issue_token, revoke_token], tags=["tokens"])
