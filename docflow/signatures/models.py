"""What was found of the signatures in a file, and the credentials that sign here."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from docflow.core.db import Base, Key, Moment, Word, one_of


class CheckState(StrEnum):
    """How far looking for signatures in a file is."""

    WAITING = "waiting"
    CHECKED = "checked"
    FAILED = "failed"
    """It could not be read; ``reason`` says why."""


class SignatureKind(StrEnum):
    """What a signature field of a PDF holds."""

    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    """A document time stamp (RFC 3161 in a PDF, ISO 32000-2, 12.8.5)."""


class Change(StrEnum):
    """What was added to the file after this signature, by the worst of it."""

    NONE = "none"
    ALLOWED = "allowed"
    """Later signatures, form fields that the signer left open, revocation data."""
    SUSPICIOUS = "suspicious"


class Trust(StrEnum):
    """Whether the certificate leads to a root that the settings trust, at the moment that counts."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    """Not valid at the moment of signing, as far as that moment is proven."""
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    """No root is configured, or what is needed to judge is not at hand."""


class SignatureCheck(Base):
    """When the signatures of a file were last validated."""

    __tablename__ = "signature_check"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    state: Mapped[CheckState] = mapped_column(Word(CheckState), server_default=text("'waiting'"))
    reason: Mapped[str | None]
    signature_count: Mapped[int] = mapped_column(server_default=text("0"))
    checked_at: Mapped[datetime | None]
    trust_sha256: Mapped[bytes | None]
    """Digest of whom the settings trusted then; whoever was judged by another is judged again."""

    __table_args__ = (
        one_of("state", CheckState),
        Index("ix_signature_check_waiting", "file_id", postgresql_where=text("state = 'waiting'")),
    )


class FileSignature(Base):
    """One signature in a file, in the order in which they were made."""

    __tablename__ = "file_signature"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SignatureKind] = mapped_column(Word(SignatureKind))
    field: Mapped[str]
    signer_name: Mapped[str]
    """Common name of the certificate."""
    organisation: Mapped[str]
    issuer: Mapped[str]
    serial: Mapped[str]
    certificate_sha256: Mapped[bytes | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    """The time that the signer's machine told."""
    stamped_at: Mapped[datetime | None]
    """The time that a time stamp proves."""
    is_intact: Mapped[bool]
    """The signed bytes are the ones that were signed, and the signature over them is right."""
    covers_whole: Mapped[bool]
    """Nothing was added to the file after it."""
    change: Mapped[Change] = mapped_column(Word(Change))
    trust: Mapped[Trust] = mapped_column(Word(Trust))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Codes of the catalogue that explain the verdict."""

    __table_args__ = (one_of("kind", SignatureKind), one_of("change", Change), one_of("trust", Trust))


class CredentialKind(StrEnum):
    """Where the key of a credential is."""

    PKCS12 = "pkcs12"
    PKCS11 = "pkcs11"


class Credential(Base):
    """A certificate that a person or an office signs with. Its passphrase or PIN is given at each signing, never kept.

    The PKCS#12 container is kept as it was given, closed by its own passphrase; a PKCS#11 key stays in its token.
    """

    __tablename__ = "credential"

    id: Mapped[Key]
    principal_no: Mapped[int] = mapped_column(ForeignKey("principal.no"), index=True)
    """Whose it is: a person's, or a unit's (its seal)."""
    title: Mapped[str]
    kind: Mapped[CredentialKind] = mapped_column(Word(CredentialKind))
    container: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    token_label: Mapped[str | None]
    key_label: Mapped[str | None]
    certificate: Mapped[bytes]
    """DER."""
    subject: Mapped[str]
    issuer: Mapped[str]
    valid_from: Mapped[Moment]
    valid_to: Mapped[Moment]
    picture: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """PNG shown in the visible signature: the person's handwriting, the office's red seal (Decree 30, Appendix I)."""
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        one_of("kind", CredentialKind),
        CheckConstraint(
            "(kind = 'pkcs12' AND container IS NOT NULL AND token_label IS NULL AND key_label IS NULL)"
            " OR (kind = 'pkcs11' AND container IS NULL AND token_label IS NOT NULL AND key_label IS NOT NULL)",
            name="where_the_key_is",
        ),
    )
