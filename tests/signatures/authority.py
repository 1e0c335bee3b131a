"""An authority for tests: a root, people's certificates in containers, revocation lists, papers to sign."""

import io
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from reportlab.pdfgen import canvas

from docflow.signatures.desk import SigningDesk
from docflow.signatures.terms import Judged

PASSPHRASE = "mở khóa"
YEAR = timedelta(days=365)
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def usage(*, signs: bool = True, certifies: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Authority:
    """A root that issues certificates, and says which it revoked."""

    name: str = "Cơ quan chứng thực thử"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __post_init__(self) -> None:
        self.root = self.certificate(self.name, self.key, root=True)

    def certificate(
        self,
        name: str,
        key: Private,
        *,
        root: bool = False,
        valid_from: timedelta = -YEAR,
        valid_to: timedelta = YEAR,
        signs: bool = True,
        stamps: bool = False,
    ) -> x509.Certificate:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name),
                *([] if root else [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ủy ban nhân dân tỉnh")]),
            ]
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + valid_from - (5 * YEAR if root else timedelta()))
            .not_valid_after(self.now + valid_to + (5 * YEAR if root else timedelta()))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(usage(signs=signs and not root, certifies=root), critical=True)
        )
        if stamps:
            extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(extended, critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def container(
        self,
        name: str = "Nguyễn Văn Đức",
        *,
        valid_from: timedelta = -YEAR,
        valid_to: timedelta = YEAR,
        signs: bool = True,
    ) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certificate(name, key, valid_from=valid_from, valid_to=valid_to, signs=signs)
        return packed(key, certificate)

    def revocation_list(self, *serials: int, at: timedelta = -timedelta(hours=1)) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(self.now - timedelta(minutes=5))
            .next_update(self.now + timedelta(days=7))
        )
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now + at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def publish(self, folder: Path, *crls: bytes) -> Path:
        """A folder as the setting names it."""
        folder.mkdir(exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        for number, crl in enumerate(crls):
            (folder / f"{number}.crl").write_bytes(crl)
        return folder


def packed(key: Private, certificate: x509.Certificate, passphrase: str = PASSPHRASE) -> bytes:
    return serialize_key_and_certificates(
        b"docflow", key, certificate, None, BestAvailableEncryption(passphrase.encode())
    )


def plain_key(key: Private) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def paper(*fields: str, password: str | None = None) -> bytes:
    """A page with text fields."""
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=True, encrypt=password)
    page.drawString(72, 700, "Bao cao cong tac thang 11")
    for place, name in enumerate(fields):
        page.acroForm.textfield(name=name, x=72 + 70 * place, y=600, width=60, height=18, borderWidth=0)
    page.showPage()
    page.save()
    return out.getvalue()


async def judged(desk: SigningDesk, content: bytes, arrived_at: datetime | None = None) -> Judged:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return await desk.judge(file, len(content), (await desk.trust()).material, arrived_at)
