"""Health: alive says the process answers; ready says that every part it needs does, and which does not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from litestar import Response, get
from litestar.datastructures import State

from docflow.web.schemas import Out

Check = Callable[[], Awaitable[None]]
PATIENCE_SECONDS = 3


class Live(Out, frozen=True, kw_only=True):
    """The process answers."""

    status: str

    example: ClassVar[dict[str, Any]] = {"status": "up"}


class Ready(Out, frozen=True, kw_only=True):
    """Each part by name, ``up`` or ``down``."""

    status: str
    parts: dict[str, str]

    example: ClassVar[dict[str, Any]] = {
        "status": "up",
        "parts": {"database": "up", "store": "up", "mail": "up"},
    }


async def _state_of(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check()
    except Exception:
        return "down"
    return "up"


@get("/health/live", opt={"public": True}, tags=["health"])
async def live() -> Live:
    """Say that the process answers."""
    return Live(status="up")


@get("/health/ready", opt={"public": True}, tags=["health"])
async def ready(state: State) -> Response[Ready]:
    """Ask every part; 503 when one is down."""
    checks: Mapping[str, Check] = state.checks
    states = await asyncio.gather(*(_state_of(check) for check in checks.values()))
    parts = dict(zip(checks, states, strict=True))
    healthy = set(states) == {"up"}
    return Response(
        Ready(status="up" if healthy else "down", parts=parts), status_code=200 if healthy else 503
    )
