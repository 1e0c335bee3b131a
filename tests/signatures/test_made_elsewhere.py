"""What other programs signed is judged right: openssl over revisions written by hand, poppler with keys of NSS."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from docflow.signatures.desk import SigningDesk
from docflow.signatures.terms import Found
from tests.signatures.authority import Authority, Private, judged, packed, paper

SIGNER = "Phạm Thị Hồng"
NICKNAME = "docflow"  # the friendly name in the container
SECRET = "mat-khau"
ROOM = 16_384
"""Hexadecimal digits left open for the signature."""
EDGE = b"%010d"
CATALOG, PAGE = 4, 3
"""Numbers of these objects in a paper of reportlab's."""

Sign = Callable[[bytes], bytes]
Way = tuple[str, str, bool]
WAYS: list[Way] = [
    ("adbe.pkcs7.detached", "rsa", False),
    ("adbe.pkcs7.detached", "ec", False),
    ("ETSI.CAdES.detached", "rsa", True),
    ("ETSI.CAdES.detached", "ec", True),
]


@dataclass(frozen=True)
class Made:
    """A signed file and the certificate that signed it."""

    content: bytes
    certificate: x509.Certificate


def revised(content: bytes, objects: dict[int, bytes]) -> bytes:
    """An incremental update (ISO 32000-1, 7.5.6) with a table in its classic form (7.5.4)."""
    before = int(re.findall(rb"startxref\s+(\d+)", content)[-1])
    size = max(int(re.findall(rb"/Size (\d+)", content)[-1]), *(number + 1 for number in objects))
    out = content if content.endswith(b"\n") else content + b"\n"
    table = b"xref\n"
    for number, body in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size, CATALOG, before)
    return out + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def body_of(content: bytes, number: int) -> bytes:
    bodies: list[bytes] = re.findall(rb"(?:^|\n)%d 0 obj\n<<(.*?)>>\s*endobj" % number, content, re.DOTALL)
    return bodies[-1]


def with_open_signature(content: bytes, kind: str) -> bytes:
    """A field with its widget, and a signature whose place is still empty (ISO 32000-1, 12.7.4.5 and 12.8.1)."""
    taken = int(re.findall(rb"/Size (\d+)", content)[-1])
    empty = b" ".join([b"/ByteRange [0", EDGE % 0, EDGE % 0, EDGE % 0 + b"]"])
    return revised(
        content,
        {
            CATALOG: b"<<%b/AcroForm << /Fields [%d 0 R] /SigFlags 3 >> >>"
            % (body_of(content, CATALOG), taken),
            PAGE: b"<<%b/Annots [%d 0 R] >>" % (body_of(content, PAGE), taken),
            taken: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Elsewhere) /V %d 0 R /F 132 /Rect [0 0 0 0]"
            b" /P %d 0 R >>" % (taken + 1, PAGE),
            taken + 1: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%b %b /Contents <%b> >>"
            % (kind.encode(), empty, b"0" * ROOM),
        },
    )


def signed_by(content: bytes, sign: Sign) -> bytes:
    """With its ranges, and with what ``sign`` answers for the bytes in them."""
    opened = content.rindex(b"/Contents <" + b"0" * ROOM) + len(b"/Contents ")
    closed = opened + ROOM + 2
    ranges = b" ".join([b"[0", EDGE % opened, EDGE % closed, EDGE % (len(content) - closed) + b"]"])
    place = content.rindex(b"/ByteRange [") + len(b"/ByteRange ")
    ranged = content[:place] + ranges + content[place + len(ranges) :]
    cms = sign(ranged[:opened] + ranged[closed:]).hex().encode()
    assert len(cms) <= ROOM
    return ranged[: opened + 1] + cms.ljust(ROOM, b"0") + ranged[closed - 1 :]


