"""Changing one's own password, which only its owner can: it takes the present one."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.errors import SignInRefused
from docflow.accounts.models import Person, UserSession
from docflow.accounts.passwords import hash_password
from docflow.accounts.policy import decide_own
from docflow.accounts.service.sign_in import end_sessions, require_password
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.core.errors import NotSignedIn, invalid
from docflow.core.ids import digest_of, new_secret


async def change_own_password(sessions: Sessions, actor: Actor, *, current: str, new: str) -> str:
    """Set a new password, end the other sessions, give the asking one a fresh secret and return it.

    A wrong ``current`` counts as a failed sign-in, so this is no way around the wait. In transactions of its own,
    as signing in. Raises NotAllowed for a token, SignInBlocked, Invalid, NotSignedIn.
    """
    decide_own(actor).require()
    try:
        await require_password(sessions, username=actor.username, password=current, address=actor.address)
    except SignInRefused as refused:
        raise invalid("current_password", "current_password_wrong") from refused
    encoded = await hash_password(new)
    async with transaction(sessions) as session:
        return await _rotate(session, actor, encoded)


async def _rotate(session: AsyncSession, actor: Actor, encoded: str) -> str:
    person = await session.scalar(select(Person).where(Person.id == actor.person_id).with_for_update())
    secret = new_secret()
    rotated = await session.scalar(
        update(UserSession)
        .where(UserSession.id == actor.session_id)
        .values(digest=digest_of(secret))
        .returning(UserSession.id)
    )
    # Frozen, signed out or given another password while this one was being checked.
    if person is None or rotated is None:
        raise NotSignedIn
    person.password_hash = encoded
    await session.flush()
    await end_sessions(session, actor.person_id, but=actor.session_id)
    await audit.record(
        session, actor, Tag.PERSON_CHANGED, "person", actor.person_id, changed={"password": None}
    )
    return secret
