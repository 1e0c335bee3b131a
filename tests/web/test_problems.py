"""Every error as problem+json in the reader's language, with nothing of our inside."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.exceptions import (
    ClientException,
    InternalServerException,
    NotAuthorizedException,
    PermissionDeniedException,
    TooManyRequestsException,
)
from litestar.params import FromPath, FromQuery, JSONBody

from docflow.core import errors, messages
from docflow.core.errors import DocflowError, FieldError, Invalid, NotAllowed
from docflow.core.messages import Language, language_from, text_of
from docflow.web import problems
from docflow.web.form_errors import FileTooLarge
from docflow.web.ranges import RangeNotSatisfiable
from docflow.web.schemas import In
from tests.conftest import SignIn


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    counts: tuple[int, ...] = ()


class Body(In, kw_only=True):
    note: str = ""
    inner: Inner = Inner()
    example: ClassVar[dict[str, Any]] = {"note": "x"}


RAISED: dict[str, Exception] = {
    "not_understood": errors.NotUnderstood(reason="no sense"),
    "not_signed_in": errors.NotSignedIn(),
    "not_allowed": NotAllowed(reason="no_rule_allows_it"),
    "not_found": errors.NotFound(),
    "conflict": errors.Conflict(),
    "stale": errors.Stale(current_version=2),
    "too_large": errors.TooLarge(),
    "file_too_large": FileTooLarge(20 << 20),
    "wrong_media_type": errors.WrongMediaType(expected="application/json", given="text/csv"),
    "range_not_satisfiable": RangeNotSatisfiable(100),
    "invalid": Invalid(
        FieldError("/a~1b", "field_missing"), FieldError("/c", "field_too_long", {"limit": 5})
    ),
    "version_missing": errors.VersionMissing(),
    "too_many": errors.TooMany(retry_after=7),
    "unavailable": errors.Unavailable(part="store"),
    "failed": DocflowError(),
    "crash": ZeroDivisionError("SELECT password_hash FROM person"),
    "litestar_400": ClientException("what the client did"),
    "litestar_401": NotAuthorizedException("inside"),
    "litestar_403": PermissionDeniedException("inside"),
    "litestar_429": TooManyRequestsException("inside"),
    "litestar_500": InternalServerException("inside"),
}
STATUS = {
    "not_understood": 400,
    "not_signed_in": 401,
    "not_allowed": 403,
    "not_found": 404,
    "conflict": 409,
    "stale": 412,
    "too_large": 413,
    "file_too_large": 413,
    "wrong_media_type": 415,
    "range_not_satisfiable": 416,
    "invalid": 422,
    "version_missing": 428,
    "too_many": 429,
    "unavailable": 503,
    "failed": 500,
    "crash": 500,
    "litestar_400": 400,
    "litestar_401": 401,
    "litestar_403": 403,
    "litestar_429": 429,
    "litestar_500": 500,
}


@get("/raise/{name:str}")
async def fail(name: FromPath[str]) -> None:
    raise RAISED[name]


@post("/body")
async def take(data: JSONBody[Body]) -> str:
    return data.note


@get("/query")
async def ask(number: FromQuery[int], day: FromQuery[str] = "") -> str:
    return f"{number}{day}"


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [fail, take, ask],
        exception_handlers={Exception: problems.render},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1000,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:  # type: ignore[arg-type]
        yield client


@pytest.mark.parametrize("name", RAISED)
async def test_each_family_has_its_status_and_a_text_in_both_languages(
    web: httpx.AsyncClient, name: str
) -> None:
    for language in Language:
        answer = await web.get(f"/raise/{name}", headers={"Accept-Language": language})
        body = answer.json()
        assert answer.status_code == body["status"] == STATUS[name]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        assert answer.headers["cache-control"] == "no-store"
        assert body["type"] == f"urn:docflow:problem:{body['code']}"
        assert body["instance"] == f"/raise/{name}"
        assert body["title"] == text_of(f"status_{STATUS[name]}", language)
        assert body["title"] != f"status_{STATUS[name]}"
        assert body["detail"] not in {"", body["code"]}
        assert "{" not in body["detail"]
        for inner in ("inside", "password_hash", "Traceback", "ZeroDivision"):
            assert inner not in answer.text


async def test_the_headers_that_belong_to_a_status_are_there(web: httpx.AsyncClient) -> None:
    assert (await web.get("/raise/not_signed_in")).headers["www-authenticate"] == "Bearer"
    assert (await web.get("/raise/too_many")).headers["retry-after"] == "7"
    assert (await web.get("/raise/range_not_satisfiable")).headers["content-range"] == "bytes */100"
    wrong_method = await web.delete("/query")
    assert wrong_method.status_code == 405
    assert "GET" in wrong_method.headers["allow"]
    assert wrong_method.json()["code"] == "method_not_allowed"


async def test_fields_are_named_by_json_pointer_in_the_readers_words(web: httpx.AsyncClient) -> None:
    body = (await web.get("/raise/invalid", headers={"Accept-Language": "en"})).json()
    assert body["errors"] == [
        {"pointer": "/a~1b", "code": "field_missing", "detail": "This field is missing."},
        {"pointer": "/c", "code": "field_too_long", "detail": "This is longer than allowed (5)."},
    ]


@pytest.mark.parametrize(
    ("content", "status", "pointer", "code"),
    [
        (b"{", 400, None, "not_understood"),
        (b"\xff", 400, None, "not_understood"),
        (b"", 422, "", "body_missing"),
        (b"[]", 422, "", "field_not_valid"),
        (b'{"note":1}', 422, "/note", "field_not_valid"),
        (b'{"note":"a\\u0000"}', 422, "/note", "text_not_allowed"),
        (b'{"nix":1}', 422, "/nix", "field_unknown"),
        (b'{"inner":{"counts":[1,"x"]}}', 422, "/inner/counts/1", "field_not_valid"),
        (b'{"inner":{"nix":1}}', 422, "/inner/nix", "field_unknown"),
        (b'{"note":"' + b"x" * 1000 + b'"}', 413, None, "too_large"),
    ],
)
async def test_what_is_wrong_with_a_json_body_is_pointed_at(
    web: httpx.AsyncClient, content: bytes, status: int, pointer: str | None, code: str
) -> None:
    answer = await web.post("/body", content=content, headers={"Content-Type": "application/json"})
    body = answer.json()
    assert answer.status_code == status, body
    if pointer is None:
        assert body["code"] == code
    else:
        assert [(one["pointer"], one["code"]) for one in body["errors"]] == [(pointer, code)]


async def test_what_is_wrong_with_a_query_is_named(web: httpx.AsyncClient) -> None:
    for query in ("number=x", "number=", ""):
        body = (await web.get(f"/query?{query}")).json()
        assert (body["status"], body["errors"][0]["pointer"]) == (422, "/number"), query


async def test_an_address_that_is_none_is_404_as_a_problem(
    sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    for somebody in (client, await sign_in("anpth")):
        for address in (
            "/",
            "/api/v1/nothing",
            "/static/../pyproject.toml",
            "/static/nothing.js",
            "/api/unused",
        ):
            answer = await somebody.get(address)
            assert answer.status_code == 404, address
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "not_found"


async def test_the_persons_language_is_used_unless_the_request_says_otherwise(sign_in: SignIn) -> None:
    english = await sign_in("thuka")
    vietnamese = await sign_in("anpth")
    nowhere = "/api/v1/documents/01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01"
    assert (await english.get(nowhere)).headers["content-language"] == "en"
    assert (await vietnamese.get(nowhere)).headers["content-language"] == "vi"
    asked = await english.get(nowhere, headers={"Accept-Language": "vi-VN"})
    assert asked.headers["content-language"] == "vi"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "vi"),
        ("", "vi"),
        ("fr", "vi"),
        ("en", "en"),
        ("EN-us", "en"),
        ("fr, en;q=0.5, vi;q=0.4", "en"),
        ("vi;q=0.4, en;q=0.5", "en"),
        ("vi; q=0.4, en; q=0.5", "en"),
        ("en;q=0.5,vi", "vi"),
        ("en;q=0", "vi"),
        ("en;q=nan", "vi"),
        ("en;q=x, vi", "vi"),
        ("*", "vi"),
        ("english", "vi"),
        (",,;q=1,en" + ",x" * 500, "en"),
    ],
)
def test_accept_language_is_read_as_rfc_9110_says(header: str | None, language: str) -> None:
    assert language_from(header) == language


def test_a_code_without_a_text_and_a_text_without_its_fact_are_shown_and_no_failure() -> None:
    assert text_of("no_such_code", Language.EN) == "no_such_code"
    assert text_of("file_too_large", Language.EN) == "The file is larger than …."
    assert set(messages.catalogue(Language.EN)) == set(messages.catalogue(Language.VI))


def test_every_family_of_errors_has_a_status_of_its_own() -> None:
    families = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, DocflowError) and one is not DocflowError
    ]
    assert len(families) == 13
    statuses: list[Any] = [problems.status_of(family()) for family in families]
    assert 500 not in statuses
    assert len(set(statuses)) == len(statuses)
