"""The four-way statistic, with the clock set to the days that matter."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from docflow.core import clock
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.tasks import statistics
from docflow.tasks.models import PartRole
from docflow.tasks.schemas import Counts, StatisticsOut
from docflow.tasks.statistics import Period
from tests.tasks.province import LEADER, Province

MORNING = datetime(2026, 9, 7, 2, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


async def told(
    province: Province,
    by: str = LEADER,
    period: Period = OCTOBER,
    unit: str | None = None,
    role: PartRole | None = PartRole.LEAD,
) -> StatisticsOut:
    counted: StatisticsOut = await province.as_(
        by, statistics.count, period, unit_id=province.units[unit] if unit else None, role=role
    )
    return counted


def four(counts: Counts) -> tuple[int, int, int, int]:
    return (counts.done_on_time, counts.done_late, counts.open_in_time, counts.open_late)


async def ten_tasks(province: Province) -> None:
    """Of home affairs, due on 1 to 10 October: 3 done on time, 2 late, 4 open, 1 returned."""
    with clock.at(MORNING):
        tasks = [
            await province.task("SNV", "STC", number=day, due_on=date(2026, 10, day)) for day in range(1, 11)
        ]
        for task in tasks[:5]:
            await province.accept(task, "SNV")
        await province.give_back(tasks[9], "SNV", "Không")
    for number, task in enumerate(tasks[:5]):
        due_at = (await province.see(task)).task.due_at
        # The third is done in the last moment, the fourth a moment later.
        shift = {2: timedelta(), 3: timedelta(microseconds=1), 4: timedelta(days=9)}.get(number)
        with clock.at(due_at + (timedelta(days=-1) if shift is None else shift)):
            await province.complete(task, "SNV")


async def test_parts_are_counted_four_ways_as_of_now(province: Province) -> None:
    await ten_tasks(province)
    for day, expected, rate in (
        (date(2026, 10, 6), (3, 2, 4, 0), 2 / 9),
        (date(2026, 10, 8), (3, 2, 2, 2), 4 / 9),
        (date(2026, 12, 1), (3, 2, 0, 4), 6 / 9),
    ):
        with clock.at(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)):
            counted = await told(province)
        (home_affairs,) = counted.units
        assert home_affairs.unit_name == "Sở Nội vụ"
        assert four(home_affairs) == four(counted.total) == expected
        assert home_affairs.late_rate == pytest.approx(rate, abs=1e-4)


async def test_the_period_includes_its_first_and_last_day(province: Province) -> None:
    await ten_tasks(province)
    with clock.at(datetime(2026, 12, 1, tzinfo=UTC)):
        for since, until, counted in (
            (date(2026, 10, 1), date(2026, 10, 1), 1),
            (date(2026, 10, 2), date(2026, 10, 5), 4),
            (date(2026, 10, 10), date(2026, 12, 31), 0),
            (date(2025, 1, 1), date(2026, 9, 30), 0),
        ):
            assert sum(four((await told(province, period=Period(since, until))).total)) == counted


async def test_coordinators_are_counted_when_asked_for(province: Province) -> None:
    """What a lead closed, by completing or by returning, is done and no longer late."""
    await ten_tasks(province)
    with clock.at(datetime(2026, 12, 1, tzinfo=UTC)):
        coordinators = await told(province, role=PartRole.COORDINATE)
        everybody = await told(province, role=None)
    assert [(unit.unit_name, four(unit)) for unit in coordinators.units] == [("Sở Tài chính", (4, 2, 0, 4))]
    assert [unit.unit_name for unit in everybody.units] == ["Sở Nội vụ", "Sở Tài chính"]
    assert four(everybody.total) == (7, 4, 0, 8)


async def test_nothing_to_count_is_no_work_late(province: Province) -> None:
    counted = await told(province)
    assert (counted.units, four(counted.total), counted.total.late_rate) == ([], (0, 0, 0, 0), 0.0)


async def test_a_unit_is_counted_for_those_at_and_above_it_only(province: Province) -> None:
    await ten_tasks(province)
    with clock.at(datetime(2026, 12, 1, tzinfo=UTC)):
        assert len((await told(province, unit="SNV")).units) == 1
        assert (await told(province, unit="STC")).units == []
        assert len((await told(province, by="nguyetdtm")).units) == 1
        assert (await told(province, by="nghiant")).units == []
        with pytest.raises(NotAllowed) as refused:
            await told(province, by="nghiant", unit="SNV")
        assert refused.value.facts["reason"] == "statistics_outside_own_units"
        province.units["nowhere"] = uuid4()
        with pytest.raises(NotFound):
            await told(province, unit="nowhere")


def test_the_period_is_this_year_where_it_is_left_open() -> None:
    with clock.at(MORNING):
        assert statistics.period(None, None) == Period(date(2026, 1, 1), date(2026, 12, 31))
        assert statistics.period(date(2026, 3, 1), None) == Period(date(2026, 3, 1), date(2026, 12, 31))
        with pytest.raises(Invalid) as refused:
            statistics.period(date(2026, 3, 2), date(2026, 3, 1))
    (field,) = refused.value.fields
    assert (field.pointer, field.code) == ("/until", "period_reversed")


async def test_the_totals_are_the_sum_of_the_units(province: Province) -> None:
    await ten_tasks(province)
    with clock.at(MORNING):
        await province.task("STC", "SNV", number=20, due_on=date(2026, 10, 20))
    with clock.at(datetime(2026, 10, 8, tzinfo=UTC)):
        counted = await told(province, role=None)
    columns: Any = zip(*(four(unit) for unit in counted.units), strict=True)
    assert tuple(map(sum, columns)) == four(counted.total)


async def test_a_unit_that_returned_all_it_had_is_left_out(province: Province) -> None:
    with clock.at(MORNING):
        task = await province.task("SNV", "STC", due_on=date(2026, 10, 1))
        await province.give_back(task, "SNV", "Không")
        assert [unit.unit_name for unit in (await told(province, role=None)).units] == ["Sở Tài chính"]
