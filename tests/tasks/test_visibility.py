"""What is seen of a task by whom; and that nothing of it leaks to anybody else."""

from uuid import UUID

import pytest
from sqlalchemy import insert, text

from docflow.access.roles import Role
from docflow.accounts.models import RoleHeld, Unit
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import NotFound
from docflow.documents import queries as documents
from docflow.documents.schemas import Route
from docflow.documents.service import receipts
from docflow.tasks import queries, statistics
from docflow.tasks.models import PartState
from docflow.tasks.queries import PartFilters, Scope
from tests.documents.registering import person_id
from tests.tasks.province import CHAIRMAN, LEADER, REGISTRY, STRANGER, Province

REASON = "Không thuộc thẩm quyền"


async def a_busy_task(province: Province) -> UUID:
    """Home affairs leads and has reported; finance has returned; science has accepted and reported."""
    task_id = await province.task("SNV", "STC", "SKHCN")
    await province.accept(task_id, "SNV")
    await province.report(task_id, "SNV", 40, "Bí mật của Sở Nội vụ")
    await province.give_back(task_id, "STC", REASON)
    await province.accept(task_id, "SKHCN")
    await province.report(task_id, "SKHCN", 20, "Bí mật của Sở Khoa học")
    return task_id


async def seen_whole(province: Province, task_id: UUID, by: str) -> list[str]:
    """The units whose parts somebody sees whole."""
    names = {unit_id: unit for unit, unit_id in province.units.items()}
    view = await province.see(task_id, by)
    for part in view.parts:
        assert part.whole or part.reports == []
    return [names[part.part.unit_id] for part in view.parts if part.whole]


async def test_leader_registry_and_lead_see_every_part_whole(province: Province) -> None:
    task_id = await a_busy_task(province)
    for somebody in (LEADER, REGISTRY, "lochtt", "datcv", "nguyetdtm"):
        assert await seen_whole(province, task_id, somebody) == ["SNV", "STC", "SKHCN"]


async def test_a_coordinator_sees_its_own_part_whole_and_of_the_others_who_and_where(
    province: Province,
) -> None:
    task_id = await a_busy_task(province)
    assert await seen_whole(province, task_id, "huongdt") == ["SKHCN"]
    assert await seen_whole(province, task_id, "lienttb") == ["STC"]
    view = await province.see(task_id, "huongdt")
    assert [part.part.state for part in view.parts] == [
        PartState.ACCEPTED,
        PartState.RETURNED,
        PartState.ACCEPTED,
    ]


async def test_who_reads_the_document_but_has_no_part_sees_no_task(province: Province) -> None:
    """The chairman's colleague in another department was sent the document for information."""
    task_id = await a_busy_task(province)
    document_id = (await province.see(task_id)).task.document_id
    route = Route(unit_ids=[province.units["H99.21"]], person_ids=[])
    await province.as_(REGISTRY, receipts.route, province.postman, document_id, route)
    await province.as_("saudv", documents.get_document, document_id)
    assert await province.as_("saudv", queries.list_tasks, document_id) == []
    await is_hidden(province, task_id, "saudv")


async def test_a_superior_reader_sees_it_whole_once_it_is_routed_to_them(province: Province) -> None:
    """Being above is not enough: the document has to be given to the chairman first."""
    task_id = await a_busy_task(province)
    document_id = (await province.see(task_id)).task.document_id
    await is_hidden(province, task_id, CHAIRMAN)
    route = Route(person_ids=[UUID(await person_id(province.sessions, CHAIRMAN))])
    await province.as_(REGISTRY, receipts.route, province.postman, document_id, route)
    assert await seen_whole(province, task_id, CHAIRMAN) == ["SNV", "STC", "SKHCN"]


async def test_a_department_head_sees_the_part_of_a_team_below(province: Province) -> None:
    """The document was directed to the team by the head of finance, who has no part in the task."""
    await a_team(province)
    document_id = await province.document()
    await province.direct(document_id, province.group("SNV", "STC"))
    direction = await province.direct(document_id, province.group("team"), by="nghiant")
    view = await province.as_("tester", queries.get_direction, direction)
    assert [len(task.parts) for task in view.tasks] == [1]
    tasks = await province.as_("lienttb", queries.list_tasks, document_id)
    assert [[part.whole for part in task.parts] for task in tasks] == [[False, True], [True]]
    assert await province.as_("tester", queries.list_tasks, document_id) == view.tasks


