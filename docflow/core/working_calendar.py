"""Which days are worked, and when a term counted in days ends.

Civil Code 2015, article 147(2): the day a term starts from is not counted, day 1 is the day after it.
Article 148(5): a term whose last day is a weekly or public day off ends with the next working day.
Public holidays: Labour Code 2019, article 112; days the Prime Minister swaps are in the `holidays` package.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import holidays

from docflow.core.clock import LOCAL_ZONE

END_OF_WORK = time(17)
LONGEST_TERM = 3_660

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


class TermUnit(StrEnum):
    """What a term is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The days off of one province or unit.

    `rest_weekdays`: 0 is Monday. `rest_days`: dates off besides those. `working_days`: dates worked although
    the weekday rests. Raises ValueError when no weekday is worked, or a date is in both sets.
    """

    rest_weekdays: frozenset[int]
    rest_days: frozenset[date]
    working_days: frozenset[date]

    def __post_init__(self) -> None:
        if not self.rest_weekdays < frozenset(range(7)):
            raise ValueError("rest weekdays are numbers from 0 (Monday) to 6, and not all seven")
        if both := self.rest_days & self.working_days:
            raise ValueError(f"{min(both).isoformat()} cannot be both a rest day and a working day")

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked: a date named in the calendar goes before its weekday."""
        if day in self.working_days:
            return True
        return day not in self.rest_days and day.weekday() not in self.rest_weekdays

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`, never `day` itself."""
        day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day

    def add_working_days(self, start: date, days: int) -> date:
        """The last of `days` working days, the first of which comes after `start`. 1 <= days <= LONGEST_TERM."""
        _check_term(days)
        for _ in range(days):
            start = self.next_working_day(start)
        return start

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is before `start`.

        The reverse of `add_working_days`: a term of n days from `start` ends on the day that is n days from it.
        """
        if end < start:
            return -self.working_days_between(end, start)
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(map(self.is_working, days))

    def due_on(self, start: date, amount: int, unit: TermUnit) -> date:
        """The last day of a term of `amount` days from `start`: always a working day. 1 <= amount <= LONGEST_TERM."""
        if unit is TermUnit.WORKING_DAYS:
            return self.add_working_days(start, amount)
        _check_term(amount)
        last = start + timedelta(days=amount)
        return last if self.is_working(last) else self.next_working_day(last)


def vietnam(years: Iterable[int]) -> WorkingCalendar:
    """Public holidays and swapped days of Vietnam for `years` and one year on each side of them.

    The neighbours are there because a term may run over New Year. Beyond them only weekends rest, so name
    every year that a deadline may reach.
    """
    covered = {near for year in years for near in (year - 1, year, year + 1)}
    published = holidays.country_holidays("VN", years=covered)
    swapped = frozenset(day for day in published.weekend_workdays if day.year in covered)
    return WorkingCalendar(
        rest_weekdays=frozenset((_SATURDAY, _SUNDAY)),
        rest_days=frozenset(published) - swapped,
        working_days=swapped,
    )


def end_of_day(day: date, tz: ZoneInfo = LOCAL_ZONE, end_of_work: time = END_OF_WORK) -> datetime:
    """The moment `day`'s work ends, in UTC: what is done later on that day is done late."""
    return datetime.combine(day, end_of_work, tzinfo=tz).astimezone(UTC)


def _check_term(days: int) -> None:
    if not 1 <= days <= LONGEST_TERM:
        raise ValueError(f"a term is from 1 to {LONGEST_TERM} days, not {days}")
