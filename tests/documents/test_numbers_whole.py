"""No gap, no double, no disorder: whatever several registries do at once, and wherever one of them is killed."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Conflict, Invalid, NotFound
from docflow.documents.models import Direction
from docflow.documents.schemas import IssueOutgoing, Reserve
from docflow.documents.service.intake import issue_outgoing
from docflow.documents.service.registers.reservations import reserve, void
from docflow.settings import Settings
from tests.documents.books import assert_whole, local
from tests.documents.registering import received
from tests.documents.test_numbering import ActorOf

ROOT = Path(__file__).parent.parent.parent


class ChangedMyMind(Exception):
    """A writer that fails after its number was taken."""


Step = tuple[str, int]
STEPS = st.tuples(
    st.sampled_from(["issue", "issue", "fail", "reserve", "use", "use and fail", "suffix", "void", "day"]),
    st.integers(0, 40),
)
PLANS = st.lists(st.lists(STEPS, min_size=1, max_size=8), min_size=2, max_size=5)


class Writer:
    """Somebody at the registry who does what the plan says, with numbers that may or may not be possible."""

    def __init__(self, sessions: Sessions, actor: Actor, register: Any) -> None:
        self._sessions = sessions
        self._actor = actor
        self._register = register
        self.done = 0

    async def follow(self, plan: Sequence[Step]) -> None:
        now = local(2026, 5, 4)
        for verb, number in plan:
            if verb == "day":
                now = local(2026, 5, 4 + number % 20)
                continue
            with clock.at(now):
                try:
                    await self._do(verb, number)
                except (Conflict, Invalid, NotFound, ChangedMyMind):
                    continue
                self.done += 1

    async def _do(self, verb: str, number: int) -> None:
        async with transaction(self._sessions) as session:
            match verb:
                case "reserve":
                    kept = Reserve(count=number % 3 + 1, reserved_for="x", until=clock.today())
                    await reserve(session, self._actor, self._register, kept)
                case "void":
                    await void(session, self._actor, self._register, number + 1, "", "Nhầm")
                case _:
                    form = IssueOutgoing(kind="report", subject="Báo cáo")
                    if verb.startswith("use"):
                        form.reserved_number = number + 1
                    elif verb == "suffix":
                        form.after_number, form.late_reason = number + 1, "Bỏ sót"
                    paper = received(number)
                    await issue_outgoing(session, self._actor, form, paper, direction=Direction.INTERNAL)
            if "fail" in verb:
                raise ChangedMyMind


async def test_whatever_several_writers_do_every_number_is_there_once_and_in_order(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("datcv")
    with clock.at(local(2026, 5, 4)):
        async with transaction(sessions) as session:
            form = IssueOutgoing(kind="report", subject="Báo cáo")
            first = await issue_outgoing(session, actor, form, received(), direction=Direction.INTERNAL)
    done = 0

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(PLANS)
    async def holds(plans: list[list[Step]]) -> None:
        nonlocal done
        writers = [Writer(sessions, actor, first.register_id) for _ in plans]
        async with asyncio.timeout(60):
            await asyncio.gather(*(writer.follow(plan) for writer, plan in zip(writers, plans, strict=True)))
        done += sum(writer.done for writer in writers)
        await assert_whole(sessions)

    await _run(holds)
    rows = await assert_whole(sessions)
    assert done > 20
    assert {bool(row.suffix) for row in rows} == {True, False}
    assert {row.voided_at is None for row in rows} == {True, False}


async def _run(test: Any) -> None:
    """Hypothesis calls plainly: each example is run by this loop, from a thread of its own."""
    loop = asyncio.get_running_loop()
    inner = test.hypothesis.inner_test

    def on_the_loop(*arguments: Any, **named: Any) -> None:
        asyncio.run_coroutine_threadsafe(inner(*arguments, **named), loop).result(90)

    test.hypothesis.inner_test = on_the_loop
    await asyncio.to_thread(test)


async def test_killed_before_any_statement_or_commit_a_registry_leaves_every_number_whole(
    sessions: Sessions, settings: Settings
) -> None:
    command = (sys.executable, "-m", "tests.documents.killed", settings.database_url, "datcv")
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    told, _ = await asyncio.wait_for(child.communicate(), 90)
    assert child.returncode == 0
    facts = [line.split() for line in told.decode().splitlines()]
    (lives,) = [int(number) for what, number in facts if what == "lives"]
    assert lives > 40, "each life but the last was killed one step later than the one before"
    rows = await assert_whole(sessions)
    kept = {f"{row.number:02d}{row.suffix}": row for row in rows}
    for what, number in facts:
        if what == "issued":
            assert kept[number].document_id is not None, "what was committed is there"
        elif what == "reserved":
            assert kept[number].reserved_for == "x"
        elif what == "void":
            assert kept[number].voided_at is not None
    assert {what for what, _ in facts} == {"issued", "reserved", "void", "lives"}
