"""API tokens: a key for a program, narrowed to scopes, with an end. The secret is shown once."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts.models import ApiToken
from docflow.accounts.policy import decide_own
from docflow.accounts.schemas import IssueToken
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.errors import NotFound, invalid
from docflow.core.ids import digest_of, new_secret

TOKEN_PREFIX = "dfk_"  # noqa: S105  (a prefix, not a secret: it lets a leaked token be recognised)
LONGEST = timedelta(days=366)


class Issued(msgspec.Struct, frozen=True):
    """A new token. ``secret`` is kept nowhere."""

    token: ApiToken
    secret: str


async def issue_token(session: AsyncSession, actor: Actor, data: IssueToken) -> Issued:
    """A token of the actor's own. It never does more than the roles of its owner allow at the time of use.

    Raises NotAllowed when a token asks; Invalid for scopes beyond the actor's roles, for the scope to make
    tokens, and for an end that is past or more than a year away.
    """
    decide_own(actor).require()
    scopes = _allowed(actor, data.scopes)
    now = clock.now()
    if not now < data.expires_at <= now + LONGEST:
        raise invalid("expires_at", "token_end_out_of_range", days=LONGEST.days)
    secret = new_secret(TOKEN_PREFIX)
    token = ApiToken(
        person_id=actor.person_id,
        name=data.name,
        digest=digest_of(secret),
        scopes=scopes,
        issued_at=now,
        expires_at=data.expires_at,
    )
    session.add(token)
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.TOKEN_ISSUED,
        "token",
        token.id,
        token=token.name,
        scopes=scopes,
        expires_at=token.expires_at.isoformat(),
    )
    return Issued(token, secret)


async def revoke_token(session: AsyncSession, actor: Actor, token_id: UUID) -> None:
    """End one of the actor's own tokens at once. Raises NotFound, also when it is revoked already."""
    decide_own(actor).require()
    token = await session.scalar(
        select(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.person_id == actor.person_id, ApiToken.revoked_at.is_(None))
        .with_for_update()
    )
    if token is None:
        raise NotFound
    token.revoked_at = clock.now()
    await session.flush()
    await audit.record(session, actor, Tag.TOKEN_REVOKED, "token", token.id, token=token.name)


def _allowed(actor: Actor, scopes: list[Action]) -> list[str]:
    beyond = sorted({scope for scope in scopes if not actor.may(scope)})
    if beyond:
        raise invalid("scopes", "scope_beyond_roles", scopes=", ".join(beyond))
    if Action.TOKEN_ADMINISTER in scopes:
        raise invalid("scopes", "scope_never_for_tokens", scope=Action.TOKEN_ADMINISTER.value)
    return sorted(set(scopes))
