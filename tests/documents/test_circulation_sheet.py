"""The circulation sheet: everything in time order, as far as the asker may see it, and printed."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from docflow.access.actor import Actor
from docflow.accounts import addressees
from docflow.core import clock
from docflow.core.db import transaction
from docflow.core.errors import NotFound
from docflow.core.messages import Language
from docflow.documents.models import Document, Receipt, ReceiptRole, ReceiptState, Urgency
from docflow.documents.prints.circulation import print_sheet
from docflow.documents.queries.sheet import list_lines
from docflow.documents.schemas.circulation import Acquaint, Submit, WriteComment
from docflow.documents.service import acquainting, commenting, submitting
from docflow.documents.service.routing.give import Giving, give
from docflow.documents.sheet import Receivers, SheetLine, SheetSources
from docflow.printing.writers import Format
from tests.conftest import SignIn
from tests.documents.circulating import (
    AFFAIRS_CLERK,
    AFFAIRS_HEAD,
    CLERK,
    FINANCE_CLERK,
    HEAD,
    VICE,
    Circle,
)
from tests.printing.printed import document_of, pages_of, sheet_of

MONDAY = datetime(2026, 11, 16, 1, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"


async def directed(session: AsyncSession, actor: Actor, document_id: UUID, circle: Circle) -> None:
    """What a leader's direction writes: lead, coordinators, for information, below their own receipt."""
    document = await session.get_one(Document, document_id)
    own = await session.scalar(select(Receipt).where(Receipt.document_id == document_id))
    assert own is not None
    lead = await addressees.units(session, {await circle.unit("SNV")})
    others = await addressees.units(session, {await circle.unit("STC"), await circle.unit("SKHCN")})
    due = MONDAY + timedelta(days=10, hours=9)
    wanted = [Giving(one, ReceiptRole.LEAD, due) for one in lead]
    wanted += [Giving(one, ReceiptRole.COORDINATE, due) for one in others]
    words = "Giao Sở Nội vụ chủ trì, phối hợp các sở liên quan tham mưu, trình Ủy ban nhân dân tỉnh."
    await give(session, actor, document, wanted, words, parent_id=own.id)
    own.state, own.handled_at = ReceiptState.FORWARDED, clock.now()


async def returned(session: AsyncSession, actor: Actor, document_id: UUID) -> None:
    lead = await session.scalar(
        select(Receipt).where(Receipt.document_id == document_id, Receipt.role == ReceiptRole.LEAD)
    )
    assert lead is not None
    lead.state, lead.ended_at, lead.ended_by = ReceiptState.RETURNED, clock.now(), actor.person_id
    lead.end_note, lead.handled_at = "Không thuộc chức năng của Sở.", clock.now()


async def story(circle: Circle) -> UUID:
    """A document from arrival over direction to a return, an hour each."""
    with clock.at(MONDAY):
        document_id = await circle.register(urgency=Urgency.URGENT, issued_on=clock.today())
    with clock.at(MONDAY + timedelta(hours=1)):
        data = Submit(person_id=await circle.person(VICE), note="Kính trình đồng chí cho ý kiến chỉ đạo.")
        await circle.as_(CLERK, submitting.submit, circle.postman, document_id, data)
    with clock.at(MONDAY + timedelta(hours=2)):
        await circle.as_(VICE, directed, document_id, circle)
    with clock.at(MONDAY + timedelta(hours=3)):
        remark = WriteComment(content="Đề nghị lấy thêm ý kiến Sở Tư pháp.\nGửi trước thứ Sáu.")
        await circle.as_(AFFAIRS_HEAD, commenting.comment, document_id, remark)
        inside = WriteComment(content="Chỉ trong Sở.", unit_id=await circle.unit("SNV"))
        await circle.as_(AFFAIRS_CLERK, commenting.comment, document_id, inside)
    with clock.at(MONDAY + timedelta(hours=4)):
        await circle.as_(AFFAIRS_CLERK, returned, document_id)
    with clock.at(MONDAY + timedelta(hours=5)):
        people = [await circle.person(HEAD)]
        due = clock.today() + timedelta(days=3)
        asked = Acquaint(title="Phổ biến trong Văn phòng", person_ids=people, due_on=due)
        await circle.as_(CLERK, acquainting.acquaint, circle.postman, document_id, asked)
    return document_id


async def lines(circle: Circle, name: str, document_id: UUID, *more: SheetLine) -> list[SheetLine]:
    async def others(*_: object) -> list[SheetLine]:
        return list(more)

    document = await circle.document(document_id)
    sources = SheetSources((others,))
    found: list[SheetLine] = await circle.as_(name, list_lines, document, Language.VI, sources)
    return found


async def test_the_registering_unit_sees_everything_in_time_order(circle: Circle) -> None:
    document_id = await story(circle)
    found = await lines(circle, CLERK, document_id)
    assert [line.what for line in found] == [
        "arrived",
        "submitted",
        "directed",
        "commented",
        "returned",
        "listed",
    ]
    direction = found[2]
    assert direction.to == (
        Receivers("lead", ("Sở Nội vụ",)),
        Receivers("coordinate", ("Sở Tài chính", "Sở Khoa học và Công nghệ")),
    )
    assert direction.due_at == MONDAY + timedelta(days=10, hours=9)
    assert direction.text.startswith("Giao Sở Nội vụ chủ trì")
    assert (found[4].by, found[4].text) == (
        (await circle.actor_of(AFFAIRS_CLERK)).name,
        "Không thuộc chức năng của Sở.",
    )


