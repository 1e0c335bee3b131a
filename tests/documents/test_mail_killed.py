"""Fetching is killed at any moment, and a server that refuses one mail for ever: no mail is lost, none comes twice."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from docflow.core.db import Sessions
from docflow.documents.imap import ImapSettings, MailServerDown, open_folder, quoted
from docflow.documents.models import Draft, DraftFile, Mailbox, MailMessage, MailState
from docflow.documents.service.mailbox.polling import ATTEMPTS, Inbox, poll
from docflow.files.service import FileStore
from docflow.settings import Settings
from tests.documents.mail_servers import a_user, captured_mail
from tests.documents.mails import REPORT, SCAN, mail

ROOT = Path(__file__).parents[2]
MAILS = 12
KILLS = 3

FETCHER = """
import asyncio, sys
from docflow.app import file_store_of, inbox_of, open_store
from docflow.core.db import create_engine, create_sessions
from docflow.documents.service.mailbox.polling import poll
from docflow.settings import settings_from
import os

async def main():
    settings = settings_from(os.environ)
    files = file_store_of(settings, open_store(settings))
    print("begun", flush=True)
    await poll(create_sessions(create_engine(settings.database_url)), files, inbox_of(settings))

asyncio.run(main())
"""


def environment(settings: Settings, imap: ImapSettings) -> dict[str, str]:
    told = {
        "DATABASE_URL": settings.database_url,
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_ACCESS_KEY": settings.s3_access_key,
        "S3_SECRET_KEY": settings.s3_secret_key,
        "S3_BUCKET": settings.s3_bucket,
        "SMTP_HOST": settings.smtp_host,
        "IMAP_HOST": imap.host,
        "IMAP_PORT": str(imap.port),
        "IMAP_USERNAME": imap.username,
        "IMAP_PASSWORD": imap.password,
        "IMAP_UNIT": "H99.01",
    }
    return {"PYTHONPATH": str(ROOT), **{f"DOCFLOW_{name}": value for name, value in told.items()}}


async def test_after_kills_at_any_moment_every_mail_is_one_draft_with_all_its_files(
    settings: Settings, sessions: Sessions, file_store: FileStore
) -> None:
    chance = random.Random(20261123)
    with captured_mail() as server:
        user = a_user()
        server.deliver(user, *(mail(REPORT, SCAN, message_id=f"<{one}@x.example>") for one in range(MAILS)))
        imap = server.settings(user)
        for _ in range(KILLS):
            fetcher = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                FETCHER,
                env=environment(settings, imap),
                stdout=asyncio.subprocess.PIPE,
            )
            assert fetcher.stdout is not None
            assert await fetcher.stdout.readline() == b"begun\n"
            await asyncio.sleep(chance.uniform(0.05, 0.8))
            if fetcher.returncode is None:
                fetcher.kill()
            await fetcher.wait()
        await poll(sessions, file_store, Inbox(imap, "H99.01", 1_000_000))
    async with sessions() as session:
        states = (await session.scalars(select(MailMessage.state))).all()
        drafts = await session.scalar(select(func.count()).select_from(Draft))
        files = await session.scalar(select(func.count()).select_from(DraftFile))
    assert list(states) == [MailState.DRAFTED] * MAILS
    assert (drafts, files) == (MAILS, 2 * MAILS)


class Refusing:
    """A server that has three mails and refuses the second for ever, by words or by hanging up."""

    def __init__(self, *, hangs_up: bool) -> None:
        self.hangs_up = hangs_up
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode():
            tag, command, *given = line.split()
            said = self.answer(" ".join([command, *given]).upper())
            if said is None:
                break
            writer.write(said.replace("TAG", tag).encode())
            await writer.drain()
        writer.close()

    def answer(self, command: str) -> str | None:
        content = "From: a@b.example\r\nSubject: thu\r\nMessage-ID: <%s@b.example>\r\n\r\nkinh gui\r\n"
        if command.startswith("UID FETCH 2 "):
            return None if self.hangs_up else "TAG NO the mail is damaged\r\n"
        if command.startswith("UID FETCH"):
            uid = command.split()[2]
            mail = content % uid
            if "RFC822.SIZE" in command:
                return f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})\r\nTAG OK done\r\n"
            offset = int(command.split("<")[1].split(".", maxsplit=1)[0])
            rest = mail[offset:]
            piece = f"{{{len(rest)}}}\r\n{rest}" if rest else '""'
            return f"* {uid} FETCH (UID {uid} BODY[]<{offset}> {piece})\r\nTAG OK done\r\n"
        answers = {
            "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n",
            "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] numbers\r\n",
            "UID SEARCH": "* SEARCH 1 2 3\r\n",
        }
        told = next((said for begins, said in answers.items() if command.startswith(begins)), "")
        return f"{told}TAG OK done\r\n"


@pytest.fixture(params=[False, True], ids=["by_words", "by_hanging_up"])
async def refusing(request: pytest.FixtureRequest) -> AsyncIterator[Refusing]:
    server = Refusing(hangs_up=request.param)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server


async def test_a_mail_that_the_server_refuses_for_ever_is_told_and_passed_in_the_end(
    refusing: Refusing, sessions: Sessions, file_store: FileStore
) -> None:
    inbox = Inbox(ImapSettings("127.0.0.1", refusing.port, "a", "b", timeout=5), "H99.01", 1_000_000)
    most = 2 * ATTEMPTS + 1 if refusing.hangs_up else ATTEMPTS
    for _ in range(most - 1):
        await poll(sessions, file_store, inbox)
    async with sessions() as session:
        box = await session.get_one(Mailbox, inbox.imap.name)
        assert box.last_uid == 1, "nothing overtakes it while there is hope"
        assert box.failure is not None
    await poll(sessions, file_store, inbox)
    async with sessions() as session:
        rows = (
            await session.execute(
                select(MailMessage.uid, MailMessage.state, MailMessage.reason).order_by(MailMessage.uid)
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, MailState.DRAFTED, None),
        (2, MailState.SET_ASIDE, "mail_not_given"),
        (3, MailState.DRAFTED, None),
    ]


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        began = time.monotonic()
        with pytest.raises(MailServerDown, match="timed out"):
            async with open_folder(replace(ImapSettings("127.0.0.1", port), timeout=0.3)):
                pass
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("Văn bản đến", '"V&AQM-n b&HqM-n &AREevw-n"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("A & B", '"A &- B"'),
    ],
)
def test_a_folders_name_is_written_as_the_protocol_has_it(name: str, written: str) -> None:
    """Modified UTF-7, RFC 3501 §5.1.3."""
    assert quoted(name) == written
