"""Several workers at one outbox: each letter is handed over by one, in the order of its thread."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.notifications.jobs import deliver
from docflow.notifications.models import Letter
from docflow.notifications.service import BATCH, HANDED_OVER_WITHIN, LEASE, Postman, take_due
from docflow.notifications.smtp import SmtpSettings
from tests.notifications.test_delivery import SENDER, Office, draft, open_office, post, states


class SlowOffice(Office):
    """Thinks about each letter until its door is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()
        self.door = asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.reached.set()
        await self.door.wait()
        return await super().handle_DATA(server, session, envelope)


async def test_of_two_causes_at_once_that_are_the_same_one_makes_the_letter(
    sessions: Sessions, postman: Postman
) -> None:
    async def invite(name: str) -> None:
        await post(sessions, postman, draft(name, effect="meeting/1/an/0"), draft(f"{name} too"))

    await asyncio.gather(invite("one"), invite("two"))
    kept = set(await states(sessions))
    assert {"one too", "two too"} < kept
    assert len(kept) == 3


async def test_a_cancellation_waits_while_another_worker_hands_its_invitation_over(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("REQUEST", "a"), draft("CANCEL", "a"))
    office = SlowOffice()
    async with open_office(office) as mail:
        first = asyncio.create_task(deliver(sessions, mail, SENDER))
        await office.reached.wait()
        await asyncio.gather(*(deliver(sessions, mail, SENDER) for _ in range(2)))
        assert office.asked == 0, "the others found nothing to do"
        office.door.set()
        await first
    assert office.subjects == ["REQUEST", "CANCEL"]


async def test_a_cancellation_waits_with_its_invitation_for_all_workers(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("REQUEST", "a"), draft("UPDATE", "a"), draft("CANCEL", "a"))
    office = Office("451 later", "451 later")
    now = clock.now()
    async with open_office(office) as mail:
        for seconds in (0, 29, 31, 89, 95):
            with clock.at(now + timedelta(seconds=seconds)):
                await asyncio.gather(*(deliver(sessions, mail, SENDER) for _ in range(2)))
    assert office.subjects == ["REQUEST", "UPDATE", "CANCEL"]
    assert office.asked == 5


async def test_two_workers_share_a_pile_without_waiting_for_each_other(
    sessions: Sessions, postman: Postman
) -> None:
    names = [f"letter-{number:03}" for number in range(2 * BATCH + 20)]
    await post(sessions, postman, *map(draft, names))
    async with sessions() as one, sessions() as two:
        shares = [await take_due(session, SENDER) for session in (one, two)]
        assert [len(share) for share in shares] == [BATCH, BATCH]
        assert not {letter.id for letter in shares[0]} & {letter.id for letter in shares[1]}
    office = Office()
    async with open_office(office) as mail:
        await asyncio.gather(*(deliver(sessions, mail, SENDER) for _ in range(2)))
    assert sorted(office.subjects) == names
    assert len({message_id for *_, message_id in office.taken}) == len(names)


async def test_a_batch_keeps_its_size_whatever_plan_the_database_chooses(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, *(draft(f"letter-{number}") for number in range(BATCH + 20)))
    async with sessions() as session:
        for way in ("hashjoin", "mergejoin", "hashagg", "material", "sort"):
            await session.execute(text(f"SET LOCAL enable_{way} = off"))
        assert len(await take_due(session, SENDER)) == BATCH


async def test_a_letter_goes_over_the_wire_the_second_time_as_the_first(
    sessions: Sessions, postman: Postman
) -> None:
    await post(sessions, postman, draft("invitation"))
    now = clock.now()
    contents = []
    for start in (now, now + LEASE + timedelta(seconds=1)):
        with clock.at(start):
            async with transaction(sessions) as session:
                contents += [letter.content for letter in await take_due(session, SENDER)]
            async with transaction(sessions) as session:
                assert await take_due(session, SENDER) == []
    assert len(contents) == 2
    assert contents[0] == contents[1]
    async with sessions() as session:
        assert (await session.scalars(select(Letter.attempts))).one() == 2


def test_the_last_letter_in_time_ends_inside_the_lease() -> None:
    step = timedelta(seconds=SmtpSettings("post.example").timeout)
    # MAIL, RCPT, DATA, the content, and RSET when it was refused.
    assert HANDED_OVER_WITHIN + 5 * step <= LEASE
