"""Numbering and issuing what was signed: number and date in the bytes, one number for one document, a reply that ends."""

import asyncio
import io
from uuid import UUID

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select, text

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document, Receipt, ReceiptState
from docflow.files.service import FileStore
from docflow.issuing.models import Manuscript, ManuscriptState
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import register, unit_id
from tests.issuing.issued_papers import DOCUMENTS, MANUSCRIPTS, issue, manuscript, version_of
from tests.unchanged import unchanged


def fields_of(content: bytes) -> dict[str, str]:
    """The text fields of a PDF and what is in them."""
    fields = PdfFileReader(io.BytesIO(content), strict=False).root["/AcroForm"]["/Fields"]
    return {str(field.get_object()["/T"]): str(field.get_object().get("/V", "")) for field in fields}


async def test_number_and_date_are_given_together_and_stand_in_the_file(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store)
    document = await issue(clerk, sessions, waiting)
    today = clock.today()
    assert (document["symbol"], document["issued_on"]) == ("01/BC-SNV", today.isoformat())
    whole = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()
    (file,) = whole["files"]
    assert file["filename"] == "01-BC-SNV.pdf"
    content = (await clerk.get(f"{DOCUMENTS}/{document['id']}/files/{file['id']}/content")).content
    month = f"{today.month:02}" if today.month < 3 else str(today.month)
    assert fields_of(content) == {
        "number": "01",
        "day": f"{today.day:02}",
        "month": month,
        "year": str(today.year),
    }
    async with sessions() as session:
        done = await session.get_one(Manuscript, waiting)
        assert (done.state, str(done.document_id)) == (ManuscriptState.ISSUED, document["id"])


