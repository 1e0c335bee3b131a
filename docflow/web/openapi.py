"""The description of the API (OpenAPI 3.1) and its page, both served without any outside host.

Every operation shows an example of its body and of its answer: the ``example`` of the struct, put in place after
the schema is generated, so that it is written once and tested where it is written.
"""

from pathlib import Path
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components

STATIC = Path(__file__).parent / "static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"


def config() -> OpenAPIConfig:
    """What Litestar generates from; its own pages, which load from foreign hosts, stay off."""
    return OpenAPIConfig(
        title="docflow",
        version="1",
        description="The back office of a provincial government: documents, tasks, video meetings.",
        use_handler_docstrings=True,
        components=Components(schemas={}),
        path="/api/unused",
        render_plugins=(),
    )


@get("/api/openapi.json", opt={"public": True}, include_in_schema=False)
async def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description with its examples."""
    state = request.app.state
    if "openapi_bytes" not in state:
        state.openapi_bytes = msgspec.json.encode(described(request.app))
    return Response(state.openapi_bytes, media_type="application/vnd.oai.openapi+json")


@get("/api/docs", opt={"public": True}, include_in_schema=False, media_type=MediaType.HTML)
async def docs_page() -> Response[bytes]:
    """The page that shows it."""
    return Response(
        (STATIC / "api-docs.html").read_bytes(),
        media_type="text/html; charset=utf-8",
        headers={"content-security-policy": POLICY, "x-content-type-options": "nosniff"},
    )


def pages() -> list[HTTPRouteHandler]:
    """The two addresses."""
    return [description, docs_page]


def described(app: Any) -> dict[str, Any]:
    """The schema of ``app`` with an example for each body and answer, and the problem answer everywhere."""
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    return schema
