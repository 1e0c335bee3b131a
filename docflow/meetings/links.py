"""Addresses in letters, opened by people without an account: answer an invitation, join a meeting.

Whoever follows a link records nothing: scanners of mail do so before the recipient. Only the form records.
"""

import secrets
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.errors import DocflowError, Invalid
from docflow.core.messages import Language, language_from, text_of
from docflow.meetings import queries
from docflow.meetings.rendering import asked_out
from docflow.meetings.schemas import AnswerIn
from docflow.meetings.service import answer as answering
from docflow.notifications.rendering import when
from docflow.web.problems import fact_behind, status_of
from docflow.web.requests import address_of

AnyRequest = Request[Any, Any, Any]
FORM = "application/x-www-form-urlencoded"
PUBLIC: dict[str, Any] = {"public": True}


@get("/a/{secret:str}", opt=PUBLIC, include_in_schema=False)
async def ask(
    request: AnyRequest, session: NamedDependency[AsyncSession], secret: FromPath[str]
) -> Response[str]:
    """The page that asks whether the recipient attends. Records nothing."""
    asked = await queries.get_asked(session, secret)
    return _page(request, "answer.html", 200, asked.language, asked=asked_out(asked))


@post("/a/{secret:str}", opt={**PUBLIC, "takes": FORM}, status_code=303, include_in_schema=False)
async def record(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    secret: FromPath[str],
    data: URLEncodedBody[AnswerIn],
) -> Response[bytes]:
    """Record the answer and show the page again, which then says so."""
    await answering.answer_by_link(session, secret, data, address_of(request))
    return _elsewhere(303, request.url.path)


@get("/j/{token:str}", opt=PUBLIC, status_code=302, include_in_schema=False)
async def join(session: NamedDependency[AsyncSession], token: FromPath[str]) -> Response[bytes]:
    """On to the page where the meeting is held, as long as it stands."""
    url = await queries.get_join_url(session, token)
    return _elsewhere(302, url)


_KEPT_BY_NOBODY = {"Cache-Control": "no-store"}


def _elsewhere(status: int, place: str) -> Response[bytes]:
    headers = {"Location": place, "Referrer-Policy": "no-referrer", **_KEPT_BY_NOBODY}
    return Response(b"", status_code=status, media_type=MediaType.TEXT, headers=headers)


def _refuse(request: AnyRequest, error: Exception) -> Response[str]:
    """A page in plain words instead of problem+json: people stand here, not programs."""
    fact = fact_behind(error, request.scope)
    fields = fact.fields if isinstance(fact, Invalid) else ()
    said = [(fact.code, fact.facts), *((field.code, field.facts) for field in fields)]
    return _page(request, "refused.html", status_of(fact), Language.VI, said=said)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("docflow.meetings", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters["when"] = when
    return environment


def _page(request: AnyRequest, template: str, status: int, language: Language, **facts: Any) -> Response[str]:
    """A page on its own: no script, nothing from elsewhere, in no frame, its style named by a nonce."""
    language = language_from(request.headers.get("accept-language"), language)
    nonce = secrets.token_urlsafe(16)
    say = partial(text_of, language=language)
    html = _templates().get_template(template).render(language=language, nonce=nonce, say=say, **facts)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'"
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Content-Language": language.value,
        "X-Content-Type-Options": "nosniff",
        # Not "no-referrer": then a browser sends "Origin: null" with the form, which the route gate refuses.
        "Referrer-Policy": "same-origin",
        **_KEPT_BY_NOBODY,
    }
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


router = Router(
    "",
    route_handlers=[ask, record, join],
    exception_handlers={DocflowError: _refuse, ValidationException: _refuse},
)
