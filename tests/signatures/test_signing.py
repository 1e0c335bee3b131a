"""Signing with containers and tokens, with time stamps; what cannot sign says why; a passphrase is told to nobody."""

import asyncio
import io
import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pkcs11
import pytest
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image
from pkcs11.util.rsa import decode_rsa_private_key
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from docflow.files.children import Children
from docflow.signatures.appearance import office_box, seal_box
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import (
    CredentialUnusable,
    PassphraseWrong,
    PdfNotSignable,
    SigningFailed,
    TimestampUnavailable,
    TokenMissing,
)
from docflow.signatures.house import HouseSigner, keep_house_certificate
from docflow.signatures.keys import from_container
from docflow.signatures.terms import Key, Placement
from tests.signatures.authority import PASSPHRASE, YEAR, Authority, judged, packed, paper, plain_key

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
debian = pytest.mark.debian("softhsm2-util", MODULE)
independent = pytest.mark.debian("pdfsig", "openssl")


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (200, 100), (200, 0, 0, 120)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"valid_to": -timedelta(days=1)}, "certificate_expired"),
        ({"valid_from": timedelta(days=1)}, "certificate_not_yet_valid"),
        ({"signs": False}, "not_for_signing"),
    ],
)
async def test_a_certificate_that_may_not_sign_says_why(
    desk: SigningDesk, authority: Authority, given: dict[str, object], reason: str
):
    container = authority.container(**given)  # type: ignore[arg-type]

    with pytest.raises(CredentialUnusable) as refused:
        await desk.sign(paper(), Key(container=container), PASSPHRASE, Placement())
    assert refused.value.facts == {"reason": reason}


async def test_a_wrong_passphrase_is_told_and_never_repeated(
    desk: SigningDesk, key: Key, caplog: pytest.LogCaptureFixture
):
    secret = "khong-phai-mat-khau-nay"

    with caplog.at_level(logging.DEBUG), pytest.raises(PassphraseWrong) as refused:
        await desk.sign(paper(), key, secret, Placement())
    assert refused.value.facts == {"reason": "passphrase_does_not_open"}
    assert secret not in repr(refused.value) + caplog.text


async def test_what_is_no_container_is_told(desk: SigningDesk):
    with pytest.raises(CredentialUnusable) as refused:
        await desk.sign(paper(), Key(container=b"\x30\x03\x02\x01\x03"), PASSPHRASE, Placement())
    assert refused.value.facts == {"reason": "container_broken"}


async def test_a_key_of_another_certificate_is_told(desk: SigningDesk, authority: Authority):
    other = authority.certificate("Khác", ec.generate_private_key(ec.SECP256R1()))
    wrong = Key(container=authority.container(), certificate=other.public_bytes(Encoding.DER))

    with pytest.raises(CredentialUnusable) as refused:
        await desk.sign(paper(), wrong, PASSPHRASE, Placement())
    assert refused.value.facts == {"reason": "key_differs"}


async def test_a_revoked_credential_does_not_sign(desk: SigningDesk, authority: Authority, tmp_path: Path):
    container = authority.container()
    serial = from_container(container, PASSPHRASE).signing_cert.serial_number  # type: ignore[union-attr]
    folder = authority.publish(tmp_path / "roots", authority.revocation_list(serial))

    with pytest.raises(CredentialUnusable) as refused:
        await replace(desk, trust_roots=str(folder)).sign(
            paper(), Key(container=container), PASSPHRASE, Placement()
        )
    assert refused.value.facts == {"reason": "certificate_revoked"}


@pytest.mark.parametrize(
    ("content", "placement", "reason"),
    [
        (b"no pdf", Placement(), "pdf_broken"),
        (paper(password="x"), Placement(), "pdf_password_protected"),
        (paper(), Placement(page=7), "pdf_page_missing"),
    ],
)
async def test_a_pdf_that_cannot_be_signed_says_why(
    desk: SigningDesk, key: Key, content: bytes, placement: Placement, reason: str
):
    with pytest.raises(PdfNotSignable) as refused:
        await desk.sign(content, key, PASSPHRASE, placement)
    assert refused.value.facts == {"reason": reason}


