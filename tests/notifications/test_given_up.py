"""Letters that were given up are told, named by ``docflow letters``, and may be queued again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from docflow.commands.letters import tell_letters
from docflow.core.db import Sessions, transaction
from docflow.notifications.jobs import deliver
from docflow.notifications.models import Letter, LetterState
from docflow.notifications.service import Postman
from docflow.settings import Settings
from tests.notifications.test_delivery import SENDER, Office, draft, open_office, post, states


async def give_up(sessions: Sessions, postman: Postman, *names: str) -> Sequence[Any]:
    """Letters that the server refuses for good, and what was logged."""
    await post(sessions, postman, *(draft(name) for name in names))
    with capture_logs() as logs:
        async with open_office(Office(*["550 no such mailbox"] * len(names))) as mail:
            await deliver(sessions, mail, SENDER)
    return logs


async def test_a_letter_that_is_given_up_is_told_in_the_log(sessions: Sessions, postman: Postman) -> None:
    (told,) = await give_up(sessions, postman, "one")
    assert (told["event"], told["log_level"]) == ("letter_given_up", "warning")
    assert told["failure"] == "550 no such mailbox"
    assert told["about"] == "meeting/00000000-0000-0000-0000-000000000001"


async def test_letters_given_up_are_listed_and_nothing_changes(
    sessions: Sessions, postman: Postman, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await give_up(sessions, postman, "one", "two")
    await post(sessions, postman, draft("waiting"))
    assert await tell_letters(settings, [], requeue=False) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("letter 1 to an@mail.example about meeting/")
    assert lines[0].endswith(" UTC: 550 no such mailbox")
    assert lines[2:] == ["2 letters given up"]
    assert (await states(sessions))["one"] is LetterState.FAILED


async def test_letters_queued_again_are_sent(
    sessions: Sessions, postman: Postman, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await give_up(sessions, postman, "one", "two", "three")
    assert await tell_letters(settings, [2], requeue=True) == 2
    assert capsys.readouterr().out.startswith("letter 2: queued again\n")
    office = Office()
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
        assert office.subjects == ["two"]
        assert await tell_letters(settings, [], requeue=True) == 0
        await deliver(sessions, mail, SENDER)
    assert office.subjects == ["two", "one", "three"]
    async with sessions() as session:
        assert set(await session.scalars(select(Letter.failure))) == {None}


async def test_a_letter_that_was_sent_or_overtaken_by_a_later_one_is_not_sent_again(
    sessions: Sessions, postman: Postman, settings: Settings
) -> None:
    await post(sessions, postman, draft("REQUEST", "a"), draft("CANCEL", "a"), draft("other"))
    office = Office("550 no such mailbox")
    async with open_office(office) as mail:
        await deliver(sessions, mail, SENDER)
        assert await tell_letters(settings, [1, 2, 3], requeue=True) == 1
        await deliver(sessions, mail, SENDER)
    assert sorted(office.subjects) == ["CANCEL", "other"]


async def test_a_letter_is_never_marked_as_sent_with_its_content(
    sessions: Sessions, postman: Postman
) -> None:
    await give_up(sessions, postman, "one")
    async with sessions() as session:
        with pytest.raises(IntegrityError, match="ck_letter_sent_is_emptied"):
            await session.execute(update(Letter).values(state=LetterState.SENT))


async def test_of_all_that_ask_for_delivery_one_runs_at_a_time_and_no_request_waits_for_another(
    sessions: Sessions, postman: Postman
) -> None:
    async with transaction(sessions) as first, transaction(sessions) as second:
        async with asyncio.timeout(5):
            await postman.post(first, [draft("one")])
            await postman.post(second, [draft("two")])
    async with sessions() as session:
        rows = (await session.execute(text("SELECT lock, queueing_lock FROM procrastinate_jobs"))).all()
        assert [tuple(row) for row in rows] == [("notifications.deliver", None)] * 2
