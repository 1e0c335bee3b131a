"""A registry that is killed at every step: ``python -m tests.documents.killed URL USERNAME``.

Each life does the same work, in six transactions, and is killed before its first statement or commit, the next one
before its second, and so on; the last one lives. What was committed is printed.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from sqlalchemy import event, select

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.accounts.queries import find_actor
from docflow.core import clock
from docflow.core.db import Sessions, create_engine, create_sessions, transaction
from docflow.documents.models import Document
from docflow.documents.numbering import number_text
from docflow.documents.schemas import IssueOutgoing, Reserve
from docflow.documents.service.intake import issue_outgoing
from docflow.documents.service.registers.reservations import reserve, void
from tests.documents.registering import received


class Life:
    """One process and how many steps it has left."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def step(self, *_: Any) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def tell(what: str, number: str) -> None:
    os.write(1, f"{what} {number}\n".encode())


async def live(url: str, username: str, steps: int) -> None:
    engine = create_engine(url, connections=2)
    sessions = create_sessions(engine)
    async with sessions() as session:
        person = await session.scalar(select(Person.id).where(Person.username == username))
        assert person is not None
        actor = await find_actor(session, person)
        assert actor is not None
    life = Life(steps)
    event.listen(engine.sync_engine, "before_cursor_execute", life.step)
    event.listen(engine.sync_engine, "commit", life.step)
    await work(sessions, actor)
    await engine.dispose()


async def work(sessions: Sessions, actor: Actor) -> None:
    """Issue, reserve three, use one, leave one out and add it, void one that was used and one that was not."""
    first = await issue(sessions, actor)
    async with transaction(sessions) as session:
        form = Reserve(count=3, reserved_for="x", until=clock.today())
        kept = [row.number for row in await reserve(session, actor, first.register_id, form)]
    for number in kept:
        tell("reserved", number_text(number))
    await issue(sessions, actor, reserved_number=kept[1])
    await issue(sessions, actor, after_number=kept[2], late_reason="Bỏ sót")
    for number in (first.register_number, kept[0]):
        async with transaction(sessions) as session:
            await void(session, actor, first.register_id, number, "", "Nhầm")
        tell("void", number_text(number))


async def issue(sessions: Sessions, actor: Actor, **fields: Any) -> Document:
    (unit,) = actor.units_for(Action.DOCUMENT_REGISTER)
    async with transaction(sessions) as session:
        form = IssueOutgoing(kind="report", subject="Báo cáo", unit_id=unit, **fields)
        document = await issue_outgoing(session, actor, form, received())
    tell("issued", number_text(document.register_number, document.register_suffix))
    return document


def main() -> None:
    url, username = sys.argv[1:]
    steps = 1
    while True:
        child = os.fork()
        if not child:
            asyncio.run(live(url, username, steps))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            tell("lives", str(steps))
            sys.exit(os.WEXITSTATUS(status))
        steps += 1


if __name__ == "__main__":
    main()
