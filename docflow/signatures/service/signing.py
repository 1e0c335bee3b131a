"""Signing a PDF with a kept credential."""

from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.signatures import policy, queries
from docflow.signatures.desk import SigningDesk, pdf_bytes
from docflow.signatures.errors import CredentialUnusable
from docflow.signatures.models import Credential, CredentialKind
from docflow.signatures.terms import Fault, Key, Placement

__all__ = ["Placement", "fill_fields", "key_of", "sign"]


async def sign(
    session: AsyncSession,
    actor: Actor,
    desk: SigningDesk,
    credential_id: UUID,
    passphrase: str,
    pdf: bytes | Path,
    placement: Placement,
) -> bytes:
    """The PDF with one more signature, seen with the credential's picture where the placement has a box.

    The credential must be the actor's own, or the seal of a unit whose registry or head the actor is. Nothing is
    recorded here: whoever has it signed records what was signed. Raises NotFound, NotAllowed, CredentialUnusable,
    PassphraseWrong, PdfNotSignable, TokenMissing, TimestampUnavailable, SigningFailed, TooLarge.
    """
    credential = await queries.get_credential(session, actor, credential_id, with_key=True)
    policy.decide_signing(actor, await queries.owner_of(session, credential)).require()
    if credential.revoked_at is not None:
        raise CredentialUnusable(reason="credential_withdrawn", credential_id=str(credential_id))
    if credential.valid_to < clock.now():
        raise CredentialUnusable(reason=Fault.CERTIFICATE_EXPIRED.value, credential_id=str(credential_id))
    content = await pdf_bytes(pdf)
    return await desk.sign(content, key_of(credential, desk), passphrase, placement, credential.picture)


async def fill_fields(desk: SigningDesk, pdf: bytes | Path, fields: dict[str, str]) -> bytes:
    """The PDF with its text fields filled in, by name; signatures in it still stand. Raises PdfNotSignable."""
    return await desk.fill(await pdf_bytes(pdf), fields)


def key_of(credential: Credential, desk: SigningDesk) -> Key:
    """Where the key of a credential is; its container must have been loaded."""
    if credential.kind is CredentialKind.PKCS12:
        return Key(container=credential.container, certificate=credential.certificate)
    return Key(
        module=desk.pkcs11_module,
        token_label=credential.token_label or "",
        key_label=credential.key_label or "",
        certificate=credential.certificate,
    )
