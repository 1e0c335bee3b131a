"""Who is asking: one round trip per request, whatever the number of roles. The directory is in ``listing``."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, TextClause, TextualSelect, and_, column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actions import Action
from docflow.access.actor import Actor, Held, Secrecy, StandingIn
from docflow.access.roles import MEMBERS, Role
from docflow.accounts.models import Absence, Person, Principal
from docflow.core import clock
from docflow.core.messages import Language

# One row for each role held in each unit that it reaches, one without a role when none is held; then the same for
# everybody who is away and for whom the person stands in. Those of a substitute who is away are not handed on.
# Everything is found by an index whatever the planner guesses: OFFSET 0 keeps it from reading all units to find the few.
_ASKER = """
SELECT p.id AS person_id, p.full_name, p.username, p.language, p.clearance,
       asker.session_id, asker.token_id, asker.scopes, asker.seen_at,
       whose.id AS whose_id, whose.full_name AS whose_name, whose.until,
       (SELECT no FROM principal WHERE person_id = whose.id) AS person_principal,
       held.role, held.unit_id, held.unit_no, held.lineage, held.inherited,
       (SELECT no FROM principal WHERE unit_id = held.unit_id) AS unit_principal
FROM ({asker}) AS asker JOIN person p ON p.id = asker.person_id
CROSS JOIN LATERAL (
    SELECT p.id, p.full_name, NULL::date AS until
    UNION ALL
    SELECT away.id, away.full_name, absence.ends_on
    FROM absence JOIN person away ON away.id = absence.person_id
    WHERE absence.substitute_id = p.id AND absence.cancelled_at IS NULL AND away.frozen_at IS NULL
      AND absence.starts_on <= :today AND absence.ends_on > :today
) AS whose
LEFT JOIN LATERAL (
    SELECT r.role, line.id AS unit_id, line.no AS unit_no, line.lineage, line.id <> u.id AS inherited
    FROM role_held r JOIN unit u ON u.id = r.unit_id
    CROSS JOIN LATERAL (
        -- A unit inherits from the units that it succeeded, once they have ended.
        WITH RECURSIVE heir AS (
            SELECT u.id, u.no, u.lineage
            UNION
            SELECT before.id, before.no, before.lineage
            FROM heir CROSS JOIN LATERAL (
                SELECT id, no, lineage FROM unit WHERE successor_id = heir.id AND valid_to <= :today OFFSET 0
            ) AS before
        )
        SELECT id, no, lineage FROM heir
    ) AS line
    WHERE r.person_id = whose.id
      AND r.valid_from <= :today AND (r.valid_to IS NULL OR r.valid_to > :today)
      AND u.valid_from <= :today AND (u.valid_to IS NULL OR u.valid_to > :today)
) AS held ON true
WHERE p.frozen_at IS NULL
ORDER BY whose.until IS NOT NULL, person_principal, held.unit_no, held.role
"""
# Named here too, in the same order: SQLAlchemy then need not look at the result of each request to know them.
_COLUMNS = (
    *("person_id", "full_name", "username", "language", "clearance"),
    *("session_id", "token_id", "scopes", "seen_at", "whose_id", "whose_name", "until", "person_principal"),
    *("role", "unit_id", "unit_no", "lineage", "inherited", "unit_principal"),
)


def _asking(asker: str) -> TextualSelect:
    return text(_ASKER.format(asker=asker)).columns(*map(column, _COLUMNS))


_BY_SESSION = _asking(
    """SELECT person_id, id AS session_id, NULL::uuid AS token_id, NULL::text[] AS scopes, seen_at
       FROM user_session WHERE digest = :digest AND expires_at > :now"""
)
_BY_TOKEN = _asking(
    """SELECT person_id, NULL::uuid AS session_id, id AS token_id, scopes, used_at AS seen_at
       FROM api_token WHERE digest = :digest AND expires_at > :now AND revoked_at IS NULL"""
)
_BY_PERSON = _asking(
    """SELECT CAST(:person_id AS uuid) AS person_id, NULL::uuid AS session_id, NULL::uuid AS token_id,
              NULL::text[] AS scopes, NULL::timestamptz AS seen_at"""
)

# A session that is used ends as long after its use as it would have ended after its start.
_TOUCH_SESSION = text(
    "UPDATE user_session SET seen_at = :now, expires_at = :now + (expires_at - seen_at) WHERE id = :id"
)
_TOUCH_TOKEN = text("UPDATE api_token SET used_at = :now WHERE id = :id")

TOUCH_AFTER = timedelta(minutes=1)
"""A session or token is noted as used at most so often."""


async def find_actor_by_session(session: AsyncSession, digest: bytes, address: str) -> Actor | None:
    """The actor of a session cookie; notes that the session is used, at most once a minute."""
    rows = await _asker(session, _BY_SESSION, digest=digest, now=clock.now())
    if rows and rows[0].seen_at < clock.now() - TOUCH_AFTER:
        await _touch(session, _TOUCH_SESSION, rows[0].session_id)
    return _actor(rows, address)


async def find_actor_by_token(session: AsyncSession, digest: bytes, address: str) -> Actor | None:
    """The actor of an API token, narrowed to its scopes."""
    rows = await _asker(session, _BY_TOKEN, digest=digest, now=clock.now())
    if rows and (rows[0].seen_at is None or rows[0].seen_at < clock.now() - TOUCH_AFTER):
        await _touch(session, _TOUCH_TOKEN, rows[0].token_id)
    return _actor(rows, address)


async def find_actor(session: AsyncSession, person_id: UUID, address: str = "") -> Actor | None:
    """The actor that a person is; for commands and tests."""
    return _actor(await _asker(session, _BY_PERSON, person_id=person_id), address)


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's absence on a day. ``substitute_*`` None: nobody stands in, or whoever did was frozen."""

    id: UUID
    person_id: UUID
    starts_on: date
    ends_on: date
    """The first day on which the person is back."""
    substitute_id: UUID | None = None
    substitute_name: str | None = None
    substitute_principal: int | None = None


