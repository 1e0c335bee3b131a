"""When a task is due: a term from today or a date, and the moments of whole days. Pure but for the clock."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from docflow.core import clock
from docflow.core.errors import FieldError
from docflow.core.working_calendar import WorkingCalendar, end_of_day, vietnam
from docflow.tasks.schemas import Due, TaskIn


def due_on(task: TaskIn, pointer: str) -> date | FieldError:
    """The last day of a task directed now, or what is wrong with it: exactly one deadline, still to come."""
    if (task.due is None) == (task.due_on is None):
        return FieldError(f"{pointer}/due", "one_deadline")
    day = task.due_on or _end_of_term(task.due)
    if end_of_day(day) <= clock.now():
        return FieldError(f"{pointer}/due_on", "deadline_passed")
    return day


def start_of(day: date) -> datetime:
    """The first moment of a day on the province's wall."""
    return datetime.combine(day, time.min, clock.LOCAL_ZONE)


def last_of(day: date) -> datetime:
    """The last moment of a day on the province's wall."""
    return datetime.combine(day, time.max, clock.LOCAL_ZONE)


def _end_of_term(due: Due | None) -> date:
    assert due is not None
    today = clock.today()
    # A week has five working days and the longest holiday is two weeks: twice the term covers it.
    latest = today + timedelta(days=2 * due.amount + 30)
    return _calendar(today.year, latest.year).due_on(today, due.amount, due.unit)


@lru_cache(maxsize=8)
def _calendar(first: int, last: int) -> WorkingCalendar:
    return vietnam(range(first, last + 1))
