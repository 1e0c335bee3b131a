"""By when what arrived has to be passed on (Decree 30/2020/NĐ-CP, article 24)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from docflow.core.clock import LOCAL_ZONE
from docflow.core.working_calendar import vietnam
from docflow.documents.models import Urgency
from docflow.documents.passing_on import AT_ONCE, after_working_time, pass_on_by, working_day_before

CALENDAR = vietnam([2026])


def wall(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize(
    ("urgency", "registered", "latest"),
    [
        (Urgency.NORMAL, wall(11, 16, 8), wall(11, 17, 17)),
        (Urgency.NORMAL, wall(11, 23, 8), wall(11, 25, 17)),
        (Urgency.NORMAL, wall(11, 27, 16, 59), wall(11, 30, 17)),
        (Urgency.NORMAL, wall(8, 21, 9), wall(8, 22, 17)),
        (Urgency.URGENT, wall(11, 23, 8), wall(11, 23, 9)),
        (Urgency.URGENT, wall(11, 23, 11), wall(11, 23, 14)),
        (Urgency.URGENT, wall(11, 23, 12), wall(11, 23, 14, 30)),
        (Urgency.VERY_URGENT, wall(11, 27, 16, 30), wall(11, 30, 8)),
        (Urgency.VERY_URGENT, wall(11, 28, 3), wall(11, 30, 8, 30)),
        (Urgency.FLASH, wall(11, 28, 23, 30), wall(11, 29, 0, 30)),
    ],
)
def test_urgent_documents_are_passed_on_at_once_and_others_by_the_next_working_day(
    urgency: Urgency, registered: datetime, latest: datetime
) -> None:
    assert pass_on_by(urgency, registered.astimezone(UTC), CALENDAR) == latest


def test_outside_of_working_hours_no_time_passes() -> None:
    ends = after_working_time(wall(11, 27, 17), timedelta(hours=8), CALENDAR)
    assert ends == wall(12, 1, 8)
    assert after_working_time(wall(11, 23, 7), AT_ONCE, CALENDAR) == wall(11, 23, 8, 30)


def test_the_working_day_before_looks_past_days_off() -> None:
    assert working_day_before(date(2026, 11, 30), CALENDAR) == date(2026, 11, 27)
    assert working_day_before(date(2026, 8, 24), CALENDAR) == date(2026, 8, 22)
