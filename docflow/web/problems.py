"""Every error as problem+json (RFC 9457), in the caller's language. The one table of status codes."""

import re
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Scope
from sqlalchemy.exc import SQLAlchemyError

from docflow.core import errors
from docflow.core.db import fact_of
from docflow.core.messages import Language, language_from, text_of
from docflow.web.form_errors import ClientGone, RequestTooSlow
from docflow.web.idempotency import Answer, Replay
from docflow.web.multipart import HUNG_UP
from docflow.web.ranges import RangeNotSatisfiable, unsatisfiable_headers
from docflow.web.transaction import transaction_of

STATUS: dict[type[errors.DocflowError], int] = {
    errors.NotUnderstood: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    RequestTooSlow: 408,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.WrongMediaType: 415,
    RangeNotSatisfiable: 416,
    errors.Invalid: 422,
    errors.VersionMissing: 428,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
FACT_OF_STATUS: dict[int, type[errors.DocflowError]] = {status: fact for fact, status in STATUS.items()}
MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger("docflow.web")


class FieldProblem(msgspec.Struct, frozen=True):
    """One wrong field of the body or the query."""

    pointer: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457, with our ``code``, the facts of the case and the fields that are wrong."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    errors: list[FieldProblem] = []
    facts: dict[str, Any] = {}


def status_of(error: errors.DocflowError) -> int:
    """The status of the nearest family."""
    return next((STATUS[family] for family in type(error).__mro__ if family in STATUS), 500)


def problem_of(error: errors.DocflowError, language: Language, instance: str) -> Problem:
    """The problem as the caller is told it."""
    status = status_of(error)
    facts = dict(error.facts)
    if isinstance(error, errors.NotAllowed) and "reason" in facts:
        facts["reason_text"] = text_of(facts["reason"], language)
    fields = error.fields if isinstance(error, errors.Invalid) else ()
    return Problem(
        type=f"urn:docflow:problem:{error.code}",
        title=text_of(f"status_{status}", language),
        status=status,
        code=error.code,
        detail=text_of(error.code, language, **facts),
        instance=instance,
        errors=[
            FieldProblem(field.pointer, field.code, text_of(field.code, language, **field.facts))
            for field in fields
        ],
        facts=error.facts,
    )


def language_of(scope: Scope) -> Language:
    """The language asked for in the request, else the signed-in person's, else Vietnamese."""
    actor = scope.get("state", {}).get("actor")
    fallback = actor.language if actor else Language.VI
    header = ASGIConnection(scope).headers.get("accept-language")
    return language_from(header, fallback)


def fact_behind(error: Exception, scope: Scope) -> errors.DocflowError:
    """Any exception as one of our facts; an unknown one is logged and becomes a plain failure."""
    if isinstance(error, errors.DocflowError):
        return error
    if isinstance(error, ValidationException):
        return errors.Invalid(*(_field_of(item) for item in error.extra or [{"message": error.detail}]))
    if isinstance(error, HUNG_UP) and "disconnected" in str(error):
        return ClientGone()
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return MethodNotAllowed(method=scope.get("method", ""))
        fact = FACT_OF_STATUS.get(error.status_code)
        if fact is not None:
            return fact(reason=error.detail) if fact is errors.NotUnderstood else fact()
    if isinstance(error, SQLAlchemyError):
        translated = fact_of(error, transaction_of(scope).constraints)
        if isinstance(translated, errors.DocflowError):
            return translated
    log.error("request_failed", path=scope.get("path"), exc_info=error)
    return errors.DocflowError()


class MethodNotAllowed(errors.DocflowError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"


STATUS[MethodNotAllowed] = 405

_NAMES = {
    "rows": "limit",
    "in_state": "state",
    "meeting_state": "state",
    "part_state": "state",
    "still_open": "open",
    "whose": "scope",
}
"""Parameters whose name in the request is not that of the dependency's argument."""
_OURS = re.compile(r"(?P<field>\w+): (?P<code>[a-z_]+)")


_SENTENCES = (
    (re.compile("'data'"), "body_missing"),
    (re.compile(r"Object missing required field `(?P<field>.+)`"), "field_missing"),
    (re.compile(r"Missing required \w+ parameter '(?P<field>.+?)' for .*"), "field_missing"),
    (re.compile(r"Object contains unknown field `(?P<field>.+)`"), "field_unknown"),
    (re.compile(r"Expected `\w+` of length <= (?P<limit>[0-9]+)"), "field_too_long"),
    (re.compile(r"Expected `\w+` of length >= 1"), "field_empty"),
    (re.compile(r"Invalid enum value '?(?P<given>.*?)'?"), "field_not_a_choice"),
    (re.compile(r"Invalid RFC3339 encoded date|Expected `date.*"), "field_not_a_date"),
)
"""Sentences of msgspec, and two of Litestar, that people meet, as codes of ours; any other is given as it is."""
_PLACE = re.compile(r"[^.\[\]]+")


def _field_of(item: Any) -> errors.FieldError:
    """A field error from Litestar's list: ours (``name: code``) or msgspec's own sentence."""
    message = str(item.get("message", ""))
    key = str(item.get("key", ""))
    place = _PLACE.findall(_NAMES.get(key, key)) if key != "data" else []
    if ours := _OURS.fullmatch(message):
        return errors.FieldError(_pointer(*place[:-1], ours["field"]), ours["code"], {})
    for sentence, code in _SENTENCES:
        if match := sentence.fullmatch(message):
            facts = match.groupdict()
            field = facts.pop("field", None)
            return errors.FieldError(_pointer(*place, *([field] if field else [])), code, facts)
    return errors.FieldError(_pointer(*place), "field_not_valid", {"problem": message})


def _pointer(*place: str) -> str:
    """A JSON pointer (RFC 6901 §3)."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in place)


def fields_of(error: msgspec.ValidationError) -> errors.Invalid:
    """msgspec's refusal of a form (``… - at `$.subject```) as field errors."""
    message, _, place = str(error).partition(" - at `$")
    return errors.Invalid(_field_of({"message": message, "key": place.rstrip("`").lstrip(".")}))


def _body(error: Exception, scope: Scope) -> tuple[int, bytes, dict[str, str]]:
    fact = fact_behind(error, scope)
    problem = problem_of(fact, language_of(scope), scope.get("path", ""))
    headers = {"content-language": language_of(scope).value, "cache-control": "no-store"}
    if retry_after := fact.facts.get("retry_after"):
        headers["retry-after"] = str(retry_after)
    if problem.status == 408:
        headers["connection"] = "close"
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, HTTPException) and (allowed := (error.headers or {}).get("allow")):
        headers["allow"] = allowed
    if isinstance(fact, RangeNotSatisfiable):
        headers.update(unsatisfiable_headers(fact.size))
    return problem.status, msgspec.json.encode(problem), headers


def render(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of the whole application."""
    status, body, headers = _body(error, request.scope)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def render_bare(scope: Scope, error: Exception) -> Answer:
    """The same for a failure at commit, after the application has answered."""
    status, body, headers = _body(error, scope)
    return Answer(status, {"content-type": MEDIA_TYPE, **headers}, body)


def replay(request: Request[Any, Any, Any], error: Replay) -> Response[bytes]:
    """The first answer, given again."""
    transaction_of(request.scope).keyed = None
    answer = error.answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=answer.headers.get("content-type", "application/json"),
        headers={**headers, "idempotency-replayed": "true"},
    )
