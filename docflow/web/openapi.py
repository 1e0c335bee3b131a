"""The description of the API (OpenAPI 3.1) and its page, both served without any outside host.

Litestar generates the paths and schemas. Here comes what it cannot know: the forms read from the stream, the
headers that guard and dependencies read, the one shape of every problem, and an example for each body and each
answer: the ``example`` of the struct, written once and converted in a test where it is written.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ControllerRouterHandler

from docflow.web.problems import MEDIA_TYPE, Problem
from docflow.web.schemas import In, Out

STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'"
)
SCHEMAS = "#/components/schemas/"

_PROBLEM_EXAMPLE = {
    "type": "urn:docflow:problem:not_found",
    "title": "Not found",
    "status": 404,
    "code": "not_found",
    "detail": "There is nothing here that you can see.",
    "instance": "/api/v1/documents/01997a3e-5b60-7c11-9c1e-0b7f1d2a4d01",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "A repeated request with the same key gets the first answer and changes nothing.",
    "example": "7f9c2ba4-e88f-4c27-a9a4-2f6a1a2c3d4e",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of the version that the change is based on.",
    "example": '"1"',
}


def config() -> OpenAPIConfig:
    """What Litestar generates from; its own pages, which load from foreign hosts, get no address."""
    return OpenAPIConfig(
        title="docflow",
        version="1",
        description="The back office of a provincial government: documents, tasks, video meetings.",
        use_handler_docstrings=True,
        openapi_router=_NoPages("/", route_handlers=[]),
        render_plugins=[JsonRenderPlugin()],
    )


class _NoPages(Router):
    """Takes none of the handlers that Litestar would add to it."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        return []


@get("/api/openapi.json", opt={"public": True}, include_in_schema=False)
async def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description with its examples, built at the first request."""
    state = request.app.state
    if "openapi" not in state:
        state.openapi = msgspec.json.encode(described(request.app))
    return Response(state.openapi, media_type="application/vnd.oai.openapi+json")


@get("/api/docs", opt={"public": True}, include_in_schema=False, media_type=MediaType.HTML)
async def docs_page() -> Response[bytes]:
    """The page that shows it."""
    headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff"}
    return Response((STATIC / "api-docs.html").read_bytes(), media_type=MediaType.HTML, headers=headers)


def pages() -> list[HTTPRouteHandler]:
    """The two addresses."""
    return [description, docs_page]


def described(app: Litestar) -> dict[str, Any]:
    """The whole description of ``app``."""
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    components = schema["components"]
    schemas = components["schemas"]
    _add(schemas, Problem)
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "docflow_session"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    examples = _examples()
    for path, method, handler in _operations(app):
        operation = schema["paths"][path][method]
        _describe_words(operation)
        _describe_request(operation, method, handler, schemas)
        _describe_answers(operation, handler, schemas)
        for media in _media_types(operation):
            example = _example(media.get("schema", {}), schemas, examples)
            if example is not None:
                media["example"] = example
    return schema


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.resolve_include_in_schema():
                    for method in handler.http_methods - {"OPTIONS"}:
                        yield route.path_format, method.lower(), handler


_WORDS = {
    "cursor": "The `next` of the page before; left out for the first page.",
    "q": "Words to find.",
    "since": "From this moment or day on.",
    "until": "Up to this moment or day.",
    "inline": "Show it in the browser where its type does no harm there, in place of saving it.",
    "secret": "The secret in the link of the mail.",
    "token": "The meeting's word in its link.",
}
"""Parameters that mean the same wherever they stand."""


def _describe_words(operation: dict[str, Any]) -> None:
    """The first sentence of the docstring is the summary; every parameter says what it is."""
    operation["summary"] = operation["description"].partition("\n")[0].partition(". ")[0].rstrip(".")
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if not parameter.get("description"):
            thing = name.removesuffix("_id").replace("_", " ")
            told = f"Id of the {thing}." if name.endswith("_id") else f"Narrowed by {thing}."
            parameter["description"] = _WORDS.get(name, told)


def _describe_request(
    operation: dict[str, Any], method: str, handler: HTTPRouteHandler, schemas: dict[str, Any]
) -> None:
    public = handler.opt.get("public") is True
    operation["security"] = [] if public else [{"session": []}, {"token": []}]
    parameters = operation.setdefault("parameters", [])
    if method == "post" and not public and handler.opt.get("secret") is not True:
        parameters.append(_KEY)
    if "version" in handler.parsed_fn_signature.parameters:
        parameters.append(_IF_MATCH)
    form = handler.opt.get("form")
    if form is not None:
        _add(schemas, form)
        upload = {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
        operation["requestBody"] = {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": {"allOf": [{"$ref": SCHEMAS + form.__name__}, upload]}}
            },
        }


_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}


def _describe_answers(operation: dict[str, Any], handler: HTTPRouteHandler, schemas: dict[str, Any]) -> None:
    responses = operation["responses"]
    # Litestar's own shape of a validation error is never sent.
    responses.pop("400", None)
    for status, answer in responses.items():
        if status == "204":
            answer.pop("content", None)
        elif (binary := handler.opt.get("answers")) is not None:
            answer["content"] = {binary: {"schema": _BINARY}}
        headers = _headers_of(status, answer, schemas)
        if headers:
            answer["headers"] = headers
    responses["default"] = {
        "description": "A problem (RFC 9457).",
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}{Problem.__name__}"}, "example": _PROBLEM_EXAMPLE}
        },
    }


def _headers_of(status: str, answer: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Location of what was made; ETag of what has a version."""
    text = {"schema": {"type": "string"}}
    headers = {}
    for media in answer.get("content", {}).values():
        name = media.get("schema", {}).get("$ref", "").removeprefix(SCHEMAS)
        fields = schemas.get(name, {}).get("properties", {})
        if status == "201" and "id" in fields:
            headers["Location"] = {"description": "Where it is.", **text}
        if "version" in fields:
            headers["ETag"] = {"description": "Its version, to be sent back as If-Match.", **text}
    return headers


def _add(schemas: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    _, found = msgspec.json.schema_components([struct], ref_template=SCHEMAS + "{name}")
    for name, one in found.items():
        schemas.setdefault(name, one)


def _media_types(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()


def _examples() -> dict[str, Any]:
    """The example of every struct by the name of its schema."""
    found: dict[str, Any] = {}
    waiting: list[type[msgspec.Struct]] = [In, Out]
    while waiting:
        struct = waiting.pop()
        waiting.extend(struct.__subclasses__())
        if "example" in vars(struct):
            found[struct.__name__] = vars(struct)["example"]
    return found


def _example(schema: dict[str, Any], schemas: dict[str, Any], examples: dict[str, Any]) -> Any:
    """An example for a schema: of a struct, a page of them, a list of them, or a form with a file."""
    if "allOf" in schema:
        fields = _example(schema["allOf"][0], schemas, examples)
        return None if fields is None else {**fields, "file": "(the bytes of the file)"}
    if schema.get("type") == "array":
        item = _example(schema.get("items", {}), schemas, examples)
        return None if item is None else [item]
    name = schema.get("$ref", "").removeprefix(SCHEMAS)
    if name.startswith("Page_"):
        rows = schemas[name]["properties"]["items"]
        return {"items": _example(rows, schemas, examples), "next": None, "total": None}
    return examples.get(name)
