"""Lists of parts: filters, order, pages and totals, and what waits at home."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from docflow.core import clock
from docflow.core.errors import Invalid
from docflow.core.paging import cursor_of
from docflow.tasks import queries
from docflow.tasks.models import PartRole, PartState
from docflow.tasks.queries import PartFilters, Scope
from docflow.tasks.schemas import Due
from tests.tasks.province import LEADER, Province


async def board(
    province: Province,
    by: str,
    scope: Scope = Scope.MINE,
    cursor: str | None = None,
    limit: int = 50,
    **narrowed: Any,
) -> list[Any]:
    rows, _ = await province.as_(
        by, queries.list_parts, scope, PartFilters(**narrowed), cursor=cursor, limit=limit, total=False
    )
    return list(rows)


def numbers(rows: Sequence[Any]) -> list[int]:
    """The documents' numbers, which tell the tasks of these tests apart."""
    return [row.register_number for row in rows]


async def five_tasks(province: Province) -> list[UUID]:
    """Due in 5, 4, … 1 days: home affairs leads the odd ones, finance the even ones, each coordinates the other's."""
    return [
        await province.task(
            *(("SNV", "STC") if number % 2 else ("STC", "SNV")), number=number, due=Due(amount=6 - number)
        )
        for number in range(1, 6)
    ]


async def test_a_board_is_in_the_order_in_which_parts_are_due(province: Province) -> None:
    await five_tasks(province)
    rows = await board(province, "datcv")
    assert numbers(rows) == [5, 4, 3, 2, 1]
    assert {row.unit_name for row in rows} == {"Sở Nội vụ"}
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)


async def test_a_board_is_narrowed_by_role_state_unit_and_document(province: Province) -> None:
    tasks = await five_tasks(province)
    await province.accept(tasks[0], "SNV")
    await province.complete(tasks[0], "SNV")
    await province.accept(tasks[1], "SNV")
    await province.give_back(tasks[2], "SNV", "Không")
    assert numbers(await board(province, "datcv", role=PartRole.LEAD)) == [5, 3, 1]
    assert numbers(await board(province, "datcv", open=True)) == [5, 4, 2]
    assert numbers(await board(province, "datcv", open=False)) == [3, 1]
    assert numbers(await board(province, "datcv", state=PartState.ACCEPTED)) == [2]
    assert numbers(await board(province, "datcv", state=PartState.RETURNED, role=PartRole.LEAD)) == [3]
    assert await board(province, "datcv", unit_id=province.units["STC"]) == []
    document_id = (await province.see(tasks[3])).task.document_id
    assert numbers(await board(province, "datcv", document_id=document_id)) == [4]
    assert len(await board(province, LEADER, Scope.DIRECTED, document_id=document_id)) == 2


async def test_a_board_is_narrowed_by_days_and_lateness(province: Province) -> None:
    tasks = await five_tasks(province)
    first, second, third = [(await province.due_on(task)) for task in reversed(tasks)][:3]
    assert numbers(await board(province, "datcv", due_to=second)) == [5, 4]
    assert numbers(await board(province, "datcv", due_from=second, due_to=third)) == [4, 3]
    assert numbers(await board(province, "datcv", due_from=third)) == [3, 2, 1]
    with clock.at((await province.see(tasks[3])).task.due_at + timedelta(minutes=1)):
        await province.accept(tasks[3], "SNV")
        await province.complete(tasks[3], "SNV")
        assert numbers(await board(province, "datcv", overdue=True)) == [5]
        assert numbers(await board(province, "datcv", overdue=False)) == [4, 3, 2, 1]
    with pytest.raises(Invalid) as refused:
        await board(province, "datcv", due_from=third, due_to=first)
    assert [(field.pointer, field.code) for field in refused.value.fields] == [("/due_to", "period_reversed")]


async def test_scopes_are_mine_directed_and_below(province: Province) -> None:
    await five_tasks(province)
    await province.task("SKHCN", number=6)
    assert len(await board(province, LEADER, Scope.DIRECTED)) == 11
    assert await board(province, LEADER) == []
    assert numbers(await board(province, LEADER, Scope.DIRECTED, unit_id=province.units["SKHCN"])) == [6]
    assert len(await board(province, LEADER, Scope.BELOW)) == 11
    assert numbers(await board(province, "nghiant", Scope.BELOW)) == [5, 4, 3, 2, 1]
    assert await board(province, "maihtx", Scope.BELOW) == []
    assert await board(province, "khaitq", Scope.DIRECTED) == []


async def test_pages_follow_each_other_without_gap_or_double(province: Province) -> None:
    """Several parts due at the same moment are told apart by their ids."""
    document_id = await province.document()
    await province.direct(document_id, *(province.group("SNV", "STC") for _ in range(7)))
    whole = [row.id for row in await board(province, LEADER, Scope.DIRECTED)]
    assert len(whole) == 14
    paged: list[UUID] = []
    cursor = None
    while True:
        rows = await board(province, LEADER, Scope.DIRECTED, cursor=cursor, limit=4)
        paged += [row.id for row in rows[:4]]
        if len(rows) <= 4:
            break
        cursor = cursor_of(rows[3].due_at, rows[3].id)
    assert paged == whole


async def test_a_total_is_counted_on_the_first_page_when_asked_for(province: Province) -> None:
    await five_tasks(province)
    for cursor, total, counted in ((None, True, 5), (None, False, None)):
        rows, told = await province.as_(
            "datcv", queries.list_parts, Scope.MINE, PartFilters(), cursor=cursor, limit=2, total=total
        )
        assert (len(rows), told) == (3, counted)


async def test_at_home_waits_what_is_still_to_do_the_soonest_first(province: Province) -> None:
    tasks = await five_tasks(province)
    await province.accept(tasks[4], "SNV")
    await province.complete(tasks[4], "SNV")
    await province.give_back(tasks[3], "SNV", "Không")
    waiting = await province.as_("datcv", queries.list_due, 2)
    assert numbers(waiting) == [3, 2]
    assert waiting[0].symbol == "3/CT-UBND"
    assert waiting[0].subject == "Về việc nâng cao Chỉ số cải cách hành chính"
    assert numbers(await province.as_("lienttb", queries.list_due, 9)) == [4, 3, 2, 1]
    assert await province.as_(LEADER, queries.list_due, 9) == []
