"""What the plan of a meeting must satisfy, and what became different between two plans. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from docflow.core.errors import FieldError, Invalid
from docflow.meetings.invitations import Change
from docflow.meetings.models import ParticipantRole
from docflow.notifications.mail import MailAddressNotValid, checked_address

LONGEST = timedelta(hours=24)
"""A meeting is one session; several days are several meetings."""
FURTHEST = timedelta(days=3 * 366)
"""How far ahead a site can be held."""
MOST_SITES = 200
MOST_PARTICIPANTS = 2000

LENGTHS = {
    "subject": (1, 500),
    "description": (0, 10_000),
    "letter_number": (1, 100),
    "join_url": (1, 2000),
    "reason": (1, 2000),
    "note": (0, 1000),
    "name": (1, 200),
    "room": (0, 200),
    "address": (0, 500),
    "technician": (0, 200),
    "technician_phone": (0, 50),
}
"""Fewest and most characters of each text of sites, meetings and answers."""
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
_URL = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of a meeting that can be changed. ``seats``: participant to number of the site."""

    subject: str
    description: str
    letter_number: str | None
    join_url: str | None
    starts_at: datetime
    ends_at: datetime
    central_site_no: int
    site_nos: frozenset[int]
    seats: Mapping[UUID, int]


def changes_between(old: Plan, new: Plan) -> list[Change]:
    """What became different, in the order of ``Change``."""
    different = {
        Change.TIME: (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at),
        Change.SITE: (old.central_site_no, old.site_nos, dict(old.seats))
        != (new.central_site_no, new.site_nos, dict(new.seats)),
        Change.JOIN_LINK: old.join_url != new.join_url,
        Change.TEXT: (old.subject, old.description, old.letter_number)
        != (new.subject, new.description, new.letter_number),
    }
    return [change for change in Change if different.get(change)]


class Invited(Protocol):
    """Somebody as a request names them."""

    email: str
    name: str
    role: ParticipantRole
    site_id: UUID


def moment(at: datetime) -> datetime:
    """An aware moment in UTC, cut to the second, below which calendars know nothing.

    Those within hours of the first or last year become the first or last moment that there is.
    """
    try:
        return at.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return _FIRST if at.year == 1 else _LAST


def require(*problems: Iterator[FieldError]) -> None:
    """Raise Invalid with every wrong field, if there is one."""
    wrong = [field for found in problems for field in found]
    if wrong:
        raise Invalid(*wrong)


def wrong_texts(texts: Mapping[str, str | None], within: str = "") -> Iterator[FieldError]:
    """Texts that are empty or too long, or no address of a page; ``within`` is the place of the fields."""
    for name, text in texts.items():
        least, most = LENGTHS[name]
        if text is None:
            continue
        if len(text) < least:
            yield FieldError(f"{within}/{name}", "text_missing")
        elif len(text) > most:
            yield FieldError(f"{within}/{name}", "text_too_long", {"limit": most})
        elif name == "join_url" and not _is_https(text):
            yield FieldError(f"{within}/{name}", "join_url_not_https")


def wrong_times(
    starts_at: datetime, ends_at: datetime, now: datetime, *, begins_anew: bool = True
) -> Iterator[FieldError]:
    """Nobody is invited to the past (RFC 5546 leaves it open; every mail client takes it ill).

    ``begins_anew``: the start is not the one that the meeting already had, so a running one can be prolonged.
    """
    if begins_anew and starts_at < now:
        yield FieldError("/starts_at", "starts_in_the_past")
    elif starts_at > now + FURTHEST:
        yield FieldError("/starts_at", "starts_too_far_ahead", {"years": FURTHEST // timedelta(days=366)})
    if ends_at <= starts_at:
        yield FieldError("/ends_at", "ends_before_it_starts")
    elif ends_at - starts_at > LONGEST:
        yield FieldError("/ends_at", "meeting_too_long", {"hours": LONGEST // timedelta(hours=1)})
    elif ends_at <= now:
        yield FieldError("/ends_at", "ends_in_the_past")


def wrong_number_of_sites(site_ids: Collection[UUID]) -> Iterator[FieldError]:
    """More sites than a meeting can have."""
    if len(site_ids) > MOST_SITES:
        yield FieldError("/site_ids", "too_many_sites", {"most": MOST_SITES})


def wrong_participants(
    people: Sequence[Invited],
    site_ids: frozenset[UUID],
    *,
    already: frozenset[str] = frozenset(),
    has_chair: bool = False,
) -> Iterator[FieldError]:
    """What is wrong with the list; ``already`` are the addresses, in small letters, that are on the meeting."""
    if len(people) + len(already) > MOST_PARTICIPANTS:
        yield FieldError("/participants", "too_many_participants", {"most": MOST_PARTICIPANTS})
        return
    times = Counter(person.email.lower() for person in people)
    for number, person in enumerate(people):
        place = f"/participants/{number}"
        if not _is_address(person.email):
            yield FieldError(f"{place}/email", "address_not_valid")
        elif times[person.email.lower()] > 1 or person.email.lower() in already:
            yield FieldError(f"{place}/email", "participant_twice", {"email": person.email})
        yield from wrong_texts({"name": person.name}, place)
        if person.site_id not in site_ids:
            yield FieldError(f"{place}/site_id", "participant_elsewhere")
    chairs = has_chair + sum(person.role is ParticipantRole.CHAIR for person in people)
    if chairs != 1:
        yield FieldError("/participants", "one_chair_needed", {"chairs": chairs})


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and _URL.match(url) is not None


def _is_address(email: str) -> bool:
    try:
        checked_address(email)
    except MailAddressNotValid:
        return False
    return True
