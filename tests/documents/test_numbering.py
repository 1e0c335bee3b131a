"""Numbers of a register: 1 to N without gap or double, in time order, whoever writes at once and whatever fails."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Direction, Document, Register
from docflow.documents.schemas import IssueOutgoing
from docflow.documents.service.intake import issue_outgoing, register_incoming
from docflow.documents.service.registers.numbers import Wanted, take_number
from tests.documents.registering import received, to_register

ActorOf = Callable[[str], Awaitable[Actor]]
WRITERS = 16
EACH = 8


class ChangedMyMind(Exception):
    """A writer that fails after its number was taken."""


async def write(sessions: Sessions, actor: Actor, number: int, *, fails: bool = False) -> None:
    async with transaction(sessions) as session:
        form = to_register(symbol=f"{number + 1}/CT-UBND", confirm_duplicate=True)
        await register_incoming(session, actor, form, received(number))
        if fails:
            raise ChangedMyMind


async def registered(sessions: Sessions) -> list[Document]:
    """In the order of their numbers."""
    async with sessions() as session:
        return list(await session.scalars(select(Document).order_by(Document.register_number)))


async def test_sixteen_writers_at_once_number_without_gap_or_double_though_some_fail(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("anpth")
    failed = 0

    async def writer(mine: int) -> None:
        nonlocal failed
        for turn in range(EACH):
            number = mine * EACH + turn
            try:
                await write(sessions, actor, number, fails=number % 5 == 3)
            except ChangedMyMind:
                failed += 1

    async with asyncio.timeout(60):
        await asyncio.gather(*(writer(mine) for mine in range(WRITERS)))
    documents = await registered(sessions)
    assert failed > 20
    assert [one.register_number for one in documents] == list(range(1, WRITERS * EACH - failed + 1))
    moments = [one.registered_at for one in documents]
    assert all(earlier < later for earlier, later in pairwise(moments))
    async with sessions() as session:
        (register,) = await session.scalars(select(Register))
        assert (register.last_number, register.last_at) == (len(documents), moments[-1])


async def test_the_years_first_number_is_given_once_when_sixteen_ask_for_it(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("datcv")
    async with asyncio.timeout(30):
        await asyncio.gather(*(write(sessions, actor, number) for number in range(WRITERS)))
    assert [one.register_number for one in await registered(sessions)] == list(range(1, WRITERS + 1))


async def take(sessions: Sessions, actor: Actor, unit_id: UUID, direction: Direction) -> int:
    async with transaction(sessions) as session:
        wanted = Wanted(unit_id=unit_id, direction=direction, kind="report")
        return (await take_number(session, actor, wanted)).number


async def test_each_unit_direction_and_year_counts_for_itself(sessions: Sessions, actor_of: ActorOf) -> None:
    clerk = await actor_of("anpth")
    (one,) = clerk.units_for(Action.DOCUMENT_REGISTER)
    (other,) = (await actor_of("datcv")).units_for(Action.DOCUMENT_REGISTER)
    registers = [
        (one, Direction.INCOMING, 2026),
        (one, Direction.OUTGOING, 2026),
        (one, Direction.INTERNAL, 2026),
        (other, Direction.INCOMING, 2026),
        (one, Direction.INCOMING, 2027),
    ]
    for unit, direction, year in registers:
        for expected in (1, 2):
            with clock.at(clock.now().replace(year=year, month=12, day=5)):
                assert await take(sessions, clerk, unit, direction) == expected


async def test_a_number_of_one_register_does_not_wait_for_another(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("anpth")
    (one,) = clerk.units_for(Action.DOCUMENT_REGISTER)
    (other,) = (await actor_of("datcv")).units_for(Action.DOCUMENT_REGISTER)
    for unit, direction in (
        (one, Direction.INCOMING),
        (one, Direction.OUTGOING),
        (other, Direction.INCOMING),
    ):
        await take(sessions, clerk, unit, direction)
    async with transaction(sessions) as session, asyncio.timeout(5):
        await take_number(session, clerk, Wanted(unit_id=one, direction=Direction.INCOMING, kind="report"))
        assert await take(sessions, clerk, other, Direction.INCOMING) == 2
        assert await take(sessions, clerk, one, Direction.OUTGOING) == 2


async def test_time_order_holds_for_a_host_whose_clock_is_behind(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("anpth")
    (unit,) = clerk.units_for(Action.DOCUMENT_REGISTER)
    now = clock.now()
    moments = []
    for shift in (timedelta(0), timedelta(minutes=-5), timedelta(0), timedelta(minutes=5)):
        with clock.at(now + shift):
            async with transaction(sessions) as session:
                wanted = Wanted(unit_id=unit, direction=Direction.OUTGOING, kind="report")
                taken = await take_number(session, clerk, wanted)
                moments.append(taken.at)
    assert moments == sorted(set(moments))
    assert moments[-1] == now + timedelta(minutes=5)


async def test_the_first_document_of_january_is_01_again(sessions: Sessions, actor_of: ActorOf) -> None:
    actor = await actor_of("datcv")

    async def issue(number: int) -> str:
        form = IssueOutgoing(kind="report", subject="Báo cáo")
        async with transaction(sessions) as session:
            return (await issue_outgoing(session, actor, form, received(number))).symbol

    # 23:59 and 00:00 on the province's wall, both still the old year in UTC.
    eve = clock.now().replace(year=2026, month=12, day=31, hour=16, minute=59)
    with clock.at(eve):
        assert [await issue(number) for number in (1, 2)] == ["01/BC-SNV", "02/BC-SNV"]
    with clock.at(eve + timedelta(minutes=1)):
        assert clock.today() == date(2027, 1, 1)
        assert await issue(3) == "01/BC-SNV"


async def test_what_arrived_last_year_gets_a_number_of_the_year_in_which_it_is_registered(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    actor = await actor_of("anpth")
    with clock.at(clock.now().replace(year=2027, month=1, day=4, hour=3)):
        late = to_register(issued_on=date(2026, 12, 30), arrived_on=date(2026, 12, 31))
        async with transaction(sessions) as session:
            document = await register_incoming(session, actor, late, received(1))
        async with sessions() as session:
            register = await session.get_one(Register, document.register_id)
    assert (register.starts_on, document.register_number) == (date(2027, 1, 1), 1)