def generated(kind: str) -> Private:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def openssl_of(
    folder: Path, authority: Authority, key: Private, certificate: x509.Certificate, *, cades: bool
) -> Sign:
    """Signs as ``openssl cms`` does: detached, DER, the root put along."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "signer.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256"]
    command += ["-signer", "signer.pem", "-inkey", "key.pem", "-certfile", "root.pem"]
    command += ["-cades"] if cades else []

    def sign(content: bytes) -> bytes:
        return subprocess.run(command, input=content, cwd=folder, capture_output=True, check=True).stdout

    return sign


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def made(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """A paper that openssl signed: both kinds of signature, both kinds of keys."""
    subfilter, algorithm, cades = request.param
    key = generated(algorithm)
    certificate = authority.certificate(SIGNER, key)
    sign = openssl_of(tmp_path_factory.mktemp("openssl"), authority, key, certificate, cades=cades)
    return Made(signed_by(with_open_signature(paper(), subfilter), sign), certificate)


async def only(desk: SigningDesk, content: bytes) -> Found:
    answer = await judged(desk, content)
    assert answer.unreadable is None
    (found,) = answer.found
    return found


@pytest.mark.debian("openssl")
async def test_what_openssl_signed_is_whole_and_trusted_and_says_who(desk: SigningDesk, made: Made):
    found = await only(desk, made.content)

    assert (found.is_intact, found.covers_whole, found.change, found.trust) == (True, True, "none", "trusted")
    assert (found.kind, found.field) == ("signature", "Elsewhere")
    assert (found.signer_name, found.issuer) == (SIGNER, "Cơ quan chứng thực thử")
    assert found.serial == f"{made.certificate.serial_number:x}"
    assert found.claimed_at is not None
    assert found.reasons == ["revocation_unknown"]


@pytest.mark.debian("openssl")
async def test_a_root_that_the_signature_brings_along_is_not_trusted_for_it(
    desk: SigningDesk, made: Made, tmp_path: Path
):
    other = Authority("Cơ quan khác").publish(tmp_path / "roots")

    elsewhere = await only(replace(desk, trust_roots=str(other)), made.content)
    nowhere = await only(replace(desk, trust_roots=""), made.content)

    assert (elsewhere.is_intact, elsewhere.trust, elsewhere.reasons) == (
        True,
        "untrusted",
        ["issuer_unknown"],
    )
    assert (nowhere.is_intact, nowhere.trust, nowhere.reasons) == (True, "unknown", ["no_trust_roots"])


@pytest.mark.debian("openssl")
@pytest.mark.parametrize("where", [b"Gap@D0a", b"/Rect [0 0 0"], ids=["page", "signature_field"])
async def test_one_flipped_bit_in_what_openssl_signed_is_told(desk: SigningDesk, made: Made, where: bytes):
    place = made.content.rindex(where) + len(where) - 1
    flipped = made.content[:place] + bytes([made.content[place] ^ 1]) + made.content[place + 1 :]

    found = await only(desk, flipped)

    assert not found.is_intact
    assert "digest_differs" in found.reasons
    assert found.signer_name == SIGNER


@pytest.mark.debian("openssl")
async def test_a_signature_that_openssl_made_for_another_file_is_told(desk: SigningDesk, made: Made):
    """The same signature put into a paper that says something else."""
    (cms,) = re.findall(rb"/Contents <([0-9a-f]+)>", made.content)
    (kind,) = re.findall(rb"/SubFilter /(\S+)", made.content)
    other = signed_by(
        with_open_signature(paper("number"), kind.decode()),
        lambda _: bytes.fromhex(cms.decode())[: ROOM // 2],
    )

    found = await only(desk, other)

    assert not found.is_intact
    assert "digest_differs" in found.reasons


@pytest.mark.debian("openssl")
async def test_a_page_drawn_over_after_openssl_signed_is_suspicious(desk: SigningDesk, made: Made):
    free = int(re.findall(rb"/Size (\d+)", made.content)[-1])
    page = body_of(made.content, PAGE).replace(b"/Contents 7 0 R", b"/Contents %d 0 R" % free)
    stream = b"<< /Length 16 >>\nstream\n0 0 600 800 re f\nendstream"

    found = await only(desk, revised(made.content, {PAGE: b"<<%b>>" % page, free: stream}))

    assert (found.is_intact, found.covers_whole, found.change) == (True, False, "suspicious")
    assert "changed_afterwards" in found.reasons


@pytest.mark.debian("openssl")
@pytest.mark.parametrize(
    "said", [b"% and this, too\n", b"9 0 obj\n(more)\nendobj\n"], ids=["remark", "object"]
)
async def test_bytes_that_no_revision_accounts_for_are_suspicious(desk: SigningDesk, made: Made, said: bytes):
    found = await only(desk, made.content + said)

    assert (found.is_intact, found.covers_whole, found.change) == (True, False, "suspicious")
    assert "bytes_left_out" in found.reasons


@pytest.mark.debian("openssl")
async def test_an_empty_line_put_at_the_end_on_the_way_says_nothing(desk: SigningDesk, made: Made):
    found = await only(desk, made.content + b"\r\n\0")

    assert (found.is_intact, found.covers_whole, found.change) == (True, False, "allowed")


@pytest.fixture(scope="module")
def by_poppler(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A paper that poppler signed with a key in a database of NSS."""
    folder = tmp_path_factory.mktemp("nss")
    key = generated("rsa")
    (folder / "key.p12").write_bytes(packed(key, authority.certificate(SIGNER, key), SECRET))
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    (folder / "paper.pdf").write_bytes(paper())
    (folder / "nss").mkdir()
    database = ["-d", "sql:nss"]
    for command in (
        ["certutil", "-N", *database, "--empty-password"],
        ["certutil", "-A", *database, "-n", "root", "-t", "C,C,C", "-i", "root.pem"],
        ["pk12util", *database, "-i", "key.p12", "-W", SECRET],
        ["pdfsig", "-nssdir", "sql:nss", "-add-signature", "-nick", NICKNAME, "paper.pdf", "signed.pdf"],
    ):
        subprocess.run(command, cwd=folder, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    return (folder / "signed.pdf").read_bytes()


@pytest.mark.debian("pdfsig", "certutil", "pk12util")
async def test_what_poppler_signed_is_judged_right(desk: SigningDesk, by_poppler: bytes):
    found = await only(desk, by_poppler)

    assert (found.is_intact, found.covers_whole, found.change, found.trust) == (True, True, "none", "trusted")
    assert (found.signer_name, found.reasons) == (SIGNER, ["revocation_unknown"])


@pytest.mark.debian("pdfsig", "certutil", "pk12util")
async def test_what_was_changed_after_poppler_signed_is_told(
    desk: SigningDesk, by_poppler: bytes, tmp_path: Path
):
    other = Authority("Cơ quan khác").publish(tmp_path / "roots")
    place = by_poppler.index(b"Gap@D0a")
    flipped = by_poppler[:place] + b"H" + by_poppler[place + 1 :]

    elsewhere = await only(replace(desk, trust_roots=str(other)), by_poppler)
    changed = await only(desk, flipped)
    longer = await only(desk, by_poppler + b"% and this, too\n")

    assert (elsewhere.is_intact, elsewhere.trust) == (True, "untrusted")
    assert not changed.is_intact
    assert (longer.is_intact, longer.change) == (True, "suspicious")
