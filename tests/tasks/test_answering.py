"""Units answer: accept, report, return, complete; and what two people do at the same moment."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from docflow.accounts.models import Person
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound, Stale
from docflow.documents import queries as documents
from docflow.tasks import queries
from docflow.tasks.errors import (
    PartAlreadyAccepted,
    PartClosed,
    PartCompleted,
    PartNotAccepted,
    PartReturned,
)
from docflow.tasks.queries import is_overdue
from docflow.tasks.rendering import task_out
from docflow.tasks.service import answer
from docflow.tasks.workflow import TaskState, task_state
from tests.tasks.province import CLERKS, LEADER, REGISTRY, STRANGER, Province

REASON = "Nội dung thuộc thẩm quyền của Sở Kế hoạch và Đầu tư"


def the_only(refused: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    (field,) = refused.value.fields
    return field.pointer, field.code


async def test_a_unit_accepts_reports_and_completes(province: Province) -> None:
    task_id = await province.task("SNV")
    await province.accept(task_id, "SNV")
    await province.report(task_id, "SNV", 40, "Đã tổng hợp số liệu.")
    await province.complete(task_id, "SNV", "Đã báo cáo.")
    view = await province.part(task_id, "SNV")
    assert (view.part.state, view.part.percent) == ("completed", 100)
    assert view.part.accepted_at < view.part.finished_at
    assert [(report.percent, report.note, report.reporter_name) for report in view.reports] == [
        (40, "Đã tổng hợp số liệu.", "Cao Văn Đạt"),
        (100, "Đã báo cáo.", "Cao Văn Đạt"),
    ]
    task = (await province.see(task_id)).task
    assert task.completed_at == view.part.finished_at


async def test_each_step_needs_the_one_before(province: Province) -> None:
    task_id = await province.task("SNV")
    for early in (province.report(task_id, "SNV", 10), province.complete(task_id, "SNV")):
        with pytest.raises(PartNotAccepted):
            await early
    await province.accept(task_id, "SNV")
    with pytest.raises(PartAlreadyAccepted):
        await province.accept(task_id, "SNV")


async def test_progress_goes_down_only_with_a_note_and_never_to_a_hundred(province: Province) -> None:
    task_id = await province.task("SNV")
    await province.accept(task_id, "SNV")
    await province.report(task_id, "SNV", 60)
    with pytest.raises(Invalid) as refused:
        await province.report(task_id, "SNV", 30)
    assert the_only(refused) == ("/note", "note_for_going_down")
    await province.report(task_id, "SNV", 30, "Số liệu phải làm lại.")
    with pytest.raises(Invalid) as refused:
        await province.report(task_id, "SNV", 100, "Xong.")
    assert the_only(refused) == ("/percent", "hundred_by_completing")
    assert (await province.part(task_id, "SNV")).part.percent == 30


async def test_a_coordinator_returns_with_a_reason_and_the_leader_is_told(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.give_back(task_id, "STC", REASON)
    assert await province.states(task_id) == [("SNV", "assigned"), ("STC", "returned")]
    view = await province.part(task_id, "STC")
    assert (view.part.return_reason, view.part.returned_at is not None) == (REASON, True)
    (letter,) = await province.letters(f"task/{task_id}/returned/")
    assert letter.recipient == "thuyhtt@truonggiang.example"
    mail = message_from_bytes(letter.content, policy=policy.SMTP)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Sở Tài chính đã trả lại phần việc phối hợp được giao." in body.get_content()
    assert f"Lý do: {REASON}" in body.get_content()


async def test_a_return_is_final_also_after_accepting(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.accept(task_id, "STC")
    await province.give_back(task_id, "STC", REASON)
    for more in (
        province.accept(task_id, "STC"),
        province.report(task_id, "STC", 10),
        province.give_back(task_id, "STC", REASON),
        province.complete(task_id, "STC"),
    ):
        with pytest.raises(PartReturned):
            await more
    assert len(await province.letters(f"task/{task_id}/returned/")) == 1


async def test_a_task_whose_lead_returned_shows_it_and_leaves_nothing_open_or_late(
    province: Province,
) -> None:
    task_id = await province.task("SNV", "STC", "SKHCN", "STTTT")
    await province.accept(task_id, "STC")
    await province.accept(task_id, "SKHCN")
    await province.complete(task_id, "SKHCN")
    await province.give_back(task_id, "SNV", REASON)
    assert await province.states(task_id) == [
        ("SNV", "returned"),
        ("STC", "closed"),
        ("SKHCN", "completed"),
        ("STTTT", "closed"),
    ]
    view = await province.see(task_id)
    assert task_state(view.parts[0].part.state) is TaskState.LEAD_RETURNED
    assert view.task.completed_at is None
    closed = await province.part(task_id, "STC")
    assert closed.part.finished_at == view.parts[0].part.returned_at
    with pytest.raises(PartClosed):
        await province.complete(task_id, "STC")
    with clock.at(view.task.due_at + timedelta(days=1)):
        leader = await province.actor_of(LEADER)
        told = task_out(leader, await province.see(task_id))
        assert (told.overdue, [part.overdue for part in told.parts]) == (False, [False] * 4)
        assert await province.as_("lienttb", queries.list_due, 9) == []
    assert len(await province.letters(f"task/{task_id}/returned/")) == 1
    (event,) = [one for one in await province.trail(view.task.document_id) if one.tag is Tag.TASK_RETURNED]
    assert event.details["closed"] == ["Sở Tài chính", "Sở Thông tin và Truyền thông"]
    await province.direct(view.task.document_id, province.group("STTTT", "STC"))


async def test_a_coordinators_return_closes_nothing_else(province: Province) -> None:
    task_id = await province.task("SNV", "STC", "SKHCN")
    await province.give_back(task_id, "STC", REASON)
    assert await province.states(task_id) == [("SNV", "assigned"), ("STC", "returned"), ("SKHCN", "assigned")]


async def test_a_frozen_leader_gets_no_letter(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    async with transaction(province.sessions) as session:
        freeze = update(Person).where(Person.username == LEADER).values(frozen_at=clock.now())
        await session.execute(freeze)
    await province.give_back(task_id, "STC", REASON)
    assert await province.letters(f"task/{task_id}/returned/") == []
    assert (await province.part(task_id, "STC", by="lienttb")).part.state == "returned"


async def test_the_leads_completion_closes_what_coordinators_have_not_finished(province: Province) -> None:
    task_id = await province.task("SNV", "STC", "SKHCN", "STTTT", "SKHĐT")
    for unit in ("SNV", "STC", "SKHCN"):
        await province.accept(task_id, unit)
    await province.complete(task_id, "STC")
    await province.give_back(task_id, "STTTT", REASON)
    assert (await province.see(task_id)).task.completed_at is None
    await province.complete(task_id, "SNV")
    assert await province.states(task_id) == [
        ("SNV", "completed"),
        ("STC", "completed"),
        ("SKHCN", "closed"),
        ("STTTT", "returned"),
        ("SKHĐT", "closed"),
    ]
    closed = await province.part(task_id, "SKHCN")
    lead = await province.part(task_id, "SNV")
    assert closed.part.finished_at == lead.part.finished_at
    with pytest.raises(PartClosed):
        await province.complete(task_id, "SKHCN")
    with pytest.raises(PartClosed):
        await province.accept(task_id, "SKHĐT")


async def test_a_lead_cannot_complete_twice_or_do_anything_after(province: Province) -> None:
    task_id = await province.task("SNV")
    await province.accept(task_id, "SNV")
    await province.complete(task_id, "SNV")
    for more in (
        province.complete(task_id, "SNV"),
        province.give_back(task_id, "SNV", REASON),
        province.report(task_id, "SNV", 50),
    ):
        with pytest.raises(PartCompleted):
            await more


async def test_a_change_on_an_old_state_is_stale(province: Province) -> None:
    task_id = await province.task("SNV")
    await province.accept(task_id, "SNV")
    with pytest.raises(Stale):
        await province.report(task_id, "SNV", 10, version=1)
    assert (await province.part(task_id, "SNV")).part.percent == 0


async def test_closing_makes_what_a_coordinator_read_stale(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.accept(task_id, "STC")
    read = (await province.part(task_id, "STC")).part.version
    await province.accept(task_id, "SNV")
    await province.complete(task_id, "SNV")
    with pytest.raises(Stale):
        await province.complete(task_id, "STC", version=read)


async def test_only_the_unit_answers_for_its_part(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    for somebody in ("lienttb", LEADER, REGISTRY):
        with pytest.raises(NotAllowed) as refused:
            await province.accept(task_id, "SNV", by=somebody)
        assert refused.value.facts["reason"] == "only_the_unit_answers"
    part = await province.part(task_id, "SNV")
    with pytest.raises(NotFound):
        await province.as_(STRANGER, answer.accept, part.part.id, part.part.version)
    assert await province.states(task_id) == [("SNV", "assigned"), ("STC", "assigned")]


@pytest.mark.parametrize("somebody", ["datcv", "maihtx", "nguyetdtm"])
async def test_clerk_specialist_and_head_of_the_unit_may_answer(province: Province, somebody: str) -> None:
    task_id = await province.task("SNV")
    await province.accept(task_id, "SNV", by=somebody)
    assert await province.states(task_id) == [("SNV", "accepted")]


async def test_the_result_is_given_to_the_leader_and_the_registering_unit(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.accept(task_id, "SNV")
    report = await province.issue("SNV")
    with pytest.raises(NotFound):
        await province.as_(LEADER, documents.get_document, report)
    await province.complete(task_id, "SNV", result=report)
    for somebody in (LEADER, REGISTRY, "datcv"):
        await province.as_(somebody, documents.get_document, report)
    with pytest.raises(NotFound):
        await province.as_(CLERKS["STC"], documents.get_document, report)
    assert (await province.part(task_id, "SNV")).part.result_document_id == report
    given = (await province.trail(report))[-1]
    assert given.tag is Tag.DOCUMENT_ROUTED
    assert sorted(given.details["to"]) == ["Hoàng Thị Thu Thủy", "Văn phòng Ủy ban nhân dân tỉnh"]


async def test_a_coordinators_result_is_given_to_the_lead_as_well(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.accept(task_id, "STC")
    figures = await province.issue("STC")
    await province.complete(task_id, "STC", result=figures)
    for somebody in (LEADER, REGISTRY, "datcv"):
        await province.as_(somebody, documents.get_document, figures)


async def test_a_result_is_an_outgoing_document_of_the_unit_that_it_sees(province: Province) -> None:
    task_id = await province.task("SNV", "STC")
    await province.accept(task_id, "SNV")
    of_another = await province.issue("STC")
    incoming = (await province.see(task_id)).task.document_id
    for result, code in (
        (of_another, "result_not_found"),
        (uuid4(), "result_not_found"),
        (incoming, "result_not_issued_by_the_unit"),
    ):
        with pytest.raises(Invalid) as refused:
            await province.complete(task_id, "SNV", result=result)
        assert the_only(refused) == ("/result_document_id", code)
    assert await province.states(task_id) == [("SNV", "accepted"), ("STC", "assigned")]


async def test_the_trail_tells_the_story_in_order(province: Province) -> None:
    task_id = await province.task("SNV", "STC", "SKHCN")
    await province.accept(task_id, "SNV")
    await province.report(task_id, "SNV", 40, "Được bốn phần mười.")
    await province.give_back(task_id, "STC", REASON)
    report = await province.issue("SNV")
    await province.complete(task_id, "SNV", "Xong.", result=report)
    document_id = (await province.see(task_id)).task.document_id
    story = [
        event for event in await province.trail(document_id) if event.tag.startswith(("task", "document:dir"))
    ]
    assert [(event.tag, event.details.get("unit"), event.actor_name) for event in story] == [
        (Tag.DOCUMENT_DIRECTED, None, "Hoàng Thị Thu Thủy"),
        (Tag.TASK_ACCEPTED, "Sở Nội vụ", "Cao Văn Đạt"),
        (Tag.TASK_REPORTED, "Sở Nội vụ", "Cao Văn Đạt"),
        (Tag.TASK_RETURNED, "Sở Tài chính", "Trần Thị Bích Liên"),
        (Tag.TASK_COMPLETED, "Sở Nội vụ", "Cao Văn Đạt"),
    ]
    _, _, reported, returned, completed = (event.details for event in story)
    assert (reported["percent"], reported["note"]) == (40, "Được bốn phần mười.")
    assert (returned["reason"], returned["unit_role"], returned["task"]) == (
        REASON,
        "coordinate",
        str(task_id),
    )
    assert (completed["result"], completed["closed"]) == ("01/BC-SNV", ["Sở Khoa học và Công nghệ"])


async def race(*verbs: Awaitable[None]) -> list[BaseException | None]:
    """All at once; what each ended with."""
    return list(await asyncio.gather(*verbs, return_exceptions=True))


async def test_of_accepting_and_returning_at_once_one_wins(province: Province) -> None:
    for number in range(1, 6):
        task_id = await province.task("SNV", number=number)
        ended = await race(
            province.accept(task_id, "SNV", version=1),
            province.give_back(task_id, "SNV", REASON, version=1, by="nguyetdtm"),
        )
        lost = [one for one in ended if one is not None]
        assert [type(one) for one in lost] == [Stale]
        won = "accepted" if ended[0] is None else "returned"
        assert await province.states(task_id) == [("SNV", won)]
        letters = await province.letters(f"task/{task_id}/returned/")
        assert len(letters) == (1 if won == "returned" else 0)


async def test_of_a_lead_and_a_coordinator_completing_at_once_both_end_finished(province: Province) -> None:
    for number in range(1, 6):
        task_id = await province.task("SNV", "STC", number=number)
        await province.accept(task_id, "SNV")
        await province.accept(task_id, "STC")
        lead, coordinator = await race(
            province.complete(task_id, "SNV", version=2), province.complete(task_id, "STC", version=2)
        )
        assert lead is None
        assert coordinator is None or isinstance(coordinator, (Stale, PartClosed))
        expected = "completed" if coordinator is None else "closed"
        assert await province.states(task_id) == [("SNV", "completed"), ("STC", expected)]


async def test_a_task_of_many_is_answered_by_all_at_once_without_deadlock(province: Province) -> None:
    units = ("STC", "SKHCN", "STTTT", "SKHĐT", "VP")
    task_id = await province.task("SNV", *units)
    assert await race(*(province.accept(task_id, unit) for unit in ("SNV", *units))) == [None] * 6
    ended = await race(
        *(province.complete(task_id, unit, version=2) for unit in units),
        province.complete(task_id, "SNV", version=2),
    )
    assert ended[-1] is None
    assert all(one is None or isinstance(one, Stale) for one in ended)
    assert {state for _, state in await province.states(task_id)} <= {"completed", "closed"}


async def test_a_part_is_overdue_from_the_end_of_its_last_day_until_it_is_done(province: Province) -> None:
    task_id = await province.task("SNV")
    due_at = (await province.see(task_id)).task.due_at
    for moment, late in ((due_at, False), (due_at + timedelta(seconds=1), True)):
        with clock.at(moment):
            assert is_overdue((await province.part(task_id, "SNV")).part) is late
    with clock.at(due_at + timedelta(days=1)):
        await province.accept(task_id, "SNV")
        await province.complete(task_id, "SNV")
        assert not is_overdue((await province.part(task_id, "SNV")).part)


async def test_an_unknown_part_is_not_found(province: Province) -> None:
    with pytest.raises(NotFound):
        await province.as_("datcv", answer.accept, UUID(int=7), 1)
