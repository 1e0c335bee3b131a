"""Keeping certificates to sign with. A passphrase opens one once, when it is added, and is then forgotten."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Principal
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.signatures import policy, queries
from docflow.signatures.certificates import sha256_hex
from docflow.signatures.desk import SigningDesk
from docflow.signatures.errors import CredentialUnusable
from docflow.signatures.models import Credential, CredentialKind
from docflow.signatures.schemas import AddCredential
from docflow.signatures.terms import Key


async def add_credential(
    session: AsyncSession, actor: Actor, desk: SigningDesk, data: AddCredential
) -> Credential:
    """Keep a certificate that the passphrase opens and that may sign now: the actor's own, or a unit's seal.

    Raises NotFound for an unknown unit, NotAllowed, Invalid, CredentialUnusable, PassphraseWrong, TokenMissing.
    """
    owner = await _owner(session, actor, data.unit_id)
    policy.decide(actor, owner).require()
    opened = await desk.open_key(_key(data, desk), data.passphrase)
    picture = await desk.picture(data.picture) if data.picture else None
    credential = Credential(
        principal_no=owner.no,
        title=data.title or opened.name,
        kind=CredentialKind.PKCS12 if data.container else CredentialKind.PKCS11,
        container=data.container,
        token_label=data.token_label,
        key_label=data.key_label,
        certificate=opened.certificate,
        subject=opened.name,
        issuer=opened.issuer,
        valid_from=opened.valid_from,
        valid_to=opened.valid_to,
        picture=picture,
        added_by=actor.person_id,
        added_at=clock.now(),
    )
    session.add(credential)
    await session.flush()
    await _record(session, actor, Tag.CREDENTIAL_ADDED, credential, owner)
    return credential


async def revoke_credential(session: AsyncSession, actor: Actor, credential_id: UUID) -> None:
    """Nobody signs with it any more. Raises NotFound, NotAllowed; CredentialUnusable when it was withdrawn before."""
    credential = await queries.get_credential(session, actor, credential_id, lock=True)
    owner = await queries.owner_of(session, credential)
    policy.decide(actor, owner).require()
    if credential.revoked_at is not None:
        raise CredentialUnusable(reason="credential_withdrawn", credential_id=str(credential_id))
    credential.revoked_at = clock.now()
    await session.flush()
    await _record(session, actor, Tag.CREDENTIAL_REVOKED, credential, owner)


def _key(data: AddCredential, desk: SigningDesk) -> Key:
    in_token = bool(data.token_label and data.key_label)
    if in_token == bool(data.container) or (data.container and (data.token_label or data.key_label)):
        raise invalid("container", "key_and_container")
    if data.container:
        return Key(container=data.container)
    return Key(module=desk.pkcs11_module, token_label=data.token_label or "", key_label=data.key_label or "")


async def _owner(session: AsyncSession, actor: Actor, unit_id: UUID | None) -> Principal:
    whose = Principal.no == actor.person_principal if unit_id is None else Principal.unit_id == unit_id
    owner = await session.scalar(select(Principal).where(whose))
    if owner is None:
        raise NotFound(kind="unit")
    return owner


async def _record(
    session: AsyncSession, actor: Actor, tag: Tag, credential: Credential, owner: Principal
) -> None:
    await audit.record(
        session,
        actor,
        tag,
        "credential",
        credential.id,
        on_behalf_of=owner.unit_id,
        title=credential.title,
        kind=credential.kind.value,
        subject=credential.subject,
        issuer=credential.issuer,
        certificate_sha256=sha256_hex(credential.certificate),
        valid_to=credential.valid_to.isoformat(),
    )