async def find_absence(session: AsyncSession, person_id: UUID, on: date) -> Away | None:
    """The absence of the person on that day, with whoever acts for them then."""
    statement = (
        select(Absence, Person.id, Person.full_name, Principal.no)
        .join(Person, and_(Person.id == Absence.substitute_id, Person.frozen_at.is_(None)), isouter=True)
        .join(Principal, Principal.person_id == Person.id, isouter=True)
        .where(Absence.person_id == person_id, Absence.cancelled_at.is_(None))
        .where(Absence.starts_on <= on, Absence.ends_on > on)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    absence: Absence = row.Absence
    return Away(
        id=absence.id,
        person_id=absence.person_id,
        starts_on=absence.starts_on,
        ends_on=absence.ends_on,
        substitute_id=row.id,
        substitute_name=row.full_name,
        substitute_principal=row.no,
    )


async def _asker(session: AsyncSession, statement: TextualSelect, **values: Any) -> Sequence[Row[Any]]:
    return (await session.execute(statement, {**values, "today": clock.today()})).all()


async def _touch(session: AsyncSession, statement: TextClause, row_id: UUID) -> None:
    await session.execute(statement, {"now": clock.now(), "id": row_id})


def _actor(rows: Sequence[Row[Any]], address: str) -> Actor | None:
    if not rows:
        return None
    person = rows[0]
    # Keeping the house in order and watching over it is not lent: those are no roles in anybody's work.
    lent = {row.whose_id: row for row in rows if row.whose_id != person.person_id}
    held = [
        row for row in rows if row.role is not None and not row.inherited and _reaches(row, person.person_id)
    ]
    inherited = [row for row in rows if row.inherited and row.role in MEMBERS]
    units = {row.unit_principal for row in (*held, *inherited) if row.role in MEMBERS}
    others = units | {row.person_principal for row in lent.values()}
    return Actor(
        person_id=person.person_id,
        name=person.full_name,
        username=person.username,
        language=Language(person.language),
        clearance=Secrecy(person.clearance),
        held=tuple(map(_held, held)),
        inherited=tuple(map(_held, inherited)),
        principals=(person.person_principal, *sorted(others)),
        person_principal=person.person_principal,
        standing_in=tuple(
            StandingIn(row.whose_id, row.whose_name, row.person_principal, row.until) for row in lent.values()
        ),
        address=address,
        session_id=person.session_id,
        token_id=person.token_id,
        scopes=None
        if person.scopes is None
        else frozenset(action for action in Action if action in person.scopes),
    )


def _reaches(row: Row[Any], person_id: UUID) -> bool:
    return row.whose_id == person_id or row.role in MEMBERS


def _held(row: Row[Any]) -> Held:
    lent_by = None if row.whose_id == row.person_id else row.whose_id
    return Held(Role(row.role), row.unit_id, row.unit_no, tuple(row.lineage), lent_by)
