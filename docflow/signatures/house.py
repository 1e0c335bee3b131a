"""The certificate of the house: what docflow itself signs with, such as the trail of a document that is exported."""

import asyncio
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from docflow.core import clock
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import HouseCertificateMissing
from docflow.signatures.terms import Key, Placement

_VALID_FOR = timedelta(days=3650)
CONTAINER, PASSPHRASE = "house.p12", "house.passphrase"


@dataclass(frozen=True, slots=True)
class HouseSigner:
    """Signs with a PKCS#12 container that the settings name. ``passphrase`` is left out of every representation."""

    desk: SigningDesk
    certificate: str = ""
    passphrase: str = field(default="", repr=False)

    async def sign_detached(self, content: bytes) -> bytes:
        """A detached CMS signature over the bytes (RFC 5652), DER. Raises HouseCertificateMissing, SigningFailed."""
        return await self.desk.sign_bytes(content, await self._key(), self.passphrase)

    async def sign_pdf(self, content: bytes) -> bytes:
        """The PDF with a signature of the house that is not seen and after which nothing may be filled in."""
        placement = Placement(field="House", final=True)
        return await self.desk.sign(content, await self._key(), self.passphrase, placement)

    async def _key(self) -> Key:
        if not self.certificate:
            raise HouseCertificateMissing(reason="house_certificate_not_set")
        try:
            return Key(container=await asyncio.to_thread(Path(self.certificate).read_bytes))
        except OSError:
            raise HouseCertificateMissing(reason="house_certificate_not_readable") from None


def keep_house_certificate(folder: Path, name: str = "docflow") -> tuple[Path, str]:
    """The container in a private folder and its passphrase, made when missing; both readable by their owner alone.

    Signed by itself: it proves that an export was not changed since it left this house, to whoever knows the
    certificate.
    """
    container, secret = folder / CONTAINER, folder / PASSPHRASE
    if not (container.is_file() and secret.is_file()):
        passphrase = secrets.token_urlsafe(24)
        # The passphrase last: a folder without it is begun anew.
        _write(container, _container(name, passphrase, clock.now()))
        _write(secret, passphrase.encode())
    return container, secret.read_text().strip()


def _container(name: str, passphrase: str, now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return serialize_key_and_certificates(
        name.encode(), key, certificate, None, BestAvailableEncryption(passphrase.encode())
    )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
