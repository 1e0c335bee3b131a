"""The certificate of the house: what docflow itself signs with, such as the trail of a document that is exported."""

import asyncio
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from docflow.core import clock
from docflow.signatures.containers import self_signed
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import HouseCertificateMissing
from docflow.signatures.terms import Key, Placement

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
        _write(container, self_signed(name, passphrase, clock.now()))
        _write(secret, passphrase.encode())
    return container, secret.read_text().strip()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
