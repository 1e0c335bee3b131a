"""Health: alive says the process answers; ready says which of the parts it needs do, and whether it can work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from litestar import Response, get
from litestar.datastructures import State

from docflow.web.schemas import Out

Check = Callable[[], Awaitable[None]]
PATIENCE_SECONDS = 3
ESSENTIAL = frozenset({"database", "store"})
"""Without one of these nothing can be answered. Any other part may be down: letters, say, wait in the outbox."""


class Absent(Exception):
    """Raised by a check: the part is not installed here, and the product does without it."""


class Live(Out, frozen=True, kw_only=True):
    """The process answers."""

    status: str

    example: ClassVar[dict[str, Any]] = {"status": "up"}


class Ready(Out, frozen=True, kw_only=True):
    """Each part by name, ``up``, ``down`` or ``absent`` (not installed); ``degraded`` when one is down that the API can do without."""

    status: str
    parts: dict[str, str]

    example: ClassVar[dict[str, Any]] = {
        "status": "up",
        "parts": {"database": "up", "store": "up", "mail": "up", "ocr": "absent"},
    }


async def _state_of(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check()
    except Absent:
        return "absent"
    except Exception:
        return "down"
    return "up"


@get("/health/live", opt={"public": True}, tags=["health"])
async def live() -> Live:
    """Say that the process answers."""
    return Live(status="up")


@get("/health/ready", opt={"public": True}, tags=["health"])
async def ready(state: State) -> Response[Ready]:
    """Ask every part; 503 when one is down without which nothing works."""
    checks: Mapping[str, Check] = state.checks
    states = await asyncio.gather(*(_state_of(check) for check in checks.values()))
    parts = dict(zip(checks, states, strict=True))
    down = {name for name, state in parts.items() if state == "down"}
    if down & ESSENTIAL:
        return Response(Ready(status="down", parts=parts), status_code=503)
    return Response(Ready(status="degraded" if down else "up", parts=parts), status_code=200)
