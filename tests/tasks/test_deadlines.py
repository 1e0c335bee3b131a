"""When a task is due, with the days that Vietnam swaps."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.core import clock
from docflow.core.errors import FieldError
from docflow.core.working_calendar import TermUnit, end_of_day, vietnam
from docflow.tasks.deadlines import due_on, last_of, start_of
from docflow.tasks.schemas import Due, TaskIn

CALENDAR, WORKING = TermUnit.CALENDAR_DAYS, TermUnit.WORKING_DAYS


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


def task(**deadline: object) -> TaskIn:
    return TaskIn(lead_unit_id=uuid4(), **deadline)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("directed", "amount", "unit", "last"),
    [
        # Saturday 22 August 2026 is worked in place of Monday the 31st.
        (date(2026, 8, 20), 1, WORKING, date(2026, 8, 21)),
        (date(2026, 8, 20), 2, WORKING, date(2026, 8, 22)),
        (date(2026, 8, 20), 3, WORKING, date(2026, 8, 24)),
        (date(2026, 8, 28), 1, WORKING, date(2026, 9, 3)),
        (date(2026, 8, 21), 1, CALENDAR, date(2026, 8, 22)),
        (date(2026, 8, 28), 3, CALENDAR, date(2026, 9, 3)),
        # 24 November is the Day of Vietnamese Culture.
        # 24 November is Vietnam Cultural Day.
        (date(2026, 11, 23), 10, WORKING, date(2026, 12, 8)),
        # Over New Year.
        (date(2026, 12, 31), 1, WORKING, date(2027, 1, 4)),
    ],
)
def test_a_term_runs_in_days_that_are_worked(directed: date, amount: int, unit: TermUnit, last: date) -> None:
    with clock.at(morning(directed)):
        assert due_on(task(due=Due(amount=amount, unit=unit)), "/tasks/0") == last


@given(st.integers(1, 1000), st.sampled_from(TermUnit), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_a_term_of_any_length_ends_on_a_working_day_of_the_whole_calendar(
    amount: int, unit: TermUnit, directed: date
) -> None:
    with clock.at(morning(directed)):
        last = due_on(task(due=Due(amount=amount, unit=unit)), "/tasks/0")
    assert isinstance(last, date)
    whole = vietnam(range(2023, 2034))
    assert whole.is_working(last)
    assert whole.due_on(directed, amount, unit) == last


@pytest.mark.parametrize("deadline", [{}, {"due": Due(amount=3), "due_on": date(2030, 1, 1)}])
def test_a_task_has_exactly_one_deadline(deadline: dict[str, object]) -> None:
    assert due_on(task(**deadline), "/tasks/4") == FieldError("/tasks/4/due", "one_deadline")


def test_today_is_a_deadline_until_the_end_of_work_and_yesterday_never() -> None:
    today = date(2026, 11, 23)
    passed = FieldError("/tasks/0/due_on", "deadline_passed")
    with clock.at(end_of_day(today) - timedelta(minutes=1)):
        assert due_on(task(due_on=today), "/tasks/0") == today
        assert due_on(task(due_on=today - timedelta(days=1)), "/tasks/0") == passed
    with clock.at(end_of_day(today)):
        assert due_on(task(due_on=today), "/tasks/0") == passed


@given(st.dates())
def test_a_day_has_a_first_and_a_last_moment_whichever_it_is(day: date) -> None:
    assert start_of(day) < last_of(day)
    assert last_of(day) - start_of(day) == timedelta(days=1) - timedelta(microseconds=1)
