"""The sample province at work, as the tests of tasks need it: a clerk registers, a leader directs, units answer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from docflow.access.actor import Actor
from docflow.accounts.models import Unit
from docflow.audit import queries as audit
from docflow.audit.models import AuditEvent
from docflow.audit.queries import EventFilters
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from docflow.documents.schemas import IssueOutgoing, Route
from docflow.documents.service import intake, receipts
from docflow.notifications.models import Letter
from docflow.notifications.service import Postman
from docflow.tasks import queries
from docflow.tasks.queries import DirectionView, PartView, TaskView
from docflow.tasks.schemas import Complete, Direct, Due, GiveBack, Progress, TaskIn
from docflow.tasks.service import answer
from docflow.tasks.service import direct as directing
from tests.documents.registering import person_id, received, to_register

REGISTRY = "anpth"
"""Registers for the office of the People's Committee (VP)."""
LEADER = "thuyhtt"
"""The vice-chairman; a member of the root unit."""
CHAIRMAN = "khaitq"
CLERKS = {
    "VP": REGISTRY,
    "SNV": "datcv",
    "STC": "lienttb",
    "SKHCN": "huongdt",
    "STTTT": "oanhttk",
    "SKHĐT": "quannd",
    "H99.21": "saudv",
}
STRANGER = "phuongct"
"""The clerk of a commune that no test names."""
CONTENT = "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu."


@dataclass(frozen=True)
class Province:
    """Verbs and queries as somebody of the sample province, each in a transaction of its own."""

    sessions: Sessions
    postman: Postman
    actor_of: Callable[[str], Awaitable[Actor]]
    units: dict[str, UUID]
    """By symbol; communes by code."""

    async def as_(self, username: str, verb: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
        """Do or read something as somebody."""
        actor = await self.actor_of(username)
        async with transaction(self.sessions) as session:
            return await verb(session, actor, *given, **named)

    async def document(self, number: int = 1) -> UUID:
        """An incoming document, registered by the office and submitted to the vice-chairman."""
        form = to_register(symbol=f"{number}/CT-UBND")
        document: Document = await self.as_(REGISTRY, intake.register_incoming, form, received(number))
        route = Route(role="direction", person_ids=[UUID(await person_id(self.sessions, LEADER))])
        await self.as_(REGISTRY, receipts.route, self.postman, document.id, route)
        return document.id

    def group(self, lead: str, *coordinators: str, **given: Any) -> TaskIn:
        """A task of units by symbol, due in ten working days unless said otherwise."""
        if not given.keys() & {"due", "due_on"}:
            given["due"] = Due(amount=10)
        return TaskIn(
            lead_unit_id=self.units[lead],
            coordinator_unit_ids=[self.units[unit] for unit in coordinators],
            **given,
        )

    async def direct(
        self, document_id: UUID, *tasks: TaskIn, by: str = LEADER, information: Sequence[str] = ()
    ) -> UUID:
        """The id of the direction."""
        data = Direct(
            content=CONTENT,
            tasks=list(tasks),
            information_unit_ids=[self.units[unit] for unit in information],
        )
        direction_id: UUID = await self.as_(by, directing.direct, self.postman, document_id, data)
        return direction_id

    async def task(self, lead: str, *coordinators: str, number: int = 1, **given: Any) -> UUID:
        """The id of a task of a new document."""
        direction_id = await self.direct(
            await self.document(number), self.group(lead, *coordinators, **given)
        )
        view: DirectionView = await self.as_(LEADER, queries.get_direction, direction_id)
        task_id: UUID = view.tasks[0].task.id
        return task_id

    async def see(self, task_id: UUID, by: str = LEADER) -> TaskView:
        view: TaskView = await self.as_(by, queries.get_task, task_id)
        return view

    async def part(self, task_id: UUID, unit: str, by: str = LEADER) -> PartView:
        """The part of a unit, as somebody sees it."""
        view = await self.see(task_id, by)
        return next(part for part in view.parts if part.part.unit_id == self.units[unit])

    async def states(self, task_id: UUID) -> list[tuple[str, str]]:
        """Who is where, the lead first."""
        names = {unit_id: unit for unit, unit_id in self.units.items()}
        view = await self.see(task_id)
        return [(names[part.part.unit_id], part.part.state.value) for part in view.parts]

    async def accept(self, task_id: UUID, unit: str, **given: Any) -> None:
        await self._answer(answer.accept, task_id, unit, **given)

    async def report(self, task_id: UUID, unit: str, percent: int, note: str = "", **given: Any) -> None:
        await self._answer(answer.report, task_id, unit, Progress(percent=percent, note=note), **given)

    async def complete(
        self, task_id: UUID, unit: str, note: str = "", result: UUID | None = None, **given: Any
    ) -> None:
        data = Complete(note=note, result_document_id=result)
        await self._answer(answer.complete, task_id, unit, data, **given)

    async def give_back(self, task_id: UUID, unit: str, reason: str, **given: Any) -> None:
        await self._answer(self._give_back, task_id, unit, GiveBack(reason=reason), **given)

    async def _give_back(self, session: Any, actor: Actor, *given: Any) -> None:
        part_id, version, data = given
        await answer.give_back(session, actor, self.postman, part_id, version, data)

    async def _answer(
        self,
        verb: Callable[..., Awaitable[None]],
        task_id: UUID,
        unit: str,
        *data: Any,
        by: str | None = None,
        version: int | None = None,
    ) -> None:
        part = (await self.part(task_id, unit, by=by or CLERKS[unit])).part
        await self.as_(by or CLERKS[unit], verb, part.id, version or part.version, *data)

    async def issue(self, unit: str, number: int = 900) -> UUID:
        """An outgoing report of a unit."""
        form = IssueOutgoing(kind="report", subject="Kết quả rà soát")
        document: Document = await self.as_(CLERKS[unit], intake.issue_outgoing, form, received(number))
        return document.id

    async def trail(self, document_id: UUID) -> list[AuditEvent]:
        async with self.sessions() as session:
            filters = EventFilters(subject_kind="document", subject_id=document_id)
            return list(await audit.list_events(session, filters, cursor=None, limit=200))

    async def letters(self, effect: str = "task/") -> list[Letter]:
        """Letters of the outbox whose effect begins so, in the order in which they were written."""
        async with self.sessions() as session:
            found = await session.scalars(
                select(Letter).where(Letter.effect.startswith(effect)).order_by(Letter.no)
            )
            return list(found)

    async def due_on(self, task_id: UUID) -> date:
        day: date = (await self.see(task_id)).task.original_due_on
        return day


async def province_at_work(
    sessions: Sessions, postman: Postman, actor_of: Callable[[str], Awaitable[Actor]]
) -> Province:
    async with sessions() as session:
        rows = (await session.execute(select(Unit.code, Unit.symbol, Unit.id))).all()
    # Communes share their symbol and go by their code.
    units = {row.code if row.symbol == "UBND" else row.symbol: row.id for row in rows}
    return Province(sessions, postman, actor_of, units)
