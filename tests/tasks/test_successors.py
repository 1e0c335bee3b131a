"""A unit has ended and another goes on with its work: it finishes what was left open, and begins nothing in its name."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from docflow.accounts.models import Unit
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import NotAllowed
from docflow.documents import queries as documents
from docflow.documents.schemas import Amend
from docflow.documents.service import amend, intake
from docflow.tasks import queries
from docflow.tasks.queries import PartFilters, Scope
from docflow.tasks.rendering import part_out
from tests.documents.registering import received, to_register
from tests.tasks.province import Province

ENDED, HEIR = "STC", "SNV"
HEIRS_CLERK, HEIRS_HEAD, LEADS_CLERK = "datcv", "nguyetdtm", "huongdt"


async def end(province: Province, after: int = 0) -> None:
    """Finance ends so many days from today, and home affairs goes on with its work."""
    ended = update(Unit).where(Unit.id == province.units[ENDED])
    values = {"valid_to": clock.today() + timedelta(days=after), "successor_id": province.units[HEIR]}
    async with transaction(province.sessions) as session:
        await session.execute(ended.values(values))


async def board(province: Province, by: str) -> list[UUID]:
    rows, _ = await province.as_(
        by, queries.list_parts, Scope.MINE, PartFilters(open=True), cursor=None, limit=50, total=False
    )
    return [row.unit_id for row in rows]


async def test_the_successor_sees_and_finishes_what_was_left_open(province: Province) -> None:
    task_id = await province.task("SKHCN", ENDED)
    assert await board(province, HEIRS_CLERK) == []
    await end(province)
    assert await board(province, HEIRS_CLERK) == [province.units[ENDED]]
    part = await province.part(task_id, ENDED, by=HEIRS_CLERK)
    told = part_out(await province.actor_of(HEIRS_CLERK), part)
    assert (part.whole, told.steps) == (True, ["accept", "return"])
    await province.accept(task_id, ENDED, by=HEIRS_HEAD)
    assert await province.as_(HEIRS_CLERK, documents.list_waiting, 9) == []
    await province.report(task_id, ENDED, 50, by=HEIRS_CLERK)
    await province.complete(task_id, ENDED, result=await province.issue(HEIR, 901), by=HEIRS_CLERK)
    assert await province.states(task_id) == [("SKHCN", "assigned"), (ENDED, "completed")]


async def test_a_planned_end_hands_nothing_over_yet(province: Province) -> None:
    task_id = await province.task(HEIR, ENDED)
    await end(province, after=1)
    with pytest.raises(NotAllowed) as refused:
        await province.accept(task_id, ENDED, by=HEIRS_CLERK)
    assert refused.value.facts["reason"] == "only_the_unit_answers"
    await province.accept(task_id, ENDED)


async def test_another_unit_does_not_answer_for_one_that_has_ended(province: Province) -> None:
    task_id = await province.task("SKHCN", ENDED)
    await end(province)
    with pytest.raises(NotAllowed) as refused:
        await province.accept(task_id, ENDED, by=LEADS_CLERK)
    assert refused.value.facts["reason"] == "only_the_unit_answers"


async def test_nothing_is_registered_for_a_unit_that_has_ended_and_what_it_registered_is_corrected(
    province: Province,
) -> None:
    before = await province.as_("lienttb", intake.register_incoming, to_register(), received())
    await end(province)
    form = to_register(symbol="7/CT-UBND", unit_id=province.units[ENDED])
    with pytest.raises(NotAllowed) as refused:
        await province.as_(HEIRS_CLERK, intake.register_incoming, form, received(1))
    assert refused.value.facts["reason"] == "not_the_registry_of_this_unit"
    data = Amend(note="Chuyển Sở Nội vụ lưu")
    corrected = await province.as_(HEIRS_CLERK, amend.amend, before.id, before.version, data)
    assert corrected.note == "Chuyển Sở Nội vụ lưu"
    own = to_register(symbol="8/CT-UBND")
    registered = await province.as_(HEIRS_CLERK, intake.register_incoming, own, received(2))
    assert registered.unit_id == province.units[HEIR]
