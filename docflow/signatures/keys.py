"""Opening a key for one signature: out of a PKCS#12 container (RFC 7292), or of a token by PKCS#11. In a child only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pkcs11
from asn1crypto import keys, pkcs12, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from pkcs11 import exceptions as token_errors
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from docflow.signatures.certificates import is_revoked_by, may_sign
from docflow.signatures.terms import Fault, Key, TrustMaterial

_LEAST_RSA_BITS = 2048
_PIN_WRONG = (token_errors.PinIncorrect, token_errors.PinInvalid, token_errors.PinLenRange)
_NO_TOKEN = (
    token_errors.NoSuchToken,
    token_errors.TokenNotPresent,
    token_errors.TokenNotRecognised,
    token_errors.DeviceRemoved,
    token_errors.SlotIDInvalid,
)


class Refused(Exception):
    """It cannot be done, for this reason. Carries nothing else: no passphrase can hide in it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@contextmanager
def opened(key: Key, passphrase: str) -> Iterator[Signer]:
    """What signs with the key, for as long as the block lasts. Raises Refused."""
    if key.container is not None:
        yield from_container(key.container, passphrase)
        return
    with _token_session(key, passphrase) as session:
        yield _from_token(session, key)


def from_container(container: bytes, passphrase: str) -> SimpleSigner:
    """The one key in a PKCS#12 container with its certificate and those above it. Raises Refused."""
    try:
        pkcs12.Pfx.load(container, strict=True).native  # noqa: B018
    except (ValueError, TypeError, KeyError):
        raise Refused(Fault.CONTAINER_BROKEN) from None
    try:
        private, certificate, others = load_key_and_certificates(container, passphrase.encode())
    except ValueError:
        raise Refused(Fault.PASSPHRASE_WRONG) from None
    except Exception:
        raise Refused(Fault.CONTAINER_BROKEN) from None
    if private is None:
        raise Refused(Fault.KEY_MISSING)
    if certificate is None:
        # The library gives a certificate only if it belongs to the key.
        raise Refused(Fault.KEY_DIFFERS if others else Fault.CERTIFICATE_MISSING)
    if private.public_key().public_bytes(*_SPKI) != certificate.public_key().public_bytes(*_SPKI):
        raise Refused(Fault.KEY_DIFFERS)
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    own = x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    store.register_multiple([own, *(x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in others)])
    return SimpleSigner(own, keys.PrivateKeyInfo.load(plain), store)


_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def _token_session(key: Key, pin: str) -> Iterator[Any]:
    if not key.module or not Path(key.module).is_file():
        raise Refused(Fault.MODULE_MISSING)
    os.environ.update(key.environment)
    try:
        library = pkcs11.lib(key.module)
        token = library.get_token(token_label=key.token_label)
        session = token.open(user_pin=pin)
    except _PIN_WRONG:
        raise Refused(Fault.PIN_WRONG) from None
    except (token_errors.PinLocked, token_errors.PinExpired):
        raise Refused(Fault.PIN_LOCKED) from None
    except _NO_TOKEN:
        raise Refused(Fault.TOKEN_MISSING) from None
    except (token_errors.PKCS11Error, RuntimeError, OSError):
        raise Refused(Fault.MODULE_MISSING) from None
    try:
        yield session
    finally:
        session.close()


def _from_token(session: Any, key: Key) -> PKCS11Signer:
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: key.key_label}
    if not list(session.get_objects(wanted)):
        raise Refused(Fault.KEY_MISSING)
    wanted[pkcs11.Attribute.CLASS] = pkcs11.ObjectClass.CERTIFICATE
    certificates = list(session.get_objects(wanted))
    if certificates:
        certificate = x509.Certificate.load(certificates[0][pkcs11.Attribute.VALUE])
    elif key.certificate is not None:
        certificate = x509.Certificate.load(key.certificate)
    else:
        raise Refused(Fault.CERTIFICATE_MISSING)
    return PKCS11Signer(session, key_label=key.key_label, signing_cert=certificate)


def require_usable(signer: Signer, key: Key, at: datetime, trust: TrustMaterial) -> x509.Certificate:
    """Its certificate. Raises Refused when it may not sign at this moment, or is another than was kept."""
    certificate = signer.signing_cert
    if certificate is None:
        raise Refused(Fault.CERTIFICATE_MISSING)
    if key.certificate is not None and certificate.dump() != key.certificate:
        raise Refused(Fault.KEY_DIFFERS)
    if at > certificate.not_valid_after:
        raise Refused(Fault.CERTIFICATE_EXPIRED)
    if at < certificate.not_valid_before:
        raise Refused(Fault.CERTIFICATE_NOT_YET_VALID)
    if not may_sign(certificate):
        raise Refused(Fault.NOT_FOR_SIGNING)
    if certificate.public_key.algorithm == "rsa" and certificate.public_key.bit_size < _LEAST_RSA_BITS:
        raise Refused(Fault.KEY_TOO_WEAK)
    revoked_at = is_revoked_by(certificate, trust.crls)
    if revoked_at is not None and revoked_at <= at:
        raise Refused(Fault.CERTIFICATE_REVOKED)
    return certificate
