"""One request, one transaction: committed after the answer is built and before its first byte leaves.

An answer below 400 commits, any other rolls back. A redirect or a failure while the answer is being encoded is
therefore never a lost write or a half-done one (decision 0003).
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.core.db import Sessions, fact_of
from docflow.core.errors import DocflowError
from docflow.web.idempotency import Answer, Keyed, find_answer, keep

Constraints = Mapping[str, type[DocflowError]]
RenderError = Callable[[Scope, Exception], Answer]
Undo = Callable[[], Awaitable[None]]

KEPT_HEADERS = frozenset({"content-type", "etag", "location"})

log = structlog.get_logger("docflow.web")


class RequestTransaction:
    """The transaction of one request; its connection is taken at the first query."""

    def __init__(self, sessions: Sessions, constraints: Constraints) -> None:
        self._sessions = sessions
        self._session: AsyncSession | None = None
        self._undo: list[Undo] = []
        self.constraints = constraints
        self.keyed: Keyed | None = None

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = self._sessions()
        return self._session

    def on_rollback(self, undo: Undo) -> None:
        """Run ``undo`` when the request changes nothing: for what was written outside the database.

        Not run when the commit itself fails: then nobody knows whether it happened, and the sweep decides.
        """
        self._undo.append(undo)

    async def release(self) -> None:
        """End what was read so far and give the connection back; the next query begins anew.

        For a request that is about to wait for its client. Kept is what the gate wrote: that a session is used.
        """
        if self._session is not None:
            await self._session.commit()

    async def abandon(self) -> None:
        """Change nothing and give the connection back, for a request that is refused."""
        if self._session is not None:
            await self._session.rollback()

    async def commit(self) -> None:
        self._undo.clear()
        if self._session is not None:
            await self._session.commit()

    async def roll_back(self) -> None:
        if self._session is not None and self._session.in_transaction():
            await self._session.rollback()
        undos, self._undo = self._undo, []
        for undo in undos:
            try:
                await undo()
            except Exception as error:  # the answer stands all the same; the sweep removes what stays
                log.warning("undo_failed", exc_info=error)

    async def keep(self, answer: Answer) -> Answer:
        """Commit with the answer kept under the request's key; the first answer when another was faster."""
        if self.keyed is None or await keep(self.session, self.keyed, answer):
            await self.commit()
            return answer
        await self.roll_back()
        return await find_answer(self.session, self.keyed) or answer

    async def first_answer(self) -> Answer | None:
        """The answer that another request with the same key has got meanwhile, for one that failed.

        A client that lost its connection repeats while its first attempt is still at work: then the attempt's
        own effect may be what this one met (a duplicate, a conflict).
        """
        if self.keyed is None:
            return None
        with suppress(SQLAlchemyError, DocflowError):
            return await find_answer(self.session, self.keyed)
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def transaction_of(scope: Scope) -> RequestTransaction:
    """The transaction of the request."""
    transaction: RequestTransaction = scope["state"]["transaction"]
    return transaction


class TransactionMiddleware(ASGIMiddleware):
    """Opens, commits, rolls back and closes; nobody else does for a request."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, sessions: Sessions, constraints: Constraints, render_error: RenderError) -> None:
        self._sessions = sessions
        self._constraints = constraints
        self._render_error = render_error

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        transaction = RequestTransaction(self._sessions, self._constraints)
        scope["state"]["transaction"] = transaction
        try:
            await next_app(scope, receive, _Gate(transaction, scope, send, self._render_error))
        finally:
            await transaction.roll_back()
            await transaction.close()


class _Gate:
    """Holds the first byte of the answer back until the transaction is decided."""

    def __init__(
        self, transaction: RequestTransaction, scope: Scope, send: Send, render: RenderError
    ) -> None:
        self._transaction = transaction
        self._scope = scope
        self._send = send
        self._render = render
        self._held: HTTPResponseStartEvent | None = None
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if message["status"] < 400 and self._transaction.keyed is not None:
                self._held = message
                return
            await self._decide(message)
        elif message["type"] == "http.response.body" and self._held is not None:
            await self._answer_keyed(self._held, message.get("body", b""))
        else:
            await self._send(message)

    async def _decide(self, start: HTTPResponseStartEvent) -> None:
        if start["status"] >= 400:
            await self._transaction.roll_back()
            if (first := await self._transaction.first_answer()) is not None:
                await self._replace(first)
                return
        else:
            try:
                await self._transaction.commit()
            except SQLAlchemyError as error:
                await self._fail(error)
                return
        await self._send(start)

    async def _answer_keyed(self, start: HTTPResponseStartEvent, body: bytes) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
        try:
            given = await self._transaction.keep(Answer(start["status"], kept, body))
        except (SQLAlchemyError, DocflowError) as error:
            await self._fail(error)
            return
        await self._replace(given)

    async def _fail(self, error: Exception) -> None:
        fact = fact_of(error, self._transaction.constraints) if isinstance(error, SQLAlchemyError) else error
        await self._transaction.roll_back()
        await self._replace(self._render(self._scope, fact))

    async def _replace(self, answer: Answer) -> None:
        self._replaced = True
        self._held = None
        await self._send(_start(answer))
        body: Any = {"type": "http.response.body", "body": answer.body, "more_body": False}
        await self._send(body)


def _start(answer: Answer) -> HTTPResponseStartEvent:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    return {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }
