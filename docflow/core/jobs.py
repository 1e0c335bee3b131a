"""Putting work into the queue inside the caller's transaction: the job exists if and only if the change does."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

import procrastinate
from sqlalchemy.ext.asyncio import AsyncSession

Job = Callable[..., Awaitable[None]]
Jobs = Mapping[str, Job]
"""A capability's jobs by name, ``<capability>.<verb>``."""

DEFAULT = "default"
SLOW = "slow"
"""A queue of its own for work that takes minutes: nothing that takes a moment waits behind it."""
FIRST, LAST = 1, -1
"""Priorities: letters and the clock go before what people wait for (0), and that before what came in bulk."""


@cache
def _queue() -> procrastinate.App:
    """Only knows how to write a job; it never opens a connection of its own."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector())


async def enqueue(
    session: AsyncSession,
    name: str,
    *,
    alone: bool = False,
    queue: str = DEFAULT,
    priority: int = 0,
    **arguments: Any,
) -> None:
    """Queue the job ``name`` with JSON ``arguments``; ``alone``: no two of that name run at once.

    A lock of the queue's and not its queueing lock, whose unique index would make requests wait for each other.
    """
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    lock = name if alone else None
    job = _queue().configure_task(
        name, connection=raw.driver_connection, allow_unknown=True, lock=lock, queue=queue, priority=priority
    )
    await job.defer_async(**arguments)