async def test_others_see_their_own_receipts_and_the_comments_they_may_read(circle: Circle) -> None:
    document_id = await story(circle)
    affairs = await lines(circle, AFFAIRS_CLERK, document_id)
    assert [line.what for line in affairs] == ["arrived", "directed", "commented", "commented", "returned"]
    assert affairs[1].to == (Receivers("lead", ("Sở Nội vụ",)),)
    finance = await lines(circle, FINANCE_CLERK, document_id)
    assert [line.what for line in finance] == ["arrived", "directed", "commented"]
    assert finance[1].to == (Receivers("coordinate", ("Sở Tài chính",)),)
    assert not any("Nội vụ" in str(line.to) for line in finance)


async def test_a_capability_above_adds_its_lines_in_their_place(circle: Circle) -> None:
    document_id = await story(circle)
    sent = SheetLine(at=MONDAY + timedelta(minutes=90), what="dispatched", by="Văn thư", text="Đã gửi")
    found = await lines(circle, CLERK, document_id, sent)
    assert [line.what for line in found][:4] == ["arrived", "submitted", "dispatched", "directed"]


async def test_a_reply_is_on_the_sheet_of_whoever_sees_the_reply(circle: Circle) -> None:
    document_id = await circle.register()
    await circle.route(document_id, unit_ids=[await circle.unit("SNV")])
    reply = await circle.register(AFFAIRS_CLERK, number=77)
    async with transaction(circle.sessions) as session:
        (await session.get_one(Document, reply)).answers_id = document_id
    assert [line.what for line in await lines(circle, AFFAIRS_CLERK, document_id)][-1] == "replied"
    assert "replied" not in [line.what for line in await lines(circle, CLERK, document_id)]


async def printed(circle: Circle, format_: Format, language: Language, name: str = CLERK) -> bytes:
    document_id = await story(circle)
    with clock.at(MONDAY + timedelta(hours=6)):
        made = await circle.as_(name, print_sheet, document_id, SheetSources(), format_, language)
    content: bytes = made.file.read()
    assert len(content) == made.size
    made.file.close()
    return content


@pytest.mark.parametrize("language", list(Language))
async def test_the_printed_sheet_is_the_one_that_was_looked_at(circle: Circle, language: Language) -> None:
    content = await printed(circle, Format.XLSX, language)
    shown = "\n".join(" | ".join(str(cell or "") for cell in row) for row in sheet_of(content))
    golden = GOLDEN / f"circulation-sheet.{language.value}.txt"
    assert shown + "\n" == golden.read_text("utf-8")


async def test_the_sheet_prints_as_pdf_and_docx_with_the_same_words(circle: Circle) -> None:
    pdf = " ".join(" ".join(pages_of(await printed(circle, Format.PDF, Language.VI))).split())
    for words in ("PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", "Kính trình đồng chí", "Chủ trì: Sở Nội vụ", "Khẩn"):
        assert words in pdf, words
    assert re.search(r"Trang 1", pdf)
    assert "Chỉ trong Sở" not in pdf


async def test_the_sheet_prints_as_docx(circle: Circle) -> None:
    docx = await printed(circle, Format.DOCX, Language.EN, AFFAIRS_CLERK)
    text = "".join(document_of(docx).itertext())
    assert "CIRCULATION SHEET" in text
    assert "Chỉ trong Sở." in text
    assert "Tài chính" not in text


async def test_the_sheet_over_http_is_recorded_when_it_is_printed_and_hidden_from_strangers(
    circle: Circle, sign_in: SignIn
) -> None:
    document_id = await story(circle)
    clerk = await sign_in(CLERK)
    shown = await clerk.get(f"/api/v1/documents/{document_id}/circulation")
    assert [one["title"] for one in shown.json()["lines"]][:3] == [
        "Tiếp nhận, vào sổ",
        "Trình lãnh đạo",
        "Chỉ đạo (bút phê)",
    ]
    taken = await clerk.get(f"/api/v1/documents/{document_id}/circulation/print")
    assert (taken.status_code, taken.headers["Content-Type"]) == (200, "application/pdf")
    assert taken.content.startswith(b"%PDF")
    (event,) = [one for one in await circle.trail(document_id) if one.tag == "document:exported"]
    assert event.details["what"] == "circulation"
    stranger = await sign_in("phuongct")
    for path in ("circulation", "circulation/print", "comments", "acquaintances"):
        assert (await stranger.get(f"/api/v1/documents/{document_id}/{path}")).status_code == 404, path
    with pytest.raises(NotFound):
        sources = SheetSources()
        await circle.as_("phuongct", print_sheet, document_id, sources, Format.PDF, Language.VI)
    assert io.BytesIO(taken.content).read(4) == b"%PDF"
