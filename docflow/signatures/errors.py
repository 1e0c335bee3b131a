"""Facts that can go wrong with signatures and credentials."""

from docflow.core.errors import Conflict, DocflowError, Invalid, Unavailable, invalid
from docflow.signatures.terms import Fault


class CredentialUnusable(Conflict):
    """The credential cannot sign; ``reason`` says why, ``credential_id`` which."""

    code = "credential_unusable"


class PassphraseWrong(Conflict):
    """The container does not open with this passphrase, or the token refuses this PIN.

    ``reason`` is ``passphrase_does_not_open``, ``pin_wrong`` (a token locks itself after a few of these) or ``pin_locked``.
    """

    code = "passphrase_wrong"


class PdfNotSignable(Conflict):
    """The PDF cannot be signed or filled in; ``reason`` says why."""

    code = "pdf_not_signable"


class TokenMissing(Unavailable):
    """The token, or the module that reaches it, is not there."""

    code = "token_missing"


class TimestampUnavailable(Unavailable):
    """The time stamping authority that the settings name gave no time stamp."""

    code = "timestamp_unavailable"


class SigningFailed(Unavailable):
    """Signing ended without a result; nothing was made."""

    code = "signing_failed"


class HouseCertificateMissing(Unavailable):
    """No certificate of the house is configured."""

    code = "house_certificate_missing"


_OF_THE_CREDENTIAL = frozenset(
    {
        Fault.CERTIFICATE_EXPIRED,
        Fault.CERTIFICATE_MISSING,
        Fault.CERTIFICATE_NOT_YET_VALID,
        Fault.CERTIFICATE_REVOKED,
        Fault.CONTAINER_BROKEN,
        Fault.KEY_DIFFERS,
        Fault.KEY_MISSING,
        Fault.KEY_TOO_WEAK,
        Fault.NOT_FOR_SIGNING,
        Fault.PICTURE_BROKEN,
    }
)
_OF_THE_PASSPHRASE = frozenset({Fault.PASSPHRASE_WRONG, Fault.PIN_WRONG, Fault.PIN_LOCKED})
_OF_THE_PDF = frozenset(
    {
        Fault.FIELD_MISSING,
        Fault.FIELD_TAKEN,
        Fault.LOCKED,
        Fault.PAGE_MISSING,
        Fault.PDF_BROKEN,
        Fault.PDF_PROTECTED,
        Fault.SELF_CHECK_FAILED,
    }
)


def error_of(fault: Fault, **facts: str) -> DocflowError:
    """The error behind a fault that a child told."""
    if fault in _OF_THE_CREDENTIAL:
        return CredentialUnusable(reason=fault.value, **facts)
    if fault in _OF_THE_PASSPHRASE:
        return PassphraseWrong(reason=fault.value, **facts)
    if fault in _OF_THE_PDF:
        return PdfNotSignable(reason=fault.value, **facts)
    if fault in {Fault.TOKEN_MISSING, Fault.MODULE_MISSING}:
        return TokenMissing(reason=fault.value, **facts)
    if fault is Fault.TIMESTAMP_FAILED:
        return TimestampUnavailable()
    return SigningFailed(reason=fault.value)


def refused_at(field: str, fault: Fault) -> Invalid:
    """The same as a wrong field of a request."""
    return invalid(field, fault.value)


CONSTRAINTS: dict[str, type[DocflowError]] = {}
