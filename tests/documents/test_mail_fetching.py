"""Mails become drafts, whatever they hold and whatever ends in between: by dovecot, and by the shipped double."""

import asyncio
import imaplib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import func, select

from docflow.accounts.models import Unit
from docflow.core.db import Sessions, transaction
from docflow.documents.imap import open_folder
from docflow.documents.models import (
    Document,
    Draft,
    DraftFile,
    DraftState,
    Mailbox,
    MailMessage,
    MailState,
    Source,
)
from docflow.documents.service.mailbox import keeping
from docflow.documents.service.mailbox.keeping import Place
from docflow.documents.service.mailbox.polling import Inbox, poll
from docflow.documents.service.mailbox.settling import read_again
from docflow.files.models import File, TextStatus
from docflow.files.service import FileStore
from docflow.notifications.models import Letter
from storage import ObjectStore, StoreSettings
from tests.conftest import SignIn
from tests.documents.mail_servers import MailServer, a_user, captured_mail, dovecot
from tests.documents.mails import LETTER, REPORT, SCAN, mail, raw

Work = Callable[[], Awaitable[None]]
DRAFTS, MAILS = "/api/v1/drafts", "/api/v1/mails"
FIRST = {"If-Match": '"1"'}
MIB = 1024 * 1024

SERVERS = [
    "captured",
    pytest.param("dovecot", marks=pytest.mark.debian("/usr/lib/dovecot/imap")),
]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with captured_mail() if request.param == "captured" else dovecot() as running:
        yield running


double_alone = pytest.mark.parametrize("server", ["captured"], indirect=True)
"""For what is decided on this side, whatever the server."""


