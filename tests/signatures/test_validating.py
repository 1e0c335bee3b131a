"""Signatures inside PDF files are judged: whole, changed, trusted, expired, revoked; and hostile files alone."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import PdfNotSignable
from docflow.signatures.keys import from_container
from docflow.signatures.terms import Key, Placement, Unreadable
from tests.signatures.authority import PASSPHRASE, YEAR, Authority, judged, paper


async def test_a_signature_that_is_right_is_judged_right(desk: SigningDesk, signed: bytes):
    (found,) = (await judged(desk, signed)).found

    assert (found.is_intact, found.covers_whole, found.change, found.trust) == (True, True, "none", "trusted")
    assert found.signer_name == "Nguyễn Văn Đức"
    assert found.organisation == "Ủy ban nhân dân tỉnh"
    assert found.issuer == "Cơ quan chứng thực thử"
    assert found.reasons == ["revocation_unknown"]


async def test_one_changed_byte_breaks_it(desk: SigningDesk, signed: bytes):
    place = signed.index(b"/MediaBox") + len(b"/MediaBox") + 5
    tampered = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]

    (found,) = (await judged(desk, tampered)).found

    assert not found.is_intact
    assert "digest_differs" in found.reasons


async def test_a_field_left_open_may_be_filled_in_and_drawn(desk: SigningDesk, signed: bytes):
    filled = await desk.fill(signed, {"number": "45", "day": "05"})

    (found,) = (await judged(desk, filled)).found

    assert (found.is_intact, found.covers_whole, found.change) == (True, False, "allowed")
    assert found.reasons[0] == "extended_as_allowed"


async def test_an_appended_page_is_suspicious(desk: SigningDesk, signed: bytes):
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    content = writer.add_object(generic.StreamObject(stream_data=b"n"))
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 100, 100)))
    writer.insert_page(PageObject(contents=content, media_box=box))
    out = io.BytesIO()
    writer.write(out)

    (found,) = (await judged(desk, out.getvalue())).found

    assert found.is_intact
    assert (found.change, found.covers_whole) == ("suspicious", False)
    assert "changed_afterwards" in found.reasons


async def test_content_put_over_the_signed_page_is_suspicious(desk: SigningDesk, signed: bytes):
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 600 800 re f"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)

    (found,) = (await judged(desk, out.getvalue())).found

    assert found.change == "suspicious"


async def test_a_signature_taken_out_by_a_later_revision_is_told(desk: SigningDesk, signed: bytes):
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    for place in writer.root["/AcroForm"]["/Fields"]:
        field = place.get_object()
        if "/V" in field and field["/FT"] == "/Sig":
            del field["/V"]
            writer.update_container(field)
    out = io.BytesIO()
    writer.write(out)

    (found,) = (await judged(desk, out.getvalue())).found

    assert found.change == "suspicious"
    assert "signature_removed" in found.reasons
    assert found.signer_name == "Nguyễn Văn Đức"


async def test_two_signatures_are_told_in_their_order(desk: SigningDesk, authority: Authority, signed: bytes):
    seal = Key(container=authority.container("Ủy ban nhân dân tỉnh"))
    twice = await desk.sign(signed, seal, PASSPHRASE, Placement(field="Seal", final=True))

    first, second = (await judged(desk, twice)).found

    assert (first.field, first.change, second.field, second.change) == ("Person", "allowed", "Seal", "none")
    assert {first.trust, second.trust} == {"trusted"}


async def test_nothing_is_filled_in_after_the_seal(desk: SigningDesk, authority: Authority, signed: bytes):
    seal = Key(container=authority.container("Ủy ban nhân dân tỉnh"))
    sealed = await desk.sign(signed, seal, PASSPHRASE, Placement(field="Seal", final=True))

    with pytest.raises(PdfNotSignable) as refused:
        await desk.fill(sealed, {"number": "46"})
    assert refused.value.facts["reason"] == "changes_not_allowed"


async def test_an_authority_that_is_not_trusted_is_told(desk: SigningDesk):
    stranger = Key(container=Authority("Người lạ").container())
    made = await desk.sign(paper(), stranger, PASSPHRASE, Placement())

    (found,) = (await judged(desk, made)).found

    assert (found.is_intact, found.trust) == (True, "untrusted")
    assert "issuer_unknown" in found.reasons


async def test_without_roots_nobody_is_trusted(desk: SigningDesk, signed: bytes):
    (found,) = (await judged(replace(desk, trust_roots=""), signed)).found

    assert found.trust == "unknown"
    assert "no_trust_roots" in found.reasons


async def test_a_certificate_that_had_expired_is_judged_at_the_arrival(
    desk: SigningDesk, authority: Authority
):
    old = authority.container(valid_from=-2 * YEAR, valid_to=-YEAR)
    then = authority.now - YEAR - timedelta(days=30)
    made = await desk.sign(paper(), Key(container=old), PASSPHRASE, Placement(), signed_at=then)

    (late,) = (await judged(desk, made)).found
    (known,) = (await judged(desk, made, then)).found

    assert (late.trust, late.reasons) == ("expired", ["certificate_expired", "claimed_time_impossible"])
    assert known.trust == "trusted"
    assert "judged_at_arrival" in known.reasons


async def test_a_revoked_certificate_is_told_unless_it_was_revoked_later(
    desk: SigningDesk, authority: Authority, tmp_path: Path
):
    container = authority.container()
    serial = from_container(container, PASSPHRASE).signing_cert.serial_number  # type: ignore[union-attr]
    made = await desk.sign(paper(), Key(container=container), PASSPHRASE, Placement())
    folder = authority.publish(tmp_path / "roots", authority.revocation_list(serial))
    informed = replace(desk, trust_roots=str(folder))

    (now,) = (await judged(informed, made)).found
    (before,) = (await judged(informed, made, authority.now - timedelta(days=1))).found

    assert (now.trust, now.reasons) == ("revoked", ["certificate_revoked"])
    assert before.trust == "trusted"
    assert {"judged_at_arrival", "revoked_afterwards"} <= set(before.reasons)


async def test_an_encrypted_file_is_not_called_unsigned(desk: SigningDesk):
    assert (await judged(desk, paper(password="x"))).unreadable is Unreadable.PASSWORD_PROTECTED


async def test_a_file_without_signatures_has_none(desk: SigningDesk):
    answer = await judged(desk, paper())
    assert (answer.found, answer.unreadable) == ([], None)


LOOP = b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF\n"
NESTED = b"%PDF-1.4\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\nstartxref\n9\n%%EOF\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing of the kind", Unreadable.NOT_A_PDF),
        (b"", Unreadable.NOT_A_PDF),
        (b"%PDF-1.7\n", Unreadable.BROKEN),
        (LOOP, Unreadable.BROKEN),
        (NESTED, Unreadable.BROKEN),
    ],
    ids=["no_pdf", "empty", "head_alone", "loop_of_tables", "deeply_nested"],
)
async def test_a_hostile_file_fails_alone(desk: SigningDesk, content: bytes, reason: Unreadable):
    assert (await judged(desk, content)).unreadable is reason


async def test_every_half_of_a_signed_file_gets_an_answer(desk: SigningDesk, signed: bytes):
    for part in (len(signed) // 4, len(signed) // 2, len(signed) - 40):
        answer = await judged(desk, signed[:part])
        assert answer.unreadable or not any(found.is_intact for found in answer.found)


async def test_junk_in_place_of_the_signature_is_broken_not_missing(desk: SigningDesk, signed: bytes):
    junk = re.sub(rb"/Contents\s*<[0-9a-fA-F]{200}", b"/Contents <" + b"ab" * 100, signed, count=1)
    assert junk != signed

    (found,) = (await judged(desk, junk)).found

    assert not found.is_intact
    assert found.reasons == ["format_unknown"]


async def test_a_signature_of_another_program_is_judged_right(desk: SigningDesk, authority: Authority):
    """The kind before PAdES, certifying, made by the library alone."""
    signer = from_container(authority.container("Ngô Thị Lan"), PASSPHRASE)
    meta = PdfSignatureMetadata(field_name="Old", certify=True)
    writer = IncrementalPdfFileWriter(io.BytesIO(paper()))
    made = await PdfSigner(meta, signer, new_field_spec=SigFieldSpec("Old")).async_sign_pdf(writer)

    (found,) = (await judged(desk, made.getvalue())).found

    assert (found.signer_name, found.is_intact, found.trust) == ("Ngô Thị Lan", True, "trusted")


async def test_a_second_signature_leaves_a_locked_field_that_nobody_touched_as_it_is(
    desk: SigningDesk, authority: Authority, key: Key
):
    first = await desk.sign(paper("number", "day"), key, PASSPHRASE, Placement(open_fields=("number",)))
    seal = Key(container=authority.container("Ủy ban nhân dân tỉnh"))
    both = await desk.sign(first, seal, PASSPHRASE, Placement(field="Seal", box=(10, 10, 90, 90), final=True))

    assert [one.change for one in (await judged(desk, both)).found] == ["allowed", "none"]
    with pytest.raises(PdfNotSignable):
        await desk.fill(first, {"day": "05"})
