"""The only source of now. Tests set it; nothing else asks the operating system for the time of day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""The clock on the province's wall: +07:00, no daylight saving."""

_shift: ContextVar[datetime | None] = ContextVar("shift", default=None)


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _shift.get() or datetime.now(UTC)


def today() -> date:
    """The date on the province's wall."""
    return now().astimezone(LOCAL_ZONE).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Make it ``moment`` (aware) inside the block, for this task and those it starts."""
    token = _shift.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _shift.reset(token)
