"""Facts of meetings that can go wrong."""

from docflow.core.errors import Conflict, DocflowError, NotFound


class SiteAlreadyBooked(Conflict):
    """A site is held by another meeting at that time.

    ``clashes``: every clash as ``{site_id, site, meeting_id, meeting, starts_at, ends_at, when}``; the meeting
    is null when the actor may not see it. ``named``: the same in words.
    """

    code = "site_already_booked"


class SiteNameTaken(Conflict):
    """A site has this name."""

    code = "site_name_taken"


class MeetingCancelled(Conflict):
    """The meeting was called off; nothing can be done with it any more."""

    code = "meeting_cancelled"


class MeetingOver(Conflict):
    """The meeting is past; nothing can be done with it any more."""

    code = "meeting_over"


class ChairNeeded(Conflict):
    """A meeting has exactly one chair, who cannot be taken off it."""

    code = "chair_cannot_be_removed"


class AlreadyInvited(Conflict):
    """The address is on the meeting already."""

    code = "already_invited"


class ChairAlreadyNamed(Conflict):
    """The meeting has a chair."""

    code = "chair_already_named"


class LinkEnded(NotFound):
    """No such link, or one that counts no more: the two are never told apart."""

    code = "link_ended"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "ex_booking_site_twice": SiteAlreadyBooked,
    "uq_site_name": SiteNameTaken,
    "uq_participant_invited": AlreadyInvited,
    "uq_participant_chair": ChairAlreadyNamed,
}
