"""Passing on, returning, recalling and completing, verb by verb: who may, what is in the way, who sees and is told what."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from docflow.access.actor import Actor
from docflow.accounts.models import RoleHeld, Unit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from docflow.documents import queries
from docflow.documents.errors import (
    CycleOfForwards,
    EverybodyHasIt,
    NotToOneself,
    ReceiptCompleted,
    ReceiptRecalled,
    ReplyMissing,
)
from docflow.documents.models import Document, ReceiptRole
from docflow.documents.queries import queues
from docflow.documents.receipt_rendering import receipts_out
from docflow.documents.schemas import CompleteReceipt, Forward, ReceiptOut, Receiver, Route
from docflow.documents.service import receipts, routing
from docflow.notifications.service import Postman
from docflow.tasks.service.follow import follow_receipts
from tests.documents.registering import person_id
from tests.tasks.province import CHAIRMAN, LEADER, REGISTRY, Province, province_at_work

CLERK, HEAD, SPECIALIST = "datcv", "nguyetdtm", "maihtx"
"""Of home affairs (SNV)."""


class Desk:
    """Verbs on receipts as somebody of the sample province."""

    def __init__(self, province: Province) -> None:
        self.province = province

    async def receipts(self, document_id: UUID, by: str = REGISTRY) -> dict[str, ReceiptOut]:
        """As somebody sees them, by the name of whoever holds them and the role."""
        rows = await self.province.as_(by, queries.list_receipts, document_id)
        shown = receipts_out(await self.province.actor_of(by), rows)
        return {f"{one.name}/{one.role.value}": one for one in shown}

    async def one(self, document_id: UUID, name: str, by: str = REGISTRY) -> ReceiptOut:
        found = await self.receipts(document_id, by)
        return next(one for key, one in found.items() if key.startswith(name))

    async def to(self, role: str, who: str, **given: Any) -> Receiver:
        if who in self.province.units:
            return Receiver(role=ReceiptRole(role), unit_id=self.province.units[who], **given)
        return Receiver(
            role=ReceiptRole(role), person_id=UUID(await person_id(self.province.sessions, who)), **given
        )

    async def forward(self, receipt: ReceiptOut, by: str, *to: Receiver) -> Any:
        data = Forward(to=list(to), note="Đề nghị xử lý.")
        given = (self.province.postman, follow_receipts, receipt.id, receipt.version, data)
        return await self.province.as_(by, routing.forward, *given)

    async def give_back(self, receipt: ReceiptOut, by: str) -> None:
        given = (self.province.postman, follow_receipts, receipt.id, receipt.version, "Không đúng thẩm quyền")
        await self.province.as_(by, routing.give_back, *given)

    async def recall(self, receipt: ReceiptOut, by: str) -> None:
        given = (self.province.postman, follow_receipts, receipt.id, receipt.version, "Chuyển nhầm")
        await self.province.as_(by, routing.recall, *given)

    async def complete(self, receipt: ReceiptOut, by: str, **data: Any) -> None:
        given = (follow_receipts, receipt.id, receipt.version, CompleteReceipt(**data))
        await self.province.as_(by, routing.complete, *given)

    async def given_to_home_affairs(self) -> UUID:
        """A document that the leader passed on to home affairs, as the lead."""
        document_id = await self.province.document()
        mine = await self.one(document_id, "Hoàng Thị Thu Thủy")
        await self.forward(mine, LEADER, await self.to("lead", "SNV"))
        return document_id

    async def inside_home_affairs(self) -> UUID:
        """The same, passed on to a specialist by the head."""
        document_id = await self.given_to_home_affairs()
        ours = await self.one(document_id, "Sở Nội vụ")
        await self.forward(ours, HEAD, await self.to("lead", SPECIALIST))
        return document_id


@pytest.fixture
async def desk(sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]) -> Desk:
    return Desk(await province_at_work(sessions, postman, actor_of))


def states(found: dict[str, ReceiptOut]) -> list[str]:
    return [one.state.value for one in found.values()]


async def test_work_goes_down_and_comes_up_again(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    assert states(await desk.receipts(document_id)) == ["forwarded", "forwarded", "waiting"]
    hers = await desk.one(document_id, "Hồ Thị Xuân Mai", SPECIALIST)
    assert [one.value for one in hers.actions] == ["forward", "complete", "return"]
    await desk.complete(hers, SPECIALIST, note="Đã xong")
    found = await desk.receipts(document_id)
    assert states(found) == ["completed"] * 3
    assert [one.end_note for one in found.values()] == [None, None, "Đã xong"]


async def test_the_one_whose_work_was_returned_has_it_on_the_desk_and_a_letter(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    ours = await desk.one(document_id, "Sở Nội vụ")
    await desk.give_back(ours, CLERK)
    assert states(await desk.receipts(document_id)) == ["waiting", "returned", "recalled"]
    (told,) = await desk.province.letters(f"document/{document_id}/returned/")
    assert (told.recipient, "Trả lại" in told.subject) == ("thuyhtt@truonggiang.example", True)
    (taken,) = await desk.province.letters(f"document/{document_id}/recalled/")
    assert taken.recipient == "maihtx@truonggiang.example"
    await desk.province.as_(CLERK, queries.get_document, document_id)
    event = (await desk.province.trail(document_id))[-1]
    assert (event.tag, event.details["reason"]) == (Tag.RECEIPT_RETURNED, "Không đúng thẩm quyền")
    assert [(one["from"], one["to"]) for one in event.details["changes"]] == [
        ("forwarded", "returned"),
        ("waiting", "recalled"),
        ("forwarded", "waiting"),
    ]


async def test_what_is_recalled_is_out_of_sight_unless_seen_for_another_reason(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    await desk.recall(await desk.one(document_id, "Sở Nội vụ"), LEADER)
    for name in (CLERK, SPECIALIST):
        with pytest.raises(NotFound):
            await desk.province.as_(name, queries.get_document, document_id)
    letters = await desk.province.letters(f"document/{document_id}/recalled/")
    assert {letter.recipient for letter in letters} == {
        "snv@truonggiang.example",
        "maihtx@truonggiang.example",
    }
    await desk.province.as_(REGISTRY, queries.get_document, document_id)
    leader = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    await desk.forward(leader, LEADER, await desk.to("lead", "SNV"))
    async with transaction(desk.province.sessions) as session:
        document = await session.get_one(Document, document_id)
        unit = document.readers
        document.permitted = unit
    await desk.recall((await desk.receipts(document_id))["Sở Nội vụ/lead"], LEADER)
    await desk.province.as_(CLERK, queries.get_document, document_id)


async def test_what_has_ended_is_not_returned_completed_or_recalled_again(desk: Desk) -> None:
    document_id = await desk.given_to_home_affairs()
    before = await desk.one(document_id, "Sở Nội vụ")
    await desk.complete(before, CLERK)
    after = await desk.one(document_id, "Sở Nội vụ")
    assert after.actions == []
    for receipt in (before, after):
        for verb, name in ((desk.give_back, CLERK), (desk.complete, CLERK), (desk.recall, LEADER)):
            with pytest.raises(ReceiptCompleted):
                await verb(receipt, name)
        with pytest.raises(ReceiptCompleted):
            await desk.forward(receipt, CLERK, await desk.to("lead", SPECIALIST))


async def test_a_stale_edit_is_refused(desk: Desk) -> None:
    document_id = await desk.given_to_home_affairs()
    before = await desk.one(document_id, "Sở Nội vụ")
    await desk.forward(before, HEAD, await desk.to("information", SPECIALIST))
    for verb, name in ((desk.give_back, CLERK), (desk.complete, CLERK), (desk.recall, LEADER)):
        with pytest.raises(Stale):
            await verb(before, name)


async def test_it_is_not_passed_back_to_where_it_came_from_nor_to_oneself(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    hers = await desk.one(document_id, "Hồ Thị Xuân Mai", SPECIALIST)
    ours = await desk.one(document_id, "Sở Nội vụ")
    await desk.forward(hers, SPECIALIST, await desk.to("lead", HEAD))
    his = await desk.one(document_id, "Đặng Thị Minh Nguyệt", HEAD)
    for role in ("lead", "information"):
        with pytest.raises(CycleOfForwards):
            await desk.forward(his, HEAD, await desk.to(role, "SNV"))
        with pytest.raises(CycleOfForwards):
            await desk.forward(his, HEAD, await desk.to(role, SPECIALIST))
        with pytest.raises(NotToOneself):
            await desk.forward(ours, HEAD, await desk.to(role, "SNV"))
    with pytest.raises(EverybodyHasIt):
        await desk.forward(ours, HEAD, await desk.to("lead", SPECIALIST))


async def test_people_without_a_unit_and_units_that_ended_get_nothing(desk: Desk) -> None:
    document_id = await desk.given_to_home_affairs()
    leader = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    gone = UUID(await person_id(desk.province.sessions, SPECIALIST))
    async with transaction(desk.province.sessions) as session:
        today = clock.today()
        await session.execute(update(RoleHeld).where(RoleHeld.person_id == gone).values(valid_to=today))
        ended = update(Unit).where(Unit.symbol == "STC").values(valid_to=today - timedelta(days=30))
        await session.execute(ended)
    for who, code in ((SPECIALIST, "person_without_unit"), ("STC", "unit_not_known")):
        with pytest.raises(Invalid) as refused:
            await desk.forward(leader, LEADER, await desk.to("lead", who))
        assert [(one.pointer, one.code) for one in refused.value.fields] == [("/to", code)]
    with pytest.raises(Invalid) as refused:
        route = Route(person_ids=[gone])
        await desk.province.as_(REGISTRY, receipts.route, desk.province.postman, document_id, route)
    assert refused.value.fields[0].code == "person_without_unit"


async def test_everything_wrong_with_a_forward_is_told_at_once(desk: Desk) -> None:
    document_id = await desk.given_to_home_affairs()
    ours = await desk.one(document_id, "Sở Nội vụ")
    twice = await desk.to("lead", SPECIALIST)
    yesterday = clock.today() - timedelta(days=1)
    late = await desk.to("lead", HEAD, due_on=yesterday)
    told = await desk.to("information", CLERK, reply_required=True)
    with pytest.raises(Invalid) as refused:
        await desk.forward(ours, HEAD, twice, twice, Receiver(role=ReceiptRole.LEAD), late, told)
    assert [(one.pointer, one.code) for one in refused.value.fields] == [
        ("/to/1", "named_twice"),
        ("/to/2", "unit_or_person"),
        ("/to/3/due_on", "due_in_past"),
        ("/to/4/reply_required", "reply_not_for_information"),
    ]


async def test_a_required_reply_is_a_document_of_the_unit_and_goes_to_whoever_asked(desk: Desk) -> None:
    document_id = await desk.province.document()
    leader = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    await desk.forward(leader, LEADER, await desk.to("lead", "SNV", reply_required=True))
    ours = await desk.one(document_id, "Sở Nội vụ")
    with pytest.raises(ReplyMissing):
        await desk.complete(ours, CLERK)
    foreign = await desk.province.issue("STC", 901)
    for wrong in (foreign, document_id):
        with pytest.raises(Invalid):
            await desk.complete(ours, CLERK, reply_id=wrong)
    reply = await desk.province.issue("SNV", 902)
    with pytest.raises(NotFound):
        await desk.province.as_(LEADER, queries.get_document, reply)
    await desk.complete(ours, CLERK, reply_id=reply)
    await desk.province.as_(LEADER, queries.get_document, reply)
    assert (await desk.one(document_id, "Sở Nội vụ", LEADER)).reply_id == reply
    assert states(await desk.receipts(document_id)) == ["completed", "completed"]


async def test_who_may_do_what_with_what_a_unit_and_a_person_got(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    ours = await desk.one(document_id, "Sở Nội vụ")
    hers = await desk.one(document_id, "Hồ Thị Xuân Mai", SPECIALIST)
    with pytest.raises(NotAllowed) as refused:
        await desk.forward(ours, SPECIALIST, await desk.to("lead", CLERK))
    assert refused.value.facts["reason"] == "passed_on_by_head_or_registry"
    with pytest.raises(NotAllowed) as refused:
        await desk.complete(hers, HEAD)
    assert refused.value.facts["reason"] == "receipt_of_another"
    with pytest.raises(NotAllowed) as refused:
        await desk.recall(ours, CLERK)
    assert refused.value.facts["reason"] == "recalled_by_whoever_gave_it"
    with pytest.raises(NotAllowed) as refused:
        await desk.forward(hers, SPECIALIST, await desk.to("lead", "lienttb"))
    assert refused.value.facts["reason"] == "target_outside_own_units"
    await desk.forward(hers, SPECIALIST, await desk.to("coordinate", CLERK))
    await desk.recall(await desk.one(document_id, "Hồ Thị Xuân Mai", HEAD), CLERK)


async def test_the_tree_shows_everybody_what_is_below_theirs_and_no_more(desk: Desk) -> None:
    document_id = await desk.inside_home_affairs()
    leader = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    await desk.forward(leader, LEADER, await desk.to("coordinate", "STC"), await desk.to("lead", CHAIRMAN))
    everything = await desk.receipts(document_id)
    assert len(everything) == 5
    assert set(await desk.receipts(document_id, LEADER)) == set(everything)
    for name in (HEAD, CLERK):
        assert [one.name for one in (await desk.receipts(document_id, name)).values()] == [
            "Sở Nội vụ",
            "Hồ Thị Xuân Mai",
        ]
    hers = await desk.receipts(document_id, SPECIALIST)
    assert [(one.name, one.parent_id is None) for one in hers.values()] == [
        ("Sở Nội vụ", True),
        ("Hồ Thị Xuân Mai", False),
    ]
    assert [one.name for one in (await desk.receipts(document_id, "lienttb")).values()] == ["Sở Tài chính"]
    with pytest.raises(NotFound):
        await desk.receipts(document_id, "phuongct")
    with pytest.raises(NotFound):
        await desk.complete(everything["Sở Tài chính/coordinate"], CLERK)


async def test_what_waits_is_listed_by_role_in_pages_and_says_what_is_late(desk: Desk) -> None:
    for number in range(1, 4):
        document_id = await desk.province.document(number)
        mine = await desk.one(document_id, "Hoàng Thị Thu Thủy")
        await desk.forward(mine, LEADER, await desk.to("lead", "SNV", due_on=clock.today()))
    given = (ReceiptRole.LEAD,)
    first = await desk.province.as_(CLERK, queries.list_open_receipts, *given, cursor=None, limit=2)
    assert len(first) == 3
    assert [row.holder_unit_id for row in first] == [desk.province.units["SNV"]] * 3
    assert [row.receipt_id for row in first] == sorted(row.receipt_id for row in first)
    none = await desk.province.as_(
        LEADER, queries.list_open_receipts, ReceiptRole.DIRECTION, cursor=None, limit=9
    )
    assert none == []


async def at_once(*verbs: Awaitable[Any]) -> list[type[BaseException] | None]:
    results = await asyncio.gather(*verbs, return_exceptions=True)
    return [type(one) if isinstance(one, BaseException) else None for one in results]


async def test_of_a_recall_and_a_completion_at_once_one_wins_and_the_other_is_told(desk: Desk) -> None:
    for number in range(5):
        document_id = await desk.province.document(number + 10)
        mine = await desk.one(document_id, "Hoàng Thị Thu Thủy")
        await desk.forward(mine, LEADER, await desk.to("lead", "SNV"))
        ours = await desk.one(document_id, "Sở Nội vụ")
        ends = await at_once(desk.recall(ours, LEADER), desk.complete(ours, CLERK))
        state = (await desk.one(document_id, "Sở Nội vụ")).state.value
        if state == "completed":
            assert ends == [ReceiptCompleted, None]
        else:
            assert (state, ends[0]) == ("recalled", None)
            assert ends[1] in (ReceiptRecalled, NotFound)


async def test_a_completion_that_waits_for_a_recall_is_told_of_it(
    desk: Desk, sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]
) -> None:
    """Begun while the unit still saw the document, and then too late: a clear answer, not a vanished document."""
    document_id = await desk.given_to_home_affairs()
    ours = await desk.one(document_id, "Sở Nội vụ")
    leader = await actor_of(LEADER)
    async with transaction(sessions) as session:
        given = (postman, follow_receipts, ours.id, ours.version, "Chuyển nhầm")
        await routing.recall(session, leader, *given)
        late = asyncio.create_task(at_once(desk.complete(ours, CLERK)))
        await asyncio.sleep(0.3)
    assert await late == [ReceiptRecalled]
    assert issubclass(ReceiptRecalled, Conflict)


async def test_the_registry_takes_back_what_it_gave(desk: Desk) -> None:
    document_id = await desk.given_to_home_affairs()
    leader = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    assert "recall" in leader.actions
    await desk.recall(leader, REGISTRY)
    assert states(await desk.receipts(document_id)) == ["recalled", "recalled"]
    async with sessions_of(desk) as session:
        readers = await session.scalar(select(Document.readers).where(Document.id == document_id))
    assert readers is not None
    assert len(readers) == 1


def sessions_of(desk: Desk) -> Any:
    return desk.province.sessions()


@pytest.mark.parametrize("verb", ["give_back", "recall"])
async def test_what_everybody_gave_back_waits_in_the_registrys_queue_again(desk: Desk, verb: str) -> None:
    document_id = await desk.province.document()
    mine = await desk.one(document_id, "Hoàng Thị Thu Thủy")
    ends = {"give_back": (desk.give_back, LEADER), "recall": (desk.recall, REGISTRY)}
    end, by = ends[verb]
    await end(mine, by)
    queue = await desk.province.as_(REGISTRY, queues.list_to_pass_on, unit_id=None, cursor=None, limit=10)
    assert [row.id for row in queue.rows] == [document_id]


async def test_while_somebody_else_has_it_a_returned_document_does_not_wait_with_the_registry(
    desk: Desk,
) -> None:
    document_id = await desk.given_to_home_affairs()
    await desk.give_back(await desk.one(document_id, "Sở Nội vụ"), CLERK)
    queue = await desk.province.as_(REGISTRY, queues.list_to_pass_on, unit_id=None, cursor=None, limit=10)
    assert queue.rows == []
