"""Every address declares what it lets a person do; what is open to everybody is listed here."""

from collections.abc import Iterator

from litestar import Litestar, get
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from docflow.access.actions import Action
from docflow.access.roles import GRANTS
from tests.architecture.source import assert_none
from tests.nowhere import app_of_nowhere

PUBLIC = {
    "GET /a/{secret}": "the page behind the link of an invitation: its secret is the key",
    "POST /a/{secret}": "the answer given on that page",
    "GET /d/{token}": "the page behind the personal link to an issued document: its token is the key",
    "POST /d/{token}": "what its recipient confirms on that page",
    "GET /d/{token}/file": "the document's file, by the same token",
    "GET /j/{token}": "on to where the meeting is held, by the token of the invitation",
    "GET /api/v1/answers/{secret}": "the same by program",
    "POST /api/v1/answers/{secret}": "the same by program",
    "GET /api/docs": "the page that shows the API",
    "GET /api/openapi.json": "the description of the API",
    "GET /health/live": "asked by whoever watches the process",
    "GET /health/ready": "asked by whoever watches the process",
    "GET /static/{file_path}": "style and script of the page",
    "POST /api/v1/session": "signing in",
}
"""Address and why nobody needs to be known there."""


def handlers_of(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every handler by method and address; the OPTIONS that the framework answers are not ours."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield f"{method} {route.path_format}", handler
        elif isinstance(route, (ASGIRoute, WebSocketRoute)):
            yield f"ANY {route.path_format}", route.route_handler


def undeclared(app: Litestar) -> list[str]:
    """Addresses that neither name an action nor are meant for everybody."""
    return [
        f"{address}: declares no action"
        for address, handler in handlers_of(app)
        if not isinstance(handler.opt.get("action"), Action) and handler.opt.get("public") is not True
    ]


def public(app: Litestar) -> set[str]:
    return {address for address, handler in handlers_of(app) if handler.opt.get("public") is True}


def test_every_route_declares_its_action() -> None:
    assert_none(undeclared(app_of_nowhere()))


def test_what_is_open_to_everybody_is_what_is_listed() -> None:
    assert public(app_of_nowhere()) == set(PUBLIC)


def test_every_action_of_a_route_is_granted_by_some_role_and_every_action_has_a_route() -> None:
    asked = {handler.opt["action"] for _, handler in handlers_of(app_of_nowhere()) if "action" in handler.opt}
    granted = frozenset[Action]().union(*GRANTS.values())
    assert asked <= granted
    assert set(Action) - asked == set()


def test_a_planted_route_without_an_action_is_seen() -> None:
    @get("/planted")
    async def planted() -> str:
        return ""

    @get("/misspelt", opt={"action": "document:read", "public": "yes"})
    async def misspelt() -> str:
        return ""

    app = app_of_nowhere()
    app.register(planted)
    app.register(misspelt)
    assert undeclared(app) == ["GET /planted: declares no action", "GET /misspelt: declares no action"]


def test_a_planted_public_route_is_seen() -> None:
    @get("/planted", opt={"public": True})
    async def planted() -> str:
        return ""

    app = app_of_nowhere()
    app.register(planted)
    assert public(app) - set(PUBLIC) == {"GET /planted"}
