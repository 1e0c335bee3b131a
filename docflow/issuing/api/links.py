"""The page behind the personal link of a letter, for people without an account.

Whoever follows the link records nothing: scanners of mail do so before the recipient. Fetching the file and the form
record. A link that never was, has expired or was revoked gives one and the same page.
"""

import secrets
from functools import cache, partial
from typing import Any, ClassVar, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.errors import DocflowError
from docflow.core.messages import Language, language_from, text_of
from docflow.documents.models import DocumentKind
from docflow.files.downloads import download
from docflow.files.service import FileStore
from docflow.issuing.queries.issued import Followed, get_linked
from docflow.issuing.service import links
from docflow.issuing.service.dispatch_letters import language_of
from docflow.notifications.rendering import when
from docflow.web.problems import fact_behind, status_of
from docflow.web.requests import address_of
from docflow.web.schemas import In

AnyRequest = Request[Any, Any, Any]
FORM = "application/x-www-form-urlencoded"
PUBLIC: dict[str, Any] = {"public": True}
KEPT_BY_NOBODY = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class LinkAnswer(In, kw_only=True):
    """What the page's form says: the document arrived, or the recalled copy is gone."""

    answer: Literal["received", "destroyed"]

    example: ClassVar[dict[str, Any]] = {"answer": "received"}


@get("/d/{token:str}", opt=PUBLIC, include_in_schema=False)
async def show(
    request: AnyRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Response[str]:
    """The document's head, its file and the form. Records nothing."""
    followed = await get_linked(session, token)
    kind = await session.get_one(DocumentKind, followed.document.kind_code)
    language = language_from(request.headers.get("accept-language"), language_of(followed.document))
    return _page("document.html", 200, language, said=_said(request, followed, kind, language))


@post("/d/{token:str}", opt={**PUBLIC, "takes": FORM}, status_code=303, include_in_schema=False)
async def record(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    token: FromPath[str],
    data: URLEncodedBody[LinkAnswer],
) -> Response[bytes]:
    """Record the answer and show the page again, which then says so."""
    act = links.acknowledge if data.answer == "received" else links.confirm_destroyed
    await act(session, token, address_of(request))
    headers = {"Location": request.url.path, "Referrer-Policy": "no-referrer", **KEPT_BY_NOBODY}
    return Response(b"", status_code=303, media_type=MediaType.TEXT, headers=headers)


@get("/d/{token:str}/file", opt=PUBLIC, include_in_schema=False)
async def fetch(
    request: AnyRequest,
    session: NamedDependency[AsyncSession],
    file_store: NamedDependency[FileStore],
    token: FromPath[str],
) -> Response[Any]:
    """The document's file; that it was fetched is recorded."""
    file = await links.fetch(session, token, address_of(request))
    answer = await download(request, file_store, file)
    answer.headers.update({**KEPT_BY_NOBODY, "Referrer-Policy": "no-referrer"})
    return answer


def _said(request: AnyRequest, followed: Followed, kind: DocumentKind, language: Language) -> dict[str, Any]:
    """What the page says; nothing of a recalled document but what its recipient knows."""
    row, document, later = followed
    asked = row.recall_asked_at is not None
    return {
        "path": request.url.path,
        "symbol": document.symbol,
        "kind": kind.name_en if language is Language.EN else kind.name_vi,
        "issuer": document.issuer,
        "issued_on": document.issued_on,
        "subject": document.subject,
        "recipient": row.name,
        "acknowledged_at": row.acknowledged_at,
        "recalled_symbol": later.symbol if later and asked else None,
        "recalled_on": later.issued_on if later and asked else None,
        "confirmed_at": row.recall_confirmed_at,
    }


def _refuse(request: AnyRequest, error: Exception) -> Response[str]:
    """The one page for everything that is not to be had here."""
    status = status_of(fact_behind(error, request.scope))
    language = language_from(request.headers.get("accept-language"), Language.VI)
    return _page("ended.html", status, language)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("docflow.issuing", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters["when"] = when
    return environment


def _page(template: str, status: int, language: Language, **facts: Any) -> Response[str]:
    """A page on its own: no script, nothing from elsewhere, in no frame, its style named by a nonce."""
    nonce = secrets.token_urlsafe(16)
    say = partial(text_of, language=language)
    html = _templates().get_template(template).render(language=language, nonce=nonce, say=say, **facts)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'"
    headers = {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
        "Content-Language": language.value,
        # Not "no-referrer": then a browser sends "Origin: null" with the form, which the route gate refuses.
        "Referrer-Policy": "same-origin",
        **KEPT_BY_NOBODY,
    }
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


router = Router(
    "",
    route_handlers=[show, record, fetch],
    exception_handlers={DocflowError: _refuse, ValidationException: _refuse},
)
