"""The two signatures of an issued document, and the number between them: the signer's, then the office's over it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.messages import Language, text_of
from docflow.issuing.letters import FIELDS
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
    language: str,
) -> bytes:
    """The PDF with the signer's signature, number and date still open.

    It is seen where the letter says that it belongs (Decree 30, Appendix I, II.7): the certificate's picture, or lines
    that say who signed when. Of a PDF that says nothing of it nothing is seen. Raises Invalid for a certificate that is
    not the signer's own, and as ``signatures.service.signing.sign``.
    """
    code = "signer_certificate_needed"
    lines = await _lines(session, credential_id, actor.person_principal, code, "letter_signed_by", language)
    place = Placement(
        field=SIGNER, destination="signature", look=Look.PERSON, lines=lines, open_fields=FIELDS
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
    language: str,
) -> bytes:
    """The PDF with the office's signature, after which nothing is filled in any more.

    It is seen as ``sign_as_signer``, the seal over a third of the signature (Appendix I, II.8). ``owner_no`` is the
    principal of the issuing unit. Raises as ``sign_as_signer``.
    """
    code = "seal_of_the_issuer_needed"
    lines = await _lines(session, credential_id, owner_no, code, "letter_sealed_by", language)
    look = Look.OFFICE if lines else Look.SEAL
    place = Placement(field=SEAL, destination="seal", look=look, lines=lines, final=True)
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


async def _lines(
    session: AsyncSession, credential_id: UUID, owner_no: int, code: str, words: str, language: str
) -> tuple[str, ...]:
    """What is read of a signature without a picture; nothing where there is one. Raises NotFound, Invalid."""
    query = select(Credential.principal_no, Credential.subject, Credential.picture.is_(None).label("bare"))
    found = (await session.execute(query.where(Credential.id == credential_id))).one_or_none()
    if found is None:
        raise NotFound
    if found.principal_no != owner_no:
        raise invalid("credential_id", code)
    if not found.bare:
        return ()
    spoken = Language.EN if language == Language.EN else Language.VI
    return (
        text_of(words, spoken, name=found.subject),
        text_of("letter_signed_on", spoken, date=f"{clock.today():%d/%m/%Y}"),
    )
