"""Every signature inside a PDF, judged: whole or changed, by whom, trusted or not. Pure, but for fetching if allowed.

PAdES (ETSI EN 319 142-1) and the older PKCS#7 kinds of ISO 32000-1, 12.8. A certificate is judged at the earliest
moment that is proven: a trusted time stamp, or the arrival of the file here; without either at present.
"""

import io
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

import msgspec
from asn1crypto import crl, x509
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.misc import PdfError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.diff_analysis.policies import StandardDiffPolicy
from pyhanko.sign.fields import SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from docflow.signatures.certificates import is_revoked_by, sha256_of, shown
from docflow.signatures.endings import says_more
from docflow.signatures.evidence import Evidence, evidence_of
from docflow.signatures.terms import (
    SIGNATURES_LOOKED_AT,
    Found,
    Judged,
    Reason,
    TrustMaterial,
    Unreadable,
)
from docflow.signatures.verdicts import trust_of

FOR_SIGNING = KeyUsageConstraints(
    key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
)
_HEADER_WITHIN = 1024


class _OnlyChanges:
    """pyHanko's rule for forms counts what a locked field refers to as changed though no revision touched it."""

    def __init__(self, rule: Any) -> None:
        self._rule = rule

    def apply(self, old: Any, new: Any) -> Iterator[Any]:
        touched = {(reference.idnum, reference.generation) for reference in new.explicit_refs_in_revision()}
        for level, update in self._rule.apply(old, new):
            reference = update.updated_ref
            if (reference.idnum, reference.generation) in touched:
                yield level, update


CHANGES_ALLOWED = StandardDiffPolicy(
    DEFAULT_DIFF_POLICY.global_rules,
    _OnlyChanges(DEFAULT_DIFF_POLICY.form_rule),  # type: ignore[arg-type]
)
_KNOWN = frozenset(word.value for word in SigSeedSubFilter)
STUMBLES = (
    PdfError,
    SignatureValidationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OverflowError,
    RecursionError,
)
"""What a parser stumbles over in a hostile file."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Whom to trust, and what the moment is. ``arrived_at`` is since when the file is known to exist, if it is."""

    trust: TrustMaterial
    now: datetime
    loop: AbstractEventLoop
    arrived_at: datetime | None = None
    fetching: bool = False

    def judge(self, stream: BinaryIO) -> Judged:
        """Every signature of the file, also one that a later revision took away."""
        stream.seek(0)
        if b"%PDF-" not in stream.read(_HEADER_WITHIN):
            return Judged(unreadable=Unreadable.NOT_A_PDF)
        try:
            reader = PdfFileReader(stream, strict=False)
            if reader.encrypted and not _opens(reader):
                return Judged(unreadable=Unreadable.PASSWORD_PROTECTED)
            present = list(_signed_fields(reader))
            removed = list(_removed(reader, {name for name, _ in present}))
        except STUMBLES:
            return Judged(unreadable=Unreadable.BROKEN)
        if len(present) + len(removed) > SIGNATURES_LOOKED_AT:
            return Judged(unreadable=Unreadable.TOO_MANY)
        revision = _Revision(self, reader, evidence_of(reader))
        found = revision.judged(present)
        for name, end in removed:
            found.extend(self._judge_removed(stream, name, end))
        return Judged(found)

    def _judge_removed(self, stream: BinaryIO, name: str, end: int) -> Iterator[Found]:
        """A signature that only an earlier revision has, which ended at ``end``."""
        stream.seek(0)
        earlier = io.BytesIO(stream.read(end))
        for found in self.judge(earlier).found:
            if found.field == shown(name):
                reasons = [*found.reasons, Reason.SIGNATURE_REMOVED]
                yield msgspec.structs.replace(found, covers_whole=False, change="suspicious", reasons=reasons)

    def context(self, moment: datetime, evidence: Evidence, *, fetching: bool = False) -> ValidationContext:
        """Whom to trust at a moment."""
        if fetching:
            return ValidationContext(
                trust_roots=_certificates(self.trust.roots),
                other_certs=[*_certificates(self.trust.between), *evidence.certificates],
                allow_fetching=True,
                revocation_mode="soft-fail",
            )
        return ValidationContext(
            trust_roots=_certificates(self.trust.roots),
            other_certs=[*_certificates(self.trust.between), *evidence.certificates],
            crls=[*self.trust.crls, *evidence.crls],
            ocsps=evidence.ocsps,
            moment=moment,
            allow_fetching=False,
            revocation_mode="soft-fail",
            retroactive_revinfo=True,
        )


