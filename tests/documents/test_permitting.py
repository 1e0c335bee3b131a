"""Who may see a document: the whole unit or people alone, and the warning before more people see it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from docflow.access.roles import Role
from docflow.accounts.models import Person, RoleHeld
from docflow.accounts.queries import find_actor
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound, Stale
from docflow.documents import queries
from docflow.documents.circulating import who_may_see
from docflow.documents.errors import UnitHoldsReceipt, WouldWiden
from docflow.documents.models import Document
from docflow.documents.schemas.circulation import Permit
from docflow.documents.service import permitting
from docflow.documents.service.permission import list_seers, require_confirmed
from tests.conftest import SignIn
from tests.documents.circulating import (
    AFFAIRS_CLERK,
    AFFAIRS_HEAD,
    AFFAIRS_SPECIALIST,
    CHAIRMAN,
    CLERK,
    FINANCE_CLERK,
    HEAD,
    SPECIALIST,
    VICE,
    Circle,
)


async def permit(circle: Circle, document_id: UUID, by: str = CLERK, **said: Any) -> Document:
    version = said.pop("version", None) or (await circle.document(document_id)).version
    document: Document = await circle.as_(by, permitting.permit, document_id, version, Permit(**said))
    return document


async def sees(circle: Circle, document_id: UUID, name: str) -> bool:
    try:
        await circle.as_(name, queries.get_document, document_id)
    except NotFound:
        return False
    return True


async def confirmed(circle: Circle, document_id: UUID, by: str = CLERK, **said: Any) -> list[str]:
    """Change it as it was confirmed; the names that were to be confirmed."""
    with pytest.raises(WouldWiden) as warned:
        await permit(circle, document_id, by, **said)
    facts = warned.value.facts
    await permit(circle, document_id, by, **said, confirmation=facts["confirmation"])
    return [person["name"] for person in facts["people"]]


async def narrowed(circle: Circle, *names: str) -> UUID:
    """A document for people alone, the head among them."""
    document_id = await circle.register()
    people = [await circle.person(name) for name in (HEAD, *names)]
    await permit(circle, document_id, whole_unit=False, person_ids=people)
    return document_id


async def named(circle: Circle, *names: str) -> list[str]:
    return [(await circle.actor_of(name)).name for name in names]


async def test_for_people_alone_only_these_and_the_clerks_see_it_and_nobody_is_asked(circle: Circle) -> None:
    document_id = await circle.register()
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    assert await sees(circle, document_id, SPECIALIST)
    before = await circle.document(document_id)
    after = await permit(circle, document_id, whole_unit=False, person_ids=[await circle.person(HEAD)])
    assert after.version == before.version + 1
    seen = {name: await sees(circle, document_id, name) for name in (CLERK, HEAD, SPECIALIST, AFFAIRS_CLERK)}
    assert seen == {CLERK: True, HEAD: True, SPECIALIST: False, AFFAIRS_CLERK: True}


async def test_back_to_the_whole_unit_tells_the_names_first_and_is_done_when_they_are_confirmed(
    circle: Circle,
) -> None:
    document_id = await narrowed(circle)
    with pytest.raises(WouldWiden) as warned:
        await permit(circle, document_id, whole_unit=True)
    facts = warned.value.facts
    names = {person["name"] for person in facts["people"]}
    assert (await circle.actor_of(SPECIALIST)).name in names
    assert not names & set(await named(circle, CLERK, HEAD, CHAIRMAN))
    assert facts["count"] == len(names)
    assert not await sees(circle, document_id, SPECIALIST)
    document = await permit(circle, document_id, whole_unit=True, confirmation=facts["confirmation"])
    assert (document.permitted, await sees(circle, document_id, SPECIALIST)) == (None, True)
    event = (await circle.trail(document_id))[-1]
    assert event.tag is Tag.DOCUMENT_PERMITTED
    assert {one["name"] for one in event.details["newly_see"]} == names
    assert event.details["permitted"][1] is None
    assert event.details["readers"][1] == document.readers


async def test_a_confirmation_of_another_list_is_refused_with_the_present_one(circle: Circle) -> None:
    document_id = await narrowed(circle)
    with pytest.raises(WouldWiden) as first:
        await permit(circle, document_id, whole_unit=True)
    async with transaction(circle.sessions) as session:
        await session.execute(
            insert(RoleHeld).values(
                person_id=await circle.person(AFFAIRS_SPECIALIST),
                unit_id=await circle.unit("VP"),
                role=Role.SPECIALIST,
                valid_from=clock.today(),
            )
        )
    digest = first.value.facts["confirmation"]
    with pytest.raises(WouldWiden) as second:
        await permit(circle, document_id, whole_unit=True, confirmation=digest)
    assert second.value.facts["count"] == first.value.facts["count"] + 1
    assert second.value.facts["confirmation"] != digest
    with pytest.raises(WouldWiden):
        await permit(circle, document_id, whole_unit=True, confirmation="f" * 32)


async def test_a_confirmation_of_one_document_holds_for_no_other(circle: Circle) -> None:
    one = await narrowed(circle)
    other = await circle.register(number=6)
    await permit(circle, other, whole_unit=False, person_ids=[await circle.person(HEAD)])
    with pytest.raises(WouldWiden) as warned:
        await permit(circle, one, whole_unit=True)
    with pytest.raises(WouldWiden):
        await permit(circle, other, whole_unit=True, confirmation=warned.value.facts["confirmation"])


async def test_naming_another_person_widens_by_that_person(circle: Circle) -> None:
    document_id = await narrowed(circle)
    people = [await circle.person(name) for name in (HEAD, AFFAIRS_HEAD)]
    assert await confirmed(circle, document_id, whole_unit=False, person_ids=people) == await named(
        circle, AFFAIRS_HEAD
    )
    assert await sees(circle, document_id, AFFAIRS_HEAD)
    await permit(circle, document_id, whole_unit=False, person_ids=people[:1])
    assert not await sees(circle, document_id, AFFAIRS_HEAD)


async def test_whoever_got_it_goes_on_seeing_it_and_the_unit_itself_gives_its_receipt_back_first(
    circle: Circle,
) -> None:
    document_id = await circle.register()
    await circle.route(document_id, person_ids=[await circle.person(SPECIALIST)])
    await permit(circle, document_id, whole_unit=False, person_ids=[])
    assert await sees(circle, document_id, SPECIALIST)
    other = await circle.register(number=6)
    await circle.route(other, unit_ids=[await circle.unit("VP")])
    with pytest.raises(UnitHoldsReceipt):
        await permit(circle, other, whole_unit=False, person_ids=[])


async def test_nobody_shuts_themselves_out_and_only_the_unit_and_those_above_change_it(
    circle: Circle,
) -> None:
    document_id = await circle.register()
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    with pytest.raises(Invalid) as refused:
        await permit(circle, document_id, HEAD, whole_unit=False, person_ids=[])
    assert [one.code for one in refused.value.fields] == ["permitter_must_stay"]
    with pytest.raises(NotAllowed) as denied:
        await permit(circle, document_id, AFFAIRS_HEAD, whole_unit=False, person_ids=[])
    assert denied.value.facts["reason"] == "permission_for_the_registering_unit_and_above"
    with pytest.raises(NotAllowed):
        await permit(circle, document_id, SPECIALIST, whole_unit=False, person_ids=[])
    with pytest.raises(NotFound):
        await permit(circle, document_id, FINANCE_CLERK, whole_unit=False, person_ids=[])


async def test_a_stale_change_and_an_unknown_person_are_refused(circle: Circle) -> None:
    document_id = await narrowed(circle)
    with pytest.raises(Stale):
        await permit(circle, document_id, whole_unit=True, version=1)
    with pytest.raises(Invalid) as refused:
        await permit(circle, document_id, whole_unit=True, person_ids=[document_id])
    assert [one.code for one in refused.value.fields] == ["person_not_known"]


async def test_why_somebody_sees_it_is_told(circle: Circle) -> None:
    document_id = await circle.register()
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    async with circle.sessions() as session:
        shown = await who_may_see(session, await circle.document(document_id))
    assert shown.whole_unit
    assert [(one.name, one.reasons) for one in shown.readers] == [
        ("Văn phòng Ủy ban nhân dân tỉnh", ["owner_unit"]),
        ("Sở Nội vụ", ["receipt"]),
    ]
    assert all(one.members for one in shown.readers)
    await permit(circle, document_id, whole_unit=False, person_ids=[await circle.person(HEAD)])
    async with circle.sessions() as session:
        shown = await who_may_see(session, await circle.document(document_id))
    assert not shown.whole_unit
    reasons = {one.name: one.reasons for one in shown.readers}
    assert reasons == {
        "Sở Nội vụ": ["receipt"],
        **{key: ["permitted"] for key in await named(circle, HEAD, CLERK)},
    }


async def test_who_sees_by_principals_are_those_whose_actors_carry_them(circle: Circle) -> None:
    """The list of names and the rule of sign-in are one: everybody, against every unit."""
    async with circle.sessions() as session:
        people = (await session.scalars(select(Person.id))).all()
        actors = [await find_actor(session, person_id) for person_id in people]
        principals = {no for actor in actors if actor for no in actor.principals}
        for no in sorted(principals)[:60]:
            seers = {seer.person_id for seer in await list_seers(session, [no])}
            assert seers == {actor.person_id for actor in actors if actor and no in actor.principals}, no


async def test_whoever_is_frozen_or_not_cleared_is_on_no_list(circle: Circle) -> None:
    own = await circle.principal(symbol="SNV")
    async with transaction(circle.sessions) as session:
        everybody = await list_seers(session, [own])
        frozen = Person.id == await circle.person(AFFAIRS_SPECIALIST)
        await session.execute(update(Person).where(frozen).values(frozen_at=clock.now()))
        left = await list_seers(session, [own])
        assert {one.person_id for one in everybody} - {one.person_id for one in left} == {
            await circle.person(AFFAIRS_SPECIALIST)
        }
        cleared = await list_seers(session, [own], secrecy=3)
        assert len(cleared) < len(left)
        assert not await require_confirmed(session, [own], [own], None)


async def test_over_http_the_warning_is_a_conflict_with_the_names(circle: Circle, sign_in: SignIn) -> None:
    document_id = await narrowed(circle)
    clerk = await sign_in(CLERK)
    path = f"/api/v1/documents/{document_id}/readers"
    shown = await clerk.get(path)
    headers = {"If-Match": shown.headers["ETag"]}
    assert (await clerk.put(path, json={"whole_unit": True})).status_code == 428
    warned = await clerk.put(path, json={"whole_unit": True}, headers=headers)
    assert warned.status_code == 409
    problem = warned.json()
    assert problem["code"] == "would_widen"
    assert str(problem["facts"]["count"]) in problem["detail"]
    body = {"whole_unit": True, "confirmation": problem["facts"]["confirmation"]}
    done = await clerk.put(path, json=body, headers=headers)
    assert (done.status_code, done.json()["whole_unit"]) == (200, True)
    assert done.headers["ETag"] != headers["If-Match"]
    assert (await clerk.put(path, json=body, headers=headers)).status_code == 412
    assert (await (await sign_in(VICE)).get(path)).status_code == 404
