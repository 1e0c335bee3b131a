"""Calendar objects of a meeting, one per recipient (RFC 5545, 5546): REQUEST, CANCEL and what raises SEQUENCE.

Pure. The lines that all recipients share are written once per edition and remembered, so that a meeting of
150 sites costs each further recipient only their own lines.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote, urlsplit

from icalendar import Timezone, TimezoneStandard, vCalAddress, vDatetime, vInt, vUri
from icalendar.parser import Contentline, Parameters

from docflow.core.clock import LOCAL_ZONE
from docflow.core.messages import Language
from docflow.meetings.models import Answer, ParticipantRole
from docflow.notifications.mail import checked_address, one_line

PRODUCT = "-//docflow//docflow//EN"


class InvitationNotValid(ValueError):
    """What was given makes no calendar object: a NUL, a time without zone, an end before the start."""


class Change(StrEnum):
    """What became different since the edition that people last got."""

    TIME = "time"
    STATUS = "status"
    SITE = "site"
    JOIN_LINK = "join_link"
    TEXT = "text"
    ATTENDEES = "attendees"
    """People were added, or what is said of them changed."""
    ATTENDEE_REMOVED = "attendee_removed"
    CANCELLED = "cancelled"


_ASKS_AGAIN = frozenset({Change.TIME, Change.STATUS, Change.SITE, Change.JOIN_LINK})
_RAISES = _ASKS_AGAIN | {Change.ATTENDEE_REMOVED, Change.CANCELLED}


def next_sequence(sequence: int, *changes: Change) -> tuple[int, bool]:
    """The SEQUENCE of the next edition, and whether answers return to needs-action (RFC 5546 §2.1.4).

    Time and status raise it by the RFC; the site and the join link by our own rule, since people decide by
    them. Texts and added people leave it and the answers alone. Several changes at once raise it once.
    """
    raised = not _RAISES.isdisjoint(changes)
    return sequence + raised, not _ASKS_AGAIN.isdisjoint(changes)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site as a calendar shows it. ``mailbox`` is the room's own address, which no person reads."""

    name: str
    mailbox: str
    room: str = ""
    address: str = ""

    @property
    def place(self) -> str:
        """Name, room and postal address on one line."""
        return _single(", ".join(part for part in (self.name, self.room, self.address) if part.strip()))


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited, as their calendar shows them."""

    email: str
    name: str
    role: ParticipantRole
    answer: Answer = Answer.NEEDS_ACTION


@dataclass(frozen=True, slots=True)
class Edition:
    """What one version of a meeting says to everybody. Make it once per batch: its lines are shared.

    ``organizer_email`` is the meeting's own address, ``meeting+<token>@domain``, read by a machine; the chair
    is an attendee. Times are aware.
    """

    uid: str
    sequence: int
    organizer_email: str
    organizer_name: str
    subject: str
    starts_at: datetime
    ends_at: datetime
    sites: tuple[SiteFacts, ...]
    chair: Attendee | None = None
    letter_number: str | None = None
    """Of the invitation letter (Giấy mời) that this goes with."""

    def __post_init__(self) -> None:
        if not _IDENTIFIER.match(self.uid):
            raise InvitationNotValid("a UID is printable ASCII without blanks")
        if self.sequence < 0:
            raise InvitationNotValid("SEQUENCE counts from 0")
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise InvitationNotValid("the times of a meeting need a time zone")
        if self.ends_at <= self.starts_at:
            raise InvitationNotValid("a meeting ends after it starts")


@dataclass(frozen=True, slots=True)
class Invitation:
    """One edition for one recipient, who sits at ``site``. ``stamp`` is now, aware.

    ``join_url`` is the product's own page and goes into the calendar; ``answer_url`` is a secret of the
    recipient and stays in the letter, because calendars are shown to others.
    """

    edition: Edition
    recipient: Attendee
    site: SiteFacts | None
    stamp: datetime
    language: Language = Language.VI
    description: str = ""
    join_url: str | None = None
    answer_url: str | None = None

    def __post_init__(self) -> None:
        if self.stamp.tzinfo is None:
            raise InvitationNotValid("DTSTAMP needs a time zone")
        for url in (self.join_url, self.answer_url):
            if url is not None:
                _checked_url(url)


def request(invitation: Invitation) -> bytes:
    """METHOD:REQUEST for the recipient: first invitation or update (RFC 5546 §3.2.2). A whole file, CRLF.

    It lists the recipient, the chair and the sites, never all participants. Raises InvitationNotValid, also
    for a meeting that is over, and MailAddressNotValid.
    """
    edition, recipient = invitation.edition, invitation.recipient
    if edition.ends_at <= invitation.stamp:
        raise InvitationNotValid("nobody is invited to the past")
    own = [
        _stamp(invitation),
        _text("LOCATION", " | ".join(part for part in (_place(invitation), invitation.join_url) if part)),
        *([_line("URL", vUri(invitation.join_url))] if invitation.join_url else ()),
        *_description(invitation),
        _person(recipient, asked=True),
    ]
    if edition.chair is not None and not _same(edition.chair, recipient):
        own.append(_person(edition.chair, asked=True))
    return _file(_opening(edition, "REQUEST", "CONFIRMED"), own, _rooms(edition.sites))


def cancel(invitation: Invitation, *, whole: bool) -> bytes:
    """METHOD:CANCEL for the recipient (RFC 5546 §3.2.5), with the SEQUENCE of its edition. A whole file, CRLF.

    ``whole``: the meeting is off, STATUS:CANCELLED. Otherwise the recipient alone is taken off it: only they
    are listed, and there is no STATUS. Raises InvitationNotValid and MailAddressNotValid.
    """
    edition, recipient = invitation.edition, invitation.recipient
    own = [
        _stamp(invitation),
        *([_text("LOCATION", _place(invitation))] if _place(invitation) else ()),
        _person(recipient, asked=False),
    ]
    if not whole:
        return _file(_opening(edition, "CANCEL", ""), own, b"")
    if edition.chair is not None and not _same(edition.chair, recipient):
        own.append(_person(edition.chair, asked=False))
    return _file(_opening(edition, "CANCEL", "CANCELLED"), own, _rooms(edition.sites))


def letter_facts(invitation: Invitation) -> dict[str, object]:
    """What the mail beside the calendar says: the facts that the three mail templates share."""
    edition, site = invitation.edition, invitation.site
    return {
        "recipient_name": _single(invitation.recipient.name),
        "organizer_name": _single(edition.organizer_name),
        "subject": _single(edition.subject),
        "letter_number": _single(edition.letter_number) if edition.letter_number else None,
        "starts_at": edition.starts_at,
        "ends_at": edition.ends_at,
        "place": site.place if site else None,
        "role": invitation.recipient.role.value,
        "chair_name": _single(edition.chair.name) if edition.chair else None,
        "description": _clean(invitation.description),
        "join_url": invitation.join_url,
        "answer_url": invitation.answer_url,
    }


_IDENTIFIER = re.compile(r"[!-~]{1,255}\Z")
_URL = re.compile(r"[!-~]{1,2000}\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NO_PARAMETERS = Parameters()
_END = b"END:VEVENT\r\nEND:VCALENDAR\r\n"
_MAILTO_SAFE = "!$'()*+,-./:;@_~=&"
_LABELS = {Language.VI: "Giấy mời số", Language.EN: "Invitation letter no."}
_ROLES = {
    ParticipantRole.CHAIR: "CHAIR",
    ParticipantRole.SECRETARY: "REQ-PARTICIPANT",
    ParticipantRole.PRESENTER: "REQ-PARTICIPANT",
    ParticipantRole.MEMBER: "REQ-PARTICIPANT",
    ParticipantRole.GUEST: "OPT-PARTICIPANT",
    ParticipantRole.TECHNICIAN: "REQ-PARTICIPANT",
}


class _Escaped(str):
    """TEXT as RFC 5545 §3.3.11 escapes it. icalendar's own vText takes ``\\N`` in a path for a line break."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def publish(invitation: Invitation, *, cancelled: bool) -> bytes:
    """METHOD:PUBLISH (RFC 5546 §3.2.1): a whole file, CRLF, with no ATTENDEE; of a past meeting too."""
    lines = [
        _stamp(invitation),
        _text("LOCATION", " | ".join(part for part in (_place(invitation), invitation.join_url) if part)),
        *([_line("URL", vUri(invitation.join_url))] if invitation.join_url else ()),
        *_description(invitation),
    ]
    status = "CANCELLED" if cancelled else "CONFIRMED"
    return _file(_opening(invitation.edition, "PUBLISH", status), lines, b"")