async def test_its_readers_are_both_units_its_signer_and_its_author_alone(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    document = await issue(clerk, sessions, await manuscript(sessions, file_store))
    for username in ("maihtx", "nguyetdtm", "datcv"):
        reader = await sign_in(username)
        assert (await reader.get(f"{DOCUMENTS}/{document['id']}")).status_code == 200
    for username in ("lienttb", "anpth", "khaitq"):
        stranger = await sign_in(username)
        for path in ("", "/dispatches", "/succession"):
            assert (await stranger.get(f"{DOCUMENTS}/{document['id']}{path}")).status_code == 404


async def test_two_registries_at_once_give_one_number(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store)
    headers = await version_of(sessions, waiting)
    place = f"{MANUSCRIPTS}/{waiting}/issue"
    answers = await asyncio.gather(*(clerk.post(place, json={}, headers=headers) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"manuscript_issued"}
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM document")) == 1
        assert await session.scalar(text("SELECT count(*) FROM register_entry")) == 1


async def test_different_manuscripts_at_once_get_numbers_without_gap_in_the_order_of_time(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = [await manuscript(sessions, file_store) for _ in range(4)]
    done = await asyncio.gather(*(issue(clerk, sessions, one) for one in waiting))
    assert sorted(document["number"] for document in done) == ["01", "02", "03", "04"]
    in_order = sorted(done, key=lambda document: document["registered_at"])
    assert [document["number"] for document in in_order] == ["01", "02", "03", "04"]


async def test_nothing_is_taken_when_the_store_is_down(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, store: ObjectStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store)
    async with sessions() as session:
        key = await session.scalar(text("SELECT object_key FROM file"))
    await store.delete(str(key))
    headers = await version_of(sessions, waiting)
    with pytest.raises(Exception):  # noqa: B017, PT011
        answer = await clerk.post(f"{MANUSCRIPTS}/{waiting}/issue", json={}, headers=headers)
        assert answer.status_code < 400
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM register_entry")) == 0


async def test_a_stale_edit_a_wrong_state_and_a_wrong_person_change_nothing(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore, store: ObjectStore
) -> None:
    clerk, other, author = await sign_in("datcv"), await sign_in("lienttb"), await sign_in("maihtx")
    waiting = await manuscript(sessions, file_store)
    early = await manuscript(sessions, file_store, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    async with unchanged(sessions, store):
        for client, which, given, status in (
            (clerk, waiting, {"If-Match": '"7"'}, 412),
            (clerk, waiting, {}, 428),
            (clerk, early, headers, 409),
            (other, waiting, headers, 404),
            (author, waiting, headers, 403),
        ):
            answer = await client.post(f"{MANUSCRIPTS}/{which}/issue", json={}, headers=given)
            assert answer.status_code == status, answer.text


async def test_a_reply_ends_what_its_unit_was_given_and_says_what_it_answers(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    office = await sign_in("anpth")
    asked = await register(office)
    await give_lead(sessions, office, asked["id"], await unit_id(sessions, "SNV"))
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store, answers_id=UUID(asked["id"]))
    document = await issue(clerk, sessions, waiting)
    async with sessions() as session:
        found = await session.scalars(select(Receipt).where(Receipt.document_id == UUID(asked["id"])))
        (receipt,) = found.all()
        assert (receipt.state, str(receipt.reply_id)) == (ReceiptState.COMPLETED, document["id"])
        reply = await session.get_one(Document, UUID(document["id"]))
        assert str(reply.answers_id) == asked["id"]


async def give_lead(sessions: Sessions, office: object, document: str, unit: str) -> None:
    """The unit has it as a lead, as a leader's direction would give it."""
    from docflow.core.db import transaction

    async with transaction(sessions) as session:
        await session.execute(
            text(
                "INSERT INTO receipt (document_id, principal_no, role, sent_by, sent_at, note)"
                " SELECT d.id, p.no, 'lead', d.registered_by, now(), '' FROM document d, principal p"
                " WHERE d.id = :document AND p.unit_id = :unit"
            ),
            {"document": document, "unit": unit},
        )
        await session.execute(
            text(
                "UPDATE document SET readers = readers || (SELECT no FROM principal WHERE unit_id = :unit)"
                " WHERE id = :document"
            ),
            {"document": document, "unit": unit},
        )


async def test_a_paper_that_was_signed_by_hand_is_issued_as_it_was_scanned(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    scan = {"file": ("quet.pdf", b"%PDF-1.4 scan", "application/pdf")}
    signed = await clerk.post(f"{MANUSCRIPTS}/{waiting}/paper-signature", files=scan, headers=headers)
    assert (signed.status_code, signed.json()["on_paper"]) == (201, True), signed.text
    document = await issue(clerk, sessions, waiting)
    whole = (await clerk.get(f"{DOCUMENTS}/{document['id']}")).json()
    assert [file["filename"] for file in whole["files"]] == ["quet.pdf"]


async def test_only_a_pdf_or_a_picture_is_the_scan_of_a_paper(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store, state=ManuscriptState.APPROVED)
    headers = await version_of(sessions, waiting)
    page = {"file": ("quet.html", b"<html><script>1</script></html>", "text/html")}
    refused = await clerk.post(f"{MANUSCRIPTS}/{waiting}/paper-signature", files=page, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "scan_expected")
    assert await version_of(sessions, waiting) == headers


async def test_no_copy_is_sent_of_what_was_destroyed(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    document = await issue(clerk, sessions, await manuscript(sessions, file_store))
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE document SET destroyed_at = now() WHERE id = :id"), {"id": document["id"]}
        )
    to = {"to": [{"email": "vanthu@huyen.example", "name": "Huyện"}]}
    refused = await clerk.post(f"{DOCUMENTS}/{document['id']}/dispatches", json=to)
    assert (refused.status_code, refused.json()["code"]) == (409, "files_are_destroyed")


async def test_the_trail_tells_who_issued_what_as_what(
    sign_in: SignIn, sessions: Sessions, file_store: FileStore
) -> None:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store)
    document = await issue(clerk, sessions, waiting)
    async with sessions() as session:
        rows = await session.execute(
            text("SELECT subject_kind, details FROM audit_event WHERE tag = 'document:issued' ORDER BY id")
        )
        told = rows.all()
    assert [row.subject_kind for row in told] == ["document", "manuscript"]
    for row in told:
        assert (row.details["document"], row.details["manuscript"]) == (document["id"], str(waiting))
