"""What waits for somebody: receipts, tasks and meetings of theirs, and nothing that they may not see."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from docflow.access.actor import Secrecy
from docflow.core import clock
from docflow.core.db import Sessions, transaction
from docflow.documents.models import Document
from tests.conftest import Client, SignIn
from tests.documents.registering import DOCUMENTS, paper, person_id, register, unit_id
from tests.meetings.convening import MEETINGS, Hall, at, matching, schedule

HOME = "/api/v1/home"
MORNING = datetime(2027, 3, 10, 8, tzinfo=clock.LOCAL_ZONE)
NOTHING: dict[str, list[Any]] = {"receipts": [], "tasks": [], "meetings": []}


class Office:
    """The clerk of the provincial office, who gives documents to others, and homes of everybody."""

    def __init__(self, sign_in: SignIn, sessions: Sessions) -> None:
        self._sign_in = sign_in
        self._sessions = sessions
        self._people: dict[str, Client] = {}

    async def person(self, username: str) -> Client:
        if username not in self._people:
            self._people[username] = await self._sign_in(username)
        return self._people[username]

    async def home(self, username: str) -> dict[str, Any]:
        answer = await (await self.person(username)).get(HOME)
        assert answer.status_code == 200, answer.text
        home: dict[str, Any] = answer.json()
        return home

    async def waiting(self, username: str) -> list[tuple[str, str]]:
        """Role and symbol of every receipt, as shown."""
        receipts = (await self.home(username))["receipts"]
        return [(receipt["role"], receipt["document"]["symbol"]) for receipt in receipts]

    async def due(self, username: str) -> list[tuple[str, str, bool]]:
        """Symbol, role and whether it is late, of every task, as shown."""
        tasks = (await self.home(username))["tasks"]
        return [(task["symbol"], task["role"], task["overdue"]) for task in tasks]

    async def give(
        self, number: int, *, units: tuple[str, ...] = (), people: tuple[str, ...] = (), role: str
    ) -> str:
        """Register a document and give it to units and people; its address."""
        clerk = await self.person("anpth")
        document = await register(clerk, symbol=f"{number}/CT-UBND", files=paper(b"%d" % number))
        given = {
            "role": role,
            "unit_ids": [await unit_id(self._sessions, unit) for unit in units],
            "person_ids": [await person_id(self._sessions, person) for person in people],
        }
        here = f"{DOCUMENTS}/{document['id']}"
        answer = await clerk.post(f"{here}/routes", json=given)
        assert answer.status_code == 201, answer.text
        return here

    async def direct(self, number: int, lead: str, *coordinators: str, days: int = 10) -> None:
        """Have the vice-chairman direct a new document to units."""
        here = await self.give(number, people=("thuyhtt",), role="direction")
        task = {
            "lead_unit_id": await unit_id(self._sessions, lead),
            "coordinator_unit_ids": [await unit_id(self._sessions, unit) for unit in coordinators],
            "due": {"amount": days},
        }
        leader = await self.person("thuyhtt")
        words = {"content": "Giao các sở tham mưu.", "tasks": [task]}
        answer = await leader.post(f"{here}/directions", json=words)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def morning() -> Iterator[datetime]:
    """It is eight o'clock on a working day."""
    with clock.at(MORNING):
        yield MORNING


@pytest.fixture
def office(sign_in: SignIn, sessions: Sessions) -> Office:
    return Office(sign_in, sessions)


async def test_nothing_waits_at_first_and_nobody_is_told_who_is_not_known(
    office: Office, client: Client
) -> None:
    for username in ("anpth", "thuyhtt", "nguyetdtm", "huyvn", "anhmtn"):
        assert await office.home(username) == NOTHING, username
    assert (await client.get(HOME)).status_code == 401


async def test_what_is_given_to_a_person_waits_until_they_acknowledge_it(office: Office) -> None:
    first = await office.give(1, people=("thuyhtt",), role="direction")
    await office.give(2, people=("thuyhtt", "tungnt"), role="information")
    assert await office.waiting("thuyhtt") == [("direction", "1/CT-UBND"), ("information", "2/CT-UBND")]
    assert await office.waiting("tungnt") == [("information", "2/CT-UBND")]
    leader = await office.person("thuyhtt")
    assert (await leader.post(f"{first}/acknowledgement")).status_code == 200
    assert await office.waiting("thuyhtt") == [("information", "2/CT-UBND")]
    assert await office.waiting("tungnt") == [("information", "2/CT-UBND")], "each their own"


async def test_what_is_given_to_a_unit_waits_for_all_its_people_until_one_acknowledges(
    office: Office,
) -> None:
    here = await office.give(1, units=("SNV", "STC"), role="information")
    for username in ("datcv", "nguyetdtm", "maihtx", "lienttb", "nghiant"):
        assert await office.waiting(username) == [("information", "1/CT-UBND")], username
    for username in ("anpth", "thuyhtt", "phuongct", "huyvn", "anhmtn"):
        assert await office.waiting(username) == [], username
    head = await office.person("nguyetdtm")
    assert (await head.post(f"{here}/acknowledgement")).status_code == 200
    for username in ("datcv", "nguyetdtm", "maihtx"):
        assert await office.waiting(username) == [], username
    assert await office.waiting("lienttb") == [("information", "1/CT-UBND")]


