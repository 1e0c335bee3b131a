"""Who can see what a list of principals names, and the warning before a change lets more people see it.

For documents and for whatever else carries ``readers``: principals in, names of people out.
"""

from collections.abc import Collection
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.roles import MEMBERS
from docflow.core import clock
from docflow.documents.errors import WouldWiden

NAMED = 200
"""Of those who would newly see it so many are named, and all are counted."""


class Seer(msgspec.Struct, frozen=True):
    """Somebody whom principals let see a thing. ``post`` tells people of the same name apart."""

    person_id: UUID
    name: str
    post: str


class Widening(msgspec.Struct, frozen=True):
    """What a change adds: people who see it now and did not, and the principals that were not named before."""

    people: list[Seer]
    added: list[int]

    def __bool__(self) -> bool:
        return bool(self.people)


_SEERS = text(
    """
    WITH RECURSIVE line AS (
        SELECT unit.id FROM principal JOIN unit ON unit.id = principal.unit_id
        WHERE principal.no = ANY(CAST(:principals AS int[]))
        UNION
        -- Whoever succeeded a unit that has ended sees what that saw.
        SELECT unit.successor_id FROM line JOIN unit ON unit.id = line.id
        WHERE unit.valid_to <= :today AND unit.successor_id IS NOT NULL
    ),
    named AS (
        SELECT person_id AS id FROM principal
        WHERE no = ANY(CAST(:principals AS int[])) AND person_id IS NOT NULL
        UNION
        SELECT held.person_id
        FROM line JOIN unit ON unit.id = line.id JOIN role_held AS held ON held.unit_id = unit.id
        WHERE held.role = ANY(CAST(:members AS text[])) AND held.valid_from <= :today
          AND (held.valid_to IS NULL OR held.valid_to > :today)
          AND unit.valid_from <= :today AND (unit.valid_to IS NULL OR unit.valid_to > :today)
    ),
    seers AS (
        SELECT id FROM named
        UNION
        SELECT absence.substitute_id FROM named JOIN absence ON absence.person_id = named.id
        JOIN person AS away ON away.id = named.id AND away.frozen_at IS NULL
        WHERE absence.substitute_id IS NOT NULL AND absence.cancelled_at IS NULL
          AND absence.starts_on <= :today AND absence.ends_on > :today
    )
    SELECT person.id, person.full_name, person.post
    FROM seers JOIN person ON person.id = seers.id
    WHERE person.frozen_at IS NULL AND person.clearance >= :secrecy
    ORDER BY person.sort_key, person.id
    """
)


async def list_seers(session: AsyncSession, principals: Collection[int], *, secrecy: int = 0) -> list[Seer]:
    """Everybody who sees today what these principals may see, by name.

    The people named; the members of the units named and of the units that succeeded them; who stands in for one of
    these. Nobody who is frozen or is not cleared for ``secrecy``. The same rule as makes ``Actor.principals``.
    """
    values = {
        "principals": sorted(set(principals)),
        "members": sorted(role.value for role in MEMBERS),
        "today": clock.today(),
        "secrecy": secrecy,
    }
    return [Seer(*row) for row in await session.execute(_SEERS, values)]


async def widening_of(
    session: AsyncSession, before: Collection[int], after: Collection[int], *, secrecy: int = 0
) -> Widening:
    """What a change of principals from ``before`` to ``after`` lets people see newly."""
    added = sorted(set(after) - set(before))
    if not added:
        return Widening([], [])
    saw = {seer.person_id for seer in await list_seers(session, before, secrecy=secrecy)}
    newly = await list_seers(session, added, secrecy=secrecy)
    return Widening([seer for seer in newly if seer.person_id not in saw], added)


def confirmation_of(widening: Widening, about: UUID | None = None) -> str:
    """The digest by which this widening, of this thing, and no other one is confirmed."""
    people = sorted(str(seer.person_id) for seer in widening.people)
    told = "\n".join([str(about or ""), *people])
    return sha256(told.encode()).hexdigest()[:32]


async def require_confirmed(
    session: AsyncSession,
    before: Collection[int],
    after: Collection[int],
    confirmation: str | None,
    *,
    secrecy: int = 0,
    about: UUID | None = None,
) -> Widening:
    """Whom a change lets see a thing, once that was confirmed; call it with the thing locked.

    Raises WouldWiden with the first NAMED names, their count and the digest to repeat, unless ``confirmation`` is the
    digest of the present widening: whoever joined a unit meanwhile is on nobody's confirmed list. A change by which
    nobody newly sees it needs none. ``about`` is the thing; a digest holds for no other.
    """
    widening = await widening_of(session, before, after, secrecy=secrecy)
    if not widening:
        return widening
    digest = confirmation_of(widening, about)
    if confirmation != digest:
        raise WouldWiden(
            count=len(widening.people),
            people=[
                {"id": str(seer.person_id), "name": seer.name, "post": seer.post}
                for seer in widening.people[:NAMED]
            ],
            confirmation=digest,
        )
    return widening
