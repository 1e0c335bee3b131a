"""By when what arrived has to be passed on. Pure.

Decree 30/2020/NĐ-CP, article 24(1): the registry submits what arrived the same day, at the latest on the next working
day, to whoever directs it, and passes it on; what bears a mark of urgency is registered, submitted and passed on at
once. Articles 21 to 23 tell of receiving and registering it, which is the same duty's beginning. "At once" is no
number in the decree; here it is one hour: of working time for khẩn and thượng khẩn, and of the clock, day and night,
for hỏa tốc, which goes by special messenger (article 15).
"""

from datetime import date, datetime, time, timedelta

from docflow.core.clock import LOCAL_ZONE
from docflow.core.working_calendar import WorkingCalendar, end_of_day
from docflow.documents.models import Urgency

AT_ONCE = timedelta(hours=1)
HOURS = ((time(7, 30), time(11, 30)), (time(13, 30), time(17)))
"""The usual working hours (domain §2), on the province's wall."""


def pass_on_by(urgency: Urgency, registered_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The last moment, in UTC, at which passing it on is still in time.

    ``calendar`` covers the year of ``registered_at`` and the next one.
    """
    match urgency:
        case Urgency.FLASH:
            return registered_at + AT_ONCE
        case Urgency.URGENT | Urgency.VERY_URGENT:
            return after_working_time(registered_at, AT_ONCE, calendar)
    day = registered_at.astimezone(LOCAL_ZONE).date()
    return end_of_day(calendar.next_working_day(day))


def after_working_time(start: datetime, term: timedelta, calendar: WorkingCalendar) -> datetime:
    """When ``term`` of working time has passed since ``start``; outside of working hours no time passes."""
    wall = start.astimezone(LOCAL_ZONE)
    day, left = wall.date(), term
    while True:
        for begins, ends in HOURS if calendar.is_working(day) else ():
            first = max(datetime.combine(day, begins, LOCAL_ZONE), wall)
            last = datetime.combine(day, ends, LOCAL_ZONE)
            if last - first >= left:
                return (first + left).astimezone(start.tzinfo)
            left -= max(last - first, timedelta())
        day = calendar.next_working_day(day)


def working_day_before(day: date, calendar: WorkingCalendar) -> date:
    """The last working day before ``day``."""
    day -= timedelta(days=1)
    while not calendar.is_working(day):
        day -= timedelta(days=1)
    return day
