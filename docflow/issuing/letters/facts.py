"""What stands in a letter, and what comes out."""

from datetime import date
from typing import NamedTuple

import msgspec

from docflow.core.messages import Language
from docflow.issuing.models.words import RecipientRole

FIELDS = ("number", "day", "month", "year")
"""Names of the form fields of a PDF whose number and date are to come. Their values are digits as they are to be
read, zeros in front included (``05``); a number may end in a letter (``45a``)."""

OFFICIAL_LETTER = "official_letter"
INVITATION = "invitation"


class Recipient(msgspec.Struct, frozen=True):
    """A line of the list of recipients, as it is printed."""

    name: str
    role: RecipientRole = RecipientRole.KNOW


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs. ``authority`` is what stands above the post: `TM. ỦY BAN NHÂN DÂN`, `KT. GIÁM ĐỐC`; or nothing."""

    authority: str = ""
    post: str = ""
    name: str = ""


class Annex(msgspec.Struct, frozen=True, kw_only=True):
    """What is annexed, on pages of its own after the signature (Decree 30, Appendix I, III.1)."""

    title: str
    text: str = ""


class LetterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it is to be read.

    ``number`` is as written (`05`, `45a`); it and ``issued_on`` are None until the registry gives them. ``after_number``
    is all that follows it (`/BC-SNV`). ``addressees`` stand before the text: after "Kính gửi", in an invitation after
    "kính mời". ``text`` is written as ``markup`` says.
    """

    kind_code: str
    kind_name: str
    issuer: str
    parent: str = ""
    """The body above, where it is named above the issuer; empty: it is not."""
    after_number: str
    number: str | None = None
    place: str = ""
    issued_on: date | None = None
    subject: str
    text: str = ""
    addressees: tuple[str, ...] = ()
    signer: Signer = Signer()
    recipients: tuple[Recipient, ...] = ()
    kept_by: str = ""
    """Who keeps the file copy: what follows "Lưu:"."""
    annexes: tuple[Annex, ...] = ()
    language: Language = Language.VI

    @property
    def is_official_letter(self) -> bool:
        """An official letter has no kind in its head; its subject stands below the number."""
        return self.kind_code == OFFICIAL_LETTER


class Box(NamedTuple):
    """A rectangle on a page in PDF points, the origin at the lower left."""

    x1: float
    y1: float
    x2: float
    y2: float


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A PDF, and where on its page ``page`` (from 0) the pictures of signature and seal belong.

    The seal covers about a third of the signature, to its left (Decree 30, article 33 (1)).
    ``has_fields``: number and date are the form fields ``FIELDS``.
    """

    content: bytes
    signature_box: Box
    seal_box: Box
    page: int
    page_count: int
    has_fields: bool
