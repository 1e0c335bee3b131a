"""Chapter 3: the units answer; the vice-chairman sees who is where."""

from typing import Any

from docflow.demo.people import Desk
from docflow.demo.story.scene import (
    FINANCE,
    HOME_AFFAIRS,
    HOME_AFFAIRS_HEAD,
    LEAD_UNIT,
    LEADER,
    SAMPLES,
    Scene,
    text_of,
)
from docflow.demo.telling import expect, expect_equal

REASON = "Nội dung thuộc thẩm quyền của Sở Kế hoạch và Đầu tư"


def tell(scene: Scene) -> None:
    """Accept, report, return, complete."""
    teller = scene.teller
    teller.chapter("3. The units answer")
    head = scene.desk(HOME_AFFAIRS_HEAD)
    with teller.step(f"{head.name} (home affairs) finds the task waiting, accepts it and reports 40 %."):
        waiting = head.get("/home")
        expect(
            any(row["document_id"] == scene.document_id for row in waiting["tasks"]), "the task waits at home"
        )
        part = _own_part(head, scene)
        part = head.post(f"/task-parts/{part['id']}/acceptance", expected=200, of=part)
        part = head.post(
            f"/task-parts/{part['id']}/progress",
            {"percent": 40, "note": "Đã tổng hợp số liệu của bốn đơn vị."},
            expected=200,
            of=part,
        )
        expect_equal(part["detail"]["percent"], 40, "the progress")
    with teller.step("Accepting it once more on the old state is refused."):
        stale = head.post(f"/task-parts/{part['id']}/acceptance", expected=412, of={"version": 1})
        teller.detail(stale["detail"])
    _return_part(scene)
    _complete(scene, head)
    _look(scene)


def _return_part(scene: Scene) -> None:
    finance = scene.desk(FINANCE)
    leader = scene.desk(LEADER)
    with scene.teller.step(f"{finance.name} (finance) returns its part with a reason; the leader is told."):
        part = _own_part(finance, scene)
        part = finance.post(f"/task-parts/{part['id']}/return", {"reason": REASON}, expected=200, of=part)
        expect_equal(part["state"], "returned", "the state of the part")
        (mail,) = scene.await_mails(
            1, lambda mail: "thuyhtt@" in str(mail["X-Envelope-To"]) and REASON in text_of(mail)
        )
        scene.teller.detail(f"mail to {leader.name}: {mail['Subject']}")


def _complete(scene: Scene, head: Desk) -> None:
    clerk = scene.desk(HOME_AFFAIRS)
    with scene.teller.step(
        f"{clerk.name} issues the report under the next number of home affairs' own register."
    ):
        report = clerk.upload(
            "/documents/outgoing",
            SAMPLES / "bao-cao.pdf",
            {
                "kind": "report",
                "subject": "Kết quả rà soát tiêu chí Chỉ số cải cách hành chính",
                "signer_name": head.name,
                "signer_post": "Giám đốc",
                "answers_id": scene.document_id,
            },
        )
        expect_equal(report["symbol"], "01/BC-SNV", "the symbol")
        scene.teller.detail(f"{report['symbol']} of {report['issued_on']}")
    with scene.teller.step(f"{head.name} completes the task with it."):
        part = _own_part(head, scene)
        done = head.post(
            f"/task-parts/{part['id']}/completion",
            {"note": "Đã báo cáo UBND tỉnh.", "result_document_id": report["id"]},
            expected=200,
            of=part,
        )
        expect_equal(done["state"], "completed", "the state of the part")
        again = head.post(f"/task-parts/{part['id']}/completion", {}, expected=409, of=done)
        scene.teller.detail(f"completing it twice is refused: {again['detail']}")
    scene.facts["report"] = report


def _look(scene: Scene) -> None:
    leader = scene.desk(LEADER)
    with scene.teller.step(f"{leader.name} sees who is where, and reads the report."):
        (task,) = leader.get(f"/documents/{scene.document_id}/tasks")
        states = {part["unit_name"]: part["state"] for part in task["parts"]}
        expect_equal(sorted(states.values()), ["closed"] * 4 + ["completed", "returned"], "the states")
        returned = next(part for part in task["parts"] if part["state"] == "returned")
        expect_equal(returned["detail"]["return_reason"], REASON, "the reason that the leader reads")
        for unit, state in states.items():
            scene.teller.detail(f"{unit}: {state}")
        expect_equal(
            leader.get(f"/documents/{scene.facts['report']['id']}")["symbol"], "01/BC-SNV", "the report"
        )
        counted = leader.get("/tasks/statistics")
        home_affairs = next(row for row in counted["units"] if row["unit_id"] == scene.unit(LEAD_UNIT)["id"])
        expect_equal(home_affairs["done_on_time"], 1, "tasks that home affairs did on time")


def _own_part(desk: Desk, scene: Scene) -> dict[str, Any]:
    """The part of the desk's unit."""
    unit_id = desk.me["roles"][0]["unit_id"]
    task = desk.get(f"/tasks/{scene.facts['task']['id']}")
    part = next(part for part in task["parts"] if part["unit_id"] == unit_id)
    found: dict[str, Any] = desk.get(f"/task-parts/{part['id']}")
    return found
