"""The turn of the year: by the worker's clock at local midnight, and by a registry's first number when it sleeps."""

import asyncio
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit.models import AuditEvent
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.errors import RegisterClosed, TermOver
from docflow.documents.models import Direction, Register, Series
from docflow.documents.schemas import ChangeRegister, IssueOutgoing, OpenRegister, Reserve
from docflow.documents.service.intake import issue_outgoing
from docflow.documents.service.registers.books import change_register, close_register, open_register
from docflow.documents.service.registers.numbers import Taken, Wanted, take_number
from docflow.documents.service.registers.reservations import reserve, void
from docflow.documents.service.registers.years import turn_year
from docflow.worker import SCHEDULE, slot_of
from tests.documents.books import assert_whole, local, until_somebody_waits
from tests.documents.registering import received
from tests.documents.test_numbering import ActorOf

EVE = local(2026, 12, 31, 23, 59, 59)
MIDNIGHT = local(2027, 1, 1, 0)


async def take(sessions: Sessions, actor: Actor, kind: str = "report", **wanted: Any) -> Taken:
    (unit,) = actor.units_for(Action.DOCUMENT_REGISTER)
    async with transaction(sessions) as session:
        return await take_number(
            session, actor, Wanted(unit_id=unit, direction=Direction.OUTGOING, kind=kind, **wanted)
        )


async def issue(
    sessions: Sessions, actor: Actor, number: int = 0, kind: str = "report", **fields: Any
) -> Any:
    async with transaction(sessions) as session:
        form = IssueOutgoing(kind=kind, subject="Báo cáo", **fields)
        return await issue_outgoing(session, actor, form, received(number))


async def open_one(sessions: Sessions, actor: Actor, **fields: Any) -> Register:
    async with transaction(sessions) as session:
        return await open_register(session, actor, OpenRegister(direction=Direction.OUTGOING, **fields))


async def books(sessions: Sessions, year: int) -> dict[str, tuple[list[str], int, bool]]:
    """Kinds, last number and whether it is closed, of the books that begin in a year, by title."""
    async with sessions() as session:
        found = await session.scalars(select(Register).where(Register.starts_on >= date(year, 1, 1)))
        return {
            one.title: (one.kinds, one.last_number, one.closed_at is not None)
            for one in found
            if one.starts_on.year == year
        }


def test_the_clock_has_a_slot_that_begins_at_local_midnight() -> None:
    assert MIDNIGHT.astimezone(UTC).isoformat() == "2026-12-31T17:00:00+00:00"
    assert slot_of(MIDNIGHT.astimezone(UTC), SCHEDULE["documents.turn_year"]) == MIDNIGHT


