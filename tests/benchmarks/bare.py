"""The bare endpoint: the same bytes by the same framework, server, driver and engine, with nothing of docflow around.

``python -m tests.benchmarks.bare PORT``, told by docflow's environment. ``/sql/{name}`` reads its answer with one
trivial statement, ``/plain/{name}`` has it in memory.
"""

import os
import sys

import uvicorn
from litestar import Litestar, Response, get
from sqlalchemy import text

from docflow.core.db import create_engine
from docflow.settings import settings_from

TABLE = "CREATE UNLOGGED TABLE IF NOT EXISTS bench_answer (name text PRIMARY KEY, body bytea NOT NULL)"
GRANT = "GRANT SELECT ON bench_answer TO PUBLIC"
KEEP = "INSERT INTO bench_answer VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
READ = text("SELECT body FROM bench_answer WHERE name = :name")


def create_app() -> Litestar:
    """The application of one process, as bare as it can be."""
    settings = settings_from(os.environ)
    engine = create_engine(settings.database_url, connections=settings.database_connections)
    kept: dict[str, bytes] = {}

    async def read(name: str) -> bytes | None:
        async with engine.connect() as connection:
            body: bytes | None = await connection.scalar(READ, {"name": name})
        return body

    @get("/sql/{name:str}")
    async def with_sql(name: str) -> Response[bytes]:
        return _answer(await read(name))

    @get("/plain/{name:str}")
    async def without_sql(name: str) -> Response[bytes]:
        if name not in kept and (body := await read(name)) is not None:
            kept[name] = body
        return _answer(kept.get(name))

    return Litestar([with_sql, without_sql], openapi_config=None, logging_config=None)


def _answer(body: bytes | None) -> Response[bytes]:
    if body is None:
        return Response(b"", status_code=404)
    return Response(body, media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(
        "tests.benchmarks.bare:create_app",
        factory=True,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
