"""Putting a signature into a PDF as an increment (PAdES, ETSI EN 319 142-1), and judging it before it is given away.

B-B; with a time stamping authority B-T; and B-LT where what is needed for it is at hand. In a child only.
"""

import io
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from typing import Any, BinaryIO

from asn1crypto import crl, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
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
from docflow.signatures.keys import Refused, opened, require_usable
from docflow.signatures.terms import Fault, Found, Judged, Placement, SigningTask
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
            first = self._look(source)
            try:
                made = self._embed(source, signer, certificate, first=first)
            except Refused:
                raise
            except SigningError as error:
                raise Refused(_fault_of(error)) from None
            except (PdfError, *STUMBLES):
                raise Refused(Fault.PDF_BROKEN) from None
        self._prove(source, made, certificate)
        return made

    def _look(self, source: BinaryIO) -> bool:
        """Whether this will be the first signature. Raises Refused for what cannot be signed."""
        place = self.task.placement
        try:
            reader = PdfFileReader(source, strict=False)
            if reader.encrypted:
                raise Refused(Fault.PDF_PROTECTED)
            pages = int(reader.root["/Pages"]["/Count"])
            signed = {name for name, _, _ in enumerate_sig_fields(reader, filled_status=True)}
        except (PdfError, RecursionError, *STUMBLES):
            raise Refused(Fault.PDF_BROKEN) from None
        if not -pages <= place.page < pages:
            raise Refused(Fault.PAGE_MISSING)
        if place.field in signed:
            raise Refused(Fault.FIELD_TAKEN)
        return not signed

    def _embed(
        self, source: BinaryIO, signer: Signer, certificate: x509.Certificate, *, first: bool
    ) -> bytes:
        if self._could_last(certificate):
            try:
                return self._written(source, signer, first=first, lasting=True)
            except (SigningError, *STUMBLES):
                source.seek(0)  # what is needed for it was not to be had: a signature that ages is one too
        return self._written(source, signer, first=first, lasting=False)

    def _could_last(self, certificate: x509.Certificate) -> bool:
        if not (self.task.timestamp_url and self.task.trust.roots):
            return False
        lists = (crl.CertificateList.load(piece) for piece in self.task.trust.crls)
        return self.task.fetching or any(one.issuer == certificate.issuer for one in lists)

    def _written(self, source: BinaryIO, signer: Signer, *, first: bool, lasting: bool) -> bytes:
        source.seek(0)
        task, place = self.task, self.task.placement
        writer = IncrementalPdfFileWriter(source, strict=False)
        stamper = HttpTimeStamper(task.timestamp_url) if task.timestamp_url else None
        pdf_signer = PdfSigner(
            self._metadata(first=first, lasting=lasting),
            signer,
            timestamper=stamper,
            stamp_style=style_of(place.look, place.box, place.lines, task.picture, task.signed_at)
            if place.box
            else None,
            new_field_spec=_field_of(place),
        )
        room = _CMS_ROOM_STAMPED if stamper else _CMS_ROOM
        out = io.BytesIO()
        self.loop.run_until_complete(pdf_signer.async_sign_pdf(writer, bytes_reserved=room, output=out))
        return out.getvalue()

    def _metadata(self, *, first: bool, lasting: bool) -> PdfSignatureMetadata:
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
            # The first says what may follow it: filling in, and further signatures (ISO 32000-1, 12.8.2.2).
            certify=first,
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


def _later(found: Found, certificate: x509.Certificate) -> bool:
    return found.serial == f"{certificate.serial_number:x}"[:80]


def _stands(found: Found) -> bool:
    return found.is_intact and found.change != "suspicious"


def _fallen_before(judged: Judged) -> set[str]:
    return {one.field for one in judged.found if not _stands(one)}


def _field_of(place: Placement) -> SigFieldSpec:
    """The field, and what its signature locks: everything, or everything but what is still to be filled in."""
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=[place.field])
    if place.final:
        lock = FieldMDPSpec(FieldMDPAction.ALL)
    elif place.open_fields:
        lock = FieldMDPSpec(FieldMDPAction.EXCLUDE, fields=list(place.open_fields))
    return SigFieldSpec(
        place.field,
        on_page=place.page,
        box=place.box,  # type: ignore[arg-type]  # points need not be whole
        field_mdp_spec=lock,
        doc_mdp_update_value=MDPPerm.FILL_FORMS,
    )


def _fault_of(error: SigningError) -> Fault:
    said = str(error)
    if "modif" in said or "DocMDP" in said or "permission" in said:
        return Fault.LOCKED
    return Fault.FAILED
