"""Whether a calendar object keeps the rules of its METHOD (RFC 5546 §3.2, RFC 5545, and our own). Pure.

icalendar's ``validate()`` looks at almost nothing; a file that Outlook or Google would misread must not leave.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from icalendar import Calendar, Component, vDDDTypes

LONGEST_LINE = 75
"""Octets, without the line break (RFC 5545 §3.1)."""

_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTC_STAMP = re.compile(rb"^DTSTAMP:\d{8}T\d{6}Z\r$", re.MULTILINE)
_ONCE = ("UID", "DTSTAMP", "ORGANIZER", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY")
_AT_MOST_ONCE = ("STATUS", "LOCATION", "URL", "DESCRIPTION", "RECURRENCE-ID")
_STATUS: dict[str, set[str | None]] = {"REQUEST": {"CONFIRMED"}, "CANCEL": {"CANCELLED", None}}
_PARTSTAT = {"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"}


def check(ics: bytes, method: str) -> list[str]:
    """Everything wrong with our outgoing file for ``method`` (REQUEST or CANCEL); empty when it may leave."""
    if method not in _STATUS:
        return [f"no rules are known for METHOD {method}"]
    return list(_form(ics)) or list(_content(ics, method))


def _form(ics: bytes) -> Iterator[str]:
    """The bytes: UTF-8, CRLF, folded, no control characters, one calendar."""
    try:
        ics.decode()
    except UnicodeDecodeError:
        yield "the file is not UTF-8"
    if b"\n" in ics.replace(b"\r\n", b"") or b"\r" in ics.replace(b"\r\n", b"") or not ics.endswith(b"\r\n"):
        yield "lines do not all end in CRLF"
    if _CONTROLS.search(ics):
        yield "a control character"
    for number, line in enumerate(ics.split(b"\r\n"), start=1):
        if len(line) > LONGEST_LINE:
            yield f"line {number} has {len(line)} octets"
    names = Counter(line.upper() for line in ics.split(b"\r\n"))
    if names[b"BEGIN:VCALENDAR"] != 1 or names[b"END:VCALENDAR"] != 1:
        yield "not exactly one VCALENDAR"


def _content(ics: bytes, method: str) -> Iterator[str]:
    try:
        calendar = Calendar.from_ical(ics)
    except ValueError as error:
        yield f"not a calendar: {error}"
        return
    for name, wanted in (("METHOD", method), ("VERSION", "2.0"), ("PRODID", None)):
        values = _values(calendar, name)
        if len(values) != 1 or (wanted is not None and str(values[0]) != wanted):
            yield f"{name} is {[str(value) for value in values]}, not once {wanted or 'something'}"
    events = list(calendar.walk("VEVENT"))
    if not events:
        yield "no VEVENT"
    if len(_UTC_STAMP.findall(ics)) != len(events):
        yield "DTSTAMP is not in UTC"
    if len({str(event.get("UID")) for event in events}) > 1:
        yield "more than one UID"
    yield from _zones(calendar, ics)
    for event in events:
        yield from (f"unreadable {name or 'line'}: {error}" for name, error in event.errors)
        yield from _event(event, method)
        yield from _attendees(event, method)


def _zones(calendar: Component, ics: bytes) -> Iterator[str]:
    zones = [str(zone.get("TZID")) for zone in calendar.walk("VTIMEZONE")]
    unfolded = ics.replace(b"\r\n ", b"").decode()
    for named in sorted(set(re.findall(r"^[A-Z-]+;(?:[^:\"]*;)?TZID=\"?([^:;\"]+)", unfolded, re.MULTILINE))):
        if zones.count(named) != 1:
            yield f"time zone {named} is defined {zones.count(named)} times"
    for zone in calendar.walk("VTIMEZONE"):
        blocks = [block.name for block in zone.subcomponents]
        if blocks != ["STANDARD"]:
            yield f"time zone {zone.get('TZID')} has {blocks}, not one STANDARD block"


def _event(event: Component, method: str) -> Iterator[str]:
    for name in _ONCE:
        given = [str(value) for value in _values(event, name)]
        if len(given) != 1 or (name == "UID" and not given[0]):
            yield f"{name} stands {len(given)} times or is empty"
    for name in _AT_MOST_ONCE:
        if len(_values(event, name)) > 1:
            yield f"{name} stands {len(_values(event, name))} times"
    status = _values(event, "STATUS")
    if (str(status[0]) if status else None) not in _STATUS[method]:
        yield f"STATUS {status} does not go with {method}"
    if event.subcomponents:
        yield "an alarm is the recipient's own business"
    yield from _times(event)
    for organizer in _values(event, "ORGANIZER"):
        if not str(organizer).lower().startswith("mailto:"):
            yield "ORGANIZER is not a mailto address"
    for sequence in _values(event, "SEQUENCE"):
        if not str(sequence).isdigit():
            yield "SEQUENCE is not a count"


def _times(event: Component) -> Iterator[str]:
    moments = [value for name in ("DTSTAMP", "DTSTART", "DTEND") for value in _values(event, name)]
    if not all(isinstance(value, vDDDTypes) and isinstance(value.dt, datetime) for value in moments):
        yield "a time is not a moment"
        return
    if any(value.dt.tzinfo is None for value in moments):
        yield "a time has no time zone"
        return
    starts, ends = _values(event, "DTSTART"), _values(event, "DTEND")
    if starts and ends and ends[0].dt <= starts[0].dt:
        yield "DTEND is not after DTSTART"


def _attendees(event: Component, method: str) -> Iterator[str]:
    attendees = _values(event, "ATTENDEE")
    if not attendees:
        yield "no ATTENDEE"
    for address, times in Counter(str(attendee).lower() for attendee in attendees).items():
        if times > 1:
            yield f"{address} is listed {times} times"
        if not address.startswith("mailto:") or "@" not in address:
            yield f"{address} is not a mailto address"
    for attendee in attendees:
        if str(attendee.params.get("PARTSTAT", "")) not in _PARTSTAT:
            yield f"{attendee} has PARTSTAT {attendee.params.get('PARTSTAT')}"
    if method == "REQUEST" and not any(attendee.params.get("RSVP") == "TRUE" for attendee in attendees):
        yield "nobody is asked for an answer"


def _values(component: Component, name: str) -> list[Any]:
    found: Any = component.get(name, [])
    return list(found) if isinstance(found, list) else [found]