async def test_a_field_is_signed_once(desk: SigningDesk, key: Key, signed: bytes):
    with pytest.raises(PdfNotSignable) as refused:
        await desk.sign(signed, key, PASSPHRASE, Placement(field="Person"))
    assert refused.value.facts == {"reason": "field_taken"}


async def test_a_field_that_is_not_there_is_not_filled_in(desk: SigningDesk, signed: bytes):
    with pytest.raises(PdfNotSignable) as refused:
        await desk.fill(signed, {"month": "11"})
    assert refused.value.facts == {"reason": "pdf_field_missing"}


async def test_a_signature_shows_its_picture_and_its_lines(desk: SigningDesk, key: Key):
    box = (300.0, 100.0, 480.0, 180.0)
    made = await desk.sign(paper(), key, PASSPHRASE, Placement(box=box, lines=("Nguyễn Văn Đức",)), picture())

    assert b"/SMask" in made
    assert b"LiberationSerif" in made
    (found,) = (await judged(desk, made)).found
    assert found.covers_whole


def test_the_seal_lies_over_a_third_of_the_signature_at_its_left():
    left, bottom, right, top = seal_box((300.0, 100.0, 450.0, 180.0))

    assert right == 350.0
    assert round((right - left) / 72 * 25.4) == 36
    assert (bottom + top) / 2 == 140.0
    assert office_box(595, 842)[2] < 595


async def test_a_child_that_takes_too_long_is_ended(desk: SigningDesk, key: Key):
    """An authority that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = replace(desk, seconds=1, timestamp_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")

        with pytest.raises(SigningFailed) as refused:
            await waiting.sign(paper(), key, PASSPHRASE, Placement())
    assert refused.value.facts == {"reason": "signing_timed_out"}


@pytest.fixture
def stamping(authority: Authority) -> Iterator[str]:
    """A time stamping authority that listens on loopback (RFC 3161, 3.4)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = authority.certificate("Dấu thời gian", private, stamps=True)
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(plain_key(private)),
    )

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = stamper.request_tsa_response(tsp.TimeStampReq.load(asked)).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


async def test_a_time_stamp_proves_when_it_was_signed(desk: SigningDesk, key: Key, stamping: str):
    made = await replace(desk, timestamp_url=stamping).sign(paper(), key, PASSPHRASE, Placement())

    (found,) = (await judged(desk, made)).found

    assert found.stamped_at is not None
    assert (found.is_intact, found.trust) == (True, "trusted")
    assert "judged_at_time_stamp" in found.reasons


async def test_what_is_needed_to_prove_it_later_is_put_in_where_it_is_at_hand(
    desk: SigningDesk, authority: Authority, key: Key, stamping: str, tmp_path: Path
):
    folder = authority.publish(tmp_path / "roots", authority.revocation_list(1))
    made = await replace(desk, timestamp_url=stamping, trust_roots=str(folder)).sign(
        paper(), key, PASSPHRASE, Placement()
    )

    (found,) = (await judged(desk, made)).found

    assert b"/DSS" in made
    assert "long_term" in found.reasons


async def test_without_the_stamping_authority_nothing_is_signed(desk: SigningDesk, key: Key):
    with pytest.raises(TimestampUnavailable):
        await replace(desk, timestamp_url="http://127.0.0.1:9/").sign(paper(), key, PASSPHRASE, Placement())


