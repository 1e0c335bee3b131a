"""The words shared by both sides of signing and validating: what a child is asked, what it answers. Light on purpose."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

Text500 = Annotated[str, msgspec.Meta(max_length=500)]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top edge in points from the lower left corner of the page."""

SIGNATURES_LOOKED_AT = 100
CHILD_MEMORY_BYTES = 1536 * 1024 * 1024
LONGEST_PASSPHRASE = 200


class Reason(StrEnum):
    """Why a verdict is as it is; each has its text in the catalogue."""

    ALGORITHM_WEAK = "algorithm_weak"
    BYTES_LEFT_OUT = "bytes_left_out"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CHAIN_BROKEN = "chain_broken"
    CHANGED_AFTERWARDS = "changed_afterwards"
    CLAIMED_TIME_IMPOSSIBLE = "claimed_time_impossible"
    DIGEST_DIFFERS = "digest_differs"
    EXTENDED_AS_ALLOWED = "extended_as_allowed"
    FORMAT_UNKNOWN = "format_unknown"
    ISSUER_UNKNOWN = "issuer_unknown"
    JUDGED_AT_ARRIVAL = "judged_at_arrival"
    JUDGED_AT_TIME_STAMP = "judged_at_time_stamp"
    LONG_TERM = "long_term"
    NO_TRUST_ROOTS = "no_trust_roots"
    NOT_FOR_SIGNING = "not_for_signing"
    REVOCATION_UNKNOWN = "revocation_unknown"
    REVOKED_AFTERWARDS = "revoked_afterwards"
    SIGNATURE_BROKEN = "signature_broken"
    SIGNATURE_REMOVED = "signature_removed"
    TIME_STAMP_BROKEN = "time_stamp_broken"
    TIME_STAMP_UNTRUSTED = "time_stamp_untrusted"


class Unreadable(StrEnum):
    """Why no signature of a file could be looked at."""

    BROKEN = "pdf_broken"
    CRASHED = "reading_failed"
    MEMORY = "reading_took_too_much_memory"
    NOT_A_PDF = "not_a_pdf"
    PASSWORD_PROTECTED = "pdf_password_protected"  # noqa: S105
    TIMEOUT = "reading_took_too_long"
    TOO_LARGE = "pdf_too_large"
    TOO_MANY = "too_many_signatures"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one signature; the columns of ``FileSignature``."""

    kind: Literal["signature", "timestamp"]
    field: Text500
    signer_name: Text500 = ""
    organisation: Text500 = ""
    issuer: Text500 = ""
    serial: Text500 = ""
    certificate_sha256: bytes | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    claimed_at: datetime | None = None
    stamped_at: datetime | None = None
    is_intact: bool
    covers_whole: bool
    change: Literal["none", "allowed", "suspicious"]
    trust: Literal["trusted", "untrusted", "expired", "revoked", "unknown"]
    reasons: Annotated[list[Reason], msgspec.Meta(max_length=40)] = []


class Judged(msgspec.Struct, frozen=True):
    """Every signature of a file in the order in which they were made; or why none could be looked at."""

    found: Annotated[list[Found], msgspec.Meta(max_length=SIGNATURES_LOOKED_AT * 2)] = []
    unreadable: Unreadable | None = None


class TrustMaterial(msgspec.Struct, frozen=True):
    """Certificates that are trusted, those in between, and lists of revoked ones; all DER."""

    roots: list[bytes] = []
    between: list[bytes] = []
    crls: list[bytes] = []


class Look(StrEnum):
    """How a visible signature is set in its box (Decree 30, Appendix I)."""

    PERSON = "person"
    """The picture of the handwriting fills the box."""
    SEAL = "seal"
    """The picture of the seal, as large as the box."""
    OFFICE = "office"
    """The office's lines alone, as at the top right of an annex that is a file of its own."""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signature goes and what it leaves open.

    ``page`` counts from 0, negative from the end. ``destination`` is the name of a rectangle that the file itself has;
    it goes before page and box. Without either nothing is seen. ``lines`` are set in Liberation Serif under the picture. ``open_fields`` may be filled afterwards; ``final`` locks every field and
    every later change but signatures and revocation data.
    """

    field: str = "Signature1"
    page: int = 0
    box: Box | None = None
    destination: str = ""
    look: Look = Look.PERSON
    lines: tuple[str, ...] = ()
    reason: str = ""
    location: str = ""
    open_fields: tuple[str, ...] = ()
    final: bool = False


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """Where the key is: a PKCS#12 container, or a key of a token behind a PKCS#11 module."""

    container: bytes | None = None
    module: str = ""
    environment: dict[str, str] = {}
    """What the module reads from the environment, which a child has none of."""
    token_label: str = ""
    key_label: str = ""
    certificate: bytes | None = None
    """DER; the key must be the one that belongs to it."""


class SigningTask(msgspec.Struct, frozen=True, kw_only=True):
    """What a child that signs is told, but for the passphrase, which goes another way."""

    key: Key
    placement: Placement
    picture: bytes | None = None
    timestamp_url: str = ""
    fetching: bool = False
    trust: TrustMaterial = TrustMaterial()
    signed_at: datetime


class FillingTask(msgspec.Struct, frozen=True):
    """Texts by the name of the field."""

    fields: dict[str, str]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a credential when its key was opened once."""

    certificate: bytes
    name: Text500
    organisation: Text500
    issuer: Text500
    valid_from: datetime
    valid_to: datetime


class Fault(StrEnum):
    """Why something could not be signed or opened; each has its error."""

    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CONTAINER_BROKEN = "container_broken"
    FIELD_MISSING = "pdf_field_missing"
    FIELD_TAKEN = "field_taken"
    KEY_DIFFERS = "key_differs"
    KEY_MISSING = "key_missing"
    KEY_TOO_WEAK = "key_too_weak"
    LOCKED = "changes_not_allowed"
    MODULE_MISSING = "module_missing"
    NOT_FOR_SIGNING = "not_for_signing"
    PASSPHRASE_WRONG = "passphrase_does_not_open"  # noqa: S105
    PICTURE_BROKEN = "picture_broken"
    PDF_BROKEN = "pdf_broken"
    PDF_PROTECTED = "pdf_password_protected"
    PAGE_MISSING = "pdf_page_missing"
    PIN_LOCKED = "pin_locked"
    PIN_WRONG = "pin_wrong"
    SELF_CHECK_FAILED = "self_check_failed"
    TIMEOUT = "signing_timed_out"
    TIMESTAMP_FAILED = "time_stamp_not_given"
    TOKEN_MISSING = "token_not_there"  # noqa: S105
    FAILED = "signing_went_wrong"
