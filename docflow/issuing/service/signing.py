"""The two signatures of an issued document, and the number between them: the signer's, then the office's over it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core.errors import NotFound, invalid
from docflow.issuing.letters import FIELDS, Letter
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import PdfNotSignable
from docflow.signatures.models import Credential
from docflow.signatures.service.signing import Placement, fill_fields, sign
from docflow.signatures.terms import Fault, Look

SIGNER, SEAL = "Signer", "Seal"
"""Names of the signature fields."""


async def sign_as_signer(
    session: AsyncSession,
    actor: Actor,
    desk: SigningDesk,
    content: bytes,
    credential_id: UUID,
    passphrase: str,
    letter: Letter | None,
) -> bytes:
    """The PDF with the signer's signature, number and date still open; seen where ``letter`` has its signer block.

    Raises Invalid for a certificate that is not the signer's own, and as ``signatures.service.signing.sign``.
    """
    await _require_owner(session, credential_id, actor.person_principal, "signer_certificate_needed")
    place = Placement(
        field=SIGNER,
        page=letter.page if letter else 0,
        box=letter.signature_box if letter else None,
        look=Look.PERSON,
        open_fields=FIELDS,
    )
    return await sign(session, actor, desk, credential_id, passphrase, content, place)


async def seal(
    session: AsyncSession,
    actor: Actor,
    desk: SigningDesk,
    content: bytes,
    credential_id: UUID,
    passphrase: str,
    owner_no: int,
    letter: Letter | None,
) -> bytes:
    """The PDF with the office's signature, after which nothing is filled in any more. ``owner_no`` is the principal of
    the issuing unit. Raises as ``sign_as_signer``."""
    await _require_owner(session, credential_id, owner_no, "seal_of_the_issuer_needed")
    place = Placement(
        field=SEAL,
        page=letter.page if letter else 0,
        box=letter.seal_box if letter else None,
        look=Look.SEAL,
        final=True,
    )
    return await sign(session, actor, desk, credential_id, passphrase, content, place)


async def fill_number(desk: SigningDesk, content: bytes, digits: dict[str, str]) -> bytes:
    """The PDF with number and date in their fields; one that was made elsewhere and has none stays as it is.

    Raises PdfNotSignable where they cannot be filled in any more.
    """
    try:
        return await fill_fields(desk, content, digits)
    except PdfNotSignable as fact:
        if fact.facts.get("reason") == Fault.FIELD_MISSING:
            return content
        raise


async def _require_owner(session: AsyncSession, credential_id: UUID, owner_no: int, code: str) -> None:
    found = await session.scalar(select(Credential.principal_no).where(Credential.id == credential_id))
    if found is None:
        raise NotFound
    if found != owner_no:
        raise invalid("credential_id", code)
