"""Working days of Vietnam, terms that end on them, and the moment a deadline passes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docflow.core.working_calendar import LONGEST_TERM, TermUnit, WorkingCalendar, end_of_day, vietnam

CALENDAR = vietnam(range(2024, 2028))
DAYS = st.dates(date(2024, 1, 1), date(2027, 6, 30))
TERMS = st.integers(1, 120)


CALENDARS = st.builds(
    lambda weekdays, rest, working: WorkingCalendar(weekdays, rest - working, working),
    st.frozensets(st.integers(0, 6), max_size=6),
    st.frozensets(DAYS, max_size=30),
    st.frozensets(DAYS, max_size=10),
)


def test_a_swapped_saturday_is_worked_and_its_monday_rests() -> None:
    saturday, monday = date(2026, 8, 22), date(2026, 8, 31)
    assert (saturday.weekday(), monday.weekday()) == (5, 0)
    assert CALENDAR.is_working(saturday)
    assert not CALENDAR.is_working(monday)
    assert saturday in CALENDAR.working_days
    assert monday in CALENDAR.rest_days


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 2, 17),  # Lunar New Year
        date(2026, 4, 27),  # Hùng Kings' day fell on a Sunday
        date(2026, 4, 30),
        date(2026, 9, 1),
        date(2026, 9, 2),
        date(2026, 10, 10),  # a Saturday
    ],
)
def test_public_holidays_and_weekends_rest(day: date) -> None:
    assert not CALENDAR.is_working(day)


def test_day_one_is_the_day_after_the_start() -> None:
    assert CALENDAR.add_working_days(date(2026, 10, 7), 1) == date(2026, 10, 8)
    assert CALENDAR.add_working_days(date(2026, 10, 7), 3) == date(2026, 10, 12)


def test_ten_working_days_over_a_swap_and_national_day() -> None:
    # 20 and 21 August, the worked Saturday 22, 24 to 28; then five days of rest; 3 and 4 September.
    assert CALENDAR.add_working_days(date(2026, 8, 19), 10) == date(2026, 9, 4)


def test_a_term_of_calendar_days_that_ends_on_a_rest_day_ends_on_the_next_working_day() -> None:
    assert CALENDAR.due_on(date(2026, 8, 19), 3, TermUnit.CALENDAR_DAYS) == date(2026, 8, 22)
    assert CALENDAR.due_on(date(2026, 8, 19), 4, TermUnit.CALENDAR_DAYS) == date(2026, 8, 24)
    assert CALENDAR.due_on(date(2026, 8, 24), 5, TermUnit.CALENDAR_DAYS) == date(2026, 9, 3)
    assert CALENDAR.due_on(date(2026, 8, 24), 5, TermUnit.WORKING_DAYS) == date(2026, 9, 3)


def test_the_next_working_day_is_never_the_day_itself() -> None:
    assert CALENDAR.next_working_day(date(2026, 8, 20)) == date(2026, 8, 21)
    assert CALENDAR.next_working_day(date(2026, 8, 28)) == date(2026, 9, 3)


def test_a_calendar_knows_the_years_beside_those_it_was_asked_for() -> None:
    only = vietnam([2026])
    assert not only.is_working(date(2025, 5, 1))
    assert not only.is_working(date(2027, 1, 1))
    assert only.is_working(date(2025, 4, 26))  # a Saturday exchanged for 2 May 2025


def test_a_day_exchanged_over_new_year_is_known_from_either_side() -> None:
    for years in ([2014], [2015]):
        assert vietnam(years).is_working(date(2014, 12, 27))
        assert not vietnam(years).is_working(date(2015, 1, 2))


@pytest.mark.parametrize("weekdays", [range(7), [7], [-1]])
def test_a_week_has_seven_days_and_some_are_worked(weekdays: list[int]) -> None:
    with pytest.raises(ValueError, match="weekdays"):
        WorkingCalendar(frozenset(weekdays), frozenset(), frozenset())


@pytest.mark.parametrize("amount", [-1, 0, LONGEST_TERM + 1])
@pytest.mark.parametrize("unit", list(TermUnit))
def test_a_term_of_no_days_or_of_decades_is_refused(amount: int, unit: TermUnit) -> None:
    with pytest.raises(ValueError, match="a term is from 1"):
        CALENDAR.due_on(date(2026, 10, 7), amount, unit)


def test_work_ends_at_five_in_the_afternoon_in_vietnam() -> None:
    assert end_of_day(date(2026, 10, 7)) == datetime(2026, 10, 7, 10, tzinfo=UTC)
    assert end_of_day(date(2026, 10, 7)).tzinfo is UTC
    assert end_of_day(date(2026, 7, 1), ZoneInfo("Europe/Paris"), time(16, 30)) == datetime(
        2026, 7, 1, 14, 30, tzinfo=UTC
    )


@given(CALENDARS, DAYS, TERMS)
def test_a_term_of_n_days_ends_n_working_days_away(calendar: WorkingCalendar, start: date, days: int) -> None:
    end = calendar.add_working_days(start, days)
    assert calendar.is_working(end)
    assert calendar.working_days_between(start, end) == days
    assert calendar.working_days_between(end, start) == -days


@given(CALENDARS, DAYS, TERMS, TERMS)
def test_terms_add_up(calendar: WorkingCalendar, start: date, one: int, other: int) -> None:
    in_steps = calendar.add_working_days(calendar.add_working_days(start, one), other)
    assert in_steps == calendar.add_working_days(start, one + other)


@given(CALENDARS, DAYS, DAYS, TERMS, st.sampled_from(TermUnit))
def test_starting_later_never_ends_earlier(
    calendar: WorkingCalendar, one: date, other: date, amount: int, unit: TermUnit
) -> None:
    assume(one <= other)
    assert calendar.due_on(one, amount, unit) <= calendar.due_on(other, amount, unit)


@given(CALENDARS, DAYS, TERMS, st.sampled_from(TermUnit))
def test_a_term_never_ends_on_a_rest_day_nor_too_early(
    calendar: WorkingCalendar, start: date, amount: int, unit: TermUnit
) -> None:
    due = calendar.due_on(start, amount, unit)
    assert calendar.is_working(due)
    assert due >= start + timedelta(days=amount)
    if amount > 1:
        assert due >= calendar.due_on(start, amount - 1, unit)


@given(DAYS, DAYS, DAYS)
def test_working_days_between_days_add_up(one: date, middle: date, other: date) -> None:
    between = CALENDAR.working_days_between
    assert between(one, middle) + between(middle, other) == between(one, other)


@given(DAYS)
def test_nothing_is_worked_between_a_day_and_its_next_working_day(day: date) -> None:
    following = CALENDAR.next_working_day(day)
    assert following > day
    assert CALENDAR.working_days_between(day, following) == 1
