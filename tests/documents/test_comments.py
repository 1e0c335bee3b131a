"""Comments, and who opened a document: for every reader, or inside one unit alone."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from docflow.accounts.models import Unit
from docflow.audit.tags import Tag
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import Invalid, NotAllowed, NotFound
from docflow.core.messages import Language
from docflow.documents.errors import CommentWithdrawn, DocumentVoided
from docflow.documents.models import Comment, Document, Receipt, ReceiptState
from docflow.documents.queries import circulation
from docflow.documents.queries.sheet import list_lines
from docflow.documents.schemas.circulation import WriteComment
from docflow.documents.service import commenting
from docflow.documents.sheet import SheetSources
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


async def write(circle: Circle, by: str, document_id: UUID, content: str, unit: str = "") -> UUID:
    data = WriteComment(content=content, unit_id=await circle.unit(unit) if unit else None)
    written: Comment = await circle.as_(by, commenting.comment, document_id, data)
    return written.id


async def read(circle: Circle, by: str, document_id: UUID) -> list[str]:
    rows = await circle.as_(by, circulation.list_comments, document_id, cursor=None, limit=50)
    return [row.body for row in rows]


async def shared(circle: Circle) -> UUID:
    """A document of the office that the departments of home affairs and of finance got."""
    document_id = await circle.register()
    units = [await circle.unit(symbol) for symbol in ("SNV", "STC")]
    await circle.route(document_id, unit_ids=units)
    return document_id


async def test_a_comment_is_read_by_every_reader_and_a_units_own_by_its_members_alone(circle: Circle) -> None:
    document_id = await shared(circle)
    await write(circle, AFFAIRS_CLERK, document_id, "Cho mọi người")
    await write(circle, AFFAIRS_CLERK, document_id, "Nội bộ Sở", "SNV")
    for name in (AFFAIRS_CLERK, AFFAIRS_HEAD, AFFAIRS_SPECIALIST):
        assert await read(circle, name, document_id) == ["Cho mọi người", "Nội bộ Sở"], name
    for name in (CLERK, HEAD, FINANCE_CLERK):
        assert await read(circle, name, document_id) == ["Cho mọi người"], name


async def test_what_is_said_inside_a_unit_is_in_no_sheet_trail_or_letter_of_others(circle: Circle) -> None:
    document_id = await shared(circle)
    secret = "Riêng của Sở Nội vụ"
    await write(circle, AFFAIRS_CLERK, document_id, secret, "SNV")
    document = await circle.document(document_id)
    for name, wanted in ((AFFAIRS_HEAD, True), (CLERK, False), (FINANCE_CLERK, False)):
        lines = await circle.as_(name, list_lines, document, Language.VI, SheetSources())
        assert any(secret in line.text for line in lines) is wanted, name
    assert all(secret not in str(event.details) for event in await circle.trail(document_id))
    event = (await circle.trail(document_id))[-1]
    assert (event.tag, event.on_behalf_of) == (Tag.DOCUMENT_COMMENTED, await circle.unit("SNV"))


async def test_whoever_is_no_member_or_no_reader_does_not_comment(circle: Circle) -> None:
    document_id = await shared(circle)
    with pytest.raises(NotAllowed) as refused:
        await write(circle, CLERK, document_id, "Chen vào", "SNV")
    assert refused.value.facts["reason"] == "comment_for_members_of_the_unit"
    with pytest.raises(NotFound):
        await write(circle, VICE, document_id, "Không thấy")


async def test_a_unit_that_has_ended_gets_no_new_comments(circle: Circle) -> None:
    document_id = await shared(circle)
    async with transaction(circle.sessions) as session:
        vp, snv = await circle.unit("VP"), await circle.unit("SNV")
        ended = update(Unit).where(Unit.id == snv)
        await session.execute(ended.values(valid_to=clock.today(), successor_id=vp))
    with pytest.raises(Invalid) as refused:
        await write(circle, CLERK, document_id, "Kế thừa", "SNV")
    assert [one.code for one in refused.value.fields] == ["unit_not_known"]


async def test_ones_own_comment_is_withdrawn_once_and_its_words_are_gone(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await shared(circle)
    own = await write(circle, AFFAIRS_CLERK, document_id, "Nhầm")
    inside = await write(circle, AFFAIRS_CLERK, document_id, "Nội bộ", "SNV")
    for name, fact in ((AFFAIRS_HEAD, NotAllowed), (CLERK, NotAllowed)):
        with pytest.raises(fact):
            await circle.as_(name, commenting.withdraw, document_id, own)
    with pytest.raises(NotFound):
        await circle.as_(CLERK, commenting.withdraw, document_id, inside)
    clerk = await sign_in(AFFAIRS_CLERK)
    path = f"/api/v1/documents/{document_id}/comments"
    done = await clerk.post(f"{path}/{own}/withdrawal")
    assert (done.status_code, done.json()["content"], done.json()["can_withdraw"]) == (200, None, False)
    shown = await (await sign_in(CLERK)).get(path)
    assert [(one["content"], one["author_name"]) for one in shown.json()["items"]] == [
        (None, (await circle.actor_of(AFFAIRS_CLERK)).name)
    ]
    with pytest.raises(CommentWithdrawn):
        await circle.as_(AFFAIRS_CLERK, commenting.withdraw, document_id, own)


async def test_an_empty_or_endless_comment_and_one_on_a_void_number_are_refused(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await shared(circle)
    clerk = await sign_in(CLERK)
    path = f"/api/v1/documents/{document_id}/comments"
    for content in ("", "   ", "x" * 5001):
        assert (await clerk.post(path, json={"content": content})).status_code == 422
    written = await clerk.post(path, json={"content": "Dòng một\nDòng hai"})
    assert (written.status_code, written.json()["content"]) == (201, "Dòng một\nDòng hai")
    async with transaction(circle.sessions) as session:
        voided = update(Document).where(Document.id == document_id).values(voided_at=clock.now())
        await session.execute(voided)
    with pytest.raises(DocumentVoided):
        await write(circle, CLERK, document_id, "Sau khi hủy")


async def test_who_opened_it_how_often_is_for_its_unit_and_those_above_and_is_no_handling(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await shared(circle)
    for name in (AFFAIRS_CLERK, FINANCE_CLERK, AFFAIRS_CLERK):
        await circle.open_(name, document_id)
    clerk = await sign_in(CLERK)
    shown = (await clerk.get(f"/api/v1/documents/{document_id}/readings?limit=1")).json()
    rest = (
        await clerk.get(f"/api/v1/documents/{document_id}/readings?limit=1&cursor={shown['next']}")
    ).json()
    found: list[dict[str, Any]] = [*shown["items"], *rest["items"]]
    assert [(one["name"], one["times"]) for one in found] == [
        ((await circle.actor_of(AFFAIRS_CLERK)).name, 2),
        ((await circle.actor_of(FINANCE_CLERK)).name, 1),
    ]
    assert found[0]["last_at"] > found[0]["first_at"]
    refused = await (await sign_in(AFFAIRS_HEAD)).get(f"/api/v1/documents/{document_id}/readings")
    assert refused.status_code == 403
    async with circle.sessions() as session:
        receipts = (await session.scalars(select(Receipt).where(Receipt.document_id == document_id))).all()
    assert {(one.state, one.handled_at) for one in receipts} == {(ReceiptState.WAITING, None)}
    assert all(one.opened_at for one in receipts)
