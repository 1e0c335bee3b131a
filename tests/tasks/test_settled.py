"""What was done waits no longer: directing, accepting, returning and completing acknowledge what they answer."""

from uuid import UUID

import pytest

from docflow.audit.tags import Tag
from docflow.documents import queries as documents
from docflow.documents.schemas import Route
from docflow.documents.service import receipts
from docflow.tasks import queries
from tests.documents.registering import person_id
from tests.tasks.province import CHAIRMAN, LEADER, REGISTRY, Province


async def waiting(province: Province, username: str) -> list[str]:
    """In which roles documents wait for somebody."""
    rows = await province.as_(username, documents.list_waiting, 50)
    return [row.role.value for row in rows]


async def test_who_was_asked_to_direct_is_asked_no_more_once_it_is_directed(province: Province) -> None:
    document_id = await province.document()
    chairman = UUID(await person_id(province.sessions, CHAIRMAN))
    await province.as_(
        REGISTRY,
        receipts.route,
        province.postman,
        document_id,
        Route(role="direction", person_ids=[chairman]),
    )
    assert (await waiting(province, LEADER), await waiting(province, CHAIRMAN)) == (
        ["direction"],
        ["direction"],
    )
    await province.direct(document_id, province.group("SNV"))
    assert (await waiting(province, LEADER), await waiting(province, CHAIRMAN)) == ([], ["direction"])
    rows = await province.as_(LEADER, documents.list_receipts, document_id)
    leader = await province.actor_of(LEADER)
    (settled,) = [row.Receipt for row in rows if row.person_id == leader.person_id]
    assert settled.acknowledged_by == leader.person_id
    assert settled.opened_at == settled.acknowledged_at


async def test_what_is_to_be_read_still_waits_after_it_was_directed(province: Province) -> None:
    document_id = await province.document()
    leader = UUID(await person_id(province.sessions, LEADER))
    route = Route(role="information", person_ids=[leader])
    await province.as_(REGISTRY, receipts.route, province.postman, document_id, route)
    await province.direct(document_id, province.group("SNV"))
    assert await waiting(province, LEADER) == ["information"]


@pytest.mark.parametrize("step", ["accept", "return"])
async def test_a_unit_that_answered_has_got_the_document(province: Province, step: str) -> None:
    task_id = await province.task("STC", "SNV", "SKHCN")
    for clerk, role in (("lienttb", "lead"), ("datcv", "coordinate"), ("huongdt", "coordinate")):
        assert await waiting(province, clerk) == [role]
    if step == "accept":
        await province.accept(task_id, "SNV")
    else:
        await province.give_back(task_id, "SNV", "Không thuộc thẩm quyền")
    assert await waiting(province, "datcv") == []
    assert await waiting(province, "lienttb") == ["lead"]
    assert await waiting(province, "huongdt") == ["coordinate"]
    document_id = (await province.see(task_id)).task.document_id
    tags = [event.tag for event in await province.trail(document_id)]
    assert Tag.DOCUMENT_ACKNOWLEDGED not in tags


async def test_a_lead_that_leads_again_and_completes_has_nothing_waiting(province: Province) -> None:
    document_id = await province.document()
    await province.direct(document_id, province.group("STC", "SNV"), province.group("SNV"))
    own, other = await province.as_("datcv", queries.list_tasks, document_id)
    assert await waiting(province, "datcv") == ["coordinate", "lead"]
    await province.accept(other.task.id, "SNV")
    assert await waiting(province, "datcv") == ["coordinate"]
    await province.accept(own.task.id, "SNV")
    await province.complete(own.task.id, "SNV")
    await province.complete(other.task.id, "SNV")
    assert await waiting(province, "datcv") == []