def _clean(text: str) -> str:
    """LF between lines and no control characters, which TEXT may not hold. Raises for NUL."""
    if _CONTROLS.search(text) is None:
        return text
    if "\0" in text:
        raise InvitationNotValid("a calendar holds no NUL")
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _single(text: str) -> str:
    return one_line(_clean(text))


def _checked_url(url: str) -> None:
    if _URL.match(url) is None or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise InvitationNotValid(f"not an address of a page: {url[:100]!r}")


def _line(name: str, value: object, parameters: Parameters = _NO_PARAMETERS) -> bytes:
    line: bytes = Contentline.from_parts(name, parameters, value).to_ical()
    return line + b"\r\n"


def _text(name: str, text: str) -> bytes:
    return _line(name, _Escaped(text))


def _stamp(invitation: Invitation) -> bytes:
    return _line("DTSTAMP", vDatetime(invitation.stamp.astimezone(UTC).replace(microsecond=0)))


def _place(invitation: Invitation) -> str:
    return invitation.site.place if invitation.site else ""


def _description(invitation: Invitation) -> Iterable[bytes]:
    number = invitation.edition.letter_number
    lines = (
        invitation.join_url,
        f"{_LABELS[invitation.language]}: {_single(number)}" if number else None,
        _clean(invitation.description).strip(),
    )
    text = "\n".join(line for line in lines if line)
    return [_text("DESCRIPTION", text)] if text else []


