"""The text of a document is found in the end, whatever was down when its turn came, and nobody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import perf_counter
from uuid import UUID

import httpx
from sqlalchemy import select, text, update

from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.jobs import READ_AFTER, catch_up
from docflow.files.models import File, FileText, TextStatus
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, paper, register

Work = Callable[[], Awaitable[None]]
FIRST = {"If-Match": '"1"'}


async def queued(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(text("SELECT task_name FROM procrastinate_jobs ORDER BY id")))


async def change_jobs(sessions: Sessions, change: str) -> None:
    async with transaction(sessions) as session:
        await session.execute(text(change))


async def found(clerk: httpx.AsyncClient, q: str) -> int:
    listed = await clerk.get(DOCUMENTS, params={"q": q})
    count: int = listed.json()["total"]["value"]
    return count


async def test_a_file_whose_job_was_lost_is_read_after_ten_minutes(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, paper(b"Phong chong bao so 3"))
    await change_jobs(sessions, "DELETE FROM procrastinate_jobs")
    await catch_up(sessions)
    assert await queued(sessions) == [], "its turn may still come"
    with clock.at(clock.now() + READ_AFTER + timedelta(seconds=1)):
        for _ in range(3):
            await catch_up(sessions)
    assert await queued(sessions) == ["documents.read_text"]
    await work()
    assert await found(clerk, "bao so 3") == 1
    with clock.at(clock.now() + READ_AFTER + timedelta(seconds=1)):
        await catch_up(sessions)
    assert await queued(sessions) == []


async def test_what_was_given_up_in_an_outage_is_tried_again_as_often_as_it_takes(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk, paper(b"Phong chong bao so 3"))
    for _ in range(3):
        await change_jobs(sessions, "UPDATE procrastinate_jobs SET status = 'failed'")
        await catch_up(sessions)
        assert await queued(sessions) == ["documents.read_text"]
    await work()
    assert await found(clerk, "bao so 3") == 1


async def test_a_text_that_was_read_and_not_indexed_is_indexed_later(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    await register(clerk)
    async with transaction(sessions) as session:
        (file,) = await session.scalars(select(File))
        session.add(FileText(file_id=file.id, content="Phòng chống bão số 3"))
        await session.execute(update(File).values(text_status=TextStatus.EXTRACTED))
    await change_jobs(sessions, "UPDATE procrastinate_jobs SET status = 'failed'")
    await catch_up(sessions)
    await work()
    assert await found(clerk, "bao so 3") == 1


async def test_a_corrected_document_is_found_by_its_correction_at_once_and_soon_by_its_text(
    sign_in: SignIn, work: Work
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, paper(b"Phong chong bao so 3"))
    await work()
    here = f"{DOCUMENTS}/{document['id']}"
    assert (await clerk.patch(here, json={"subject": "Thuỷ lợi"}, headers=FIRST)).status_code == 200
    assert await found(clerk, "thuy loi") == 1
    await work()
    assert await found(clerk, "bao so 3") == 1
    assert await found(clerk, "thuy loi") == 1


async def test_correcting_a_document_of_a_thousand_pages_keeps_nobody_waiting(
    sign_in: SignIn, sessions: Sessions, work: Work
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk)
    await work()
    long = " ".join(f"từ{number}" for number in range(400_000))
    async with transaction(sessions) as session:
        file_id = UUID(document["files"][0]["id"])
        await session.execute(update(FileText).where(FileText.file_id == file_id).values(content=long))
    longest = 0.0

    async def listen() -> None:
        nonlocal longest
        while True:
            began = perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, perf_counter() - began)

    listening = asyncio.create_task(listen())
    here = f"{DOCUMENTS}/{document['id']}"
    answer = await clerk.patch(here, json={"note": "Xem lại"}, headers=FIRST)
    listening.cancel()
    assert answer.status_code == 200
    assert longest < 0.25
    await work()
    assert await found(clerk, "tu7") == 1
    assert await found(clerk, "xem lai") == 1
