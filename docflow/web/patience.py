"""How long a client may take over its request: one that falls silent must not hold what others wait for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from time import monotonic
from typing import Any

from litestar import Request

from docflow.web.form_errors import RequestTooSlow

IDLE_SECONDS = 60.0
PACE_BYTES = 64 * 1024
"""So much, or the whole rest, within ``IDLE_SECONDS`` of waiting: about 1 kB a second, which any line manages."""


async def paced(stream: AsyncIterator[bytes], idle_seconds: float) -> AsyncGenerator[bytes, None]:
    """The chunks of ``stream``. Only the time in which the client is waited for counts, not that of the reader.

    Raises RequestTooSlow when less than PACE_BYTES came within ``idle_seconds``.
    """
    waited, received = 0.0, 0
    while True:
        began = monotonic()
        try:
            async with asyncio.timeout(idle_seconds - waited):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise RequestTooSlow from error
        if chunk is None:
            return
        waited += monotonic() - began
        received += len(chunk)
        if received >= PACE_BYTES:
            waited, received = 0.0, 0
        yield chunk


async def body_in_time(request: Request[Any, Any, Any], idle_seconds: float) -> bytes:
    """A whole body that is no upload. Raises RequestTooSlow."""
    try:
        async with asyncio.timeout(idle_seconds):
            return await request.body()
    except TimeoutError as error:
        raise RequestTooSlow from error