async def test_at_midnight_the_next_years_books_are_there_and_the_last_years_closed(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk, other = await actor_of("datcv"), await actor_of("anpth")
    with clock.at(EVE):
        await open_one(sessions, clerk, title="Sổ quyết định 2026", kinds=["decision"])
        assert (await take(sessions, clerk, "decision")).number == 1
        await take(sessions, clerk)
        await take(sessions, other)
        await turn_year(sessions)
        assert await books(sessions, 2027) == {}
    with clock.at(MIDNIGHT):
        await asyncio.gather(*(turn_year(sessions) for _ in range(4)))
        general = "Sổ đăng ký văn bản đi năm 2027"
        async with sessions() as session:
            opened = (
                await session.scalars(select(Register).where(Register.starts_on == date(2027, 1, 1)))
            ).all()
        assert sorted((one.title, tuple(one.kinds), one.last_number) for one in opened) == [
            ("Sổ quyết định 2027", ("decision",), 0),
            (general, (), 0),
            (general, (), 0),
        ]
        assert all(closed for _, _, closed in (await books(sessions, 2026)).values())
        assert (await take(sessions, clerk, "decision")).number == 1
        assert (await take(sessions, clerk)).number == 1
        async with sessions() as session:
            events = (
                await session.scalars(select(AuditEvent).where(AuditEvent.actor_name == "worker"))
            ).all()
        told = sorted(event.tag for event in events)
        assert told == ["register:closed"] * 3 + ["register:opened"] * 3
        before = await books(sessions, 2027)
        await turn_year(sessions)
        assert await books(sessions, 2027) == before


async def test_a_registry_whose_worker_sleeps_turns_its_own_year(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        await open_one(sessions, clerk, title="Sổ quyết định 2026", kinds=["decision"])
        await take(sessions, clerk)
    with clock.at(MIDNIGHT):
        async with asyncio.timeout(30):
            taken = await asyncio.gather(*(take(sessions, clerk, "decision") for _ in range(8)))
        assert sorted(one.number for one in taken) == list(range(1, 9))
        assert await books(sessions, 2027) == {
            "Sổ quyết định 2027": (["decision"], 8, False),
            "Sổ đăng ký văn bản đi năm 2027": ([], 0, False),
        }
    # Years in which nothing was registered do not lose how the books are kept.
    with clock.at(local(2030, 5, 4)):
        await take(sessions, clerk, "decision")
        assert (await books(sessions, 2030))["Sổ quyết định 2030"] == (["decision"], 1, False)
    await assert_whole(sessions, bare=10)


async def test_what_was_prepared_for_the_next_year_is_kept_and_the_rest_goes_on(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        await open_one(sessions, clerk, title="Quyết định 2026", kinds=["decision"])
        await open_one(sessions, clerk, title="Kế hoạch 2026", kinds=["plan"])
        await take(sessions, clerk)
        await open_one(sessions, clerk, title="Sổ chung mới", year=2027)
        merged = await open_one(sessions, clerk, title="Báo cáo 2027", kinds=["report"], year=2027)
        plans = next(
            one
            for one in await _registers(sessions)
            if one.title == "Kế hoạch 2027" and one.starts_on == date(2027, 1, 1)
        )
        async with transaction(sessions) as session:
            await close_register(session, clerk, plans.id, 1)
    with clock.at(MIDNIGHT):
        await turn_year(sessions)
        assert await books(sessions, 2027) == {
            "Sổ chung mới": ([], 0, False),
            "Quyết định 2027": (["decision"], 0, False),
            "Kế hoạch 2027": (["plan"], 0, True),
            "Báo cáo 2027": (["report"], 0, False),
        }
        assert (await take(sessions, clerk)).register_id == merged.id


async def _registers(sessions: Sessions) -> list[Register]:
    async with sessions() as session:
        return list(await session.scalars(select(Register)))


async def test_a_book_with_a_reserved_number_is_closed_when_that_is_settled(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        taken = await take(sessions, clerk)
        async with transaction(sessions) as session:
            await reserve(
                session, clerk, taken.register_id, Reserve(reserved_for="x", until=date(2026, 12, 31))
            )
    with clock.at(MIDNIGHT):
        await turn_year(sessions)
        assert list((await books(sessions, 2026)).values()) == [([], 2, False)]
        async with transaction(sessions) as session:
            await void(session, clerk, taken.register_id, 2, "", "Không dùng")
        await turn_year(sessions)
        assert list((await books(sessions, 2026)).values()) == [([], 2, True)]


async def test_a_unit_that_is_no_more_gets_no_new_books_and_its_last_are_closed(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    (unit,) = clerk.units_for(Action.DOCUMENT_REGISTER)
    with clock.at(EVE):
        await take(sessions, clerk)
    async with transaction(sessions) as session:
        await session.execute(update(Unit).where(Unit.id == unit).values(valid_to=date(2027, 1, 1)))
    with clock.at(MIDNIGHT):
        await turn_year(sessions)
        assert await books(sessions, 2027) == {}
        assert [closed for _, _, closed in (await books(sessions, 2026)).values()] == [True]


async def test_a_term_runs_over_the_year_ends_by_its_date_and_is_never_followed_by_a_guess(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        term = await open_one(
            sessions,
            clerk,
            title="Nhiệm kỳ",
            series=Series.TERM,
            starts_on=date(2025, 10, 1),
            ends_on=date(2027, 2, 1),
        )
        assert (await take(sessions, clerk)).number == 1
    with clock.at(MIDNIGHT):
        await turn_year(sessions)
        second = await take(sessions, clerk)
        assert (second.register_id, second.number, second.series) == (term.id, 2, Series.TERM)
    with clock.at(local(2027, 2, 1)):
        await turn_year(sessions)
        for _ in range(2):
            with pytest.raises(TermOver) as refused:
                await take(sessions, clerk)
            assert refused.value.facts == {"title": "Nhiệm kỳ", "ended_on": "2027-02-01"}
        assert await books(sessions, 2027) == {}
        assert [closed for _, _, closed in (await books(sessions, 2025)).values()] == [True]


async def test_a_kind_counted_by_a_term_does_not_fall_to_the_book_of_the_other_kinds_when_the_term_is_over(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        for title, kinds in (("Báo cáo", ["report"]), ("Nghị quyết", ["resolution"])):
            await open_one(
                sessions,
                clerk,
                title=title,
                kinds=kinds,
                series=Series.TERM,
                starts_on=date(2025, 10, 1),
                ends_on=date(2027, 2, 1),
            )
        assert (await take(sessions, clerk)).number == 1
        await issue(sessions, clerk, 7, kind="notice")
    with clock.at(local(2027, 2, 1)):
        await issue(sessions, clerk, 8, kind="notice")
        with pytest.raises(TermOver):
            await take(sessions, clerk)
        await open_one(
            sessions,
            clerk,
            title="Báo cáo, nhiệm kỳ mới",
            kinds=["report"],
            series=Series.TERM,
            starts_on=date(2027, 2, 1),
            ends_on=date(2030, 2, 1),
        )
        assert (await take(sessions, clerk)).number == 1


async def hold(sessions: Sessions, actor: Actor, waiting: Any) -> Any:
    """What ``waiting`` gives when it had to wait for a number taken at the last second of the year."""
    (unit,) = actor.units_for(Action.DOCUMENT_REGISTER)
    wanted = Wanted(unit_id=unit, direction=Direction.OUTGOING, kind="report")
    async with asyncio.timeout(30):
        async with transaction(sessions) as session:
            await take_number(session, actor, wanted)
            task = asyncio.create_task(waiting)
            await until_somebody_waits(sessions)
        return await task


async def test_who_waits_over_midnight_gets_number_and_date_of_one_day(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        await take(sessions, clerk)
        waited = await hold(sessions, clerk, issue(sessions, clerk))
    assert (waited.issued_on, waited.symbol) == (date(2026, 12, 31), "03/BC-SNV")
    await assert_whole(sessions, bare=2)


async def test_who_waits_while_another_hosts_clock_is_past_midnight_is_numbered_in_the_new_year(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    """The book's last moment is a breath before midnight: the next one would be of the next year."""
    clerk = await actor_of("datcv")
    with clock.at(MIDNIGHT - timedelta(microseconds=1)):
        await take(sessions, clerk)
    with clock.at(EVE):
        document = await issue(sessions, clerk)
    assert (document.issued_on, document.symbol) == (date(2027, 1, 1), "01/BC-SNV")
    assert document.registered_at.astimezone(clock.LOCAL_ZONE).date() == date(2027, 1, 1)
    await assert_whole(sessions, bare=1)


async def test_on_an_ordinary_midnight_the_day_follows_the_clock_that_is_ahead(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(local(2026, 5, 5, 0, 3)):
        await take(sessions, clerk)
    with clock.at(local(2026, 5, 4, 23, 58)):
        document = await issue(sessions, clerk)
    assert (document.issued_on, document.symbol) == (date(2026, 5, 5), "02/BC-SNV")
    await assert_whole(sessions, bare=1)


async def test_who_waited_for_a_book_that_was_closed_meanwhile_is_not_numbered_in_it(
    sessions: Sessions, actor_of: ActorOf
) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        book = (await take(sessions, clerk)).register_id
        async with asyncio.timeout(30), transaction(sessions) as session:
            await session.execute(
                text("UPDATE register SET closed_at = :now, version = version + 1 WHERE id = :id"),
                {"now": clock.now(), "id": book},
            )
            task = asyncio.create_task(take(sessions, clerk))
            await until_somebody_waits(sessions)
        with pytest.raises(RegisterClosed):
            await task
    await assert_whole(sessions, bare=1)


async def test_a_title_that_names_no_year_stays_as_it_is(sessions: Sessions, actor_of: ActorOf) -> None:
    clerk = await actor_of("datcv")
    with clock.at(EVE):
        book = await open_one(sessions, clerk, title="Sổ 12026 của Sở")
        async with transaction(sessions) as session:
            await change_register(session, clerk, book.id, 1, ChangeRegister(title="Sổ 12026"))
        await take(sessions, clerk)
    with clock.at(MIDNIGHT):
        await turn_year(sessions)
        assert list(await books(sessions, 2027)) == ["Sổ 12026"]
