"""Putting a signature into a PDF as an increment (PAdES, ETSI EN 319 142-1), and judging it before it is given away.

B-B; with a time stamping authority B-T; and B-LT where what is needed for it is at hand. In a child only.
"""

import io
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
from asn1crypto import crl, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    enumerate_sig_fields,
)
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko_certvalidator import ValidationContext

from docflow.signatures.appearance import style_of
from docflow.signatures.filling import text_fields
from docflow.signatures.keys import Refused, opened, require_usable
from docflow.signatures.places import find_place
from docflow.signatures.terms import Box, Fault, Found, Judged, Look, Placement, SigningTask
from docflow.signatures.timestamps import HttpTimeStamper
from docflow.signatures.validating import STUMBLES, Judge

_CMS_ROOM = 16 * 1024
"""Bytes kept free for a signature without asking the time stamping authority beforehand."""
_CMS_ROOM_STAMPED = 32 * 1024


@dataclass(frozen=True, slots=True)
class Embedder:
    """Signs one file."""

    task: SigningTask
    loop: AbstractEventLoop

    def sign(self, source: BinaryIO, passphrase: str) -> bytes:
        """The file with one more signature, which was found to be right. Raises Refused."""
        task = self.task
        with opened(task.key, passphrase) as signer:
            certificate = require_usable(signer, task.key, task.signed_at, task.trust)
            place, texts = self._look(source)
            try:
                made = self._embed(source, signer, certificate, place, texts)
            except Refused:
                raise
            except SigningError as error:
                raise Refused(_fault_of(error)) from None
            except STUMBLES:
                raise Refused(Fault.PDF_BROKEN) from None
        self._prove(source, made, certificate)
        return made

    def _look(self, source: BinaryIO) -> tuple[Placement, list[str]]:
        """Where it goes and the names of the text fields. Raises Refused for what cannot be signed."""
        place = self.task.placement
        try:
            reader = PdfFileReader(source, strict=False)
            if reader.encrypted:
                raise Refused(Fault.PDF_PROTECTED)
            pages = int(reader.root["/Pages"]["/Count"])
            signed = {name for name, _, _ in enumerate_sig_fields(reader, filled_status=True)}
            texts = [name for name, _ in text_fields(reader)]
            named = find_place(reader, place.destination) if place.destination else None
        except STUMBLES:
            raise Refused(Fault.PDF_BROKEN) from None
        if not -pages <= place.page < pages:
            raise Refused(Fault.PAGE_MISSING)
        if place.field in signed:
            raise Refused(Fault.FIELD_TAKEN)
        if named is not None:
            place = msgspec.structs.replace(place, page=named[0], box=_beside(place.look, named[1]))
        return place, texts

    def _embed(
        self,
        source: BinaryIO,
        signer: Signer,
        certificate: x509.Certificate,
        place: Placement,
        texts: list[str],
    ) -> bytes:
        if self._could_last(certificate):
            try:
                return self._written(source, signer, place, texts, lasting=True)
            except (SigningError, ValueError, TypeError, LookupError):
                source.seek(0)  # what is needed for it was not to be had: a signature that ages is one too
        return self._written(source, signer, place, texts, lasting=False)

    def _could_last(self, certificate: x509.Certificate) -> bool:
        if not (self.task.timestamp_url and self.task.trust.roots):
            return False
        lists = (crl.CertificateList.load(piece) for piece in self.task.trust.crls)
        return self.task.fetching or any(one.issuer == certificate.issuer for one in lists)

    def _written(
        self, source: BinaryIO, signer: Signer, place: Placement, texts: list[str], *, lasting: bool
    ) -> bytes:
        source.seek(0)
        task = self.task
        writer = IncrementalPdfFileWriter(source, strict=False)
        stamper = HttpTimeStamper(task.timestamp_url) if task.timestamp_url else None
        pdf_signer = PdfSigner(
            self._metadata(lasting=lasting),
            signer,
            timestamper=stamper,
            stamp_style=style_of(place.look, place.box, place.lines, task.picture, task.signed_at)
            if place.box
            else None,
            new_field_spec=_field_of(place, texts),
        )
        room = _CMS_ROOM_STAMPED if stamper else _CMS_ROOM
        out = io.BytesIO()
        self.loop.run_until_complete(pdf_signer.async_sign_pdf(writer, bytes_reserved=room, output=out))
        return out.getvalue()

    def _metadata(self, *, lasting: bool) -> PdfSignatureMetadata:
        place = self.task.placement
        more: dict[str, Any] = {}
        if lasting:
            more = {"embed_validation_info": True, "validation_context": self._context()}
        return PdfSignatureMetadata(
            field_name=place.field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=place.reason or None,
            location=place.location or None,
            # An approval signature: after one that certifies, no field for a further one may be added. What may
            # follow is said by the lock of the field (ISO 32000-2, 12.7.5.5).
            docmdp_permissions=MDPPerm.FILL_FORMS,
            signer_key_usage=set(),
            **more,
        )

    def _context(self) -> ValidationContext:
        trust = self.task.trust
        return ValidationContext(
            trust_roots=[x509.Certificate.load(piece) for piece in trust.roots],
            other_certs=[x509.Certificate.load(piece) for piece in trust.between],
            crls=trust.crls,
            allow_fetching=self.task.fetching,
            revocation_mode="soft-fail",
        )

    def _prove(self, source: BinaryIO, made: bytes, certificate: x509.Certificate) -> None:
        """Judge what was made. Raises Refused when the new signature is not right, or an older one no longer is."""
        judge = Judge(self.task.trust, self.task.signed_at, self.loop)
        judged = judge.judge(io.BytesIO(made))
        mine = [one for one in judged.found if one.field == self.task.placement.field]
        if not mine or not _stands(mine[0]) or not _later(mine[0], certificate):
            raise Refused(Fault.SELF_CHECK_FAILED)
        fallen = {one.field for one in judged.found if not _stands(one)}
        if fallen and fallen - _fallen_before(judge.judge(source)):
            raise Refused(Fault.LOCKED)


def _beside(look: Look, box: Box) -> Box:
    """Lines instead of a seal keep clear of the signature, which a seal covers at its right."""
    left, bottom, right, top = box
    return (left, bottom, left + (right - left) * 0.6, top) if look is Look.OFFICE else box


def _later(found: Found, certificate: x509.Certificate) -> bool:
    return found.serial == f"{certificate.serial_number:x}"[:80]


def _stands(found: Found) -> bool:
    return found.is_intact and found.change != "suspicious"


def _fallen_before(judged: Judged) -> set[str]:
    return {one.field for one in judged.found if not _stands(one)}


def _field_of(place: Placement, texts: list[str]) -> SigFieldSpec:
    """The field, and what its signature locks: everything, or every text that is not still to be filled in."""
    if place.final:
        lock = FieldMDPSpec(FieldMDPAction.ALL)
    else:
        locked = [place.field, *(name for name in texts if name not in place.open_fields)]
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=locked)
    return SigFieldSpec(
        place.field,
        on_page=place.page,
        box=place.box,  # type: ignore[arg-type]  # points need not be whole
        field_mdp_spec=lock,
        # Without it filling in and signing are allowed; with it no field that is seen could be added for the seal.
        doc_mdp_update_value=MDPPerm.FILL_FORMS if place.final else None,
    )


def _fault_of(error: SigningError) -> Fault:
    said = str(error)
    if "modif" in said or "DocMDP" in said or "permission" in said:
        return Fault.LOCKED
    return Fault.FAILED
