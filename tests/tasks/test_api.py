"""Tasks over HTTP: the whole path as the demonstration goes it, and every refusal with nothing changed."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from docflow.core.db import Sessions
from docflow.tasks.schemas import Direct
from storage import ObjectStore
from tests.conftest import SignIn
from tests.documents.registering import DOCUMENTS, issue, person_id, register, unit_id
from tests.tasks.province import CONTENT
from tests.unchanged import unchanged

TASKS = "/api/v1/tasks"
PARTS = "/api/v1/task-parts"
REASON = "Không thuộc chức năng, nhiệm vụ của đơn vị."
Client = httpx.AsyncClient
Body = dict[str, Any]


async def submitted(sign_in: SignIn, sessions: Sessions) -> str:
    """The id of a document that the office registered and submitted to the vice-chairman."""
    clerk = await sign_in("anpth")
    document = await register(clerk)
    route = {"role": "direction", "person_ids": [await person_id(sessions, "thuyhtt")]}
    answer = await clerk.post(f"{DOCUMENTS}/{document['id']}/routes", json=route)
    assert answer.status_code == 201, answer.text
    return str(document["id"])


async def body_of(sessions: Sessions, lead: str, *coordinators: str, **fields: Any) -> Body:
    """A body for POST …/directions; None leaves a field of it out."""
    task = {
        "lead_unit_id": await unit_id(sessions, lead),
        "coordinator_unit_ids": [await unit_id(sessions, unit) for unit in coordinators],
        "due": {"amount": 10, "unit": "working_days"},
    }
    body = {"content": CONTENT, "tasks": [task], **fields}
    return {name: value for name, value in body.items() if value is not None}


async def directed(sign_in: SignIn, sessions: Sessions, lead: str, *coordinators: str) -> Body:
    """The task of a new direction, as the vice-chairman sees it."""
    document_id = await submitted(sign_in, sessions)
    leader = await sign_in("thuyhtt")
    answer = await leader.post(
        f"{DOCUMENTS}/{document_id}/directions", json=await body_of(sessions, lead, *coordinators)
    )
    assert answer.status_code == 201, answer.text
    task: Body = answer.json()["tasks"][0]
    return task


async def own_part(client: Client, task_id: str) -> tuple[str, str]:
    """Address and ETag of the part that the client can do something with."""
    task = (await client.get(f"{TASKS}/{task_id}")).json()
    (part,) = [part for part in task["parts"] if part["steps"]]
    answer = await client.get(f"{PARTS}/{part['id']}")
    assert answer.headers["etag"] == f'"{part["version"]}"'
    assert answer.json() == part
    return f"{PARTS}/{part['id']}", answer.headers["etag"]


async def test_the_main_job_from_direction_to_completion(sign_in: SignIn, sessions: Sessions) -> None:
    document_id = await submitted(sign_in, sessions)
    leader, head, finance = [await sign_in(name) for name in ("thuyhtt", "datcv", "lienttb")]
    answer = await leader.post(
        f"{DOCUMENTS}/{document_id}/directions", json=await body_of(sessions, "SNV", "STC", "SKHCN")
    )
    assert answer.status_code == 201, answer.text
    direction = answer.json()
    assert (await leader.get(answer.headers["location"])).json() == direction
    assert (direction["leader_name"], direction["content"]) == ("Hoàng Thị Thu Thủy", CONTENT)
    task_id = direction["tasks"][0]["id"]

    part, etag = await own_part(head, task_id)
    answer = await head.post(f"{part}/acceptance", headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert answer.json()["steps"] == ["report", "complete", "return"]
    answer = await head.post(
        f"{part}/progress",
        json={"percent": 40, "note": "Đã tổng hợp."},
        headers={"If-Match": answer.headers["etag"]},
    )
    assert (answer.status_code, answer.json()["detail"]["percent"]) == (200, 40)
    report_etag = answer.headers["etag"]

    other, other_etag = await own_part(finance, task_id)
    answer = await finance.post(f"{other}/return", json={"reason": REASON}, headers={"If-Match": other_etag})
    assert (answer.status_code, answer.json()["state"]) == (200, "returned")

    report = await issue(head)
    done = {"note": "Đã báo cáo.", "result_document_id": report["id"]}
    answer = await head.post(f"{part}/completion", json=done, headers={"If-Match": report_etag})
    assert (answer.status_code, answer.json()["state"]) == (200, "completed")
    assert answer.json()["detail"]["result_document_id"] == report["id"]
    again = await head.post(f"{part}/completion", json={}, headers={"If-Match": answer.headers["etag"]})
    assert (again.status_code, again.json()["code"]) == (409, "part_completed")

    (task,) = (await leader.get(f"{DOCUMENTS}/{document_id}/tasks")).json()
    assert (task["state"], task["overdue"]) == ("completed", False)
    assert {part["unit_name"]: part["state"] for part in task["parts"]} == {
        "Sở Nội vụ": "completed",
        "Sở Tài chính": "returned",
        "Sở Khoa học và Công nghệ": "closed",
    }
    assert task["parts"][1]["detail"]["return_reason"] == REASON
    assert (await leader.get(f"{DOCUMENTS}/{report['id']}")).status_code == 200
    counted = (await leader.get(f"{TASKS}/statistics")).json()
    assert counted["total"] == {
        "done_on_time": 1, "done_late": 0, "open_in_time": 0, "open_late": 0, "late_rate": 0.0,
    }  # fmt: skip


async def test_a_coordinator_is_told_who_and_where_and_no_more(sign_in: SignIn, sessions: Sessions) -> None:
    task = await directed(sign_in, sessions, "SNV", "STC")
    head, finance = await sign_in("datcv"), await sign_in("lienttb")
    part, etag = await own_part(head, task["id"])
    await head.post(f"{part}/return", json={"reason": REASON}, headers={"If-Match": etag})
    seen = (await finance.get(f"{TASKS}/{task['id']}")).json()
    assert seen["state"] == "lead_returned"
    lead, own = seen["parts"]
    assert (lead["state"], lead["detail"], lead["steps"]) == ("returned", None, [])
    assert (own["state"], own["detail"]["reports"], own["steps"]) == ("closed", [], [])
    assert (await finance.get(part)).json()["detail"] is None


async def test_a_clerk_of_a_unit_not_named_gets_404_everywhere(sign_in: SignIn, sessions: Sessions) -> None:
    task = await directed(sign_in, sessions, "SNV", "STC")
    stranger = await sign_in("phuongct")
    part = f"{PARTS}/{task['parts'][0]['id']}"
    for path in (
        f"{DOCUMENTS}/{task['document_id']}",
        f"{DOCUMENTS}/{task['document_id']}/tasks",
        f"{DOCUMENTS}/{task['document_id']}/directions",
        f"/api/v1/directions/{task['direction_id']}",
        f"{TASKS}/{task['id']}",
        part,
    ):
        assert (await stranger.get(path)).json()["code"] == "not_found", path
    for verb, body in (
        ("acceptance", None),
        ("progress", {"percent": 10}),
        ("return", {"reason": REASON}),
        ("completion", {}),
    ):
        answer = await stranger.post(f"{part}/{verb}", json=body, headers={"If-Match": '"1"'})
        assert answer.status_code == 404, verb
    for scope in ("mine", "directed", "below"):
        page = (await stranger.get(TASKS, params={"scope": scope, "total": "true"})).json()
        assert (page["items"], page["total"]) == ([], {"value": 0, "relation": "eq"})
    counted = (await stranger.get(f"{TASKS}/statistics")).json()
    assert (counted["units"], counted["total"]["open_in_time"]) == ([], 0)
    assert (await stranger.get("/api/v1/home")).json()["tasks"] == []


async def test_a_change_says_which_state_it_is_based_on(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    task = await directed(sign_in, sessions, "SNV", "STC")
    head = await sign_in("datcv")
    part, etag = await own_part(head, task["id"])
    assert (await head.post(f"{part}/acceptance", headers={"If-Match": etag})).status_code == 200
    async with unchanged(sessions, store):
        for headers, status in (({}, 428), ({"If-Match": etag}, 412), ({"If-Match": "*"}, 400)):
            answer = await head.post(f"{part}/progress", json={"percent": 20}, headers=headers)
            assert answer.status_code == status, answer.text
        again = await head.post(f"{part}/acceptance", headers={"If-Match": '"2"'})
        assert (again.status_code, again.json()["code"]) == (409, "part_already_accepted")


async def test_of_two_at_once_one_is_told_that_it_came_too_late(sign_in: SignIn, sessions: Sessions) -> None:
    task = await directed(sign_in, sessions, "SNV")
    clerk, head = await sign_in("datcv"), await sign_in("nguyetdtm")
    part, etag = await own_part(clerk, task["id"])
    answers = await asyncio.gather(
        clerk.post(f"{part}/acceptance", headers={"If-Match": etag}),
        head.post(f"{part}/return", json={"reason": REASON}, headers={"If-Match": etag}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_who_may_see_but_not_answer_is_told_why(sign_in: SignIn, sessions: Sessions) -> None:
    task = await directed(sign_in, sessions, "SNV", "STC")
    finance, leader = await sign_in("lienttb"), await sign_in("thuyhtt")
    acceptance = f"{PARTS}/{task['parts'][0]['id']}/acceptance"
    refused = await finance.post(acceptance, headers={"If-Match": '"1"', "Accept-Language": "en"})
    assert (refused.status_code, refused.json()["facts"]) == (403, {"reason": "only_the_unit_answers"})
    assert "only the unit that has the part answers for it" in refused.json()["detail"]
    refused = await leader.post(acceptance, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["facts"]["reason"]) == (403, "role_missing")


async def test_directing_is_for_those_who_may_inside_their_units(sign_in: SignIn, sessions: Sessions) -> None:
    document_id = await submitted(sign_in, sessions)
    path = f"{DOCUMENTS}/{document_id}/directions"
    clerk, leader, chairman = [await sign_in(name) for name in ("anpth", "thuyhtt", "khaitq")]
    body = await body_of(sessions, "SNV")
    assert (await clerk.post(path, json=body)).json()["facts"]["reason"] == "role_missing"
    assert (await chairman.post(path, json=body)).status_code == 404
    assert (await leader.post(path, json=body)).status_code == 201
    head = await sign_in("nguyetdtm")
    refused = await head.post(path, json=await body_of(sessions, "STC"))
    assert (refused.status_code, refused.json()["facts"]) == (
        403,
        {"reason": "directed_outside_own_units", "unit": "Sở Tài chính"},
    )


async def test_a_retried_direction_directs_once(sign_in: SignIn, sessions: Sessions) -> None:
    document_id = await submitted(sign_in, sessions)
    leader = await sign_in("thuyhtt")
    path, body = f"{DOCUMENTS}/{document_id}/directions", await body_of(sessions, "SNV")
    first, second = [
        await leader.post(path, json=body, headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len((await leader.get(path)).json()) == 1


TASK = {"lead_unit_id": str(uuid4()), "due": {"amount": 3}}
BAD_BODIES: list[tuple[Any, str, str]] = [
    ({"content": None}, "/content", "field_missing"),
    ({"content": " \n\t"}, "/content", "field_empty"),
    ({"content": "một\x00hai"}, "/content", "text_not_allowed"),
    ({"tasks": []}, "/tasks", "field_empty"),
    ({"tasks": [TASK] * 51}, "/tasks", "field_too_long"),
    ({"tasks": [{**TASK, "due": None}]}, "/tasks/0/due", "one_deadline"),
    ({"tasks": [{**TASK, "due_on": "2099-01-01"}]}, "/tasks/0/due", "one_deadline"),
    ({"tasks": [{**TASK, "due": None, "due_on": "2020-01-01"}]}, "/tasks/0/due_on", "deadline_passed"),
    ({"tasks": [TASK]}, "/tasks", "unit_not_known"),
    ({"information_unit_ids": [str(uuid4())]}, "/information_unit_ids", "unit_not_known"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), BAD_BODIES)
async def test_a_direction_that_is_not_possible_changes_nothing(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore, change: Body, pointer: str, code: str
) -> None:
    document_id = await submitted(sign_in, sessions)
    leader = await sign_in("thuyhtt")
    body = await body_of(sessions, "SNV", **change)
    async with unchanged(sessions, store):
        answer = await leader.post(f"{DOCUMENTS}/{document_id}/directions", json=body)
    assert answer.status_code == 422, answer.text
    assert [(field["pointer"], field["code"]) for field in answer.json()["errors"]] == [(pointer, code)]


async def test_terms_units_and_fields_that_are_none_are_refused(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    document_id = await submitted(sign_in, sessions)
    leader = await sign_in("thuyhtt")
    path = f"{DOCUMENTS}/{document_id}/directions"
    good = await body_of(sessions, "SNV")
    async with unchanged(sessions, store):
        for task in (
            {**TASK, "due": {"amount": 0}},
            {**TASK, "due": {"amount": 1001}},
            {**TASK, "due": {"amount": 3, "unit": "hours"}},
            {**TASK, "due": None, "due_on": "2026-02-30"},
            {**TASK, "lead_unit_id": "SNV"},
            {**TASK, "hurry": True},
        ):
            assert (await leader.post(path, json={**good, "tasks": [task]})).status_code == 422, task
        text = {"content-type": "text/plain"}
        assert (await leader.post(path, content=b"{}", headers=text)).status_code == 415
        broken = await leader.post(path, content=b"{", headers={"content-type": "application/json"})
        assert broken.status_code == 400
        assert (await leader.post(f"{DOCUMENTS}/{uuid4()}/directions", json=good)).status_code == 404


async def test_answers_that_are_not_possible_change_nothing(
    sign_in: SignIn, sessions: Sessions, store: ObjectStore
) -> None:
    task = await directed(sign_in, sessions, "SNV")
    head = await sign_in("datcv")
    part, etag = await own_part(head, task["id"])
    accepted = await head.post(f"{part}/acceptance", headers={"If-Match": etag})
    now = {"If-Match": accepted.headers["etag"]}
    async with unchanged(sessions, store):
        for verb, body, pointer in (
            ("progress", {"percent": 101}, "/percent"),
            ("progress", {"percent": -1}, "/percent"),
            ("progress", {"percent": 100}, "/percent"),
            ("progress", {}, "/percent"),
            ("return", {"reason": "  "}, "/reason"),
            ("return", {}, "/reason"),
            ("completion", {"result_document_id": str(uuid4())}, "/result_document_id"),
            ("completion", {"result_document_id": task["document_id"]}, "/result_document_id"),
        ):
            answer = await head.post(f"{part}/{verb}", json=body, headers=now)
            assert answer.status_code == 422, (verb, body)
            assert [field["pointer"] for field in answer.json()["errors"]] == [pointer], (verb, body)


async def test_a_board_is_paged_and_narrowed_over_http(sign_in: SignIn, sessions: Sessions) -> None:
    document_id = await submitted(sign_in, sessions)
    leader, clerk = await sign_in("thuyhtt"), await sign_in("datcv")
    body = await body_of(sessions, "SNV")
    for days in (3, 2, 1):
        task = {**body["tasks"][0], "due": {"amount": days, "unit": "calendar_days"}}
        answer = await leader.post(
            f"{DOCUMENTS}/{document_id}/directions", json={**body, "tasks": [task] * 2}
        )
        assert answer.status_code == 201, answer.text
    page = (await clerk.get(TASKS, params={"limit": 4, "total": "true"})).json()
    assert (len(page["items"]), page["total"]["value"]) == (4, 6)
    rest = (await clerk.get(TASKS, params={"limit": 4, "cursor": page["next"]})).json()
    assert (len(rest["items"]), rest["next"], rest["total"]) == (2, None, None)
    rows = [*page["items"], *rest["items"]]
    assert len({row["id"] for row in rows}) == 6
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    assert {(row["symbol"], row["number"], row["state"]) for row in rows} == {
        ("05/CT-UBND", "01", "assigned")
    }
    for narrowed, count in (
        ({"state": "assigned", "role": "lead", "open": "true", "overdue": "false"}, 6),
        ({"state": "accepted"}, 0),
        ({"overdue": "true"}, 0),
        ({"document_id": document_id}, 6),
        ({"unit_id": await unit_id(sessions, "STC")}, 0),
        ({"due_from": "9999-12-31", "due_to": "9999-12-31"}, 0),
        ({"due_from": "0001-01-01"}, 6),
    ):
        found = await clerk.get(TASKS, params=narrowed)
        assert (found.status_code, len(found.json()["items"])) == (200, count), narrowed


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        (TASKS, {"role": "helper"}, "/role"),
        (TASKS, {"due_from": "2026-05-02", "due_to": "2026-05-01"}, "/due_to"),
        (TASKS, {"due_from": "tomorrow"}, "/due_from"),
        (TASKS, {"cursor": "made-up"}, "/cursor"),
        (TASKS, {"limit": "0"}, "/limit"),
        (TASKS, {"unit_id": "SNV"}, "/unit_id"),
        (f"{TASKS}/statistics", {"since": "2026-05-02", "until": "2026-05-01"}, "/until"),
        (f"{TASKS}/statistics", {"since": "05/2026"}, "/since"),
        (f"{TASKS}/statistics", {"role": "helper"}, "/role"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    sign_in: SignIn, path: str, query: dict[str, str], pointer: str
) -> None:
    leader = await sign_in("thuyhtt")
    answer = await leader.get(path, params=query)
    assert answer.status_code == 422, answer.text
    assert [field["pointer"] for field in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("query", [{"scope": "everything"}, {"state": "done"}, {"open": "perhaps"}])
async def test_a_choice_that_is_none_is_refused(sign_in: SignIn, query: dict[str, str]) -> None:
    leader = await sign_in("thuyhtt")
    assert (await leader.get(TASKS, params=query)).json()["code"] == "invalid"


async def test_statistics_are_for_those_who_may_and_inside_their_units(
    sign_in: SignIn, sessions: Sessions
) -> None:
    leader, specialist, head = [await sign_in(name) for name in ("thuyhtt", "maihtx", "nguyetdtm")]
    path = f"{TASKS}/statistics"
    assert (await specialist.get(path)).json()["facts"]["reason"] == "role_missing"
    outside = await head.get(path, params={"unit_id": await unit_id(sessions, "STC")})
    assert outside.json()["facts"]["reason"] == "statistics_outside_own_units"
    assert (await leader.get(path, params={"unit_id": str(uuid4())})).status_code == 404
    asked = {"since": "2026-01-01", "until": "2026-06-30", "role": "coordinate"}
    counted = (await leader.get(path, params=asked)).json()
    assert (counted["since"], counted["until"], counted["role"]) == ("2026-01-01", "2026-06-30", "coordinate")


async def test_nobody_sees_anything_without_signing_in(client: Client) -> None:
    for path in (TASKS, f"{TASKS}/statistics", f"{TASKS}/{uuid4()}", f"{PARTS}/{uuid4()}"):
        assert (await client.get(path)).status_code == 401
    assert (await client.post(f"{PARTS}/{uuid4()}/acceptance")).status_code == 401
    assert (await client.post(f"{DOCUMENTS}/{uuid4()}/directions", json=Direct.example)).status_code == 401
