"""Signing in and out. Failures are counted in a transaction of their own: a refusal must survive its rollback."""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import queries
from docflow.accounts.errors import SignInBlocked, SignInRefused
from docflow.accounts.models import Person, SignInThrottle, UserSession
from docflow.accounts.passwords import password_matches
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.ids import digest_of, new_secret

FREE_FAILURES = 4
"""So many failures cost nothing; each further one doubles the wait from one second up to the longest."""
LONGEST_WAIT = timedelta(minutes=15)
ADDRESS_ALLOWANCE = 100
"""One address may serve a whole province: its failures weigh a hundredth of a user name's."""
LONGEST_ADDRESS_WAIT = timedelta(minutes=1)
"""Enough to slow guessing down, too little for one person to keep an office out."""
HALVED_EVERY = timedelta(minutes=15)
"""Failures count half with every quarter of an hour that begins on the clock after the wait for them ended."""


class SessionRules(msgspec.Struct, frozen=True):
    """How long an unused session lasts, and whether its cookie travels over TLS only."""

    hours: int
    secure: bool


class Visitor(msgspec.Struct, frozen=True):
    """Where a sign-in comes from; ``session_digest`` is of the session that the browser had before, if any."""

    address: str
    user_agent: str = ""
    session_digest: bytes | None = None


class SignedIn(msgspec.Struct, frozen=True):
    """A new session. ``secret`` goes into the cookie and is kept nowhere."""

    secret: str
    actor: Actor
    expires_at: datetime


async def sign_in(
    sessions: Sessions, *, username: str, password: str, visitor: Visitor, hours: int
) -> SignedIn:
    """Start a session with a fresh secret; the visitor's former session ends. Raises as ``require_password``."""
    person_id = await require_password(
        sessions, username=username, password=password, address=visitor.address
    )
    async with transaction(sessions) as session:
        if visitor.session_digest is not None:
            await session.execute(delete(UserSession).where(UserSession.digest == visitor.session_digest))
        await session.execute(delete(SignInThrottle).where(SignInThrottle.key == f"name:{_key_of(username)}"))
        return await _start(session, person_id, visitor, timedelta(hours=hours))


async def require_password(sessions: Sessions, *, username: str, password: str, address: str) -> UUID:
    """The person in service to whom user name and password belong.

    The password is checked between two transactions, so no connection waits for it. Afterwards it is asked again
    whether there is a wait: of many attempts at once those that come late learn nothing, right or wrong.
    Raises SignInBlocked, SignInRefused; every wrong password is counted and recorded.
    """
    key = _key_of(username)
    async with transaction(sessions) as session:
        if wait := await _seconds_to_wait(session, key, address):
            raise SignInBlocked(retry_after=wait)
        person = (
            await session.execute(
                select(Person.id, Person.password_hash, Person.frozen_at).where(
                    func.lower(Person.username) == username.lower()
                )
            )
        ).one_or_none()
    matches = await password_matches(password, person.password_hash if person else None)
    right = person is not None and matches and person.frozen_at is None
    async with transaction(sessions) as session:
        wait = await _seconds_to_wait(session, key, address)
        if not right:
            await _count_failure(session, key, address)
    if wait:
        raise SignInBlocked(retry_after=wait)
    if person is None or not right:
        raise SignInRefused
    person_id: UUID = person.id
    return person_id


async def _start(session: AsyncSession, person_id: UUID, visitor: Visitor, lifetime: timedelta) -> SignedIn:
    secret = new_secret()
    now = clock.now()
    session_id = await session.scalar(
        insert(UserSession)
        .values(
            digest=digest_of(secret),
            person_id=person_id,
            started_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            address=visitor.address,
            user_agent=visitor.user_agent[:300],
        )
        .returning(UserSession.id)
    )
    actor = await queries.find_actor(session, person_id, visitor.address)
    if actor is None:
        raise SignInRefused
    await audit.record(session, actor, Tag.SESSION_STARTED, "person", person_id, session=str(session_id))
    return SignedIn(secret, actor, now + lifetime)


async def sign_out(session: AsyncSession, actor: Actor) -> None:
    """End the session that asks."""
    await session.execute(delete(UserSession).where(UserSession.id == actor.session_id))
    await audit.record(session, actor, Tag.SESSION_ENDED, "person", actor.person_id)


async def end_sessions(session: AsyncSession, person_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a person ``but`` one: when frozen, or when the password changed."""
    ended = delete(UserSession).where(UserSession.person_id == person_id)
    await session.execute(ended if but is None else ended.where(UserSession.id != but))


async def forget_ended(session: AsyncSession) -> None:
    """Drop sessions that have run out and throttles that have cooled down."""
    now = clock.now()
    await session.execute(delete(UserSession).where(UserSession.expires_at < now))
    await session.execute(delete(SignInThrottle).where(SignInThrottle.failed_at < now - timedelta(days=1)))


def _key_of(username: str) -> str:
    return username.casefold()[:200]


def _keys(key: str, address: str) -> list[str]:
    return [f"name:{key}", f"address:{address}"]


async def _seconds_to_wait(session: AsyncSession, key: str, address: str) -> int:
    """How long the user name or the address is blocked for; 0 when neither is."""
    now = clock.now()
    until = await session.scalar(
        select(func.max(SignInThrottle.blocked_until)).where(SignInThrottle.key.in_(_keys(key, address)))
    )
    return ceil((until - now).total_seconds()) if until is not None and until > now else 0


# A quarter that began and not one that was quiet: in a large office somebody mistypes all the time.
_QUARTERS = """
    floor(extract(epoch FROM CAST(:now AS timestamptz)) / :half) - floor(extract(epoch FROM t.blocked_until) / :half)
"""
_REMEMBERED = f"(t.failures >> CAST(greatest(0, least(31, {_QUARTERS})) AS integer))"
_COUNT = text(
    f"""
    INSERT INTO sign_in_throttle AS t (key, failures, failed_at, blocked_until)
    VALUES (:key, 1, :now, :now)
    ON CONFLICT (key) DO UPDATE SET
        failures = {_REMEMBERED} + 1,
        failed_at = :now,
        blocked_until = :now + CASE WHEN {_REMEMBERED} < :free THEN interval '0'
            ELSE least(CAST(:longest AS interval),
                       interval '1 second' * power(2, least(({_REMEMBERED} - :free) / :weight, 20))) END
    """  # noqa: S608  (nothing but the lines above)
)


async def _count_failure(session: AsyncSession, key: str, address: str) -> None:
    """One atomic statement per key: attempts in parallel cannot slip past the count."""
    rules = ((1, LONGEST_WAIT), (ADDRESS_ALLOWANCE, LONGEST_ADDRESS_WAIT))
    for name, (weight, longest) in zip(_keys(key, address), rules, strict=True):
        await session.execute(
            _COUNT,
            {
                "key": name,
                "now": clock.now(),
                "free": FREE_FAILURES * weight,
                "weight": weight,
                "longest": longest,
                "half": HALVED_EVERY.total_seconds(),
            },
        )
    await audit.record(
        session, None, Tag.SESSION_REFUSED, "person", None, name=key, address=address, username=key
    )
