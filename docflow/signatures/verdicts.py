"""From what pyHanko says of a chain of certificates to one of our five words, and why."""

from datetime import datetime
from typing import Any, Literal

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate

from docflow.signatures.certificates import is_revoked_by, may_sign
from docflow.signatures.terms import Reason, TrustMaterial

Trusted = Literal["trusted", "untrusted", "expired", "revoked", "unknown"]

_REVOKED = {AdESFailure.REVOKED, AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE}
_WEAK = {
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
}


def trust_of(
    status: Any, certificate: x509.Certificate, moment: datetime, trust: TrustMaterial
) -> tuple[Trusted, list[Reason]]:
    """Whether the certificate leads to a root at ``moment``; ``status`` is pyHanko's."""
    if not trust.roots:
        return "unknown", [Reason.NO_TRUST_ROOTS]
    problem = status.trust_problem_indic
    if _is_revoked(status, certificate, moment, trust):
        return "revoked", [Reason.CERTIFICATE_REVOKED]
    if status.trusted:
        return "trusted", []
    alone = certificate.self_issued and certificate.dump() not in trust.roots
    if problem is AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND or alone:
        return "untrusted", [Reason.ISSUER_UNKNOWN]
    if problem in _WEAK:
        return "untrusted", [Reason.ALGORITHM_WEAK]
    if moment > certificate.not_valid_after:
        return "expired", [Reason.CERTIFICATE_EXPIRED]
    if moment < certificate.not_valid_before:
        return "expired", [Reason.CERTIFICATE_NOT_YET_VALID]
    if problem is AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE or not may_sign(certificate):
        return "untrusted", [Reason.NOT_FOR_SIGNING]
    if problem is AdESIndeterminate.TRY_LATER:
        return "unknown", [Reason.REVOCATION_UNKNOWN]
    return "untrusted", [Reason.CHAIN_BROKEN]


def _is_revoked(status: Any, certificate: x509.Certificate, moment: datetime, trust: TrustMaterial) -> bool:
    if status.trust_problem_indic in _REVOKED:
        return True
    path = [certificate, *(status.validation_path or ())] if status.trusted else [certificate]
    found = (is_revoked_by(one, trust.crls) for one in path if isinstance(one, x509.Certificate))
    return status.trusted and any(at is not None and at <= moment for at in found)
