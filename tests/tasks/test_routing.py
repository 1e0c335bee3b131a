"""Anything that anybody tries with a document, against PostgreSQL: receipts, parts, readers and trail stay one truth."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from docflow.accounts.models import Principal
from docflow.core.errors import DocflowError
from docflow.documents.models import Document, Receipt, ReceiptRole, ReceiptState
from docflow.documents.routing import ACTING, OPEN
from docflow.documents.schemas import CompleteReceipt, Forward, Receiver, Route
from docflow.documents.service import receipts, routing
from docflow.tasks.models import Part, Task
from docflow.tasks.schemas import Complete, GiveBack
from docflow.tasks.service import answer
from docflow.tasks.service.follow import follow_receipts
from docflow.tasks.workflow import OPEN as OPEN_PARTS
from tests.documents.registering import person_id
from tests.tasks.province import LEADER, REGISTRY, Province

UNITS = ("SNV", "STC", "SKHCN")
PEOPLE = (REGISTRY, LEADER, "khaitq", "datcv", "nguyetdtm", "maihtx", "lienttb", "nghiant", "huongdt")
STEPS = 40


class Circulation:
    """One document in the province, and somebody who tries at random."""

    def __init__(
        self, province: Province, document_id: UUID, random: Random, people: dict[str, UUID]
    ) -> None:
        self.province, self.document_id, self.random, self.people = province, document_id, random, people
        self.done: list[str] = []

    async def receipts(self) -> list[Receipt]:
        async with self.province.sessions() as session:
            found = await session.scalars(
                select(Receipt).where(Receipt.document_id == self.document_id).order_by(Receipt.id)
            )
            return list(found)

    async def one(self) -> Receipt:
        """Mostly one that is open."""
        found = await self.receipts()
        still = [one for one in found if one.state in OPEN]
        return self.random.choice(still if still and self.random.random() < 0.8 else found)

    async def parts(self) -> list[Part]:
        async with self.province.sessions() as session:
            return list(await session.scalars(select(Part).order_by(Part.id)))

    async def attempt(self) -> None:
        """One verb, of whoever it occurs to; refusals are fine, and leave everything as it was."""
        verbs = (
            self.route,
            self.direct,
            self.forward,
            self.forward,
            self.end,
            self.end,
            self.end,
            self.answer,
        )
        verb: Callable[[], Awaitable[Any]] = self.random.choice(verbs)
        try:
            await verb()
        except DocflowError as refused:
            self.done.append(f"{verb.__name__} refused: {refused.code}")
        else:
            self.done.append(verb.__name__)

    async def route(self) -> None:
        role: Any = self.random.choice(("information", "direction"))
        units = [self.province.units[unit] for unit in self.random.sample(UNITS, self.random.randint(0, 2))]
        people = [self.people[self.random.choice(PEOPLE)]]
        data = Route(role=role, unit_ids=units, person_ids=people)
        name = REGISTRY if self.random.random() < 0.8 else self.random.choice(PEOPLE)
        await self.province.as_(name, receipts.route, self.province.postman, self.document_id, data)

    async def direct(self) -> None:
        lead, *others = self.random.sample(UNITS, self.random.randint(1, 3))
        await self.province.direct(self.document_id, self.province.group(lead, *others))

    async def forward(self) -> None:
        receipt = self.random.choice(await self.receipts())
        chosen: list[dict[str, Any]] = [
            {"unit_id": self.province.units[self.random.choice(UNITS)]},
            {"person_id": self.people[self.random.choice(PEOPLE)]},
            {"person_id": self.people[self.random.choice(PEOPLE)]},
        ]
        to = [
            Receiver(role=self.random.choice(list(ReceiptRole)), **one)
            for one in self.random.sample(chosen, self.random.randint(1, 3))
        ]
        given = (self.province.postman, follow_receipts, receipt.id, receipt.version, Forward(to=to))
        await self.of_holder(receipt, routing.forward, *given)

    async def end(self) -> None:
        receipt = await self.one()
        verb = self.random.choice((routing.complete, routing.complete, routing.give_back, routing.recall))
        if verb is routing.complete:
            given: tuple[Any, ...] = (follow_receipts, receipt.id, receipt.version, CompleteReceipt())
        else:
            given = (self.province.postman, follow_receipts, receipt.id, receipt.version, "Lý do")
        await self.of_holder(receipt, verb, *given)

    async def of_holder(self, receipt: Receipt, verb: Callable[..., Awaitable[Any]], *given: Any) -> None:
        """As anybody, but mostly as somebody who has it, or it would nearly always be refused."""
        actors = {name: await self.province.actor_of(name) for name in PEOPLE}
        holders = [name for name, actor in actors.items() if receipt.principal_no in actor.principals]
        if verb is routing.recall:
            holders = [name for name, actor in actors.items() if receipt.sent_by == actor.person_id]
        name = (
            self.random.choice(holders or PEOPLE)
            if self.random.random() < 0.9
            else self.random.choice(PEOPLE)
        )
        await self.province.as_(name, verb, *given)

    async def answer(self) -> None:
        parts = await self.parts()
        if not parts:
            return
        part = self.random.choice(parts)
        clerk = {
            self.province.units[unit]: name
            for unit, name in zip(UNITS, ("datcv", "lienttb", "huongdt"), strict=True)
        }
        name = clerk[part.unit_id]
        step = self.random.choice(("accept", "complete", "complete", "return"))
        if step == "accept":
            await self.province.as_(name, answer.accept, part.id, part.version)
        elif step == "complete":
            await self.province.as_(name, answer.complete, part.id, part.version, Complete())
        else:
            data = GiveBack(reason="Không thuộc thẩm quyền")
            await self.province.as_(
                name, answer.give_back, self.province.postman, part.id, part.version, data
            )

    async def check(self) -> None:
        async with self.province.sessions() as session:
            document = await session.get_one(Document, self.document_id)
            units = select(Principal.unit_id, Principal.no).where(Principal.unit_id.is_not(None))
            numbers = {row.unit_id: row.no for row in await session.execute(units)}
            tasks = {task.id: task for task in await session.scalars(select(Task))}
        found = {one.id: one for one in await self.receipts()}
        self.check_tree(found)
        self.check_readers(document, found, numbers[document.unit_id])
        self.check_parts(await self.parts(), tasks, found, numbers)
        await self.check_trail(found)

    def check_tree(self, found: dict[UUID, Receipt]) -> None:
        below: dict[UUID | None, list[Receipt]] = {}
        for one in found.values():
            below.setdefault(one.parent_id, []).append(one)
        for one in found.values():
            parent = found[one.parent_id] if one.parent_id else None
            children_open = [child for child in below.get(one.id, ()) if child.state in OPEN]
            assert one.state is not ReceiptState.FORWARDED or children_open, self.done
            assert one.state in OPEN or not children_open, self.done
            if parent is not None and one.state in OPEN and one.role in ACTING:
                assert parent.state is ReceiptState.FORWARDED, self.done
            assert one.state is not ReceiptState.RETURNED or one.role is not ReceiptRole.INFORMATION

    def check_readers(self, document: Document, found: dict[UUID, Receipt], owner: int) -> None:
        standing = {one.principal_no for one in found.values() if one.state is not ReceiptState.RECALLED}
        assert set(document.readers) == standing | {owner}, self.done

    def check_parts(
        self, parts: list[Part], tasks: dict[UUID, Task], found: dict[UUID, Receipt], numbers: dict[Any, int]
    ) -> None:
        held = {(one.principal_no, one.role.value): one for one in found.values() if one.state in OPEN}
        for part in parts:
            receipt = held.get((numbers[part.unit_id], part.role.value))
            if part.state in OPEN_PARTS:
                assert receipt is not None, (self.done, part.state)
            elif receipt is not None and receipt.sent_at <= tasks[part.task_id].assigned_at:
                others = [one for one in parts if (one.unit_id, one.role) == (part.unit_id, part.role)]
                assert any(one.state in OPEN_PARTS for one in others), (self.done, part.state)

    async def check_trail(self, found: dict[UUID, Receipt]) -> None:
        replayed: dict[str, str] = {}
        for event in await self.province.trail(self.document_id):
            for change in event.details.get("changes", ()):
                assert replayed.get(change["receipt"]) == change["from"], (self.done, event.tag)
                replayed[change["receipt"]] = change["to"]
        assert replayed == {str(one.id): one.state.value for one in found.values()}, self.done


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_tried_receipts_parts_readers_and_trail_agree(
    province: Province, seed: int
) -> None:
    random = Random(seed)
    people = {name: UUID(await person_id(province.sessions, name)) for name in PEOPLE}
    circulation = Circulation(province, await province.document(), random, people)
    for _ in range(STEPS):
        await circulation.attempt()
        await circulation.check()
    assert sum("refused" not in one for one in circulation.done) >= 5, circulation.done
