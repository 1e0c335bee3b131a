"""The validator finds each fault that a client would stumble over."""

import pytest

from tests.meetings.calendar_check import check

REQUEST = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//docflow//docflow//EN\r\nMETHOD:REQUEST\r\n"
    b"BEGIN:VTIMEZONE\r\nTZID:Asia/Ho_Chi_Minh\r\nBEGIN:STANDARD\r\nDTSTART:20000101T000000\r\n"
    b"TZOFFSETFROM:+0700\r\nTZOFFSETTO:+0700\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    b"BEGIN:VEVENT\r\nUID:1@hop.example\r\nDTSTAMP:20261120T023000Z\r\nSEQUENCE:0\r\nSTATUS:CONFIRMED\r\n"
    b"ORGANIZER:mailto:meeting+k@hop.example\r\nDTSTART;TZID=Asia/Ho_Chi_Minh:20261203T080000\r\n"
    b"DTEND;TZID=Asia/Ho_Chi_Minh:20261203T110000\r\nSUMMARY:Giao ban\r\n"
    b"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:an@hop.example\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
CANCEL = (
    REQUEST.replace(b"METHOD:REQUEST", b"METHOD:CANCEL")
    .replace(b"STATUS:CONFIRMED", b"STATUS:CANCELLED")
    .replace(b";RSVP=TRUE", b"")
)


def test_a_correct_request_and_cancel_have_no_fault():
    assert check(REQUEST, "REQUEST") == []
    assert check(CANCEL, "CANCEL") == []
    assert check(CANCEL.replace(b"STATUS:CANCELLED\r\n", b""), "CANCEL") == []


def without(name: bytes) -> bytes:
    lines = REQUEST.split(b"\r\n")
    event = lines.index(b"BEGIN:VEVENT")
    kept = [line for line in lines[event:] if not line.startswith(name)]
    return b"\r\n".join(lines[:event] + kept)


@pytest.mark.parametrize(
    "name", ["UID", "DTSTAMP", "ORGANIZER", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "ATTENDEE"]
)
def test_a_required_property_is_missed(name):
    assert any(name in fault for fault in check(without(name.encode()), "REQUEST"))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"METHOD:REQUEST\r\n", b"", "METHOD"),
        (b"METHOD:REQUEST\r\n", b"METHOD:REQUEST\r\nMETHOD:REQUEST\r\n", "METHOD"),
        (b"METHOD:REQUEST", b"METHOD:PUBLISH", "METHOD"),
        (b"VERSION:2.0", b"VERSION:1.0", "VERSION"),
        (b"PRODID:-//docflow//docflow//EN\r\n", b"", "PRODID"),
        (b"SUMMARY:Giao ban", b"SUMMARY:" + b"x" * 68, "octets"),
        (b"SUMMARY:Giao ban", b"SUMMARY:Giao\0ban", "control"),
        (b"SUMMARY:Giao ban", b"SUMMARY:Giao\x1bban", "control"),
        (b"SUMMARY:Giao ban", b"SUMMARY:Giao \xff", "UTF-8"),
        (b"SUMMARY:Giao ban\r\n", b"SUMMARY:Giao ban\n", "CRLF"),
        (b"SUMMARY:Giao ban\r\n", b"SUMMARY:Giao ban\r\nSUMMARY:khac\r\n", "SUMMARY stands 2"),
        (b"SUMMARY:Giao ban\r\n", b"SUMMARY:Giao ban\r\nURL:x\r\nURL:y\r\n", "URL stands 2"),
        (b"DTSTAMP:20261120T023000Z", b"DTSTAMP:20261120T023000", "zone"),
        (b"DTSTAMP:20261120T023000Z", b"DTSTAMP;TZID=Asia/Ho_Chi_Minh:20261120T093000", "UTC"),
        (b"DTSTAMP:20261120T023000Z", b"DTSTAMP;VALUE=DATE:20261120", "moment"),
        (b"DTSTART;TZID=Asia/Ho_Chi_Minh:", b"DTSTART:", "zone"),
        (b"DTSTART;TZID=Asia/Ho_Chi_Minh:", b"DTSTART;TZID=Ha_Noi:", "Ha_Noi is defined 0"),
        (b"20261203T110000", b"20261203T070000", "DTEND is not after"),
        (b"SEQUENCE:0", b"SEQUENCE:-1", "SEQUENCE"),
        (b"STATUS:CONFIRMED", b"STATUS:CANCELLED", "STATUS"),
        (b"ORGANIZER:mailto:", b"ORGANIZER:", "ORGANIZER"),
        (b":mailto:an@", b":an@", "mailto"),
        (b"PARTSTAT=NEEDS-ACTION", b"PARTSTAT=MAYBE", "PARTSTAT"),
        (b"PARTSTAT=NEEDS-ACTION;", b"", "PARTSTAT"),
        (b";RSVP=TRUE", b"", "answer"),
        (b":STANDARD", b":DAYLIGHT", "DAYLIGHT"),
        (
            b"END:VEVENT",
            b"BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
            "alarm",
        ),
        (b"END:VCALENDAR\r\n", b"END:VCALENDAR\r\n" + REQUEST, "VCALENDAR"),
        (b"END:VCALENDAR\r\n", b"", "VCALENDAR"),
        (b"UID:1@hop.example", b"UID", "unreadable"),
        (b"DTEND;TZID=Asia/Ho_Chi_Minh:20261203T110000", b"DTEND:soon", "unreadable"),
        (b"END:VEVENT\r\n", b"", "not a calendar"),
    ],
)
def test_a_fault_is_found(old, new, fault):
    assert old in REQUEST
    assert any(fault in found for found in check(REQUEST.replace(old, new), "REQUEST"))


def test_somebody_listed_twice_is_found():
    line = b"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:an@hop.example\r\n"
    twice = REQUEST.replace(line, line + line.replace(b"an@", b"AN@"))
    assert check(twice, "REQUEST") == ["mailto:an@hop.example is listed 2 times"]


def test_two_zones_of_one_name_are_found():
    start, end = REQUEST.index(b"BEGIN:VTIMEZONE"), REQUEST.index(b"BEGIN:VEVENT")
    doubled = REQUEST[:end] + REQUEST[start:end] + REQUEST[end:]
    assert "time zone Asia/Ho_Chi_Minh is defined 2 times" in check(doubled, "REQUEST")


def test_a_cancel_that_confirms_is_found():
    assert check(CANCEL.replace(b"CANCELLED", b"CONFIRMED"), "CANCEL") != []


def test_a_calendar_without_events_is_found():
    start, end = REQUEST.index(b"BEGIN:VEVENT"), REQUEST.index(b"END:VCALENDAR")
    assert "no VEVENT" in check(REQUEST[:start] + REQUEST[end:], "REQUEST")


def test_a_method_without_rules_is_said_to_have_none():
    assert check(REQUEST, "PUBLISH") == ["no rules are known for METHOD PUBLISH"]
