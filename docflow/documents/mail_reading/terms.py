"""What both sides of reading a mail say to each other. Light on purpose: the child imports it."""

from datetime import datetime
from enum import StrEnum

import msgspec


class MailFault(StrEnum):
    """Why a mail is set aside; each is a code of the catalogue."""

    BROKEN = "mail_broken"
    """Its headers cannot be found, or reading stumbled over it."""
    HEADERS_TOO_LONG = "mail_headers_too_long"
    TOO_MANY_PARTS = "mail_has_too_many_files"
    TOO_DEEP = "mail_nested_too_deep"
    TOO_COSTLY = "mail_too_costly"
    """Reading it took more time, memory or room than it may."""
    TOO_LARGE = "mail_too_large"
    """It is kept on the mail server alone, with its headers here."""
    KILLED_READER = "mail_killed_its_reader"
    """The worker died at it again and again; it is kept unread."""
    NOT_GIVEN = "mail_not_given"
    """The mail server does not give it, or dies at it; it is there alone."""


class MailOddity(StrEnum):
    """What is odd about a mail that was read all the same; each is a code of the catalogue."""

    MESSAGE_ID_SEEN_BEFORE = "message_id_seen_before"
    """Another mail had the same id: one of them is not what it says."""
    DELIVERY_REPORT = "mail_reports_delivery"
    """Another server reports on a letter of ours, and it is noted there."""
    SENT_BY_US = "mail_sent_by_docflow"
    """One of our own letters came back: it becomes no draft."""
    CAME_AGAIN = "mail_came_again"


class MailLimits(msgspec.Struct, frozen=True):
    """What one mail may cost. Sizes in bytes, times in seconds."""

    header_bytes: int = 1024 * 1024
    """Of the mail's own headers, and of those of each part."""
    parts: int = 1000
    depth: int = 20
    """Of parts inside parts."""
    files: int = 300
    """Attachments of one mail."""
    logo_bytes: int = 48 * 1024
    """An image that the text shows in its place is no attachment below this size."""
    body_bytes: int = 4 * 1024 * 1024
    """Of the written text; what is longer becomes a file all the same."""
    note_letters: int = 5000
    """Of the written text that a draft shows."""
    memory_bytes: int = 1024 * 1024 * 1024
    """Address space of the reading process, beyond the mapped mail."""
    cpu_seconds: int = 60
    wall_seconds: int = 120
    told_bytes: int = 24 * 1024 * 1024
    """Of what the reading process answers."""


class Attached(msgspec.Struct, frozen=True):
    """An attachment: where its bytes lie in the mail, and how they are written there. ``declared`` is its sender's word."""

    filename: str
    declared: str
    start: int
    end: int
    encoding: str


class Written(msgspec.Struct, frozen=True):
    """The words of a mail that is itself the document, as a file to be."""

    filename: str
    declared: str
    text: str


class MailSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says. Texts are NFC on one line without control characters; only ``note`` has lines.

    ``content_key`` is equal for the same mail delivered twice, by whatever way: it is over message id, sender, date,
    subject and the decoded bytes of every part, and over nothing that a server adds on the way.
    """

    content_key: bytes
    message_id: str | None
    sender: str
    """The address alone; what stands there instead when it is none."""
    sender_name: str
    subject: str
    sent_at: datetime | None
    is_automatic: bool
    note: str = ""
    """The beginning of the text that was written."""
    files: list[Attached] = []
    written: Written | None = None
    """Instead of files, when there are none."""
    fault: MailFault | None = None
    """Why it becomes no draft; the headers are told all the same."""
