"""Rows as what goes out, and the verdict that sums them up."""

from collections.abc import Iterable, Sequence

from docflow.access.actor import Actor
from docflow.accounts.models import Principal
from docflow.core import clock
from docflow.core.messages import Language, text_of
from docflow.files.models import File
from docflow.signatures.models import (
    Change,
    CheckState,
    Credential,
    FileSignature,
    SignatureCheck,
    Trust,
)
from docflow.signatures.policy import decide_signing
from docflow.signatures.schemas import (
    CredentialOut,
    FileSignaturesOut,
    ReasonOut,
    SignatureOut,
    Verdict,
)


def verdict_on(signature: FileSignature) -> Verdict:
    """One signature in one word."""
    if not signature.is_intact or signature.change is Change.SUSPICIOUS or signature.trust is Trust.REVOKED:
        return Verdict.INVALID
    return Verdict.VALID if signature.trust is Trust.TRUSTED else Verdict.UNPROVEN


def overall(check: SignatureCheck | None, signatures: Iterable[FileSignature]) -> Verdict:
    """All signatures of a file in one word, the worst of them."""
    if check is None:
        return Verdict.UNSIGNED
    found = {verdict_on(signature) for signature in signatures}
    if not found:
        of_state = {CheckState.WAITING: Verdict.WAITING, CheckState.FAILED: Verdict.UNREADABLE}
        return of_state.get(check.state, Verdict.UNSIGNED)
    return next(word for word in (Verdict.INVALID, Verdict.UNPROVEN, Verdict.VALID) if word in found)


def file_signatures_out(
    language: Language,
    file: File,
    place: tuple[int, int],
    check: SignatureCheck | None,
    signatures: Sequence[FileSignature],
) -> FileSignaturesOut:
    """What is known of one version of a file; ``place`` is its annex and version."""
    return FileSignaturesOut(
        file_id=file.id,
        annex=place[0],
        version=place[1],
        filename=file.filename,
        state=check.state if check else None,
        verdict=overall(check, signatures),
        reason=_reason(check.reason, language) if check and check.reason else None,
        checked_at=check.checked_at if check else None,
        signatures=[signature_out(language, signature) for signature in signatures],
    )


def signature_out(language: Language, signature: FileSignature) -> SignatureOut:
    """One signature, with its reasons in the reader's words."""
    digest = signature.certificate_sha256
    return SignatureOut(
        kind=signature.kind,
        field=signature.field,
        signer_name=signature.signer_name,
        organisation=signature.organisation,
        issuer=signature.issuer,
        serial=signature.serial,
        certificate_sha256=digest.hex() if digest else None,
        valid_from=signature.valid_from,
        valid_to=signature.valid_to,
        claimed_at=signature.claimed_at,
        stamped_at=signature.stamped_at,
        intact=signature.is_intact,
        covers_whole=signature.covers_whole,
        change=signature.change,
        trust=signature.trust,
        verdict=verdict_on(signature),
        reasons=[_reason(code, language) for code in signature.reasons],
    )


def credential_out(actor: Actor, credential: Credential, owner: Principal) -> CredentialOut:
    """A credential, and whether the actor may sign with it now."""
    in_time = credential.valid_from <= clock.now() <= credential.valid_to
    usable = credential.revoked_at is None and in_time and bool(decide_signing(actor, owner))
    return CredentialOut(
        id=credential.id,
        title=credential.title,
        kind=credential.kind,
        unit_id=owner.unit_id,
        subject=credential.subject,
        issuer=credential.issuer,
        valid_from=credential.valid_from,
        valid_to=credential.valid_to,
        added_at=credential.added_at,
        revoked_at=credential.revoked_at,
        usable=usable,
    )


def _reason(code: str, language: Language) -> ReasonOut:
    return ReasonOut(code=code, text=text_of(code, language))