@dataclass
class Post:
    """A mailbox of one test, and fetching from it."""

    server: MailServer
    user: str
    sessions: Sessions
    files: FileStore
    max_bytes: int = 8 * MIB

    @property
    def inbox(self) -> Inbox:
        return Inbox(
            self.server.settings(self.user), "H99.01", self.max_bytes, "docflow@localhost.localdomain"
        )

    def deliver(self, *mails: bytes) -> None:
        self.server.deliver(self.user, *mails)

    async def fetch(self) -> int:
        return await poll(self.sessions, self.files, self.inbox)

    async def mails(self) -> list[MailMessage]:
        async with self.sessions() as session:
            return list(await session.scalars(select(MailMessage).order_by(MailMessage.id)))

    async def drafts(self) -> list[Draft]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Draft).order_by(Draft.id)))

    async def files_of(self, draft: Draft) -> list[File]:
        async with self.sessions() as session:
            rows = await session.scalars(
                select(File)
                .join(DraftFile, DraftFile.file_id == File.id)
                .where(DraftFile.draft_id == draft.id)
                .order_by(DraftFile.position)
            )
            return list(rows)

    async def bytes_of(self, file: File) -> bytes:
        async with aclosing(self.files.read(file)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def box(self) -> Mailbox:
        async with self.sessions() as session:
            return await session.get_one(Mailbox, self.inbox.imap.name)


@pytest.fixture
def post(server: MailServer, sessions: Sessions, file_store: FileStore) -> Post:
    post = Post(server, a_user(), sessions, file_store)
    post.deliver()
    return post


async def test_a_mail_becomes_a_draft_of_its_attachments(post: Post, sign_in: SignIn, work: Work) -> None:
    post.deliver(mail(REPORT, SCAN))
    assert await post.fetch() == 1
    (draft,), (message,) = await post.drafts(), await post.mails()
    assert (draft.source, draft.state, draft.note) == (Source.MAIL, DraftState.WAITING, "Kính gửi Văn phòng.")
    assert (message.sender, message.sender_name) == ("vanthu@sonoivu.example", "Văn thư Sở Nội vụ")
    assert message.message_id == "<20261123.0830@sonoivu.example>"
    assert message.sent_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    files = await post.files_of(draft)
    assert [(file.filename, file.media_type) for file in files] == [
        ("bao-cao.txt", "text/plain"),
        ("bản quét.pdf", "application/pdf"),
    ]
    assert await post.bytes_of(files[1]) == SCAN[1]
    await work()
    clerk = await sign_in("anpth")
    shown = (await clerk.get(f"{DRAFTS}/{draft.id}")).json()
    assert [file["is_proposed"] for file in shown["files"]] == [False, True]
    assert shown["mail"]["subject"] == "Gửi Báo cáo số 12/BC-SNV"
    assert any(one["value"] == "12/BC-SNV" for one in shown["suggestions"])


@double_alone
async def test_the_mail_is_kept_as_it_came_and_its_text_is_not_read_twice(
    post: Post, sign_in: SignIn
) -> None:
    post.deliver(mail(REPORT))
    await post.fetch()
    (message,) = await post.mails()
    clerk = await sign_in("anpth")
    answer = await clerk.get(f"{MAILS}/{message.id}/content")
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert message_from_bytes(answer.content, policy=policy.default)["Subject"] == message.subject
    assert len(answer.content) == message.size
    async with post.sessions() as session:
        kept = await session.get_one(File, message.file_id)
    assert kept.text_status is TextStatus.UNSUPPORTED


async def test_nothing_is_fetched_twice_and_nothing_on_the_server_changes(post: Post) -> None:
    post.deliver(mail(REPORT), mail(SCAN, message_id="<2@x.example>"))
    assert await post.fetch() == 2
    assert await post.fetch() == 0
    post.deliver(mail(REPORT, SCAN, message_id="<3@x.example>"))
    assert await post.fetch() == 1
    assert len(await post.drafts()) == 3
    settings = post.inbox.imap
    with imaplib.IMAP4(settings.host, settings.port, timeout=10) as client:
        client.login(settings.username, settings.password)
        client.select("INBOX", readonly=True)
        assert len(client.uid("SEARCH", "UNSEEN")[1][0].split()) == 3


@double_alone
async def test_the_same_mail_by_two_ways_makes_one_draft(post: Post) -> None:
    content = mail(REPORT)
    post.deliver(content, b"Received: from relay.example\r\nX-Spam: no\r\n" + content)
    await post.fetch()
    assert len(await post.drafts()) == 1
    assert [(one.state, one.file_id is None) for one in await post.mails()] == [
        (MailState.DRAFTED, False),
        (MailState.REPEATED, True),
    ]


@double_alone
async def test_the_same_words_in_another_transfer_encoding_are_the_same_mail(post: Post) -> None:
    headers = "From: a@b.example\nSubject: thu\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n"
    plain = raw("Content-Transfer-Encoding: 8bit\n\nKính gửi\n", headers=headers)
    packed = raw(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nS8OtbmggZ+G7rWkK\n",
        headers=headers,
    )
    post.deliver(plain, packed)
    await post.fetch()
    assert [one.state for one in await post.mails()] == [MailState.DRAFTED, MailState.REPEATED]


@double_alone
async def test_another_mail_under_the_same_message_id_is_a_draft_of_its_own_and_marked(post: Post) -> None:
    post.deliver(mail(REPORT), mail(SCAN))
    await post.fetch()
    assert len(await post.drafts()) == 2
    assert [one.reason for one in await post.mails()] == [None, "message_id_seen_before"]


@double_alone
async def test_mails_without_a_message_id_are_told_apart_by_what_they_say(post: Post) -> None:
    post.deliver(*(mail(REPORT, message_id=None, subject=subject) for subject in ("một", "hai", "một")))
    await post.fetch()
    mails = await post.mails()
    assert [(one.message_id, one.state.value) for one in mails] == [
        (None, "drafted"),
        (None, "drafted"),
        (None, "repeated"),
    ]


async def test_when_the_numbers_lose_their_meaning_all_is_looked_at_and_nothing_made_again(
    post: Post,
) -> None:
    post.deliver(mail(REPORT), mail(SCAN, message_id="<2@x.example>"))
    await post.fetch()
    post.server.renumber(post.user)
    post.deliver(mail(REPORT, SCAN, message_id="<3@x.example>"))
    assert await post.fetch() == 3
    assert len(await post.drafts()) == 3
    assert [one.state.value for one in await post.mails()] == ["drafted"] * 2 + ["repeated"] * 2 + ["drafted"]


@double_alone
async def test_a_mail_without_attachments_is_itself_the_document(post: Post) -> None:
    html = "Content-Type: text/html; charset=utf-8\n\n<p>Kính <b>gửi</b></p>\n"
    post.deliver(mail(text=LETTER), raw(html), raw("\n"))
    await post.fetch()
    drafts = await post.drafts()
    names = [[file.filename for file in await post.files_of(draft)] for draft in drafts]
    assert names == [["body.txt"], ["body.html"], []]
    (text,) = await post.files_of(drafts[0])
    assert (await post.bytes_of(text)).decode().replace("\r\n", "\n") == LETTER.strip()
    (page,) = await post.files_of(drafts[1])
    assert page.media_type == "text/html"
    assert drafts[1].note == "Kính gửi"


async def test_two_hundred_attachments_are_kept_and_five_hundred_set_aside(
    post: Post, sign_in: SignIn
) -> None:
    def many(count: int) -> bytes:
        files = ((f"tệp {number}.txt", f"{number}".encode(), "text/plain") for number in range(count))
        return mail(*files, message_id=f"<{count}@x.example>")

    post.deliver(many(200), many(500), mail(REPORT))
    await post.fetch()
    drafts = await post.drafts()
    assert [len(await post.files_of(draft)) for draft in drafts] == [200, 1]
    aside = (await post.mails())[1]
    assert (aside.state, aside.reason) == (MailState.SET_ASIDE, "mail_has_too_many_files")
    clerk = await sign_in("anpth")
    content = (await clerk.get(f"{MAILS}/{aside.id}/content")).content
    assert len(list(message_from_bytes(content).walk())) == 502, "nothing of it is lost"


async def test_a_mail_that_is_too_large_is_set_aside_with_its_headers_and_taken_when_it_may_come(
    post: Post, sign_in: SignIn, work: Work
) -> None:
    post.max_bytes = 100_000
    large = mail(("lớn.pdf", b"%PDF-1.4" + b"x" * 200_000, "application/pdf"))
    post.deliver(large, mail(REPORT, message_id="<2@x.example>"))
    await post.fetch()
    aside, other = await post.mails()
    assert (aside.state, aside.reason, aside.file_id) == (MailState.SET_ASIDE, "mail_too_large", None)
    assert aside.subject == "Gửi Báo cáo số 12/BC-SNV"
    assert other.state is MailState.DRAFTED
    clerk = await sign_in("anpth")
    assert (await clerk.get(f"{MAILS}/{aside.id}/content")).status_code == 404
    await read_again(post.sessions, post.files, post.inbox, aside.id)
    assert (await post.mails())[0].state is MailState.SET_ASIDE, "the limit is the same"
    post.max_bytes = MIB
    for _ in range(2):
        await read_again(post.sessions, post.files, post.inbox, aside.id)
    taken = (await post.mails())[0]
    assert (taken.state, taken.reason) == (MailState.DRAFTED, None)
    assert taken.file_id is not None
    assert len(await post.drafts()) == 2


async def test_a_mail_that_cannot_be_read_is_set_aside_whole_and_the_next_ones_come(
    post: Post, sign_in: SignIn
) -> None:
    nested = (f"--b{level}\nContent-Type: multipart/mixed; boundary=b{level + 1}\n" for level in range(40))
    post.deliver(raw("Content-Type: multipart/mixed; boundary=b0\n", *nested), mail(REPORT))
    await post.fetch()
    aside, other = await post.mails()
    assert (aside.state, aside.reason) == (MailState.SET_ASIDE, "mail_nested_too_deep")
    assert other.state is MailState.DRAFTED
    assert b"boundary=b40" in await post.bytes_of(await _file(post, aside))
    clerk = await sign_in("anpth")
    listed = (await clerk.get(MAILS)).json()["items"]
    assert [row["state"] for row in listed] == ["set_aside", "drafted"]
    assert listed[0]["reason_text"] == "Thư lồng nhau quá nhiều lớp; thư gốc được giữ nguyên."


async def _file(post: Post, message: MailMessage) -> File:
    async with post.sessions() as session:
        return await session.get_one(File, message.file_id)


@double_alone
async def test_a_mail_that_took_its_worker_with_it_is_kept_unread_and_the_next_ones_come(post: Post) -> None:
    post.deliver(mail(REPORT), mail(SCAN, message_id="<2@x.example>"))
    await _die_at_the_first(post, 3)
    assert await post.fetch() == 2
    aside, other = await post.mails()
    assert (aside.state, aside.reason) == (MailState.SET_ASIDE, "mail_killed_its_reader")
    assert b"Subject:" in await post.bytes_of(await _file(post, aside))
    assert other.state is MailState.DRAFTED
    box = await post.box()
    assert (box.trying_uid, box.attempts, box.failure) == (None, 0, None)


@double_alone
async def test_one_that_cannot_even_be_fetched_is_told_by_its_place(post: Post) -> None:
    post.deliver(mail(REPORT), mail(SCAN, message_id="<2@x.example>"))
    await _die_at_the_first(post, 6)
    assert await post.fetch() == 2
    aside, other = await post.mails()
    assert (aside.reason, aside.file_id, aside.uid) == (
        "mail_not_given",
        None,
        1 if aside.uid == 1 else aside.uid,
    )
    assert other.state is MailState.DRAFTED


async def _die_at_the_first(post: Post, times: int) -> None:
    """What so many workers leave that died at the first mail: its announcement alone."""
    async with open_folder(post.inbox.imap) as folder:
        first = (await folder.uids_after(0))[0]
        validity = folder.uid_validity
    async with post.sessions() as session:
        unit_id = await session.scalar(select(Unit.id).where(Unit.code == "H99.01"))
    assert unit_id is not None
    async with transaction(post.sessions) as session:
        await keeping.open_position(session, post.inbox.imap.name, validity)
    for _ in range(times):
        async with transaction(post.sessions) as session:
            await keeping.announce(session, Place(post.inbox.imap.name, unit_id, validity, first))


async def test_fetching_twice_at_once_makes_each_draft_once(post: Post) -> None:
    post.deliver(*(mail(REPORT, message_id=f"<{number}@x.example>") for number in range(6)))
    await asyncio.gather(*(post.fetch() for _ in range(3)), return_exceptions=True)
    await post.fetch()
    assert len(await post.drafts()) == 6
    assert [one.state for one in await post.mails()] == [MailState.DRAFTED] * 6


async def test_a_mail_that_was_deleted_meanwhile_is_passed_over(post: Post) -> None:
    post.deliver(mail(REPORT))
    post.server.delete_all(post.user)
    post.deliver(mail(SCAN, message_id="<2@x.example>"))
    assert await post.fetch() == 1
    assert len(await post.drafts()) == 1


@double_alone
async def test_one_of_our_own_letters_becomes_no_draft_and_is_not_lost(post: Post) -> None:
    ours = mail(
        From="docflow@localhost.localdomain", auto_submitted="auto-generated", message_id="<9@x.example>"
    )
    post.deliver(ours)
    await post.fetch()
    (message,) = await post.mails()
    assert (message.state, message.reason) == (MailState.SETTLED, "mail_sent_by_docflow")
    assert message.file_id is not None
    assert await post.drafts() == []


@double_alone
async def test_the_sender_is_told_the_arrival_number_the_same_day(
    post: Post, sign_in: SignIn, settings: Any
) -> None:
    post.deliver(mail(REPORT))
    await post.fetch()
    (draft,) = await post.drafts()
    clerk = await sign_in("anpth")
    answer = await clerk.post(f"{DRAFTS}/{draft.id}/registration", json=form(), headers=FIRST)
    assert answer.status_code == 201, answer.text
    assert answer.json()["source"] == "mail"
    (letter,) = await letters(post)
    assert letter.recipient == "vanthu@sonoivu.example"
    assert letter.subject == "Đã nhận văn bản 12/BC-SNV – số đến 01/" + answer.json()["registered_at"][:4]
    content = message_from_bytes(letter.content, policy=policy.default)
    assert content["In-Reply-To"] == "<20261123.0830@sonoivu.example>"
    assert content["Auto-Submitted"] == "auto-generated"


AUTOMATIC = [
    {"auto_submitted": "auto-replied"},
    {"precedence": "bulk"},
    {"list_id": "<tin.example>"},
    {"return_path": "<>"},
    {"From": "MAILER-DAEMON@x.example"},
    {"From": "no-reply@x.example"},
    {"From": '"a b"@x.example'},
    {"From": "docflow@localhost.localdomain"},
]


@double_alone
async def test_programs_lists_and_odd_addresses_are_not_written_to(post: Post, sign_in: SignIn) -> None:
    post.deliver(
        *(
            mail(REPORT, message_id=f"<{number}@x.example>", **headers)
            for number, headers in enumerate(AUTOMATIC)
        )
    )
    await post.fetch()
    drafts = await post.drafts()
    assert len(drafts) == len(AUTOMATIC)
    clerk = await sign_in("anpth")
    for draft in drafts:
        body = {**form(), "confirm_duplicate": True}
        answer = await clerk.post(f"{DRAFTS}/{draft.id}/registration", json=body, headers=FIRST)
        assert answer.status_code == 201, answer.text
    assert await letters(post) == []


async def test_a_server_that_is_down_is_told_and_nothing_is_lost(post: Post, client: Any) -> None:
    up = post.inbox
    post.deliver(mail(REPORT))
    down = replace(up, imap=replace(up.imap, password="wrong"))
    assert await poll(post.sessions, post.files, down) == 0
    box = await post.box()
    assert box.failure is not None
    assert up.imap.username in box.failure
    assert "wrong" not in box.failure.replace("is wrong", "")
    assert await post.fetch() == 1
    assert (await post.box()).failure is None
    nowhere = replace(up, imap=replace(up.imap, port=1))
    assert await poll(post.sessions, post.files, nowhere) == 0


@double_alone
async def test_a_unit_that_is_not_there_gets_nothing_and_is_told(post: Post) -> None:
    post.deliver(mail(REPORT))
    assert await poll(post.sessions, post.files, replace(post.inbox, unit_code="X9")) == 0
    assert (await post.box()).failure == "mailbox_unit_not_known"
    assert await post.fetch() == 1


@double_alone
async def test_a_store_that_is_down_is_no_fault_of_the_mail(post: Post) -> None:
    post.deliver(mail(REPORT))
    gone = ObjectStore(StoreSettings("127.0.0.1:1", "key", "secret", "docflow", "us-east-1", False))
    broken = replace(post.files, store=gone)
    for _ in range(2):
        assert await poll(post.sessions, broken, post.inbox) == 0
    await gone.close()
    box = await post.box()
    assert (box.failure, box.attempts, box.last_uid) == ("store_down", 0, 0)
    assert await post.fetch() == 1
    assert [one.state for one in await post.mails()] == [MailState.DRAFTED]


@double_alone
async def test_what_no_upload_may_have_is_set_aside_and_does_not_stop_the_others(post: Post) -> None:
    post.files = replace(post.files, max_bytes=50_000)
    post.deliver(
        mail(("lớn.pdf", b"%PDF" + b"x" * 60_000, "application/pdf")),
        mail(REPORT, message_id="<2@x.example>"),
    )
    assert await post.fetch() == 2
    aside, other = await post.mails()
    assert (aside.state, aside.reason, aside.file_id) == (MailState.SET_ASIDE, "mail_too_large", None)
    assert other.state is MailState.DRAFTED


async def letters(post: Post) -> list[Letter]:
    async with post.sessions() as session:
        return list(await session.scalars(select(Letter).order_by(Letter.no)))


def form() -> dict[str, Any]:
    return {
        "symbol": "12/BC-SNV",
        "issued_on": "2026-11-20",
        "issuer": "Sở Nội vụ",
        "subject": "Kết quả rà soát",
    }


@double_alone
async def test_nothing_is_registered_by_itself(post: Post) -> None:
    post.deliver(mail(REPORT))
    await post.fetch()
    async with post.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Document)) == 0
