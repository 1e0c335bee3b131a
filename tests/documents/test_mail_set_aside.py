"""What people do about mails that were set aside, and who sees a registry's mail."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from docflow.app import inbox_of
from docflow.audit.models import AuditEvent
from docflow.audit.tags import Tag
from docflow.core.db import Sessions, transaction
from docflow.documents.models import MailMessage, MailState
from docflow.documents.service.mailbox.polling import Inbox, poll
from docflow.files.service import FileStore
from docflow.settings import Settings
from tests.conftest import SignIn
from tests.documents.mail_servers import Captured, a_user, captured_mail
from tests.documents.mails import REPORT, mail, raw

Work = Callable[[], Awaitable[None]]
MAILS = "/api/v1/mails"
FIRST = {"If-Match": '"1"'}
DEEP = raw(
    "Content-Type: multipart/mixed; boundary=b0\n",
    *(f"--b{level}\nContent-Type: multipart/mixed; boundary=b{level + 1}\n" for level in range(40)),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Captured]:
    with captured_mail() as running:
        yield running


@pytest.fixture
async def aside(server: Captured, sessions: Sessions, file_store: FileStore) -> UUID:
    """A mail of the provincial office that was set aside, beside one that became a draft."""
    user = a_user()
    server.deliver(user, DEEP, mail(REPORT))
    assert await poll(sessions, file_store, Inbox(server.settings(user), "H99.01", 1_000_000)) == 2
    async with sessions() as session:
        found = await session.scalar(select(MailMessage.id).where(MailMessage.state == MailState.SET_ASIDE))
    assert found is not None
    return found


async def trail(sessions: Sessions, tag: Tag) -> list[AuditEvent]:
    async with sessions() as session:
        return list(await session.scalars(select(AuditEvent).where(AuditEvent.tag == tag)))


async def test_a_mail_that_was_dealt_with_says_by_whom_and_how(
    aside: UUID, sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    shown = await clerk.get(f"{MAILS}/{aside}")
    assert shown.headers["etag"] == '"1"'
    assert shown.json()["actions"] == ["draft:settle"]
    note = {"note": "Đã gọi điện, nơi gửi sẽ gửi lại."}
    answer = await clerk.post(f"{MAILS}/{aside}/settlement", json=note, headers=FIRST)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["settled_note"]) == ("settled", note["note"])
    assert answer.json()["actions"] == []
    again = await clerk.post(f"{MAILS}/{aside}/settlement", json=note, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["code"]) == (409, "mail_not_set_aside")
    (told,) = await trail(sessions, Tag.MAIL_SET_ASIDE)
    assert (told.actor_name, told.details["reason"]) == ("mailbox", "mail_nested_too_deep")
    (done,) = await trail(sessions, Tag.MAIL_SETTLED)
    assert done.details["note"] == note["note"]


async def test_a_stale_version_changes_nothing(aside: UUID, sign_in: SignIn) -> None:
    clerk = await sign_in("anpth")
    for verb in ("settlement", "retry"):
        answer = await clerk.post(f"{MAILS}/{aside}/{verb}", json={}, headers={"If-Match": '"7"'})
        assert answer.status_code == 412, verb


async def test_reading_again_after_nothing_has_changed_leaves_it_where_it_is(
    aside: UUID, sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    answer = await clerk.post(f"{MAILS}/{aside}/retry", headers=FIRST)
    assert answer.status_code == 202, answer.text
    await work()
    assert (await clerk.get(f"{MAILS}/{aside}")).json()["state"] == "set_aside"


async def test_one_that_can_be_read_after_an_upgrade_becomes_a_draft_with_its_files(
    aside: UUID, server: Captured, sign_in: SignIn, sessions: Sessions, work: Work, file_store: FileStore
) -> None:
    """The mail that killed its reader is one that a later reader reads: it was kept whole."""
    user, content = a_user(), mail(REPORT, message_id="<doc@x.example>", subject="Đọc lại")
    server.deliver(user, content)
    inbox = Inbox(server.settings(user), "H99.01", 1_000_000)
    await poll(sessions, file_store, inbox)
    async with transaction(sessions) as session:
        found = await session.scalar(select(MailMessage).where(MailMessage.message_id == "<doc@x.example>"))
        assert found is not None
        await session.execute(
            text("DELETE FROM draft_file USING draft WHERE draft_id = id AND mail_id = :m"), {"m": found.id}
        )
        await session.execute(text("DELETE FROM draft WHERE mail_id = :m"), {"m": found.id})
        unread: dict[str, Any] = {"state": MailState.SET_ASIDE, "reason": "mail_killed_its_reader"}
        unread |= {"subject": "", "sender": "", "message_id": None, "content_key": b"bytes"}
        await session.execute(update(MailMessage).where(MailMessage.id == found.id).values(**unread))
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    clerk = await sign_in("anpth")
    await clerk.post(f"{MAILS}/{found.id}/retry", headers=FIRST)
    await clerk.post(f"{MAILS}/{found.id}/retry", headers=FIRST)
    await work()
    shown = (await clerk.get(f"{MAILS}/{found.id}")).json()
    assert (shown["state"], shown["subject"], shown["reason"]) == ("drafted", "Đọc lại", None)
    draft = (await clerk.get(f"/api/v1/drafts/{shown['draft_id']}")).json()
    assert [file["filename"] for file in draft["files"]] == ["bao-cao.txt"]
    server.deliver(user, content)
    await poll(sessions, file_store, inbox)
    states = {row["state"] for row in (await clerk.get(MAILS, params={"state": "repeated"})).json()["items"]}
    assert states == {"repeated"}, "it is known by what it says now"


@pytest.mark.parametrize(
    ("username", "status"), [("datcv", 404), ("tungnt", 403), ("anhmtn", 403), ("huyvn", 403)]
)
async def test_nobody_but_the_registry_sees_its_mail(
    aside: UUID, sign_in: SignIn, username: str, status: int
) -> None:
    other = await sign_in(username)
    for address in (f"{MAILS}/{aside}", f"{MAILS}/{aside}/content"):
        assert (await other.get(address)).status_code == status
    for verb in ("settlement", "retry"):
        assert (await other.post(f"{MAILS}/{aside}/{verb}", json={}, headers=FIRST)).status_code == status
    listed = await other.get(MAILS)
    assert listed.status_code == 403 or listed.json()["items"] == []


async def test_readiness_tells_of_a_mailbox_that_is_not_read(
    client: Any, sessions: Sessions, file_store: FileStore, settings: Settings
) -> None:
    inbox = inbox_of(settings)
    assert inbox is not None
    assert (await client.get("/health/ready")).json()["parts"]["mailbox"] == "up", "not looked at yet"
    await poll(sessions, file_store, inbox)
    assert (await client.get("/health/ready")).json()["parts"]["mailbox"] == "up"
    async with transaction(sessions) as session:
        await session.execute(text("UPDATE mailbox SET failure = 'refused'"))
    assert (await client.get("/health/ready")).json()["parts"]["mailbox"] == "down"
    async with transaction(sessions) as session:
        await session.execute(
            text("UPDATE mailbox SET failure = NULL, polled_at = now() - interval '1 hour'")
        )
    assert (await client.get("/health/ready")).json()["parts"]["mailbox"] == "down"
