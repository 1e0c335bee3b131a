"""The description of the API: valid OpenAPI 3.1, whole, with examples that cannot rot, and no outside host."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import jsonschema
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from docflow.web import openapi
from docflow.web.schemas import In, Out
from tests.nowhere import app_of_nowhere

STATIC = Path(openapi.__file__).parent / "static"
JSON = "application/json"


@pytest.fixture(scope="module")
async def web() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app_of_nowhere())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        yield client


@pytest.fixture(scope="module")
async def description(web: httpx.AsyncClient) -> dict[str, Any]:
    answer = await web.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json"
    described: dict[str, Any] = answer.json()
    return described


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    facts: dict[str, Any]

    def media(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(where, media type, facts) of the request and of every answer."""
        for media_type, facts in self.facts.get("requestBody", {}).get("content", {}).items():
            yield f"{self.name} request", media_type, facts
        for status, answer in self.facts["responses"].items():
            for media_type, facts in answer.get("content", {}).items():
                yield f"{self.name} {status}", media_type, facts


def operations(description: dict[str, Any]) -> list[Operation]:
    return [
        Operation(f"{method.upper()} {path}", facts)
        for path, methods in description["paths"].items()
        for method, facts in methods.items()
    ]


async def test_it_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


async def test_every_operation_says_what_it_does_and_how_it_may_fail(description: dict[str, Any]) -> None:
    found = operations(description)
    assert len(found) > 15
    for operation in found:
        assert len(operation.facts.get("description", "").split()) > 1, operation.name
        assert operation.facts["description"].rstrip().endswith("."), operation.name
        assert operation.facts["summary"], operation.name
        assert operation.facts["tags"], operation.name
        problem = operation.facts["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert "400" not in operation.facts["responses"], operation.name
    names = [operation.facts["operationId"] for operation in found]
    assert len(names) == len(set(names))


async def test_every_json_body_and_answer_has_an_example_that_fits_its_schema(
    description: dict[str, Any],
) -> None:
    for operation in operations(description):
        for where, media_type, facts in operation.media():
            if media_type in {JSON, "application/problem+json"}:
                assert "example" in facts, where
                schema = {**facts["schema"], "components": description["components"]}
                jsonschema.validate(facts["example"], schema)


def structs() -> list[type[msgspec.Struct]]:
    """Every struct that comes in or goes out."""
    found: list[type[msgspec.Struct]] = []
    waiting: list[type[msgspec.Struct]] = [In, Out]
    while waiting:
        for struct in waiting.pop().__subclasses__():
            waiting.append(struct)
            if struct.__module__.startswith("docflow."):
                found.append(struct)
    return found


def test_every_example_converts_to_its_struct(web: httpx.AsyncClient) -> None:
    checked = [struct for struct in structs() if "example" in vars(struct)]
    assert len(checked) > 20
    for struct in checked:
        msgspec.convert(vars(struct)["example"], struct, strict=True)
        assert set(vars(struct)["example"]) <= set(struct.__struct_fields__), struct


def test_examples_of_answers_leave_nothing_out(web: httpx.AsyncClient) -> None:
    for struct in structs():
        if issubclass(struct, Out):
            assert set(vars(struct)["example"]) == set(struct.__struct_fields__), struct


async def test_forms_name_their_file_and_all_fields(description: dict[str, Any]) -> None:
    forms = {
        operation.name: facts
        for operation in operations(description)
        for _, media_type, facts in operation.media()
        if media_type == "multipart/form-data"
    }
    assert {"POST /api/v1/documents/incoming", "POST /api/v1/documents/outgoing"} <= set(forms)
    for name, facts in forms.items():
        struct, upload = facts["schema"]["allOf"]
        assert upload["required"] == ["file"], name
        assert struct["$ref"].rpartition("/")[2] in description["components"]["schemas"]
        assert "file" in facts["example"]


async def test_headers_that_guards_and_dependencies_read_are_described(description: dict[str, Any]) -> None:
    by_name = {operation.name: operation.facts for operation in operations(description)}

    def headers(name: str) -> set[str]:
        return {one["name"] for one in by_name[name].get("parameters", []) if one["in"] == "header"}

    assert headers("PATCH /api/v1/documents/{document_id}") == {"If-Match"}
    assert headers("POST /api/v1/documents/{document_id}/files") == {"If-Match", "Idempotency-Key"}
    assert headers("POST /api/v1/documents/incoming") == {"Idempotency-Key"}
    assert headers("GET /api/v1/documents") == set()
    query = {one["name"] for one in by_name["GET /api/v1/documents"]["parameters"] if one["in"] == "query"}
    assert {"q", "limit", "cursor", "total", "direction", "issued_from"} <= query
    assert "rows" not in query
    assert by_name["GET /health/live"]["security"] == []
    assert by_name["GET /api/v1/me"]["security"] == [{"session": []}, {"token": []}]


async def test_only_what_is_meant_to_be_public_is_described_as_public(description: dict[str, Any]) -> None:
    public = {operation.name for operation in operations(description) if operation.facts["security"] == []}
    assert {"GET /health/live", "GET /health/ready", "POST /api/v1/session"} <= public
    assert not any("/documents" in name or "/audit" in name for name in public)


def test_values_of_every_kind_travel_as_the_schema_says() -> None:
    """What msgspec writes for dates, moments and ids is what JSON Schema calls by those formats."""
    moment = datetime.fromisoformat("2026-11-23T01:30:00+00:00")
    written = msgspec.json.encode([moment, date(2026, 11, 23), UUID(int=1)])
    assert written == b'["2026-11-23T01:30:00Z","2026-11-23","00000000-0000-0000-0000-000000000001"]'


async def test_the_page_and_all_it_loads_come_from_here(web: httpx.AsyncClient) -> None:
    page = await web.get("/api/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(loaded) == 3
    for address in loaded:
        answer = await web.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].partition(";")[0] in {"text/css", "text/javascript"}
    assert not re.search(r"https?://", page.text)
    assert not re.search(r"https?://", (STATIC / "api-docs.js").read_text("utf-8"))


async def test_the_description_names_no_outside_host_that_anything_would_load(
    description: dict[str, Any],
) -> None:
    assert [server["url"] for server in description["servers"]] == ["/"]