async def a_team(province: Province) -> None:
    """A unit below finance with one specialist, ``tester``."""
    async with transaction(province.sessions) as session:
        statement = text(
            """
            WITH team AS (
                INSERT INTO unit (code, symbol, name_vi, name_en, kind_code, parent_id, valid_from)
                SELECT 'team', 'T', 'Phòng Ngân sách', 'Budget', kind_code, id, '2020-01-01'
                FROM unit WHERE symbol = 'STC' RETURNING id
            ), person AS (
                INSERT INTO person (username, full_name, sort_key, post, email, language, password_hash)
                VALUES ('tester', 'Lý Thử', 'x', '', 'tester@t.example', 'vi', '') RETURNING id
            ), named AS (
                INSERT INTO principal (kind, unit_id, person_id)
                SELECT 'unit', id, NULL::uuid FROM team UNION ALL SELECT 'person', NULL, id FROM person
            )
            SELECT team.id, person.id AS person_id FROM team, person
            """
        )
        row = (await session.execute(statement)).one()
        await session.execute(
            text(
                "UPDATE unit SET lineage = above.lineage || unit.no FROM unit AS above"
                " WHERE above.id = unit.parent_id AND unit.code = 'team'"
            )
        )
        held = {"person_id": row.person_id, "unit_id": row.id, "role": Role.SPECIALIST}
        await session.execute(insert(RoleHeld).values(valid_from=clock.today(), **held))
    async with province.sessions() as session:
        team = await session.get_one(Unit, row.id)
    province.units["team"] = team.id


@pytest.mark.parametrize("somebody", [STRANGER, "saudv", CHAIRMAN, "huyvn", "anhmtn"])
async def test_a_unit_that_is_not_named_finds_nothing_anywhere(province: Province, somebody: str) -> None:
    task_id = await a_busy_task(province)
    await is_hidden(province, task_id, somebody)
    document_id = (await province.see(task_id)).task.document_id
    for reading in (queries.list_tasks, queries.list_directions):
        with pytest.raises(NotFound):
            await province.as_(somebody, reading, document_id)
    direction_id = (await province.see(task_id)).task.direction_id
    with pytest.raises(NotFound):
        await province.as_(somebody, queries.get_direction, direction_id)


async def is_hidden(province: Province, task_id: UUID, somebody: str) -> None:
    """By id, in every list, every count, and at home."""
    parts = [part.part.id for part in (await province.see(task_id)).parts]
    with pytest.raises(NotFound):
        await province.see(task_id, somebody)
    for part_id in parts:
        with pytest.raises(NotFound):
            await province.as_(somebody, queries.get_part, part_id)
    for scope in Scope:
        assert await listed(province, somebody, scope) == ([], 0)
    assert await province.as_(somebody, queries.list_due, 50) == []


async def listed(province: Province, by: str, scope: Scope) -> tuple[list[UUID], int | None]:
    rows, counted = await province.as_(
        by, queries.list_parts, scope, PartFilters(), cursor=None, limit=50, total=True
    )
    return [row.id for row in rows], counted


@pytest.mark.parametrize("somebody", ["datcv", "lienttb", "huongdt", "nghiant", LEADER, REGISTRY])
async def test_whatever_a_list_shows_is_also_found_by_id_and_whole(province: Province, somebody: str) -> None:
    task_id = await a_busy_task(province)
    await province.task("STC", "STTTT", number=2)
    for scope in Scope:
        ids, counted = await listed(province, somebody, scope)
        assert counted == len(ids)
        for part_id in ids:
            assert (await province.as_(somebody, queries.get_part, part_id)).whole
    mine, _ = await listed(province, "huongdt", Scope.MINE)
    assert mine == [(await province.part(task_id, "SKHCN")).part.id]


async def test_statistics_count_the_own_units_only(province: Province) -> None:
    await a_busy_task(province)
    period = statistics.period(None, None)
    for somebody, units in (("nghiant", []), ("nguyetdtm", ["Sở Nội vụ"]), (STRANGER, [])):
        told = await province.as_(somebody, statistics.count, period, unit_id=None, role=None)
        assert [unit.unit_name for unit in told.units] == units


async def test_a_document_that_became_too_secret_takes_its_tasks_along(province: Province) -> None:
    task_id = await a_busy_task(province)
    assert (await listed(province, "huongdt", Scope.MINE))[1] == 1
    part_ids = [part.part.id for part in (await province.see(task_id)).parts]
    async with transaction(province.sessions) as session:
        await session.execute(text("UPDATE document SET secrecy = 1"))
    for somebody in ("datcv", "huongdt", LEADER):
        with pytest.raises(NotFound):
            await province.see(task_id, somebody)
        with pytest.raises(NotFound):
            await province.as_(somebody, queries.get_part, part_ids[0])
        for scope in Scope:
            assert await listed(province, somebody, scope) == ([], 0)
        assert await province.as_(somebody, queries.list_due, 50) == []
