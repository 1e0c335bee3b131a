"""Submitting a document to a leader, and what waits with the registry and with leaders."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from docflow.accounts.models import Absence, RoleHeld
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.documents.circulating import to_direct_out, to_pass_on_out
from docflow.documents.models import Document, Urgency
from docflow.documents.queries import queues
from docflow.documents.schemas import Amend
from docflow.documents.schemas.circulation import Submit
from docflow.documents.service import amend, submitting
from tests.conftest import SignIn
from tests.documents.circulating import (
    AFFAIRS_CLERK,
    AFFAIRS_HEAD,
    CHAIRMAN,
    CLERK,
    HEAD,
    SPECIALIST,
    VICE,
    Circle,
)

MONDAY = datetime(2026, 11, 16, 1, tzinfo=UTC)
"""08:00 on the wall."""


async def submit(circle: Circle, document_id: UUID, leader: str = VICE, by: str = CLERK, **said: Any) -> None:
    data = Submit(person_id=await circle.person(leader), **said)
    await circle.as_(by, submitting.submit, circle.postman, document_id, data)


async def away(circle: Circle, name: str, substitute: str | None, *, days: int = 5) -> None:
    today = clock.today()
    async with transaction(circle.sessions) as session:
        await session.execute(
            insert(Absence).values(
                person_id=await circle.person(name),
                substitute_id=await circle.person(substitute) if substitute else None,
                starts_on=today,
                ends_on=today + timedelta(days=days),
                reason="Nghỉ phép",
                set_by=await circle.person(name),
                set_at=clock.now(),
            )
        )


def wrong(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refused.value.fields]


async def to_direct(circle: Circle, by: str, cursor: str | None = None, limit: int = 50) -> queues.Queue:
    queue: queues.Queue = await circle.as_(by, queues.list_to_direct, cursor=cursor, limit=limit)
    return queue


async def to_pass_on(circle: Circle, by: str = CLERK, **asked: Any) -> queues.Queue:
    asked = {"unit_id": None, "cursor": None, "limit": 50, **asked}
    queue: queues.Queue = await circle.as_(by, queues.list_to_pass_on, **asked)
    return queue


async def test_a_leader_gets_what_is_submitted_with_a_letter_and_the_trail_tells_it(circle: Circle) -> None:
    document_id = await circle.register()
    due = clock.now() + timedelta(days=2)
    await submit(circle, document_id, note="Kính trình.", due_at=due)
    (waiting,) = (await to_direct(circle, VICE)).rows
    assert (waiting.id, waiting.note, waiting.due_at) == (document_id, "Kính trình.", due)
    assert to_direct_out(waiting).is_overdue is False
    assert len(await circle.letters(f"document/{document_id}/routed/")) == 1
    (event,) = [one for one in await circle.trail(document_id) if one.tag is Tag.DOCUMENT_SUBMITTED]
    assert event.details["to"] == "Hoàng Thị Thu Thủy"
    assert [one["role"] for one in event.details["changes"]] == ["direction"]


async def test_submitting_twice_gives_it_once(circle: Circle) -> None:
    document_id = await circle.register()
    await submit(circle, document_id)
    await submit(circle, document_id)
    assert len((await to_direct(circle, VICE)).rows) == 1
    assert len(await circle.letters(f"document/{document_id}/routed/")) == 1


async def test_the_head_of_the_unit_and_a_leader_above_are_its_leaders_and_nobody_else(
    circle: Circle,
) -> None:
    document_id = await circle.register()
    await submit(circle, document_id, HEAD)
    await submit(circle, document_id, CHAIRMAN, by=HEAD)
    for name in (SPECIALIST, CLERK, AFFAIRS_HEAD):
        with pytest.raises(Invalid) as refused:
            await submit(circle, document_id, name)
        assert wrong(refused) == [("/person_id", "not_a_leader_of_the_unit")], name


async def test_only_the_registering_unit_and_those_above_submit(circle: Circle) -> None:
    document_id = await circle.register()
    with pytest.raises(NotFound):
        await submit(circle, document_id, by=AFFAIRS_CLERK)
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    with pytest.raises(NotAllowed) as refused:
        await submit(circle, document_id, AFFAIRS_HEAD, by=AFFAIRS_CLERK)
    assert refused.value.facts["reason"] == "submission_by_the_registering_unit"


async def test_a_leader_on_leave_is_refused_with_the_substitutes_name_and_the_last_day(
    circle: Circle,
) -> None:
    document_id = await circle.register()
    await away(circle, VICE, CHAIRMAN)
    with pytest.raises(Invalid) as refused:
        await submit(circle, document_id)
    (field,) = refused.value.fields
    assert (field.pointer, field.code) == ("/person_id", "leader_on_leave")
    last = clock.today() + timedelta(days=4)
    assert field.facts == {
        "name": "Hoàng Thị Thu Thủy",
        "until": f"{last:%d/%m/%Y}",
        "substitute": (await circle.actor_of(CHAIRMAN)).name,
    }
    assert await circle.letters() == []
    assert [one.tag for one in await circle.trail(document_id)] == [Tag.DOCUMENT_REGISTERED]


async def test_with_leave_to_it_goes_to_the_substitute_and_the_trail_says_for_whom(circle: Circle) -> None:
    document_id = await circle.register()
    await away(circle, VICE, CHAIRMAN)
    await submit(circle, document_id, allow_substitute=True)
    (waiting,) = (await to_direct(circle, CHAIRMAN)).rows
    assert waiting.given_to == (await circle.actor_of(CHAIRMAN)).name
    (event,) = [one for one in await circle.trail(document_id) if one.tag is Tag.DOCUMENT_SUBMITTED]
    assert event.details["instead_of"] == str(await circle.person(VICE))


async def test_without_a_substitute_a_leader_on_leave_gets_nothing(circle: Circle) -> None:
    document_id = await circle.register()
    await away(circle, VICE, None)
    with pytest.raises(Invalid) as refused:
        await submit(circle, document_id, allow_substitute=True)
    assert wrong(refused) == [("/person_id", "leader_on_leave_without_substitute")]


async def test_whoever_is_back_or_not_away_yet_gets_it(circle: Circle) -> None:
    document_id = await circle.register()
    await away(circle, VICE, CHAIRMAN, days=1)
    with clock.at(clock.now() + timedelta(days=1)):
        await submit(circle, document_id)
        assert len((await to_direct(circle, VICE)).rows) == 1


async def test_somebody_without_a_unit_or_a_past_deadline_is_refused(circle: Circle) -> None:
    document_id = await circle.register()
    with pytest.raises(Invalid) as refused:
        await submit(circle, document_id, due_at=clock.now() - timedelta(minutes=1))
    assert wrong(refused) == [("/due_at", "due_before_today")]
    async with transaction(circle.sessions) as session:
        theirs = RoleHeld.person_id == await circle.person(VICE)
        await session.execute(update(RoleHeld).where(theirs).values(valid_to=clock.today()))
    with pytest.raises(Invalid) as refused:
        await submit(circle, document_id)
    assert wrong(refused) == [("/person_id", "person_without_unit")]


async def test_a_substitute_sees_what_waits_with_whoever_is_away(circle: Circle) -> None:
    document_id = await circle.register()
    await submit(circle, document_id)
    assert (await to_direct(circle, CHAIRMAN)).rows == []
    await away(circle, VICE, CHAIRMAN)
    (waiting,) = (await to_direct(circle, CHAIRMAN)).rows
    assert (waiting.id, waiting.given_to) == (document_id, "Hoàng Thị Thu Thủy")


async def test_what_waits_with_a_leader_comes_by_urgency_then_by_time_page_by_page(circle: Circle) -> None:
    urgencies = (Urgency.NORMAL, Urgency.URGENT, Urgency.FLASH, Urgency.NORMAL, Urgency.VERY_URGENT)
    ids = [
        await circle.register(number=number, urgency=urgency) for number, urgency in enumerate(urgencies, 1)
    ]
    for document_id in ids:
        await submit(circle, document_id)
    wanted = [ids[place] for place in (2, 4, 1, 0, 3)]
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await to_direct(circle, VICE, cursor, limit=2)
        found += [row.id for row in page.rows]
        assert (page.total.value, page.total.relation) == (5, "eq")
        cursor = page.next
        if cursor is None:
            break
    assert found == wanted
    document = await circle.document(ids[3])
    await circle.as_(CLERK, amend.amend, ids[3], document.version, Amend(urgency=Urgency.FLASH))
    assert [row.id for row in (await to_direct(circle, VICE)).rows][:2] == [ids[2], ids[3]]
    assert [row.id for row in (await to_direct(circle, AFFAIRS_CLERK)).rows] == []


async def test_a_document_waits_in_its_registrys_queue_until_it_is_first_passed_on(circle: Circle) -> None:
    with clock.at(MONDAY):
        normal = await circle.register(number=1)
        urgent = await circle.register(number=2, urgency=Urgency.URGENT)
        other = await circle.register(AFFAIRS_CLERK, number=3)
    with clock.at(MONDAY + timedelta(hours=2)):
        queue = await to_pass_on(circle)
        waiting = [to_pass_on_out(row) for row in queue.rows]
        assert [(one.document.id, one.is_overdue) for one in waiting] == [(urgent, True), (normal, False)]
        assert queue.total.value == 2
    with clock.at(MONDAY + timedelta(days=1, hours=9, minutes=1)):
        (late,) = [to_pass_on_out(row) for row in (await to_pass_on(circle)).rows][1:]
        assert late.is_overdue is True
    await submit(circle, urgent)
    assert [row.id for row in (await to_pass_on(circle)).rows] == [normal]
    assert [row.id for row in (await to_pass_on(circle, AFFAIRS_CLERK)).rows] == [other]
    assert (await circle.document(urgent)).passed_on_at is not None
    assert (await circle.document(normal)).passed_on_at is None


async def test_the_registrys_queue_is_its_registrys_alone_and_goes_by_pages(circle: Circle) -> None:
    ids = [await circle.register(number=number) for number in (1, 2, 3)]
    first = await to_pass_on(circle, limit=2)
    second = await to_pass_on(circle, limit=2, cursor=first.next)
    assert [row.id for row in (*first.rows, *second.rows)] == ids
    assert second.next is None
    mine = await circle.unit("VP")
    assert len((await to_pass_on(circle, unit_id=mine)).rows) == 3
    for stranger in (HEAD, AFFAIRS_CLERK, CHAIRMAN):
        with pytest.raises(NotFound):
            await to_pass_on(circle, stranger, unit_id=mine)
    assert (await to_pass_on(circle, AFFAIRS_CLERK)).rows == []
    with pytest.raises(Invalid):
        await to_pass_on(circle, cursor="nonsense")


async def test_a_void_number_waits_no_more(circle: Circle) -> None:
    document_id = await circle.register()
    async with transaction(circle.sessions) as session:
        voided = update(Document).where(Document.id == document_id).values(voided_at=clock.now())
        await session.execute(voided)
    assert (await to_pass_on(circle)).rows == []


async def test_over_http_a_leader_on_leave_is_told_in_words(circle: Circle, sign_in: SignIn) -> None:
    document_id = await circle.register()
    await away(circle, VICE, CHAIRMAN)
    clerk = await sign_in(CLERK)
    body: dict[str, Any] = {"person_id": str(await circle.person(VICE))}
    refused = await clerk.post(f"/api/v1/documents/{document_id}/submissions", json=body)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["code"] == "leader_on_leave"
    assert (await circle.actor_of(CHAIRMAN)).name in error["detail"]
    done = await clerk.post(
        f"/api/v1/documents/{document_id}/submissions", json={**body, "allow_substitute": True}
    )
    assert done.status_code == 201
    assert [one["role"] for one in done.json()] == ["direction"]
    queue = await (await sign_in(CHAIRMAN)).get("/api/v1/queues/direction")
    assert queue.json()["total"] == {"value": 1, "relation": "eq"}
    assert (await clerk.get("/api/v1/queues/registry")).json()["items"] == []
    assert (await (await sign_in(SPECIALIST)).get("/api/v1/queues/registry")).status_code == 403
