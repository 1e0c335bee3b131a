"""The words that columns of documents hold."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way a document went through the registry."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"
    """Issued for the unit itself (văn bản nội bộ)."""


class Series(StrEnum):
    """How long a register counts on before it begins at 01 again (domain §1.2)."""

    YEAR = "year"
    TERM = "term"
    """The term of a Party committee; its symbols have the form `711-QĐ/TU`."""


class Source(StrEnum):
    """How a document or a draft came into the house."""

    UPLOAD = "upload"
    MAIL = "mail"
    IMPORT = "import"


class Urgency(StrEnum):
    """Degrees of urgency (domain §1.3), from khẩn to hỏa tốc."""

    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"
    FLASH = "flash"


URGENCIES: tuple[Urgency, ...] = (Urgency.FLASH, Urgency.VERY_URGENT, Urgency.URGENT, Urgency.NORMAL)
"""The most urgent first: the place is the rank by which queues are ordered."""

URGENCY_RANK = "array_position(ARRAY['flash', 'very_urgent', 'urgent', 'normal'], urgency)"
"""The same of a row of ``document``, counted from 1, as the index has it."""


class Authority(StrEnum):
    """On whose authority a signer signs (TM., KT., TL., TUQ., Q.)."""

    TM = "TM."
    KT = "KT."
    TL = "TL."
    TUQ = "TUQ."
    Q = "Q."


class ReceiptRole(StrEnum):
    """What a document was given to somebody for."""

    DIRECTION = "direction"
    """Submitted to a leader (trình)."""
    LEAD = "lead"
    COORDINATE = "coordinate"
    INFORMATION = "information"


class ReceiptState(StrEnum):
    """Where a receipt is (domain §1.5): the state sits here, never on the document. Opening is not handling."""

    WAITING = "waiting"
    FORWARDED = "forwarded"
    """Handled, and not complete: others have it below."""
    COMPLETED = "completed"
    CLOSED = "closed"
    """Ended because every lead at its level had ended."""
    RETURNED = "returned"
    RECALLED = "recalled"


class DraftState(StrEnum):
    """What became of a draft."""

    WAITING = "waiting"
    REGISTERED = "registered"
    DISCARDED = "discarded"


class MailState(StrEnum):
    """What became of a mail that was fetched."""

    DRAFTED = "drafted"
    REPEATED = "repeated"
    """The same mail had come before: no second draft."""
    SET_ASIDE = "set_aside"
    """Could not be read; kept whole, with the reason, for a person to look at."""
    SETTLED = "settled"
    """Was set aside, and a person has dealt with it."""


class Relation(StrEnum):
    """What the citing document says of the cited one."""

    BASIS = "basis"
    """căn cứ, pursuant to"""
    IMPLEMENTS = "implements"
    """thực hiện, triển khai; implementing"""
    FOLLOWS = "follows"
    """theo; according to, under"""
    AMENDS = "amends"
    """sửa đổi, bổ sung; amending"""
    REPLACES = "replaces"
    """thay thế; replacing"""
    REPEALS = "repeals"
    """bãi bỏ, hủy bỏ; repealing"""
    ANSWERS = "answers"
    """trả lời, phúc đáp; in reply to"""
    MENTIONS = "mentions"
    """The wording tells nothing more."""


class PrintKind(StrEnum):
    """The three legal registers are prints of two kinds: a book as it was kept, and the follow-up of incoming."""

    REGISTER = "register"
    FOLLOW_UP = "follow_up"
