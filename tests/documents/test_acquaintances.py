"""Acquaintance lists: who is to read a document, who has, and who is reminded."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from docflow.accounts.models import RoleHeld, Unit
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.core.messages import Language
from docflow.documents.acquaintance_jobs import remind_unread
from docflow.documents.circulating import acquainted_out
from docflow.documents.models import Acquaintance
from docflow.documents.prints.circulation import print_list
from docflow.documents.queries import circulation
from docflow.documents.schemas.circulation import Acquaint
from docflow.documents.service import acquainting
from docflow.printing.writers import Format
from tests.conftest import SignIn
from tests.documents.circulating import (
    AFFAIRS_CLERK,
    AFFAIRS_HEAD,
    AFFAIRS_SPECIALIST,
    CLERK,
    FINANCE_CLERK,
    HEAD,
    VICE,
    Circle,
)
from tests.printing.printed import sheet_of

MONDAY = datetime(2026, 11, 16, 1, tzinfo=UTC)


async def listed(circle: Circle, document_id: UUID, by: str = CLERK, **said: Any) -> UUID:
    """The id of a list with the department of home affairs and the vice-chairman."""
    said = {
        "title": "Phổ biến Quy chế",
        "unit_ids": [await circle.unit("SNV")],
        "person_ids": [await circle.person(VICE)],
        **said,
    }
    made: Acquaintance = await circle.as_(
        by, acquainting.acquaint, circle.postman, document_id, Acquaint(**said)
    )
    return made.id


async def entries(circle: Circle, document_id: UUID, list_id: UUID, by: str = CLERK) -> list[Any]:
    await circle.as_(by, circulation.get_acquaintance, document_id, list_id)
    async with circle.sessions() as session:
        rows = await circulation.list_acquainted(session, list_id, cursor=None, limit=50)
        people = await circulation.list_read_by(session, [row.id for row in rows])
    return [acquainted_out(row, people.get(row.id, [])) for row in rows]


async def test_who_has_read_and_who_has_not_is_told_by_person_and_by_unit(circle: Circle) -> None:
    document_id = await circle.register()
    list_id = await listed(circle, document_id)
    await circle.open_(AFFAIRS_SPECIALIST, document_id)
    affairs, leader = await entries(circle, document_id, list_id)
    assert (affairs.name, affairs.read, leader.name, leader.people, leader.read) == (
        "Sở Nội vụ",
        1,
        "Hoàng Thị Thu Thủy",
        1,
        0,
    )
    assert affairs.people == len(affairs.members) > 2
    read = [one.name for one in affairs.members if one.first_at]
    assert read == [(await circle.actor_of(AFFAIRS_SPECIALIST)).name]
    async with circle.sessions() as session:
        counts = (await circulation.count_acquainted(session, [list_id]))[list_id]
    assert (counts.entries, counts.people, counts.read) == (2, affairs.people + 1, 1)
    assert len(await circle.letters(f"document/{document_id}/routed/")) == 2


async def test_a_list_is_seen_by_its_unit_those_above_and_its_maker_alone(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await circle.register()
    list_id = await listed(circle, document_id, unit_ids=[await circle.unit(one) for one in ("SNV", "STC")])
    async with circle.sessions() as session:
        unit = (await session.get_one(Unit, await circle.unit("SNV"))).id
    path = f"/api/v1/documents/{document_id}/acquaintances"
    for name, status in ((HEAD, 200), (VICE, 200), (AFFAIRS_HEAD, 404)):
        client = await sign_in(name)
        assert len((await client.get(path)).json()) == (1 if status == 200 else 0), name
        for address in (f"{path}/{list_id}", f"{path}/{list_id}/entries", f"{path}/{list_id}/export"):
            assert (await client.get(address)).status_code == status, (name, address)
    own = await listed(circle, document_id, AFFAIRS_HEAD, unit_ids=[], person_ids=[await _free(circle)])
    assert [entry.name for entry in await entries(circle, document_id, own, AFFAIRS_HEAD)]
    with pytest.raises(NotFound):
        await entries(circle, document_id, own, FINANCE_CLERK)
    assert unit is not None


async def _free(circle: Circle) -> UUID:
    """Somebody of the department who is on no list by name."""
    return await circle.person(AFFAIRS_SPECIALIST)


async def test_nobody_is_on_two_lists_at_once_and_an_open_receipt_is_taken_in(circle: Circle) -> None:
    document_id = await circle.register()
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    list_id = await listed(circle, document_id)
    assert len(await entries(circle, document_id, list_id)) == 2
    with pytest.raises(Invalid) as refused:
        await listed(circle, document_id, title="Lần hai", person_ids=[])
    (field,) = refused.value.fields
    assert (field.code, field.facts) == ("already_on_a_list", {"names": "Sở Nội vụ"})


async def test_what_cannot_be_a_list_is_refused(circle: Circle) -> None:
    document_id = await circle.register()
    snv, vice = await circle.unit("SNV"), await circle.person(VICE)
    yesterday = clock.today() - timedelta(days=1)
    async with transaction(circle.sessions) as session:
        homeless = await circle.person(AFFAIRS_SPECIALIST)
        await session.execute(
            update(RoleHeld).where(RoleHeld.person_id == homeless).values(valid_to=clock.today())
        )
        stc = await circle.unit("STC")
        await session.execute(update(Unit).where(Unit.id == stc).values(valid_to=yesterday))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"unit_ids": [], "person_ids": []}, "nobody_named"),
        ({"unit_ids": [snv, document_id]}, "unit_not_known"),
        ({"unit_ids": [stc]}, "unit_not_known"),
        ({"person_ids": [vice, homeless]}, "person_without_unit"),
        ({"due_on": yesterday}, "due_before_today"),
    ]
    for said, code in cases:
        with pytest.raises(Invalid) as refused:
            await listed(circle, document_id, **said)
        assert [one.code for one in refused.value.fields] == [code], said
    assert await circle.letters() == []
    with pytest.raises(NotFound):
        await listed(circle, document_id, FINANCE_CLERK)
    await circle.route(document_id, unit_ids=[snv])
    with pytest.raises(NotAllowed):
        await listed(circle, document_id, AFFAIRS_CLERK)


async def test_whoever_has_not_read_is_reminded_once_before_and_once_after_the_last_day(
    circle: Circle,
) -> None:
    with clock.at(MONDAY):
        document_id = await circle.register()
        due = clock.today() + timedelta(days=7)
        list_id = await listed(circle, document_id, due_on=due)
        await circle.open_(AFFAIRS_SPECIALIST, document_id)
    people = sum(entry.people for entry in await entries(circle, document_id, list_id))
    reminders = f"acquaintance/{list_id}/"

    async def reminded(day: int) -> list[str]:
        with clock.at(MONDAY + timedelta(days=day)):
            for _ in range(2):
                await remind_unread(circle.sessions, circle.postman)
        return await circle.letters(reminders)

    assert await reminded(3) == []
    before = await reminded(4)
    assert len(before) == people - 1
    assert {effect.rpartition("/")[2] for effect in before} == {"before"}
    reader = await circle.person(AFFAIRS_SPECIALIST)
    assert not any(str(reader) in effect for effect in before)
    assert await reminded(6) == before
    with clock.at(MONDAY + timedelta(days=6)):
        await circle.open_(VICE, document_id)
    after = (await reminded(8))[len(before) :]
    assert len(after) == people - 2
    assert {effect.rpartition("/")[2] for effect in after} == {"after"}
    assert len(await reminded(60)) == len(before) + len(after)


async def test_the_list_is_taken_as_a_sheet_and_as_plain_rows_and_that_is_recorded(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await circle.register()
    list_id = await listed(circle, document_id)
    await circle.open_(VICE, document_id)
    clerk = await sign_in(CLERK)
    path = f"/api/v1/documents/{document_id}/acquaintances/{list_id}/export"
    plain = await clerk.get(path, params={"format": "csv", "language": "en"})
    rows = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
    people = sum(entry.people for entry in await entries(circle, document_id, list_id))
    told = [row for row in rows if row and row[-1] in {"Read", "Not read"}]
    assert len(told) == people
    (read,) = [row for row in told if row[-1] == "Read"]
    assert read[1] == "Hoàng Thị Thu Thủy"
    sheet = await clerk.get(path)
    assert any("Sở Nội vụ" in row for row in sheet_of(sheet.content))
    assert "Danh" in sheet.headers["Content-Disposition"]
    exported = [one for one in await circle.trail(document_id) if one.tag == "document:exported"]
    assert [one.details["format"] for one in exported] == ["csv", "xlsx"]
    with pytest.raises(NotFound):
        await circle.as_(FINANCE_CLERK, print_list, document_id, list_id, Format.CSV, Language.VI)