def _certificates(pieces: list[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(piece) for piece in pieces]


def _opens(reader: PdfFileReader) -> bool:
    """Whether the file opens without a password, as one that only forbids printing does."""
    try:
        return bool(reader.decrypt("").status.value > 0)
    except STUMBLES:
        return False


def _signed_fields(handler: Any) -> Iterator[tuple[str, Any]]:
    for name, _, signed in enumerate_sig_fields(handler, filled_status=True):
        yield str(name), signed


def _removed(reader: PdfFileReader, present: set[str]) -> Iterator[tuple[str, int]]:
    """Names of signatures that no longer are in the file, and where the revision with each ends."""
    seen = set(present)
    for number in range(min(reader.total_revisions, SIGNATURES_LOOKED_AT) - 1):
        earlier = reader.get_historical_resolver(number)
        for name, signature, _ in enumerate_sig_fields(earlier, filled_status=True):
            if name in seen:
                continue
            seen.add(name)
            reference = getattr(signature, "reference", None)
            value = earlier.get_object(reference) if reference is not None else signature
            if isinstance(value, DictionaryObject) and "/ByteRange" in value:
                start, length = [int(edge) for edge in value["/ByteRange"]][2:4]
                yield str(name), start + length


@dataclass(slots=True)
class _Revision:
    """The file as it is, with what it brings along to prove its signatures."""

    judge: Judge
    reader: PdfFileReader
    evidence: Evidence
    stamps: list[tuple[int, datetime]] = field(default_factory=list)
    """Revisions that a trusted document time stamp covers, with its time."""

    def judged(self, present: list[tuple[str, Any]]) -> list[Found]:
        readable: list[EmbeddedPdfSignature] = []
        unread: list[Found] = []
        for name, signed in present:
            embedded = self._embedded(name, signed)
            if embedded is None:
                unread.append(_unread(name, Reason.FORMAT_UNKNOWN))
            else:
                readable.append(embedded)
        readable.sort(key=lambda embedded: embedded.signed_revision)
        stamped = {
            id(one): self._timestamp(one) for one in readable if one.sig_object_type == "/DocTimeStamp"
        }
        return [stamped.get(id(one)) or self._signature(one) for one in readable] + unread

    def _embedded(self, name: str, signed: Any) -> EmbeddedPdfSignature | None:
        try:
            value = signed.get_object()["/V"]
            if value.get("/SubFilter") not in _KNOWN:
                return None
            embedded = EmbeddedPdfSignature(self.reader, signed, name)
            embedded.signer_cert  # noqa: B018  (parses it)
        except STUMBLES:
            return None
        return embedded

    def _timestamp(self, embedded: EmbeddedPdfSignature) -> Found:
        try:
            context = self.judge.context(self.judge.now, self.evidence)
            status = self.judge.loop.run_until_complete(
                async_validate_pdf_timestamp(embedded, context, diff_policy=CHANGES_ALLOWED)
            )
        except STUMBLES as error:
            return _unread(shown(embedded.fq_name), _reason_of(error), embedded)
        trust, reasons = trust_of(status, embedded.signer_cert, self.judge.now, self.judge.trust)
        if status.intact and status.valid and trust == "trusted":
            self.stamps.append((embedded.signed_revision, status.timestamp))
        return _found(embedded, status, trust, reasons, stamped_at=status.timestamp)

    def _signature(self, embedded: EmbeddedPdfSignature) -> Found:
        moment, reasons = self._moment(embedded)
        try:
            status = self._validated(embedded, moment)
        except STUMBLES as error:
            return _unread(shown(embedded.fq_name), _reason_of(error), embedded)
        stamped_at = None
        if (stamp := status.timestamp_validity) is not None:
            if not (stamp.intact and stamp.valid):
                reasons.append(Reason.TIME_STAMP_BROKEN)
            elif not stamp.trusted:
                reasons.append(Reason.TIME_STAMP_UNTRUSTED)
            else:
                stamped_at = stamp.timestamp
                if stamped_at < moment:
                    moment, reasons = stamped_at, [Reason.JUDGED_AT_TIME_STAMP]
                    status = self._validated(embedded, moment, skip_diff=True)
        proven = [time for revision, time in self.stamps if revision > embedded.signed_revision]
        stamped_at = min([*proven, *([stamped_at] if stamped_at else [])], default=None)
        trust, more = trust_of(status, embedded.signer_cert, moment, self.judge.trust)
        reasons += more
        reasons += self._notes(embedded, status, trust, stamped_at, moment)
        return _found(embedded, status, trust, reasons, stamped_at=stamped_at)

    def _moment(self, embedded: EmbeddedPdfSignature) -> tuple[datetime, list[Reason]]:
        """The earliest moment at which the signature is known to have been there, from outside of it."""
        moments: list[tuple[datetime, list[Reason]]] = [(self.judge.now, [])]
        if self.judge.arrived_at is not None:
            moments.append((self.judge.arrived_at, [Reason.JUDGED_AT_ARRIVAL]))
        moments += [
            (time, [Reason.JUDGED_AT_TIME_STAMP])
            for revision, time in self.stamps
            if revision > embedded.signed_revision
        ]
        return min(moments, key=lambda pair: pair[0])

    def _validated(self, embedded: EmbeddedPdfSignature, moment: datetime, *, skip_diff: bool = False) -> Any:
        """pyHanko's status. From the network only what a certificate names that is trusted without."""
        status = self._asked(embedded, self.judge.context(moment, self.evidence), skip_diff=skip_diff)
        if self.judge.fetching and status.trusted and not skip_diff:
            online = self.judge.context(moment, self.evidence, fetching=True)
            later = self._asked(embedded, online, skip_diff=True)
            if later.revoked:
                status = later
        return status

    def _asked(self, embedded: EmbeddedPdfSignature, context: ValidationContext, *, skip_diff: bool) -> Any:
        stamps = self.judge.context(self.judge.now, self.evidence)
        return self.judge.loop.run_until_complete(
            async_validate_pdf_signature(
                embedded,
                signer_validation_context=context,
                ts_validation_context=stamps,
                key_usage_settings=FOR_SIGNING,
                skip_diff=skip_diff,
                diff_policy=CHANGES_ALLOWED,
            )
        )

    def _notes(
        self,
        embedded: EmbeddedPdfSignature,
        status: Any,
        trust: str,
        stamped_at: datetime | None,
        moment: datetime,
    ) -> Iterator[Reason]:
        certificate = embedded.signer_cert
        claimed_at = status.signer_reported_dt
        if claimed_at is not None and not (
            certificate.not_valid_before <= claimed_at <= certificate.not_valid_after
        ):
            yield Reason.CLAIMED_TIME_IMPOSSIBLE
        if trust != "trusted":
            return
        revoked_at = is_revoked_by(certificate, self.judge.trust.crls)
        if revoked_at is not None and revoked_at > moment:
            yield Reason.REVOKED_AFTERWARDS
        known = self.evidence.tells_of(certificate) or _told_by(self.judge.trust.crls, certificate)
        if not known and not self.judge.fetching and not certificate.self_issued:
            yield Reason.REVOCATION_UNKNOWN
        if stamped_at is not None and self.evidence.tells_of(certificate):
            yield Reason.LONG_TERM


def _told_by(crls: list[bytes], certificate: x509.Certificate) -> bool:
    return any(crl.CertificateList.load(piece).issuer == certificate.issuer for piece in crls)


def _reason_of(error: Exception) -> Reason:
    return Reason.BYTES_LEFT_OUT if isinstance(error, PdfReadError) else Reason.FORMAT_UNKNOWN


def _found(
    embedded: EmbeddedPdfSignature,
    status: Any,
    trust: Any,
    reasons: list[Reason],
    *,
    stamped_at: datetime | None,
) -> Found:
    whole = embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE
    change, why = _change(embedded)
    if not status.intact:
        why.append(Reason.DIGEST_DIFFERS)
    elif not status.valid:
        why.append(Reason.SIGNATURE_BROKEN)
    certificate = embedded.signer_cert
    return Found(
        kind="timestamp" if embedded.sig_object_type == "/DocTimeStamp" else "signature",
        field=shown(embedded.fq_name),
        **_who(certificate),
        claimed_at=getattr(status, "signer_reported_dt", None),
        stamped_at=stamped_at,
        is_intact=bool(status.intact and status.valid),
        covers_whole=whole,
        change=change,
        trust=trust,
        reasons=list(dict.fromkeys([*why, *reasons])),
    )


def _who(certificate: x509.Certificate) -> dict[str, Any]:
    subject, issuer = certificate.subject.native, certificate.issuer.native
    return {
        "signer_name": shown(subject.get("common_name") or certificate.subject.human_friendly),
        "organisation": shown(subject.get("organization_name") or ""),
        "issuer": shown(issuer.get("common_name") or certificate.issuer.human_friendly),
        "serial": f"{certificate.serial_number:x}"[:80],
        "certificate_sha256": sha256_of(certificate),
        "valid_from": certificate.not_valid_before,
        "valid_to": certificate.not_valid_after,
    }


def _change(embedded: EmbeddedPdfSignature) -> tuple[Any, list[Reason]]:
    """What was added after a signature: nothing, what it allows, or something else."""
    coverage: Any = embedded.coverage
    difference: Any = embedded.diff_result
    if coverage in {SignatureCoverageLevel.UNCLEAR, SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START}:
        return "suspicious", [Reason.BYTES_LEFT_OUT]
    if coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "none", []
    if difference is None or isinstance(difference, SuspiciousModification):
        return "suspicious", [Reason.CHANGED_AFTERWARDS]
    if says_more(embedded.reader):
        return "suspicious", [Reason.BYTES_LEFT_OUT]
    level = difference.modification_level
    allowed = embedded.docmdp_level
    limit = ModificationLevel.FORM_FILLING if allowed is None else ModificationLevel(allowed.value)
    if allowed is not None and allowed.value == 1:
        limit = ModificationLevel.LTA_UPDATES
    if level <= min(limit, ModificationLevel.ANNOTATIONS):
        return "allowed", [Reason.EXTENDED_AS_ALLOWED]
    return "suspicious", [Reason.CHANGED_AFTERWARDS]


def _unread(name: str, reason: Reason, embedded: EmbeddedPdfSignature | None = None) -> Found:
    """A signature that could not be looked at counts as broken: never as none."""
    return Found(
        kind="signature",
        field=shown(name),
        **(_who(embedded.signer_cert) if embedded else {}),
        is_intact=False,
        covers_whole=False,
        change="suspicious",
        trust="unknown",
        reasons=[reason],
    )
