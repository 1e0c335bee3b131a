"""Who is asking: one round trip per request, whatever the number of roles. The directory is in ``listing``."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy
from docflow.core import clock
from docflow.core.messages import Language

_ACTOR = """
WITH RECURSIVE asker AS ({asker}),
held AS (
    SELECT r.role, u.id AS unit_id, u.no AS unit_no, u.lineage
    FROM asker JOIN role_held r ON r.person_id = asker.person_id JOIN unit u ON u.id = r.unit_id
    WHERE r.valid_from <= :today AND (r.valid_to IS NULL OR r.valid_to > :today)
      AND u.valid_from <= :today AND (u.valid_to IS NULL OR u.valid_to > :today)
),
-- A unit inherits what the units that it succeeded could read.
heir AS (
    SELECT unit_id FROM held UNION SELECT u.id FROM unit u JOIN heir ON u.successor_id = heir.unit_id
)
SELECT p.id AS person_id, p.full_name, p.username, p.language, p.clearance,
       asker.session_id, asker.token_id, asker.scopes, asker.seen_at,
       (SELECT jsonb_agg(jsonb_build_object('role', role, 'unit_id', unit_id, 'unit_no', unit_no,
                                            'lineage', lineage) ORDER BY unit_no, role) FROM held) AS held,
       (SELECT no FROM principal WHERE person_id = p.id) AS person_principal,
       (SELECT array_agg(no ORDER BY no) FROM principal WHERE unit_id IN (SELECT unit_id FROM heir))
           AS unit_principals
FROM asker JOIN person p ON p.id = asker.person_id
WHERE p.frozen_at IS NULL
"""
_BY_SESSION = """SELECT person_id, id AS session_id, NULL::uuid AS token_id, NULL::text[] AS scopes, seen_at
FROM user_session WHERE digest = :digest AND expires_at > :now"""
_BY_TOKEN = """SELECT person_id, NULL::uuid AS session_id, id AS token_id, scopes, used_at AS seen_at
FROM api_token WHERE digest = :digest AND expires_at > :now AND revoked_at IS NULL"""  # noqa: S105
_BY_PERSON = """SELECT CAST(:person_id AS uuid) AS person_id, NULL::uuid AS session_id, NULL::uuid AS token_id,
NULL::text[] AS scopes, NULL::timestamptz AS seen_at"""

# A session that is used ends as long after its use as it would have ended after its start.
_TOUCH_SESSION = (
    "UPDATE user_session SET seen_at = :now, expires_at = :now + (expires_at - seen_at) WHERE id = :id"
)
_TOUCH_TOKEN = "UPDATE api_token SET used_at = :now WHERE id = :id"  # noqa: S105

TOUCH_AFTER = timedelta(minutes=1)
"""A session or token is noted as used at most so often."""


async def find_actor_by_session(session: AsyncSession, digest: bytes, address: str) -> Actor | None:
    """The actor of a session cookie; notes that the session is used, at most once a minute."""
    row = await _asker(session, _BY_SESSION, digest=digest)
    if row is not None and row.seen_at < clock.now() - TOUCH_AFTER:
        await _touch(session, _TOUCH_SESSION, row.session_id)
    return _actor(row, address)


async def find_actor_by_token(session: AsyncSession, digest: bytes, address: str) -> Actor | None:
    """The actor of an API token, narrowed to its scopes."""
    row = await _asker(session, _BY_TOKEN, digest=digest)
    if row is not None and (row.seen_at is None or row.seen_at < clock.now() - TOUCH_AFTER):
        await _touch(session, _TOUCH_TOKEN, row.token_id)
    return _actor(row, address)


async def find_actor(session: AsyncSession, person_id: UUID, address: str = "") -> Actor | None:
    """The actor that a person is; for commands and tests."""
    return _actor(await _asker(session, _BY_PERSON, person_id=person_id), address)


async def _asker(session: AsyncSession, asker: str, **values: Any) -> Row[Any] | None:
    statement = text(_ACTOR.format(asker=asker))
    now = {} if asker is _BY_PERSON else {"now": clock.now()}
    return (await session.execute(statement, {**values, **now, "today": clock.today()})).one_or_none()


async def _touch(session: AsyncSession, statement: str, row_id: UUID) -> None:
    await session.execute(text(statement), {"now": clock.now(), "id": row_id})


def _actor(row: Row[Any] | None, address: str) -> Actor | None:
    if row is None:
        return None
    return Actor(
        person_id=row.person_id,
        name=row.full_name,
        username=row.username,
        language=Language(row.language),
        clearance=Secrecy(row.clearance),
        held=tuple(msgspec.convert(row.held or [], list[Held])),
        principals=(row.person_principal, *(row.unit_principals or ())),
        person_principal=row.person_principal,
        address=address,
        session_id=row.session_id,
        token_id=row.token_id,
        scopes=None if row.scopes is None else frozenset(action for action in Action if action in row.scopes),
    )