@pytest.fixture(scope="session")
def token(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A token in software with one key and its certificate; its PIN is 1234."""
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    configured = home / "softhsm2.conf"
    configured.write_text(
        f"directories.tokendir = {home / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    environment = {**os.environ, "SOFTHSM2_CONF": str(configured)}
    made = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "docflow",
        "--pin",
        "1234",
        "--so-pin",
        "12345678",
    ]
    subprocess.run(made, env=environment, check=True, capture_output=True)
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = authority.certificate("Văn thư có thiết bị", private)
    (home / "key.p8").write_bytes(plain_key(private))
    os.environ["SOFTHSM2_CONF"] = str(configured)
    with pkcs11.lib(MODULE).get_token(token_label="docflow").open(rw=True, user_pin="1234") as session:
        plain = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        attributes = decode_rsa_private_key(plain)
        attributes.update(
            {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: "key", pkcs11.Attribute.SIGN: True}
        )
        session.create_object(attributes)
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.LABEL: "key",
                pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
                pkcs11.Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )
    return str(configured)


@debian
async def test_a_key_that_never_leaves_its_token_signs(
    roots: Path, token: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOFTHSM2_CONF", token)
    children = Children()
    desk = SigningDesk(children, trust_roots=str(roots), pkcs11_module=MODULE)
    key = Key(module=MODULE, token_label="docflow", key_label="key")
    try:
        made = await desk.sign(paper(), key, "1234", Placement())
        (found,) = (await judged(desk, made)).found
        assert (found.signer_name, found.trust) == ("Văn thư có thiết bị", "trusted")

        with pytest.raises(PassphraseWrong) as wrong:
            await desk.sign(paper(), key, "9999", Placement())
        assert wrong.value.facts == {"reason": "pin_wrong"}

        with pytest.raises(TokenMissing):
            gone = Key(module=MODULE, token_label="nowhere", key_label="key")
            await desk.sign(paper(), gone, "1234", Placement())

        with pytest.raises(CredentialUnusable) as none:
            await desk.sign(
                paper(), Key(module=MODULE, token_label="docflow", key_label="x"), "1234", Placement()
            )
        assert none.value.facts == {"reason": "key_missing"}
    finally:
        await children.close()


async def test_a_module_that_is_not_there_is_told(desk: SigningDesk):
    with pytest.raises(TokenMissing):
        await desk.sign(paper(), Key(module="/nowhere.so", token_label="a", key_label="b"), "1", Placement())


@independent
async def test_another_program_judges_our_signatures_right(
    desk: SigningDesk, authority: Authority, signed: bytes, tmp_path: Path
):
    seal = Key(container=authority.container("Ủy ban nhân dân tỉnh"))
    filled = await desk.fill(signed, {"number": "45", "day": "05"})
    sealed = await desk.sign(filled, seal, PASSPHRASE, Placement(field="Seal", final=True))
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(sealed)

    told = await asyncio.to_thread(
        subprocess.run, ["pdfsig", "-nocert", str(letter)], capture_output=True, text=True, check=False
    )

    assert told.stdout.count("Signature Validation: Signature is Valid.") == 2
    assert "Total document signed" in told.stdout


@independent
async def test_openssl_verifies_a_signature_up_to_our_root(
    desk: SigningDesk, roots: Path, signed: bytes, tmp_path: Path
):
    embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    first, length, second, rest = (int(edge) for edge in embedded.byte_range)
    (tmp_path / "content").write_bytes(signed[first : first + length] + signed[second : second + rest])
    (tmp_path / "cms").write_bytes(bytes(embedded.pkcs7_content))
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "cms"),
        "-content",
    ]
    command += [
        str(tmp_path / "content"),
        "-CAfile",
        str(roots / "root.pem"),
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]

    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr


@independent
async def test_what_the_house_signs_is_verified_by_openssl(desk: SigningDesk, tmp_path: Path):
    container, passphrase = keep_house_certificate(tmp_path)
    assert keep_house_certificate(tmp_path) == (container, passphrase)
    assert container.stat().st_mode & 0o077 == 0
    house = HouseSigner(desk, str(container), passphrase)
    (tmp_path / "trail").write_bytes(b'{"trail": []}')

    (tmp_path / "cms").write_bytes(await house.sign_detached(b'{"trail": []}'))

    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-noverify",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "cms"),
    ]
    command += ["-content", str(tmp_path / "trail"), "-out", "/dev/null"]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert passphrase not in repr(house)
    (found,) = (await judged(desk, await house.sign_pdf(paper()))).found
    assert (found.signer_name, found.is_intact) == ("docflow", True)


def test_packed_containers_of_tests_open_again(authority: Authority):
    private = ec.generate_private_key(ec.SECP256R1())
    container = packed(private, authority.certificate("A", private, valid_to=YEAR))
    signer = from_container(container, PASSPHRASE)
    assert signer.signing_cert is not None
    assert signer.signing_cert.subject.native["common_name"] == "A"
