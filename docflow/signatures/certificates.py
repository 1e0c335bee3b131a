"""What a certificate says, in words that can be shown; and whether a list says that it was revoked."""

import hashlib
import unicodedata
from datetime import datetime
from typing import Any

from asn1crypto import crl, x509

_LONGEST = 500


def shown(words: Any) -> str:
    """A name of a certificate or a field as one line: whoever made it may have put anything into it."""
    if isinstance(words, list):
        words = ", ".join(map(str, words))
    clean = "".join(
        letter if unicodedata.category(letter)[0] != "C" else " " for letter in str(words)[: 4 * _LONGEST]
    )
    return unicodedata.normalize("NFC", " ".join(clean.split()))[:_LONGEST]


def sha256_of(certificate: x509.Certificate) -> bytes:
    """Of the DER form."""
    return hashlib.sha256(certificate.dump()).digest()


def is_revoked_by(certificate: x509.Certificate, crls: list[bytes]) -> datetime | None:
    """When a list of its issuer says that it was revoked, however old that list is: nobody is taken off again."""
    for piece in crls:
        found = crl.CertificateList.load(piece)
        if found.issuer != certificate.issuer:
            continue
        for entry in found["tbs_cert_list"]["revoked_certificates"]:
            if entry["user_certificate"].native == certificate.serial_number:
                at: datetime = entry["revocation_date"].native
                return at
    return None


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether its key usage allows signing documents (RFC 5280, 4.2.1.3); without one everything is allowed."""
    usage = certificate.key_usage_value
    return usage is None or bool({"digital_signature", "non_repudiation"} & usage.native)


def sha256_hex(certificate: bytes) -> str:
    """Of the DER form, as certificates are told apart by people."""
    return hashlib.sha256(certificate).hexdigest()