async def test_tasks_wait_for_the_units_that_have_a_part_the_soonest_first(office: Office) -> None:
    await office.direct(1, "SNV", "STC", days=10)
    await office.direct(2, "STC", "SNV", days=3)
    await office.direct(3, "SNV", days=5)
    assert await office.due("nguyetdtm") == [
        ("2/CT-UBND", "coordinate", False),
        ("3/CT-UBND", "lead", False),
        ("1/CT-UBND", "lead", False),
    ]
    assert await office.due("lienttb") == [
        ("2/CT-UBND", "lead", False),
        ("1/CT-UBND", "coordinate", False),
    ]
    for username in ("thuyhtt", "anpth", "huongdt", "phuongct", "huyvn", "anhmtn"):
        assert await office.due(username) == [], username


async def test_a_task_waits_until_it_is_given_back_or_the_lead_has_done_it(office: Office) -> None:
    async def answer(username: str, verb: str, said: dict[str, str] | None = None) -> None:
        (task,) = (await office.home(username))["tasks"]
        clerk = await office.person(username)
        answered = await clerk.post(
            f"/api/v1/task-parts/{task['id']}/{verb}", json=said, headers=matching(task)
        )
        assert answered.status_code == 200, answered.text

    async def waiting() -> list[int]:
        return [len(await office.due(username)) for username in ("datcv", "lienttb", "huongdt")]

    await office.direct(1, "SNV", "STC", "SKHCN")
    assert await waiting() == [1, 1, 1]
    await answer("lienttb", "return", {"reason": "Không thuộc chức năng của Sở."})
    assert await waiting() == [1, 0, 1]
    await answer("datcv", "acceptance")
    assert await waiting() == [1, 0, 1]
    await answer("datcv", "completion", {"note": "Đã báo cáo."})
    assert await waiting() == [0, 0, 0], "nothing is left to coordinate"


async def test_a_task_is_late_once_its_day_has_ended(office: Office, morning: datetime) -> None:
    await office.direct(1, "SNV", days=1)
    with clock.at(morning + timedelta(days=1, hours=8, minutes=59)):
        assert await office.due("datcv") == [("1/CT-UBND", "lead", False)]
    with clock.at(morning + timedelta(days=1, hours=9, minutes=1)):
        assert await office.due("datcv") == [("1/CT-UBND", "lead", True)]


async def test_meetings_of_today_are_shown_to_who_is_invited_and_to_whose_site_joins(
    office: Office, sessions: Sessions, morning: datetime
) -> None:
    hall = await Hall.of(sessions)
    organizer = await office.person("phuoclh")
    for hour, days in ((16, 0), (23.5, 0), (10, 0), (9, 1)):
        times = {"starts_at": at(hour, days=days), "ends_at": at(hour + 0.4, days=days)}
        said = {name: moment.isoformat() for name, moment in times.items()}
        await schedule(organizer, hall.meeting(sites=2, people=2, subject=f"{hour} {days}", **said))
    shown = {}
    for username in ("thinhbd", "anpth", "nguyetdtm", "phuongct", "thuyhtt", "anhmtn", "huyvn"):
        shown[username] = [meeting["subject"] for meeting in (await office.home(username))["meetings"]]
    for username, subjects in shown.items():
        concerned = username in {"thinhbd", "anpth", "nguyetdtm"}
        assert subjects == (["10 0", "16 0", "23.5 0"] if concerned else []), username


async def test_a_meeting_that_is_called_off_or_moved_away_is_not_of_today(
    office: Office, sessions: Sessions, morning: datetime
) -> None:
    def times(hour: float, days: int) -> dict[str, str]:
        return {"starts_at": at(hour, days=days).isoformat(), "ends_at": at(hour + 1, days=days).isoformat()}

    hall = await Hall.of(sessions)
    organizer = await office.person("phuoclh")
    body = hall.meeting(sites=2, people=2)
    first, second = [await schedule(organizer, {**body, **times(hour, 0)}) for hour in (14, 16)]
    assert len((await office.home("thinhbd"))["meetings"]) == 2
    moved = await organizer.patch(f"{MEETINGS}/{first['id']}", json=times(14, 1), headers=matching(first))
    assert moved.status_code == 200, moved.text
    assert [one["id"] for one in (await office.home("thinhbd"))["meetings"]] == [second["id"]]
    off = {"reason": "Hoãn."}
    cancelled = await organizer.post(
        f"{MEETINGS}/{second['id']}/cancellation", json=off, headers=matching(second)
    )
    assert cancelled.status_code == 200, cancelled.text
    assert (await office.home("thinhbd"))["meetings"] == []


async def test_what_became_secret_is_not_shown_to_whom_it_was_given(
    office: Office, sessions: Sessions
) -> None:
    await office.direct(1, "SNV")
    await office.give(2, units=("SNV",), people=("thuyhtt",), role="information")
    assert await office.due("datcv") != []
    async with transaction(sessions) as session:
        await session.execute(update(Document).values(secrecy=int(Secrecy.SECRET)))
    for username in ("datcv", "nguyetdtm", "thuyhtt", "anpth"):
        assert await office.home(username) == NOTHING, username
