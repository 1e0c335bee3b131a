"""The answer decides the transaction: below 400 it commits before its first byte leaves, else it rolls back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect, Stream
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from docflow.core.db import Sessions, fact_of
from docflow.core.errors import Conflict, NotFound
from docflow.core.ticks import Tick
from docflow.web import problems
from docflow.web.transaction import RequestTransaction, TransactionMiddleware, transaction_of

SLOT = datetime(2026, 11, 23, tzinfo=UTC)
AnyRequest = Request[Any, Any, Any]


class SlotTaken(Conflict):
    """A constraint's fact for these tests."""

    code = "number_already_taken"


class Diary:
    """Handlers that each write one row, a table that nothing else uses, and what was undone."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.undone: list[str] = []

    async def write(self, request: AnyRequest, name: str) -> RequestTransaction:
        transaction = transaction_of(request.scope)
        await transaction.session.execute(insert(Tick).values(name=name, slot=SLOT))

        async def undo() -> None:
            self.undone.append(name)

        transaction.on_rollback(undo)
        return transaction

    async def rows(self) -> set[str]:
        async with self.sessions() as session:
            return set(await session.scalars(select(Tick.name)))


@pytest.fixture
def diary(sessions: Sessions) -> Diary:
    return Diary(sessions)


@pytest.fixture
async def web(diary: Diary) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        handlers_of(diary),
        middleware=[
            TransactionMiddleware(
                diary.sessions,
                {"pk_tick": SlotTaken},
                problems.render_bare,
            )
        ],
        exception_handlers={Exception: problems.render},
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        yield client


def handlers_of(diary: Diary) -> list[Any]:
    @post("/plain")
    async def plain(request: AnyRequest) -> str:
        await diary.write(request, "plain")
        assert "plain" not in await diary.rows()
        return "done"

    @post("/redirect", status_code=303)
    async def redirect(request: AnyRequest) -> Redirect:
        await diary.write(request, "redirect")
        return Redirect("/elsewhere", status_code=303)

    @post("/refusal")
    async def refusal(request: AnyRequest) -> Response[str]:
        await diary.write(request, "refusal")
        return Response("no", status_code=422)

    @post("/fact")
    async def fact(request: AnyRequest) -> None:
        await diary.write(request, "fact")
        raise NotFound

    @post("/crash")
    async def crash(request: AnyRequest) -> None:
        await diary.write(request, "crash")
        raise ZeroDivisionError("an inner secret")

    @post("/unspeakable")
    async def unspeakable(request: AnyRequest) -> Response[Any]:
        await diary.write(request, "unspeakable")
        return Response({"answer": object()}, media_type="application/json")

    @post("/taken")
    async def taken(request: AnyRequest) -> str:
        transaction = await diary.write(request, "taken")
        # Flushed by the commit alone.
        transaction.session.add(Tick(name="taken", slot=SLOT))
        return "done"

    @post("/cut-off")
    async def cut_off(request: AnyRequest) -> str:
        transaction = await diary.write(request, "cut-off")
        pid = await transaction.session.scalar(text("SELECT pg_backend_pid()"))
        async with diary.sessions() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        return "done"

    @post("/failing-undo")
    async def failing_undo(request: AnyRequest) -> None:
        transaction = await diary.write(request, "failing-undo")

        async def undo() -> None:
            raise OSError("the store is down")

        transaction.on_rollback(undo)
        await diary.write(request, "failing-undo-2")
        raise NotFound

    @get("/stream")
    async def stream(request: AnyRequest) -> Stream:
        await diary.write(request, "stream")

        async def chunks() -> AsyncIterator[bytes]:
            yield b"stream" if "stream" in await diary.rows() else b"too early"
            raise OSError("the connection to the store broke")

        return Stream(chunks())

    @get("/idle")
    async def idle() -> str:
        return "nothing"

    return [
        plain,
        redirect,
        refusal,
        fact,
        crash,
        unspeakable,
        taken,
        cut_off,
        failing_undo,
        stream,
        idle,
    ]


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/plain", 201, True),
        ("/redirect", 303, True),
        ("/refusal", 422, False),
        ("/fact", 404, False),
        ("/crash", 500, False),
        ("/unspeakable", 500, False),
    ],
)
async def test_the_status_decides_whether_the_change_stays(
    web: httpx.AsyncClient, diary: Diary, path: str, status: int, kept: bool
) -> None:
    answer = await web.post(path)
    name = path.strip("/")
    assert answer.status_code == status
    assert (name in await diary.rows()) is kept
    assert diary.undone == ([] if kept else [name])
    assert "secret" not in answer.text


async def test_a_failing_commit_is_told_in_place_of_the_answer_that_was_ready(
    web: httpx.AsyncClient, diary: Diary, engine: AsyncEngine
) -> None:
    for path, status, code in (("/taken", 409, "number_already_taken"), ("/cut-off", 503, "unavailable")):
        answer = await web.post(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert path.strip("/") not in await diary.rows()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_what_cannot_be_undone_does_not_change_the_answer(web: httpx.AsyncClient, diary: Diary) -> None:
    answer = await web.post("/failing-undo")
    assert answer.status_code == 404
    assert diary.undone == ["failing-undo", "failing-undo-2"]
    assert not await diary.rows()


async def test_a_stream_is_committed_before_its_first_byte_and_breaks_without_undoing(
    web: httpx.AsyncClient, diary: Diary
) -> None:
    chunks: list[bytes] = []
    async with web.stream("GET", "/stream") as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_raw():
            chunks.append(chunk)  # noqa: PERF401  (kept when it breaks)
    assert chunks == [b"stream"]
    assert "stream" in await diary.rows()
    assert diary.undone == []


async def test_no_connection_is_taken_by_a_request_without_a_query_and_none_is_kept(
    web: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    before = engine.pool.checkedin()  # type: ignore[attr-defined]
    assert (await web.get("/idle")).status_code == 200
    assert engine.pool.checkedin() == before  # type: ignore[attr-defined]
    for path in ("/plain", "/fact", "/crash", "/unspeakable", "/taken"):
        await web.post(path)
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_the_change_is_seen_by_others_from_the_first_byte_and_not_before(
    web: httpx.AsyncClient, diary: Diary
) -> None:
    seen: list[tuple[str, bool]] = []
    app = web._transport.app  # type: ignore[attr-defined]

    async def spying(scope: Any, receive: Any, send: Any) -> None:
        async def spy(message: Any) -> None:
            seen.append((message["type"], "plain" in await diary.rows()))
            await send(message)

        await app(scope, receive, spy)

    transport = httpx.ASGITransport(spying)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        await client.post("/plain")
    assert seen == [("http.response.start", True), ("http.response.body", True)]


async def test_a_nul_that_reaches_the_database_is_the_callers_mistake(sessions: Sessions) -> None:
    async with sessions() as session:
        with pytest.raises(Exception, match="NUL") as failed:
            await session.execute(select(Tick).where(Tick.name == "a\0b"))
    fact = fact_of(failed.value)  # type: ignore[arg-type]
    assert [one.code for one in fact.fields] == ["text_not_allowed"]  # type: ignore[attr-defined]
