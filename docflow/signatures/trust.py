"""Whom the settings trust: certificates and lists of revoked ones, read from a folder or a file."""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import structlog
from asn1crypto import crl, x509

from docflow.signatures.terms import TrustMaterial

LARGEST_FILE = 64 * 1024 * 1024
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s(.*?)-----END \1-----", re.DOTALL)

log = structlog.get_logger("docflow.signatures")


@dataclass(frozen=True, slots=True)
class Trust:
    """The material and its digest: whoever was judged by another digest is judged again."""

    material: TrustMaterial
    sha256: bytes


def read_trust(place: str) -> Trust:
    """Every certificate and CRL, PEM or DER, in the folder (not below it) or file; nothing for an empty place.

    A certificate that issued itself is a root, any other leads to one. What cannot be read is logged and left out.
    """
    roots: set[bytes] = set()
    between: set[bytes] = set()
    crls: set[bytes] = set()
    for path in _files(place):
        for piece in _pieces(path):
            if (certificate := _certificate(piece)) is not None:
                (roots if certificate.self_issued else between).add(piece)
            elif _is_crl(piece):
                crls.add(piece)
            else:
                log.warning("trust_not_understood", file=path.name)
    material = TrustMaterial(sorted(roots), sorted(between), sorted(crls))
    digest = hashlib.sha256()
    for group in (material.roots, material.between, material.crls):
        digest.update(b"%d;" % len(group))
        for piece in group:
            digest.update(hashlib.sha256(piece).digest())
    return Trust(material, digest.digest())


def _files(place: str) -> list[Path]:
    if not place:
        return []
    path = Path(place)
    try:
        found = sorted(path.iterdir()) if path.is_dir() else [path]
        return [file for file in found if file.is_file() and file.stat().st_size <= LARGEST_FILE]
    except OSError as error:
        log.warning("trust_not_read", reason=type(error).__name__)
        return []


def _pieces(path: Path) -> list[bytes]:
    try:
        content = path.read_bytes()
    except OSError:
        log.warning("trust_not_read", file=path.name)
        return []
    if b"-----BEGIN " not in content[:65536]:
        return [content]
    pieces = []
    for _, encoded in _PEM.findall(content):
        try:
            pieces.append(base64.b64decode(encoded))
        except ValueError:
            log.warning("trust_not_understood", file=path.name)
    return pieces


def _certificate(piece: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.Certificate.load(piece, strict=True)
        certificate.public_key.algorithm  # noqa: B018  (parses what is lazily parsed)
        certificate.self_issued  # noqa: B018
    except (ValueError, TypeError, KeyError):
        return None
    return certificate


def _is_crl(piece: bytes) -> bool:
    try:
        found = crl.CertificateList.load(piece, strict=True)
        found["tbs_cert_list"]["issuer"].native  # noqa: B018
    except (ValueError, TypeError, KeyError):
        return False
    return True
