"""What comes in and goes out about signatures and credentials."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from docflow.signatures.models import Change, CheckState, CredentialKind, SignatureKind, Trust
from docflow.web.schemas import In, Out

_CREDENTIAL = "01997a3e-5b60-7c11-9c1e-0b7f1d2a5a01"
_FILE = "01997a3e-5b60-7c11-9c1e-0b7f1d2a5a02"
_UNIT = "01997a3e-5b60-7c11-9c1e-0b7f1d2a4c10"

Label = Annotated[str, Meta(max_length=200)]


class Verdict(StrEnum):
    """All signatures of a file in one word, the worst of them."""

    UNSIGNED = "unsigned"
    WAITING = "waiting"
    UNREADABLE = "unreadable"
    VALID = "valid"
    """Every signature is right, leads to a trusted root, and was followed by nothing that it does not allow."""
    UNPROVEN = "unproven"
    """Nothing is wrong with the file, but whose signature it is cannot be proven."""
    INVALID = "invalid"
    """Something was changed, or a certificate had been revoked."""


class ReasonOut(Out, frozen=True):
    """A reason as a code and in the words of the reader."""

    code: str
    text: str

    example: ClassVar[dict[str, Any]] = {
        "code": "judged_at_arrival",
        "text": "Chứng thư được xét tại thời điểm văn bản đến đây.",
    }


class SignatureOut(Out, frozen=True, kw_only=True):
    """One signature or time stamp inside a file."""

    kind: SignatureKind
    field: str
    signer_name: str
    organisation: str
    issuer: str
    serial: str
    certificate_sha256: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    claimed_at: datetime | None
    stamped_at: datetime | None
    intact: bool
    covers_whole: bool
    change: Change
    trust: Trust
    verdict: Verdict
    reasons: list[ReasonOut]

    example: ClassVar[dict[str, Any]] = {
        "kind": "signature",
        "field": "Person",
        "signer_name": "Nguyễn Văn Đức",
        "organisation": "Ủy ban nhân dân tỉnh",
        "issuer": "Cơ quan chứng thực số",
        "serial": "5a01",
        "certificate_sha256": "9f" * 32,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": "2031-01-01T00:00:00Z",
        "claimed_at": "2026-11-23T01:30:00Z",
        "stamped_at": None,
        "intact": True,
        "covers_whole": True,
        "change": "none",
        "trust": "trusted",
        "verdict": "valid",
        "reasons": [ReasonOut.example],
    }


class FileSignaturesOut(Out, frozen=True, kw_only=True):
    """The signatures inside one version of a file, in the order in which they were made."""

    file_id: UUID
    annex: int
    version: int
    filename: str
    state: CheckState | None
    """Null: the file is of no kind that signatures are looked for in, or carries none."""
    verdict: Verdict
    reason: ReasonOut | None
    checked_at: datetime | None
    signatures: list[SignatureOut]

    example: ClassVar[dict[str, Any]] = {
        "file_id": _FILE,
        "annex": 0,
        "version": 1,
        "filename": "bao-cao.pdf",
        "state": "checked",
        "verdict": "valid",
        "reason": None,
        "checked_at": "2026-11-23T01:31:00Z",
        "signatures": [SignatureOut.example],
    }


class SignaturesOut(Out, frozen=True):
    """What is known of the signatures of a document, version by version."""

    verdict: Verdict
    """Of the newest version of the document's own file."""
    files: list[FileSignaturesOut]

    example: ClassVar[dict[str, Any]] = {"verdict": "valid", "files": [FileSignaturesOut.example]}


class AddCredential(In, kw_only=True):
    """A certificate to sign with: a PKCS#12 container (base64), or a key in a token.

    ``passphrase`` (or the token's PIN) opens it once, to read the certificate; it is not kept. ``unit_id``: it is the
    unit's seal; otherwise it is your own. ``picture`` is a transparent PNG (base64).
    """

    title: Label
    passphrase: Annotated[str, Meta(max_length=200)]
    container: Annotated[bytes, Meta(min_length=1, max_length=262_144)] | None = None
    token_label: Label | None = None
    key_label: Label | None = None
    picture: Annotated[bytes, Meta(min_length=1, max_length=393_216)] | None = None
    unit_id: UUID | None = None

    example: ClassVar[dict[str, Any]] = {
        "title": "Chứng thư số cá nhân 2026",
        "passphrase": "…",
        "container": "MIIJ",
        "picture": None,
        "unit_id": None,
    }

    def __repr__(self) -> str:
        return f"AddCredential(title={self.title!r})"


class CredentialOut(Out, frozen=True, kw_only=True):
    """A credential without its key. ``unit_id``: whose seal it is; null for one's own."""

    id: UUID
    title: str
    kind: CredentialKind
    unit_id: UUID | None
    subject: str
    issuer: str
    valid_from: datetime
    valid_to: datetime
    added_at: datetime
    revoked_at: datetime | None
    usable: bool
    """Whether you may sign with it now, as far as its dates tell."""

    example: ClassVar[dict[str, Any]] = {
        "id": _CREDENTIAL,
        "title": "Con dấu Sở Nội vụ",
        "kind": "pkcs12",
        "unit_id": _UNIT,
        "subject": "Sở Nội vụ",
        "issuer": "Cơ quan chứng thực số",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": "2031-01-01T00:00:00Z",
        "added_at": "2026-11-23T01:30:00Z",
        "revoked_at": None,
        "usable": True,
    }
