"""Signing in and out, who I am, my own password."""

from typing import Any

from litestar import Request, Response, Router, delete, get, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import queries
from docflow.accounts.schemas import ChangePassword, Me, SessionOut, SignIn, me_of
from docflow.accounts.service import sign_in as service
from docflow.accounts.service.own_password import change_own_password
from docflow.accounts.service.sign_in import SessionRules, Visitor
from docflow.accounts.service.tokens import TOKEN_PREFIX
from docflow.core.db import Sessions
from docflow.core.ids import digest_of
from docflow.web.requests import address_of
from docflow.web.transaction import RequestTransaction

COOKIE = "docflow_session"


async def authenticate(session: AsyncSession, connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """The actor behind a bearer token, else behind the session cookie."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer" or not token.startswith(TOKEN_PREFIX):
            return None
        return await queries.find_actor_by_token(session, digest_of(token), address_of(connection))
    secret = connection.cookies.get(COOKIE)
    if not secret:
        return None
    return await queries.find_actor_by_session(session, digest_of(secret), address_of(connection))


@post("/session", opt={"public": True}, status_code=201)
async def sign_in(
    request: Request[Any, Any, Any],
    data: JSONBody[SignIn],
    sessions: NamedDependency[Sessions],
    session_rules: NamedDependency[SessionRules],
) -> Response[SessionOut]:
    """Sign in: starts a session and sets its cookie. A session that the browser had before ends."""
    signed_in = await service.sign_in(
        sessions,
        username=data.username,
        password=data.password,
        visitor=_visitor_of(request),
        hours=session_rules.hours,
    )
    body = SessionOut(me=me_of(signed_in.actor), expires_at=signed_in.expires_at)
    return Response(body, cookies=[_cookie(signed_in.secret, session_rules.secure)])


@delete("/session", opt={"action": Action.SELF_ADMINISTER})
async def sign_out(
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    session_rules: NamedDependency[SessionRules],
) -> Response[None]:
    """Sign out: ends the session; its cookie is worth nothing from then on."""
    await service.sign_out(session, actor)
    return Response(None, cookies=[_cookie("", session_rules.secure, max_age=0)])


@get("/me", opt={"action": Action.SELF_ADMINISTER})
async def me(actor: NamedDependency[Actor]) -> Me:
    """Who I am, my roles and what they allow."""
    return me_of(actor)


@put("/me/password", opt={"action": Action.SELF_ADMINISTER}, status_code=204)
async def change_password(
    data: JSONBody[ChangePassword],
    sessions: NamedDependency[Sessions],
    actor: NamedDependency[Actor],
    transaction: NamedDependency[RequestTransaction],
    session_rules: NamedDependency[SessionRules],
) -> Response[None]:
    """Change my password. My other sessions end, and this one gets a new cookie."""
    await transaction.release()
    secret = await change_own_password(sessions, actor, current=data.current_password, new=data.new_password)
    return Response(None, cookies=[_cookie(secret, session_rules.secure)])


def _visitor_of(request: Request[Any, Any, Any]) -> Visitor:
    before = request.cookies.get(COOKIE)
    return Visitor(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        session_digest=digest_of(before) if before else None,
    )


def _cookie(secret: str, secure: bool, max_age: int | None = None) -> Cookie:
    return Cookie(
        key=COOKIE, value=secret, path="/", httponly=True, samesite="lax", secure=secure, max_age=max_age
    )


router = Router("", route_handlers=[sign_in, sign_out, me, change_password], tags=["session"])