def _same(one: Attendee, other: Attendee) -> bool:
    return one.email.lower() == other.email.lower()


def _address(name: str, email: str, shown: str, **parameters: str) -> bytes:
    """A calendar user: CN loses quotes and line breaks, the two things that a parameter cannot hold."""
    shown = _single(shown.replace('"', " "))
    given = {"CN": shown, **parameters} if shown else parameters
    uri = "mailto:" + quote(checked_address(email), safe=_MAILTO_SAFE)
    return _line(name, vCalAddress(uri), Parameters(given))


def _person(attendee: Attendee, *, asked: bool) -> bytes:
    return _address(
        "ATTENDEE",
        attendee.email,
        attendee.name,
        CUTYPE="INDIVIDUAL",
        ROLE=_ROLES[attendee.role],
        PARTSTAT=attendee.answer.value.upper().replace("_", "-"),
        **({"RSVP": "TRUE"} if asked else {}),
    )


@lru_cache(maxsize=16)
def _rooms(sites: tuple[SiteFacts, ...]) -> bytes:
    return b"".join(
        _address(
            "ATTENDEE",
            site.mailbox,
            site.name,
            CUTYPE="ROOM",
            ROLE="NON-PARTICIPANT",
            PARTSTAT="ACCEPTED",
        )
        for site in sites
    )


@lru_cache(maxsize=16)
def _opening(edition: Edition, method: str, status: str) -> bytes:
    zoned = Parameters({"TZID": str(LOCAL_ZONE)})
    starts, ends = edition.starts_at.astimezone(LOCAL_ZONE), edition.ends_at.astimezone(LOCAL_ZONE)
    return b"".join(
        (
            _line("BEGIN", _Escaped("VCALENDAR")),
            _line("VERSION", _Escaped("2.0")),
            _line("PRODID", _Escaped(PRODUCT)),
            _line("CALSCALE", _Escaped("GREGORIAN")),
            _line("METHOD", _Escaped(method)),
            _zone(),
            _line("BEGIN", _Escaped("VEVENT")),
            _line("UID", _Escaped(edition.uid)),
            _line("SEQUENCE", vInt(edition.sequence)),
            *([_line("STATUS", _Escaped(status))] if status else ()),
            _address("ORGANIZER", edition.organizer_email, edition.organizer_name),
            _line("DTSTART", vDatetime(starts), zoned),
            _line("DTEND", vDatetime(ends), zoned),
            _text("SUMMARY", _single(edition.subject)),
        )
    )


def _zone() -> bytes:
    """Exactly one STANDARD block: Outlook shifts the hours when it is missing or tells history."""
    standard = TimezoneStandard()
    standard.add("DTSTART", datetime(2000, 1, 1))  # noqa: DTZ001 (local by definition)
    standard.add("TZOFFSETFROM", timedelta(hours=7))
    standard.add("TZOFFSETTO", timedelta(hours=7))
    standard.add("TZNAME", "+07")
    zone = Timezone()
    zone.add("TZID", str(LOCAL_ZONE))
    zone.add_component(standard)
    written: bytes = zone.to_ical()
    return written


def _file(opening: bytes, own: list[bytes], rooms: bytes) -> bytes:
    return b"".join((opening, *own, rooms, _END))
