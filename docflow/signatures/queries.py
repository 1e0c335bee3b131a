"""Reads: credentials by the rule of ``policy``, and what was found in files whose visibility the caller has judged."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from docflow.access.actor import Actor
from docflow.accounts.models import Principal
from docflow.core.errors import NotFound
from docflow.core.paging import key_of
from docflow.signatures import policy
from docflow.signatures.models import Credential, FileSignature, SignatureCheck


async def get_credential(
    session: AsyncSession, actor: Actor, credential_id: UUID, *, with_key: bool = False, lock: bool = False
) -> Credential:
    """A credential that the actor sees; ``with_key`` its container and picture too. Raises NotFound."""
    statement = select(Credential).where(Credential.id == credential_id, policy.visible_to(actor))
    if with_key:
        statement = statement.options(undefer(Credential.container), undefer(Credential.picture))
    if lock:
        statement = statement.with_for_update()
    credential = await session.scalar(statement)
    if credential is None:
        raise NotFound(kind="credential")
    return credential


async def list_credentials(
    session: AsyncSession, actor: Actor, *, cursor: str | None, limit: int
) -> Sequence[Credential]:
    """Those that the actor sees, the newest first; one more than ``limit`` when there are more."""
    statement = select(Credential).where(policy.visible_to(actor))
    if (key := key_of(cursor, UUID)) is not None:
        statement = statement.where(Credential.id < key[0])
    return (await session.scalars(statement.order_by(Credential.id.desc()).limit(limit + 1))).all()


async def owner_of(session: AsyncSession, credential: Credential) -> Principal:
    """Whose it is."""
    return await session.get_one(Principal, credential.principal_no)


async def owners_of(session: AsyncSession, credentials: Iterable[Credential]) -> dict[int, Principal]:
    """Whose they are, by number."""
    numbers = {credential.principal_no for credential in credentials}
    return {
        owner.no: owner for owner in await session.scalars(select(Principal).where(Principal.no.in_(numbers)))
    }


async def checks_of(
    session: AsyncSession, file_ids: Iterable[UUID]
) -> tuple[dict[UUID, SignatureCheck], dict[UUID, list[FileSignature]]]:
    """What was found in these files: the check, and the signatures in their order. Whether the caller may see the
    files is for the caller to have asked."""
    wanted = list(file_ids)
    checks = await session.scalars(select(SignatureCheck).where(SignatureCheck.file_id.in_(wanted)))
    signatures: dict[UUID, list[FileSignature]] = {}
    statement = (
        select(FileSignature)
        .where(FileSignature.file_id.in_(wanted))
        .order_by(FileSignature.file_id, FileSignature.position)
    )
    for signature in await session.scalars(statement):
        signatures.setdefault(signature.file_id, []).append(signature)
    return {check.file_id: check for check in checks}, signatures
