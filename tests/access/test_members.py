"""Keeping the house and watching over it show nothing of a unit's work: documents, tasks, meetings, registers, home."""

import httpx
import pytest

from docflow.core.db import Sessions
from tests.conftest import SignIn
from tests.documents.registering import register, unit_id
from tests.meetings.convening import MEETINGS, Hall, schedule

ADMINISTRATOR, AUDITOR, LEADER = "huyvn", "anhmtn", "khaitq"
"""All three hold their role in the top unit."""
LISTS = ("/documents", "/registers", "/tasks", "/meetings", "/home")


async def everything(somebody: httpx.AsyncClient) -> str:
    """Whatever the lists show, as text."""
    answers = [await somebody.get(f"/api/v1{path}") for path in LISTS]
    assert [answer.status_code for answer in answers if answer.status_code != 200] == []
    return "".join(answer.text for answer in answers)


@pytest.mark.parametrize("username", [ADMINISTRATOR, AUDITOR])
async def test_what_is_given_to_the_unit_is_for_its_members_only(
    username: str, sign_in: SignIn, sessions: Sessions
) -> None:
    clerk = await sign_in("anpth")
    document = await register(clerk, subject="Việc riêng của Ủy ban")
    place = f"/api/v1/documents/{document['id']}"
    given = await clerk.post(f"{place}/routes", json={"unit_ids": [await unit_id(sessions, "H99")]})
    assert given.status_code == 201, given.text
    leader, outsider = await sign_in(LEADER), await sign_in(username)
    assert (await leader.get(place)).status_code == 200
    assert "Việc riêng" in await everything(leader)
    for path in ("", "/receipts", "/trail", "/tasks", "/directions"):
        assert (await outsider.get(f"{place}{path}")).status_code in {403, 404}, path
    assert (await outsider.get(place)).status_code == 404
    assert "Việc riêng" not in await everything(outsider)


@pytest.mark.parametrize("username", [ADMINISTRATOR, AUDITOR])
async def test_meetings_at_the_units_site_are_for_its_members_only(
    username: str, sign_in: SignIn, sessions: Sessions
) -> None:
    hall = await Hall.of(sessions)
    admin = await sign_in(ADMINISTRATOR)
    top = {"unit_id": await unit_id(sessions, "H99")}
    moved = await admin.patch(f"/api/v1/sites/{hall.ids[0]}", json=top, headers={"If-Match": '"1"'})
    assert moved.status_code == 200, moved.text
    meeting = await schedule(await sign_in("phuoclh"), hall.meeting(subject="Hội nghị riêng"))
    leader, outsider = await sign_in(LEADER), await sign_in(username)
    assert "Hội nghị riêng" in await everything(leader)
    assert "Hội nghị riêng" not in await everything(outsider)
    assert (await outsider.get(f"{MEETINGS}/{meeting['id']}")).status_code == 404
