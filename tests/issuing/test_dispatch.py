"""To whom an issued document goes and what becomes of each copy: by receipt, mail with the file, personal link, paper."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from docflow.access.actor import Actor
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.files.service import FileStore
from docflow.issuing.schemas.issued import Recipient
from docflow.issuing.service.dispatch import send_on
from docflow.issuing.service.dispatch_letters import Terms
from docflow.issuing.service.recall import remind
from docflow.notifications.service import Postman
from storage import ObjectStore
from tests.conftest import SignIn
from tests.issuing.issued_papers import (
    DOCUMENTS,
    MANUSCRIPTS,
    To,
    copies,
    issue,
    letters_to,
    link_to,
    manuscript,
    version_of,
)
from tests.unchanged import unchanged

MINISTRY, PRESS = "vanthu@bo.gov.example", "toasoan@bao.example"
ON_PAPER: dict[str, Any] = {"signed_on_paper": True, "content": b"%PDF-1.4 as it was scanned"}
"""Nothing is filled in, which would take longer than all the rest."""
LISTED = (
    To("Sở Tài chính", unit="STC"),
    To("Bà Đỗ Thị Minh Nguyệt", person="nguyetdtm"),
    To("Bộ Nội vụ", email=MINISTRY),
    To("Báo tỉnh", email=PRESS, by_link=True),
    To("Ông Lê Văn Dân"),
)


class Scene:
    """A report that went to five recipients, and the registry that sent it."""

    def __init__(
        self, clerk: httpx.AsyncClient, sessions: Sessions, files: FileStore, document: dict[str, Any]
    ) -> None:
        self.clerk, self.sessions, self.files, self.document = clerk, sessions, files, document

    @property
    def place(self) -> str:
        return f"{DOCUMENTS}/{self.document['id']}/dispatches"

    async def copy(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in await copies(self.clerk, self.document) if one["name"] == name]
        return found

    async def act(self, name: str, what: str, method: str = "POST", **body: Any) -> httpx.Response:
        copy = await self.copy(name)
        headers = {"If-Match": f'"{copy["version"]}"'}
        address = f"{self.place}/{copy['id']}/{what}"
        return await self.clerk.request(method, address, json=body if body else None, headers=headers)

    async def end(self, kind: str, reason: str = "Sai số liệu") -> dict[str, Any]:
        later = await manuscript(
            self.sessions, self.files, succession=kind, target_id=self.document["id"], **ON_PAPER
        )
        return await issue(self.clerk, self.sessions, later, reason=reason)


@pytest.fixture
async def scene(sign_in: SignIn, sessions: Sessions, file_store: FileStore) -> Scene:
    clerk = await sign_in("datcv")
    waiting = await manuscript(sessions, file_store, to=LISTED, **ON_PAPER)
    return Scene(clerk, sessions, file_store, await issue(clerk, sessions, waiting))


async def test_each_recipient_gets_it_the_way_they_are_named(
    scene: Scene, work: Callable[[], Awaitable[None]]
) -> None:
    listed = await copies(scene.clerk, scene.document)
    assert [(one["channel"], one["state"]) for one in listed] == [
        ("house", "sent"),
        ("house", "sent"),
        ("mail_file", "queued"),
        ("mail_link", "queued"),
        ("paper", "queued"),
    ]
    (letter,) = await letters_to(scene.sessions, MINISTRY)
    mail = message_from_bytes(letter.content, policy=policy.default)
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "bao-cao.pdf"
    assert attached.get_content().startswith(b"%PDF")
    (linked,) = await letters_to(scene.sessions, PRESS)
    assert b"%PDF" not in linked.content
    assert b"filename" not in linked.content
    async with scene.sessions() as session:
        roles = await session.scalars(text("SELECT role FROM receipt ORDER BY id"))
        assert list(roles) == ["lead", "lead"]


async def test_later_recipients_follow_those_before_and_a_file_too_large_for_mails_goes_by_link(
    scene: Scene, actor_of: Callable[[str], Awaitable[Actor]], postman: Postman
) -> None:
    to = [Recipient(email="so@tinh.example", name="Tỉnh bạn")]
    clerk, document_id = await actor_of("datcv"), UUID(scene.document["id"])
    async with transaction(scene.sessions) as session:
        await send_on(session, clerk, postman, scene.files, Terms(3, 30), document_id, to)
    copy = await scene.copy("Tỉnh bạn")
    assert (copy["position"], copy["channel"]) == (6, "mail_link")
    assert copy["link_expires_at"] is not None


async def test_a_recipient_that_is_nobody_or_two_is_refused(scene: Scene, store: ObjectStore) -> None:
    both = {"unit_id": str(UUID(int=1)), "email": "x@y.example"}
    async with unchanged(scene.sessions, store):
        for one in (both, {}, {"email": "no address"}, {"unit_id": str(UUID(int=1))}):
            answer = await scene.clerk.post(scene.place, json={"to": [one]})
            assert answer.status_code == 422, answer.text


async def test_the_page_shows_the_head_and_records_nothing_before_somebody_acts(
    scene: Scene, client: httpx.AsyncClient, store: ObjectStore
) -> None:
    link = await link_to(scene.sessions, PRESS)
    async with unchanged(scene.sessions, store):
        page = await client.get(link)
    assert page.status_code == 200
    assert "01/BC-SNV" in page.text
    assert "Báo tỉnh" in page.text
    assert f"{link}/file" in page.text
    assert "<script" not in page.text
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    english = await client.get(link, headers={"Accept-Language": "en"})
    assert "Confirm that you received it" in english.text


async def test_fetching_and_confirming_are_recorded_with_time_and_address(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    link = await link_to(scene.sessions, PRESS)
    file = await client.get(f"{link}/file")
    assert (file.status_code, file.content[:4]) == (200, b"%PDF")
    assert file.headers["content-disposition"].startswith("attachment")
    assert (await scene.copy("Báo tỉnh"))["state"] == "opened"
    answer = await client.post(link, data={"answer": "received"})
    assert (answer.status_code, answer.headers["location"]) == (303, link)
    await client.post(link, data={"answer": "received"})
    copy = await scene.copy("Báo tỉnh")
    assert (copy["state"], copy["acknowledged_by"]) == ("acknowledged", "Báo tỉnh")
    async with scene.sessions() as session:
        rows = await session.execute(
            text("SELECT tag, actor_name, address FROM audit_event WHERE tag LIKE 'dispatch:%' ORDER BY id")
        )
        told = [tuple(row) for row in rows]
    assert told == [
        ("dispatch:opened", "Báo tỉnh", "127.0.0.1"),
        ("dispatch:acknowledged", "Báo tỉnh", "127.0.0.1"),
    ]


async def test_an_unknown_an_expired_and_a_revoked_link_give_one_and_the_same_page(
    scene: Scene, client: httpx.AsyncClient
) -> None:
    link = await link_to(scene.sessions, PRESS)
    unknown = await client.get("/d/nothing-of-the-kind")
    async with transaction(scene.sessions) as session:
        await session.execute(
            text(
                "UPDATE dispatch_link SET made_at = now() - interval '40 days', expires_at = now() - interval '1 day'"
            )
        )
    expired = await client.get(link)
    again = await scene.act("Báo tỉnh", "link")
    assert again.status_code == 200, again.text
    fresh = await link_to(scene.sessions, PRESS)
    assert fresh != link
    assert (await client.get(fresh)).status_code == 200
    assert (await scene.act("Báo tỉnh", "link", "DELETE")).status_code == 200
    revoked = await client.get(fresh)
    pages = [
        unknown,
        expired,
        revoked,
        await client.get(f"{fresh}/file"),
        await client.post(fresh, data={"answer": "received"}),
    ]
    assert {page.status_code for page in pages} == {404}
    plain = {page.text.split("</style>")[1] for page in pages}
    assert len(plain) == 1
    assert "BC-SNV" not in plain.pop()


async def test_the_registry_notes_what_it_hears_of_paper_and_only_the_registry(
    scene: Scene, sign_in: SignIn
) -> None:
    noted = await scene.act("Ông Lê Văn Dân", "notes", sent_on=clock.today().isoformat())
    assert (noted.status_code, noted.json()["state"]) == (200, "sent"), noted.text
    noted = await scene.act("Ông Lê Văn Dân", "notes", acknowledged_by="Ông Dân ký nhận")
    assert noted.json()["state"] == "acknowledged"
    stale = await scene.clerk.post(
        f"{scene.place}/{noted.json()['id']}/notes", json={"bounced": "x"}, headers={"If-Match": '"1"'}
    )
    assert stale.status_code == 412
    early = await scene.act("Ông Lê Văn Dân", "notes", sent_on="2020-01-01")
    assert early.status_code == 422
    mailed = await scene.act("Bộ Nội vụ", "notes", sent_on=clock.today().isoformat())
    assert mailed.json()["code"] == "note_of_other_channel"
    author = await sign_in("maihtx")
    refused = await author.post(
        f"{scene.place}/{noted.json()['id']}/notes", json={"bounced": "x"}, headers={"If-Match": '"3"'}
    )
    assert refused.status_code == 403


async def test_whoever_got_a_copy_sees_their_own_and_no_address_of_another(
    scene: Scene, sign_in: SignIn
) -> None:
    head = await sign_in("lienttb")
    answer = await head.get(scene.place)
    assert [one["name"] for one in answer.json()["items"]] == ["Sở Tài chính"]
    assert MINISTRY not in answer.text
    assert PRESS not in answer.text
    stranger = await sign_in("anpth")
    assert (await stranger.get(scene.place)).status_code == 404
    copy = await scene.copy("Bộ Nội vụ")
    for client in (head, stranger):
        assert (await client.get(f"{scene.place}/{copy['id']}")).status_code == 404
        note = await client.post(
            f"{scene.place}/{copy['id']}/notes", json={"bounced": "x"}, headers={"If-Match": '"2"'}
        )
        assert note.status_code in (403, 404)


async def test_what_was_issued_and_has_not_left_is_listed_and_marked_when_it_is_overdue(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = (await scene.clerk.get("/api/v1/dispatches/unsent")).json()
    assert (row["waiting"], row["is_overdue"]) == (3, False)
    later = clock.today() + timedelta(days=7)
    monkeypatch.setattr(clock, "today", lambda: later)
    (row,) = (await scene.clerk.get("/api/v1/dispatches/unsent")).json()
    assert row["is_overdue"] is True


async def test_a_recall_asks_everybody_and_takes_back_what_was_given(
    scene: Scene, client: httpx.AsyncClient, sessions: Sessions
) -> None:
    link = await link_to(sessions, PRESS)
    later = await scene.end("recalls")
    page = await client.get(link)
    assert page.status_code == 200
    assert later["symbol"] in page.text
    assert "/file" not in page.text
    assert (await client.get(f"{link}/file")).status_code == 404
    assert (await client.post(link, data={"answer": "received"})).status_code == 404
    listed = await copies(scene.clerk, scene.document)
    assert all(one["recall_asked_at"] for one in listed)
    (*_, mail) = await letters_to(sessions, MINISTRY)
    assert "BC-SNV" in mail.subject
    assert mail.thread.startswith("dispatch/")
    async with sessions() as session:
        states = await session.scalars(
            text("SELECT state FROM receipt WHERE document_id = CAST(:id AS uuid)"),
            {"id": scene.document["id"]},
        )
        assert set(states) == {"recalled"}
    confirmed = await client.post(link, data={"answer": "destroyed"})
    assert confirmed.status_code == 303
    by_mail = await client.post(await link_to(sessions, MINISTRY), data={"answer": "destroyed"})
    assert by_mail.status_code == 303
    noted = await scene.act("Ông Lê Văn Dân", "recall-confirmation", confirmed_by="Ông Dân trả bản giấy")
    assert noted.status_code == 204, noted.text
    answer = (await scene.clerk.get(scene.place)).json()
    assert (answer["counts"]["recall_asked"], answer["counts"]["recall_confirmed"]) == (5, 3)
    again = await scene.clerk.post(scene.place, json={"to": [{"name": "Ai khác"}]})
    assert again.json()["code"] == "document_recalled"


async def test_whoever_lost_sight_of_it_still_confirms_their_own_copy_alone(
    scene: Scene, sign_in: SignIn
) -> None:
    copy, other = await scene.copy("Sở Tài chính"), await scene.copy("Bộ Nội vụ")
    head = await sign_in("lienttb")
    await scene.end("recalls")
    mine = await head.post(f"{scene.place}/{copy['id']}/recall-confirmation", json={})
    theirs = await head.post(f"{scene.place}/{other['id']}/recall-confirmation", json={})
    assert (mine.status_code, theirs.status_code) == (204, 404)
    assert (await scene.copy("Sở Tài chính"))["recall_confirmed_by"]


@pytest.mark.parametrize("kind", ["replaces", "recalls"])
async def test_a_document_is_ended_once_however_many_try_at_once(
    scene: Scene, sessions: Sessions, kind: str
) -> None:
    second, third = [
        await manuscript(sessions, scene.files, succession=kind, target_id=scene.document["id"], **ON_PAPER)
        for _ in range(2)
    ]
    headers = await version_of(sessions, second)
    unsaid = await scene.clerk.post(f"{MANUSCRIPTS}/{second}/issue", json={}, headers=headers)
    assert unsaid.status_code == 422
    body = {"reason": "Sai"}
    answers = await asyncio.gather(
        *(
            scene.clerk.post(f"{MANUSCRIPTS}/{one}/issue", json=body, headers=headers)
            for one in (second, third)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    codes = [answer.json().get("code") for answer in answers if answer.status_code == 409]
    assert codes == ["succeeded_already"]


async def test_what_was_recalled_is_replaced_afterwards_and_nothing_follows_a_replacement(
    scene: Scene, sessions: Sessions
) -> None:
    await scene.end("recalls")
    await scene.end("replaces")
    told = (await scene.clerk.get(f"{DOCUMENTS}/{scene.document['id']}/succession")).json()
    assert (told["ended"], [one["kind"] for one in told["later"]]) == ("replaces", ["recalls", "replaces"])
    for kind in ("recalls", "replaces", "corrects"):
        late = await manuscript(
            sessions, scene.files, succession=kind, target_id=scene.document["id"], **ON_PAPER
        )
        headers = await version_of(sessions, late)
        answer = await scene.clerk.post(
            f"{MANUSCRIPTS}/{late}/issue", json={"reason": "Sai"}, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "succeeded_already")


async def test_a_replaced_document_is_not_recalled(scene: Scene, sessions: Sessions) -> None:
    await scene.end("replaces")
    late = await manuscript(
        sessions, scene.files, succession="recalls", target_id=scene.document["id"], **ON_PAPER
    )
    headers = await version_of(sessions, late)
    answer = await scene.clerk.post(f"{MANUSCRIPTS}/{late}/issue", json={"reason": "Sai"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "succeeded_already")
    assert not any(one["recall_asked_at"] for one in await copies(scene.clerk, scene.document))


async def test_both_directions_of_a_succession_are_told_to_who_sees_them(
    scene: Scene, sign_in: SignIn
) -> None:
    later = await scene.end("replaces")
    head = await scene.clerk.get(f"{DOCUMENTS}/{scene.document['id']}/succession")
    assert head.json()["ended"] == "replaces"
    assert [one["document"]["symbol"] for one in head.json()["later"]] == [later["symbol"]]
    tail = await scene.clerk.get(f"{DOCUMENTS}/{later['id']}/succession")
    assert [one["document"]["id"] for one in tail.json()["earlier"]] == [scene.document["id"]]
    # Who got the first and not the second is told that it ended, and not by what.
    outside = await sign_in("lienttb")
    answer = (await outside.get(f"{DOCUMENTS}/{scene.document['id']}/succession")).json()
    assert (answer["ended"], answer["later"]) == ("replaces", [])


async def test_whoever_has_not_confirmed_is_reminded_and_never_twice(
    scene: Scene, sessions: Sessions, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.end("recalls")
    terms = Terms(1024, 30)
    await remind(sessions, postman, terms)
    before = len(await letters_to(sessions, MINISTRY))
    at = clock.now() + timedelta(days=4)
    monkeypatch.setattr(clock, "now", lambda: at)
    await remind(sessions, postman, terms)
    await remind(sessions, postman, terms)
    assert len(await letters_to(sessions, MINISTRY)) == before + 1


async def test_a_recall_and_an_acknowledgement_at_once_leave_both_facts(
    scene: Scene, client: httpx.AsyncClient, sessions: Sessions
) -> None:
    link = await link_to(sessions, PRESS)
    later = await manuscript(
        sessions, scene.files, succession="recalls", target_id=scene.document["id"], **ON_PAPER
    )
    done = await asyncio.gather(
        issue(scene.clerk, sessions, later, reason="Sai"), client.post(link, data={"answer": "received"})
    )
    assert done[1].status_code in (303, 404)
    copy = await scene.copy("Báo tỉnh")
    assert copy["recall_asked_at"] is not None
    assert (copy["acknowledged_at"] is not None) == (done[1].status_code == 303)
