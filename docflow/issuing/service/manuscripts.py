"""Beginning a manuscript, changing its record, putting it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from docflow.access.actions import Action
from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.audit import service as audit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import require_version
from docflow.core.errors import invalid
from docflow.documents.models import Direction
from docflow.files.models import File
from docflow.issuing.models import Manuscript, ManuscriptState, StepState, WorkingCopy
from docflow.issuing.policy import decide, decide_begin, decide_permission
from docflow.issuing.queries.manuscripts import get_manuscript
from docflow.issuing.schemas.manuscripts import BeginManuscript, ChangeManuscript
from docflow.issuing.service.manuscripts_facts import (
    check_record,
    list_waiting_steps,
    people_of,
    replace_recipients,
    write_readers,
)
from docflow.issuing.workflow import Move, next_state

_OTHERS = frozenset({"kind", "recipients", "collaborator_ids", "unit_id", "issuing_unit_id", "direction"})
"""Fields that are not kept as they come in."""
_WHO_SEES = frozenset({"whole_unit", "collaborator_ids"})


async def begin_manuscript(session: AsyncSession, actor: Actor, data: BeginManuscript) -> Manuscript:
    """Begin a document of a unit. Raises NotAllowed, Invalid, NotFound for a document that the actor does not see."""
    unit_id = _own_unit(actor, data.unit_id)
    await addressees.units(session, [unit_id], "unit_id")
    decide_begin(actor, unit_id).require()
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if name not in _OTHERS}
    named = await people_of(session, data.collaborator_ids)
    manuscript = Manuscript(
        **given,
        unit_id=unit_id,
        issuing_unit_id=data.issuing_unit_id or unit_id,
        direction=Direction(data.direction),
        kind_code=data.kind,
        author_id=actor.person_id,
        collaborators=sorted(named),
        readers=[],
        seats=[],
        state=ManuscriptState.DRAFTING,
        round=0,
        begun_at=clock.now(),
    )
    wanted = {name for name, value in given.items() if value not in ("", None)}
    await check_record(session, actor, manuscript, wanted)
    await write_readers(session, manuscript)
    session.add(manuscript)
    await session.flush()
    recipients = await replace_recipients(session, manuscript.id, data.recipients)
    told: dict[str, Any] = {name: _plain(value) for name, value in given.items() if value not in ("", None)}
    told |= {"kind": data.kind, "unit": str(unit_id), "issuing_unit": str(manuscript.issuing_unit_id)}
    told |= {"recipients": recipients, "collaborators": _named(named), "direction": data.direction}
    await audit.record(
        session, actor, Tag.MANUSCRIPT_BEGUN, "manuscript", manuscript.id, on_behalf_of=unit_id, **told
    )
    return manuscript


async def change(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, version: int, data: ChangeManuscript
) -> Manuscript:
    """Change the record while it is being written. Raises NotFound, NotAllowed, Stale, Invalid, and what
    ``workflow`` says is in the way."""
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide(actor, Action.MANUSCRIPT_WRITE, manuscript).require()
    given = {
        name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET
    }
    if _WHO_SEES & given.keys():
        decide_permission(actor, manuscript).require()
    require_version(manuscript.version, version)
    next_state(manuscript.state, Move.EDIT)
    told = _set(manuscript, given)
    if data.recipients is not msgspec.UNSET:
        told["recipients"] = await replace_recipients(session, manuscript.id, data.recipients)
    if data.collaborator_ids is not msgspec.UNSET:
        named = await people_of(session, data.collaborator_ids)
        manuscript.collaborators = sorted(named)
        told["collaborators"] = _named(named)
    if not told:
        return manuscript
    await check_record(session, actor, manuscript, given)
    await write_readers(session, manuscript)
    # The list of recipients is no column of the row: its version counts on all the same.
    flag_modified(manuscript, "subject")
    await session.flush()
    await audit.record(session, actor, Tag.MANUSCRIPT_CHANGED, "manuscript", manuscript.id, changed=told)
    return manuscript


async def withdraw(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, version: int, reason: str
) -> Manuscript:
    """Put it away for good, with the reason; whatever waits in it is dropped. Raises as ``change``."""
    manuscript = await get_manuscript(session, actor, manuscript_id, lock=True)
    decide_permission(actor, manuscript).require()
    require_version(manuscript.version, version)
    before = manuscript.state
    waiting = await list_waiting_steps(session, manuscript)
    manuscript.state = next_state(manuscript.state, Move.WITHDRAW)
    manuscript.closed_at = clock.now()
    manuscript.withdraw_reason = reason
    for step in waiting:
        step.state = StepState.DROPPED
    await session.execute(delete(WorkingCopy).where(WorkingCopy.manuscript_id == manuscript.id))
    await session.flush()
    await audit.record(
        session,
        actor,
        Tag.MANUSCRIPT_WITHDRAWN,
        "manuscript",
        manuscript.id,
        before=before.value,
        reason=reason,
        dropped=[str(step.id) for step in waiting],
    )
    return manuscript


async def note_read(session: AsyncSession, actor: Actor, manuscript: Manuscript) -> None:
    """Record that the actor opened it."""
    await audit.record(session, actor, Tag.MANUSCRIPT_READ, "manuscript", manuscript.id)


async def note_downloaded(
    session: AsyncSession, actor: Actor, manuscript_id: UUID, number: int, file: File
) -> None:
    """Record that the actor took the bytes of a version."""
    await audit.record(
        session, actor, Tag.MANUSCRIPT_READ, "manuscript", manuscript_id, number=number, file=file.filename
    )


def _own_unit(actor: Actor, unit_id: UUID | None) -> UUID:
    """The unit that drafts: the one named, or the actor's only one."""
    if unit_id is not None:
        return unit_id
    mine = actor.units_for(Action.MANUSCRIPT_WRITE)
    if len(mine) != 1:
        raise invalid("unit_id", "unit_to_be_named")
    (only,) = mine
    return only


def _set(manuscript: Manuscript, given: dict[str, Any]) -> dict[str, Any]:
    """Set the columns that differ; for the trail each with what it was and is."""
    columns = {"kind": "kind_code"}
    told: dict[str, Any] = {}
    for name, value in given.items():
        column = columns.get(name, name)
        if name in {"recipients", "collaborator_ids"} or getattr(manuscript, column) == value:
            continue
        told[name] = [_plain(getattr(manuscript, column)), _plain(value)]
        setattr(manuscript, column, Direction(value) if name == "direction" else value)
    return told


def _named(people: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"principal": no, "name": people[no]} for no in sorted(people)]


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
