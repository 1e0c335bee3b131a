"""The year's list as a file: taken out as a table, put in from one."""

import asyncio
import io
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts.models import Person
from docflow.core.errors import FieldError
from docflow.dossiers.errors import ListNotUsable
from docflow.dossiers.models import DossierHeading
from docflow.dossiers.queries.headings import visible_unit, whole_list
from docflow.dossiers.schemas import ListChanged
from docflow.dossiers.service.headings import amend_heading, keep_list, note_listed, workers_of
from docflow.dossiers.year_lists import Listed, read_list, row_of, table_of
from docflow.printing.writers import Format, open_writer


async def export_list(
    session: AsyncSession, actor: Actor, unit_id: UUID, year: int, format_: Format
) -> tuple[str, bytes]:
    """The list of a unit for a year as a file that can be imported again: its name and its bytes. Raises NotFound."""
    unit = await visible_unit(session, actor, unit_id)
    rows = await whole_list(session, actor, unit.id, year)
    table = table_of(unit.name_vi, year, actor.language)

    def written() -> bytes:
        out = io.BytesIO()
        writer = open_writer(format_, table, out)
        writer.write(row_of(row, actor.language) for row in rows)
        writer.finish()
        return out.getvalue()

    content = await asyncio.to_thread(written)
    return f"{table.titles[0].capitalize()} {unit.code}.{format_.value}", content


async def import_list(
    session: AsyncSession, actor: Actor, unit_id: UUID, year: int, content: bytes
) -> ListChanged:
    """Put the headings of a table into a list: new codes are added, others changed where the table says otherwise;
    what the table does not name stays. All of it or nothing. Raises NotFound, NotAllowed, ListNotUsable.
    """
    unit = await keep_list(session, actor, unit_id, year)
    wanted = await asyncio.to_thread(read_list, content)
    keepers = await _keepers(session, unit.id, wanted)
    found = await session.scalars(
        select(DossierHeading)
        .where(DossierHeading.unit_id == unit.id, DossierHeading.year == year)
        .with_for_update()
    )
    there = {heading.code: heading for heading in found}
    withdrawn = [one for one in wanted if one.code in there and there[one.code].withdrawn_at is not None]
    if withdrawn:
        raise ListNotUsable(*(_fault(one, "code", "heading_withdrawn") for one in withdrawn))
    added = changed = 0
    for one in wanted:
        new: dict[str, Any] = {"title": one.title, "retention": one.retention}
        if one.keeper is not None:
            new["keeper_id"] = keepers.get(one.keeper)
        if one.code not in there:
            heading = DossierHeading(unit_id=unit.id, year=year, code=one.code, **new)
            session.add(heading)
            await session.flush()
            await note_listed(session, actor, heading, imported=True)
            added += 1
        elif await amend_heading(session, actor, there[one.code], new, imported=True):
            changed += 1
    return ListChanged(added=added, changed=changed, unchanged=len(wanted) - added - changed)


async def _keepers(session: AsyncSession, unit_id: UUID, wanted: list[Listed]) -> dict[str, UUID]:
    """The people of the unit by user name. Raises ListNotUsable for a name that is nobody's there."""
    rows = await session.execute(
        select(Person.username, Person.id).where(Person.id.in_(await workers_of(session, unit_id)))
    )
    found = {row.username.lower(): row.id for row in rows}
    unknown = [one for one in wanted if one.keeper and one.keeper not in found]
    if unknown:
        raise ListNotUsable(*(_fault(one, "keeper", "keeper_not_of_the_unit") for one in unknown[:100]))
    return found


def _fault(one: Listed, column: str, word: str) -> FieldError:
    return FieldError(f"/lines/{one.line}/{column}", word, {"heading": one.code})
