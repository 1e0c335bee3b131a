"""From outbox to mail server: at least once and recognisable, in the order of each thread, never for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, text

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.notifications import service
from docflow.notifications.jobs import deliver
from docflow.notifications.mail import Mailbox, MailNotValid, MailText
from docflow.notifications.models import Letter, LetterState
from docflow.notifications.service import (
    BATCH,
    GIVEN_UP_AFTER,
    LEASE,
    Draft,
    Postman,
    note_delivery,
    take_due,
)
from docflow.notifications.smtp import Delivery, Outcome, SmtpSettings, SmtpTransport

SENDER = "docflow@tinh.example"
ABOUT = ("meeting", UUID(int=1))


class Office:
    """A mail server; ``answers`` are what it says to each letter in turn, then it takes everything."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[str, str, str]] = []
        self.asked = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else "250 ok"
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content)
            self.taken.append((envelope.rcpt_tos[0], mail["Subject"], mail["Message-ID"]))
        return answer

    @property
    def subjects(self) -> list[str]:
        return [subject for _, subject, _ in self.taken]


@asynccontextmanager
async def open_office(office: Office) -> AsyncIterator[SmtpTransport]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(office, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield SmtpTransport(SmtpSettings("127.0.0.1", port, timeout=5))
    finally:
        server.close()
        await server.wait_closed()


def draft(name: str, thread: str = "", to: str = "an@mail.example", effect: str = "") -> Draft:
    words = MailText(name, f"{name}\n", f"<p>{name}</p>")
    return Draft(effect=effect or name, thread=thread or name, to=Mailbox(to), words=words, about=ABOUT)


async def post(sessions: Sessions, postman: Postman, *drafts: Draft) -> None:
    async with transaction(sessions) as session:
        await postman.post(session, drafts)


async def states(sessions: Sessions) -> dict[str, LetterState]:
    async with sessions() as session:
        rows = await session.execute(select(Letter.subject, Letter.state).order_by(Letter.no))
        return {row.subject: row.state for row in rows}


async def test_letters_leave_in_the_order_in_which_they_were_written(
    sessions: Sessions, postman: Postman
) -> None:
    names = [f"letter-{number:03}" for number in range(BATCH + 7)]
    await post(sessions, postman, *(draft(name) for name in names))
    office = Office()
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
        await deliver(sessions, mail, SENDER)
    assert office.subjects == names
    assert set((await states(sessions)).values()) == {LetterState.SENT}


async def test_a_cancellation_never_overtakes_its_invitation(sessions: Sessions, postman: Postman) -> None:
    await post(sessions, postman, draft("REQUEST-a", "a"), draft("REQUEST-b", "b"))
    await post(sessions, postman, draft("CANCEL-a", "a"), draft("CANCEL-b", "b"))
    office = Office("451 greylisted", "250 ok", "250 ok")
    now = clock.now()
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
        assert office.subjects == ["REQUEST-b", "CANCEL-b"]
        with clock.at(now + timedelta(minutes=5)):
            await deliver(sessions, mail, SENDER)
    assert office.subjects == ["REQUEST-b", "CANCEL-b", "REQUEST-a", "CANCEL-a"]


async def test_what_follows_a_letter_refused_for_good_still_leaves(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("REQUEST", "a"), draft("CANCEL", "a"))
    office = Office("550 no such mailbox")
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
    assert office.subjects == ["CANCEL"]
    assert await states(sessions) == {"REQUEST": LetterState.FAILED, "CANCEL": LetterState.SENT}


async def test_a_crash_after_the_servers_answer_sends_the_same_message_id_again(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("invitation"))
    office = Office()
    now = clock.now()
    async with open_office(office) as mail:
        async with transaction(sessions) as session:
            envelopes = await take_due(session, SENDER)
        deliveries = [delivery async for delivery in mail.deliver(envelopes)]
        assert [delivery.outcome for delivery in deliveries] == [Outcome.SENT]
        # The worker dies here. Nobody takes the letter before its lease is over.
        await deliver(sessions, mail, SENDER)
        with clock.at(now + LEASE - timedelta(seconds=10)):
            await deliver(sessions, mail, SENDER)
        assert office.asked == 1
        with clock.at(now + LEASE + timedelta(seconds=10)):
            await deliver(sessions, mail, SENDER)
    first, second = office.taken
    assert first == second
    assert await states(sessions) == {"invitation": LetterState.SENT}


async def test_a_letter_is_taken_by_one_of_two_workers(sessions: Sessions, postman: Postman) -> None:
    await post(sessions, postman, *(draft(f"letter-{number}") for number in range(20)))
    office = Office()
    async with open_office(office) as mail:
        await asyncio.gather(*(deliver(sessions, mail, SENDER) for _ in range(4)))
    assert sorted(office.subjects) == sorted(f"letter-{number}" for number in range(20))


async def letter_of(sessions: Sessions) -> Letter:
    async with sessions() as session:
        return (await session.scalars(select(Letter))).one()


async def test_a_temporary_refusal_is_tried_again_after_a_growing_wait_and_given_up_after_five_days(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("invitation"))
    office = Office(*["452 no room"] * 200)
    began, waits = clock.now(), list[float]()
    async with open_office(office) as mail:
        while (letter := await letter_of(sessions)).state is LetterState.QUEUED:
            with clock.at(max(letter.due_at, clock.now())):
                now = clock.now()
                await deliver(sessions, mail, SENDER)
            waits.append(((await letter_of(sessions)).due_at - now).total_seconds())
    assert waits[:4] == [30, 60, 120, 240]
    assert waits == sorted(waits)
    assert waits[-1] == 3600
    assert GIVEN_UP_AFTER <= now - began < GIVEN_UP_AFTER + timedelta(hours=2)
    assert letter.attempts == office.asked == len(waits)
    assert (letter.state, letter.failure) == (LetterState.FAILED, "452 no room")


async def test_a_mail_server_that_is_down_for_days_loses_nothing(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("one"), draft("two", "a"), draft("three", "a"))
    nobody = SmtpTransport(SmtpSettings("127.0.0.1", 1, timeout=2))
    began = clock.now()
    for hours in range(0, 119, 3):
        with clock.at(began + timedelta(hours=hours)):
            await deliver(sessions, nobody, SENDER)
    async with sessions() as session:
        assert set(await session.scalars(select(Letter.attempts))) == {0}
    office = Office()
    async with open_office(office) as mail:
        with clock.at(began + timedelta(hours=119, minutes=2)):
            await deliver(sessions, mail, SENDER)
    assert office.subjects == ["one", "two", "three"]


async def test_a_server_that_is_down_is_asked_once_and_left_until_the_clock_comes_back(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, *(draft(f"letter-{number}") for number in range(2 * BATCH)))
    asked = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await deliver(sessions, SmtpTransport(SmtpSettings("127.0.0.1", port, timeout=2)), SENDER)
    server.close()
    await server.wait_closed()
    assert asked == 1


async def test_no_letter_is_begun_so_late_that_another_worker_could_take_it(
    sessions: Sessions, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post(sessions, postman, draft("one"), draft("two"), draft("three"))
    monkeypatch.setattr(service, "HANDED_OVER_WITHIN", timedelta(seconds=0.3))

    class Slow(Office):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            await asyncio.sleep(0.4)
            return await super().handle_DATA(server, session, envelope)

    office = Slow()
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
        assert office.subjects == ["one"]
        with clock.at(clock.now() + timedelta(minutes=2)):
            await deliver(sessions, mail, SENDER)
    assert office.subjects == ["one", "two"]


async def test_what_was_sent_is_not_kept_because_it_holds_the_secret_of_an_answer(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("sent"), draft("refused"), draft("waiting"))
    async with open_office(Office("250 ok", "550 no such mailbox", "451 later")) as mail:
        await deliver(sessions, mail, SENDER)
    async with sessions() as session:
        letters = {letter.subject: letter for letter in await session.scalars(select(Letter))}
    assert letters["sent"].content == b""
    assert b"Subject: refused" in letters["refused"].content
    assert b"Subject: waiting" in letters["waiting"].content


async def test_whoever_comes_after_their_lease_does_not_undo_what_another_has_done(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("invitation"))
    async with transaction(sessions) as session:
        (envelope,) = await take_due(session, SENDER)
    for outcome in (Outcome.SENT, Outcome.NOT_TRIED, Outcome.TEMPORARY, Outcome.PERMANENT):
        async with transaction(sessions) as session:
            await note_delivery(session, Delivery(envelope.id, outcome, "told"))
    assert await states(sessions) == {"invitation": LetterState.SENT}


async def test_the_same_effect_is_written_once_and_keeps_its_first_words(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("first", effect="meeting/1/an/0"))
    await post(sessions, postman, draft("second", effect="meeting/1/an/0"))
    assert await states(sessions) == {"first": LetterState.QUEUED}


async def test_a_letter_and_its_job_exist_only_with_their_cause(sessions: Sessions, postman: Postman) -> None:
    class Cut(Exception):
        """The cause is rolled back."""

    with pytest.raises(Cut):
        async with transaction(sessions) as session:
            await postman.post(session, [draft("invitation")])
            raise Cut
    async with transaction(sessions) as session:
        await postman.post(session, [])
    with pytest.raises(MailNotValid):
        await post(sessions, postman, draft("fine"), draft("bad", to="not an address"))
    assert await states(sessions) == {}
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


async def test_noting_a_delivery_twice_does_no_harm(sessions: Sessions, postman: Postman) -> None:
    await post(sessions, postman, draft("invitation"))
    async with transaction(sessions) as session:
        (envelope,) = await take_due(session, SENDER)
    for _ in range(2):
        async with transaction(sessions) as session:
            await note_delivery(session, Delivery(envelope.id, Outcome.SENT, "accepted"))
    assert await states(sessions) == {"invitation": LetterState.SENT}
