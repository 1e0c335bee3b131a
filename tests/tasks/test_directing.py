"""A leader directs: everything that follows from one sentence, and everything that is refused."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text, update

from docflow.accounts.models import Unit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.core.working_calendar import TermUnit
from docflow.documents import queries as documents
from docflow.tasks import queries
from docflow.tasks.models import LeaderDirection, Part, Task
from docflow.tasks.schemas import Due
from tests.tasks.province import CHAIRMAN, CLERKS, CONTENT, LEADER, Province

SIX = ("SNV", "STC", "SKHCN", "STTTT", "SKHĐT", "VP")


async def wrong_fields(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(field.pointer, field.code) for field in refused.value.fields]


async def nothing_is_written(province: Province) -> None:
    async with province.sessions() as session:
        for table in (LeaderDirection, Task, Part):
            assert (await session.scalars(select(table))).all() == []
    assert await province.letters() == []


async def test_one_direction_gives_each_unit_its_part_the_document_and_a_letter(province: Province) -> None:
    document_id = await province.document()
    await province.direct(document_id, province.group(*SIX))
    (task,) = await province.as_(LEADER, queries.list_tasks, document_id)
    assert await province.states(task.task.id) == [
        ("SNV", "assigned"),
        *((unit, "assigned") for unit in ("VP", "STC", "SKHCN", "STTTT", "SKHĐT")),
    ]
    assert task.task.content == CONTENT
    for unit in SIX:
        await province.as_(CLERKS[unit], documents.get_document, document_id)
    receipts = await province.as_(LEADER, documents.list_receipts, document_id)
    assert {(row.name_vi, row.Receipt.role.value) for row in receipts if row.unit_id} == {
        ("Sở Nội vụ", "lead"),
        ("Sở Tài chính", "coordinate"),
        ("Sở Khoa học và Công nghệ", "coordinate"),
        ("Sở Thông tin và Truyền thông", "coordinate"),
        ("Sở Kế hoạch và Đầu tư", "coordinate"),
        ("Văn phòng Ủy ban nhân dân tỉnh", "coordinate"),
    }
    assert len(await province.letters()) == 6


async def test_the_letters_say_who_directs_what_until_when(province: Province) -> None:
    with clock.at(datetime(2026, 8, 20, 2, tzinfo=UTC)):
        task_id = await province.task("SNV", "STC", due=Due(amount=2))
    letters = await province.letters()
    assert sorted(letter.recipient for letter in letters) == [
        "snv@truonggiang.example",
        "stc@truonggiang.example",
    ]
    lead = next(letter for letter in letters if letter.recipient.startswith("snv"))
    assert lead.effect == f"task/{task_id}/directed/{province.units['SNV']}"
    assert lead.thread.startswith(f"document/{lead.subject_id}/")
    mail = message_from_bytes(lead.content, policy=policy.SMTP)
    assert mail["subject"] == (
        "Giao việc: 1/CT-UBND – Về việc nâng cao Chỉ số cải cách hành chính (hạn 22/08/2026 17:00)"
    )
    body = mail.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert "Kính gửi Sở Nội vụ" in said
    assert "Hoàng Thị Thu Thủy giao đơn vị chủ trì" in said
    assert "Số đến: 01" in said
    assert CONTENT in said
    assert f"/api/v1/tasks/{task_id}" in said


async def test_a_unit_without_an_address_gets_its_part_without_a_letter(province: Province) -> None:
    async with transaction(province.sessions) as session:
        await session.execute(update(Unit).where(Unit.id == province.units["STC"]).values(email=None))
    task_id = await province.task("SNV", "STC")
    assert [letter.recipient for letter in await province.letters()] == ["snv@truonggiang.example"]
    assert await province.states(task_id) == [("SNV", "assigned"), ("STC", "assigned")]


async def test_the_trail_names_units_and_deadlines(province: Province) -> None:
    document_id = await province.document()
    with clock.at(datetime(2026, 11, 23, 2, tzinfo=UTC)):
        direction_id = await province.direct(
            document_id,
            province.group("SNV", "STC"),
            province.group("STTTT", content="Báo cáo riêng.", due_on=date(2026, 12, 31)),
            information=["H99.21"],
        )
    directed = (await province.trail(document_id))[-1]
    assert (directed.tag, directed.actor_name) == (Tag.DOCUMENT_DIRECTED, "Hoàng Thị Thu Thủy")
    assert directed.details["direction"] == str(direction_id)
    assert directed.details["content"] == CONTENT
    first, second = directed.details["tasks"]
    assert (first["lead"], first["coordinators"]) == ("Sở Nội vụ", ["Sở Tài chính"])
    assert first["due_on"] == "2026-12-08"
    assert (second["lead"], second["coordinators"]) == ("Sở Thông tin và Truyền thông", [])
    assert (second["content"], second["due_on"]) == ("Báo cáo riêng.", "2026-12-31")
    assert directed.details["information"] == ["Ủy ban nhân dân phường Bến Thuyền"]
    assert [(one["role"], one["from"], one["to"]) for one in directed.details["changes"][:4]] == [
        ("lead", None, "waiting"),
        ("coordinate", None, "waiting"),
        ("lead", None, "waiting"),
        ("information", None, "waiting"),
    ]
    (handled,) = directed.details["changes"][4:]
    assert (handled["from"], handled["to"]) == ("waiting", "forwarded")


async def test_a_unit_for_information_sees_the_document_and_the_words_but_no_task(province: Province) -> None:
    document_id = await province.document()
    await province.direct(document_id, province.group("SNV"), information=["H99.21"])
    (view,) = await province.as_("saudv", queries.list_directions, document_id)
    assert (view.direction.content, view.tasks) == (CONTENT, [])
    assert await province.as_("saudv", queries.list_tasks, document_id) == []
    letters = await province.letters(f"document/{document_id}/routed/")
    assert "benthuyen@truonggiang.example" in [letter.recipient for letter in letters]


async def test_a_unit_may_have_a_part_in_several_tasks_of_a_document(province: Province) -> None:
    document_id = await province.document()
    await province.direct(document_id, province.group("SNV", "STC"), province.group("STC", "SNV"))
    await province.direct(document_id, province.group("SNV"))
    tasks = await province.as_("datcv", queries.list_tasks, document_id)
    assert [[part.part.unit_id == province.units["SNV"] for part in task.parts] for task in tasks] == [
        [True, False],
        [False, True],
        [True],
    ]
    assert len(await province.letters()) == 5
    directions = await province.as_(LEADER, queries.list_directions, document_id)
    assert [len(view.tasks) for view in directions] == [2, 1]


async def test_deadlines_count_swapped_days(province: Province) -> None:
    with clock.at(datetime(2026, 8, 20, 2, tzinfo=UTC)):
        worked = await province.task("SNV", due=Due(amount=2))
        calendar = await province.task("SNV", due=Due(amount=11, unit=TermUnit.CALENDAR_DAYS), number=2)
        assert await province.due_on(worked) == date(2026, 8, 22)
        assert await province.due_on(calendar) == date(2026, 9, 3)
        view = await province.see(worked)
        assert view.task.due_at == datetime(2026, 8, 22, 10, tzinfo=UTC)
        assert view.parts[0].part.due_at == view.task.due_at


async def test_a_deadline_that_has_passed_is_refused(province: Province) -> None:
    document_id = await province.document()
    yesterday = clock.today() - timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        await province.direct(document_id, province.group("SNV"), province.group("STC", due_on=yesterday))
    assert await wrong_fields(refused) == [("/tasks/1/due_on", "deadline_passed")]
    await nothing_is_written(province)


async def test_everything_that_is_wrong_is_told_at_once(province: Province) -> None:
    document_id = await province.document()
    with pytest.raises(Invalid) as refused:
        await province.direct(
            document_id,
            province.group("SNV", "SNV"),
            province.group("SNV", "STC", "STC"),
            province.group("STC", due=None),
        )
    assert await wrong_fields(refused) == [
        ("/tasks/0/coordinator_unit_ids", "unit_twice_in_task"),
        ("/tasks/1/coordinator_unit_ids", "unit_twice_in_task"),
        ("/tasks/2/due", "one_deadline"),
    ]
    await nothing_is_written(province)


async def test_an_unknown_or_ended_unit_is_refused(province: Province) -> None:
    document_id = await province.document()
    async with transaction(province.sessions) as session:
        ended = update(Unit).where(Unit.id == province.units["STC"]).values(valid_to=clock.today())
        await session.execute(ended)
    province.units["nowhere"] = uuid4()
    for unit in ("STC", "nowhere"):
        with pytest.raises(Invalid) as refused:
            await province.direct(document_id, province.group("SNV", unit))
        assert await wrong_fields(refused) == [("/tasks", "unit_not_known")]
        with pytest.raises(Invalid) as refused:
            await province.direct(document_id, province.group("SNV"), information=[unit])
        assert await wrong_fields(refused) == [("/information_unit_ids", "unit_not_known")]
    await nothing_is_written(province)


async def test_a_unit_with_a_part_is_not_named_for_information(province: Province) -> None:
    document_id = await province.document()
    with pytest.raises(Invalid) as refused:
        await province.direct(document_id, province.group("SNV", "STC"), information=["STC"])
    assert await wrong_fields(refused) == [("/information_unit_ids", "informed_unit_has_a_part")]
    await nothing_is_written(province)


async def test_a_direction_has_a_most_of_parts(province: Province) -> None:
    document_id = await province.document()
    province.units.update({f"u{number}": UUID(int=number) for number in range(5000)})
    with pytest.raises(Invalid) as refused:
        await province.direct(document_id, province.group("SNV", *(f"u{number}" for number in range(5000))))
    assert await wrong_fields(refused) == [("/tasks", "too_many_parts")]


async def test_a_leader_directs_only_what_is_at_or_below_the_own_unit(province: Province) -> None:
    """The head of home affairs has the document, but directs home affairs alone."""
    document_id = await province.document()
    await province.direct(document_id, province.group("SNV", "STC"))
    with pytest.raises(NotAllowed) as refused:
        await province.direct(document_id, province.group("SNV", "STC"), by="nguyetdtm")
    assert refused.value.facts == {"reason": "directed_outside_own_units", "unit": "Sở Tài chính"}
    with pytest.raises(NotAllowed):
        await province.direct(document_id, province.group("SNV"), by="nguyetdtm", information=["STC"])
    own = await province.direct(document_id, province.group("SNV"), by="nguyetdtm")
    assert own is not None


async def test_a_document_that_a_leader_does_not_see_cannot_be_directed(province: Province) -> None:
    document_id = await province.document()
    for somebody, hidden in ((CHAIRMAN, document_id), (LEADER, uuid4())):
        with pytest.raises(NotFound):
            await province.direct(hidden, province.group("SNV"), by=somebody)
    await nothing_is_written(province)


async def test_thousands_of_units_are_directed_by_the_same_few_statements(province: Province) -> None:
    """Twice the units, not one statement more."""
    async with transaction(province.sessions) as session:
        await session.execute(
            text(
                """
                WITH made AS (
                    INSERT INTO unit (code, symbol, name_vi, name_en, kind_code, parent_id, valid_from)
                    SELECT 'X' || number, 'X', 'Tổ ' || number, 'Team', 'commune', id, '2020-01-01'
                    FROM generate_series(1, 600) AS number, unit WHERE unit.code = 'H99'
                    RETURNING id
                ), placed AS (INSERT INTO principal (kind, unit_id) SELECT 'unit', id FROM made RETURNING 1)
                SELECT count(*) FROM placed
                """
            )
        )
        await session.execute(
            text(
                "UPDATE unit SET lineage = above.lineage || unit.no FROM unit AS above"
                " WHERE above.id = unit.parent_id AND unit.code LIKE 'X%'"
            )
        )
        teams = await session.scalars(select(Unit.id).where(Unit.code.startswith("X")).order_by(Unit.no))
        province.units.update({f"X{number}": team for number, team in enumerate(teams)})
    counts = [await statements_to_direct(province, units) for units in (300, 600)]
    assert counts[0] == counts[1] <= 25


async def statements_to_direct(province: Province, units: int) -> int:
    document_id = await province.document(units)
    lead, *others = (f"X{number}" for number in range(units))
    engine = province.sessions.kw["bind"].sync_engine
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    await province.direct(document_id, province.group(lead, *others))
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)
