"""A chapter: a paper goes its way, from the registry to the leader, to the units and to the person who answers it."""

from typing import Any

from docflow.demo.people import Desk
from docflow.demo.story.scene import (
    CLERK,
    FINANCE,
    HOME_AFFAIRS,
    HOME_AFFAIRS_HEAD,
    LEADER,
    SPECIALIST,
    STRANGER,
    Scene,
)
from docflow.demo.telling import expect, expect_equal

WORDS = "Giao Sở Nội vụ chủ trì, Sở Tài chính phối hợp, thẩm định và báo cáo trước ngày làm việc thứ bảy."


def tell(scene: Scene) -> None:
    """Submitted, directed, passed on, given back once, and passed on again; and one sheet that tells it all."""
    scene.teller.chapter("7. The plan that came by mail goes its way")
    path = f"/documents/{scene.facts['filed'][0]['id']}"
    _submit(scene, path)
    _direct(scene, path)
    _forward(scene, path)
    _read_about(scene, path)


def _submit(scene: Scene, path: str) -> None:
    clerk, leader = scene.desk(CLERK), scene.desk(LEADER)
    with scene.teller.step(
        f"{clerk.name} finds it among what has not been passed on, and submits it to {leader.name}."
    ):
        waiting = [row["document"]["id"] for row in clerk.get("/queues/registry")["items"]]
        expect(
            path.endswith(waiting[0]) or scene.facts["filed"][0]["id"] in waiting, "it waits to be passed on"
        )
        clerk.post(
            f"{path}/submissions", {"person_id": leader.me["id"], "note": "Kính trình đồng chí cho ý kiến."}
        )
        (row,) = [
            row
            for row in leader.get("/queues/direction")["items"]
            if row["document"]["id"] == scene.facts["filed"][0]["id"]
        ]
        scene.teller.detail(f"in the leader's queue: {row['document']['subject']}")


def _direct(scene: Scene, path: str) -> None:
    leader = scene.desk(LEADER)
    with scene.teller.step(f"{leader.name} writes the direction: task, receipts and letters in one action."):
        leader.post(
            f"{path}/directions",
            {
                "content": WORDS,
                "tasks": [
                    {
                        "lead_unit_id": scene.unit("H99.02")["id"],
                        "coordinator_unit_ids": [scene.unit("H99.03")["id"]],
                        "due": {"amount": 7},
                    }
                ],
                "information_unit_ids": [scene.unit("H99.06")["id"]],
            },
        )
        receipts = leader.get(f"{path}/receipts")
        roles = {one["name"]: one["role"] for one in receipts if one["parent_id"]}
        expect_equal(
            sorted(roles.values()), ["coordinate", "information", "lead"], "roles below the leader's receipt"
        )
        expect_equal(
            [one["state"] for one in receipts if one["role"] == "direction"],
            ["forwarded"],
            "the leader's own",
        )
        scene.teller.detail(", ".join(f"{name}: {role}" for name, role in roles.items()))


def _forward(scene: Scene, path: str) -> None:
    clerk, specialist = scene.desk(HOME_AFFAIRS), scene.desk(SPECIALIST)
    with scene.teller.step(
        f"{clerk.name} forwards it to {specialist.name}, who gives it back with a reason."
    ):
        forward(clerk, specialist, path)
        mine = own_receipt(specialist, path)
        specialist.post(
            f"/receipts/{mine['id']}/return", {"reason": "Thiếu phụ lục biểu số liệu."}, 200, of=mine
        )
        unit = unit_receipt(clerk, path)
        expect_equal(unit["state"], "waiting", "the unit's receipt, which is on the clerk's desk again")
        stale = specialist.post(f"/receipts/{mine['id']}/completion", {}, expected=409, of=mine)
        scene.teller.detail(f"completing it afterwards: {stale['detail']}")
    with scene.teller.step(
        f"{clerk.name} forwards it again, with what was missing; {specialist.name} will answer."
    ):
        forward(clerk, specialist, path)
        scene.facts["own_receipt"] = own_receipt(specialist, path)


def forward(clerk: Desk, specialist: Desk, path: str) -> None:
    """Pass the unit's receipt on to somebody of the unit, who is to reply."""
    unit = unit_receipt(clerk, path)
    to = {"role": "lead", "person_id": specialist.me["id"], "reply_required": True}
    words = {"to": [to], "note": "Đồng chí tham mưu trả lời."}
    clerk.post(f"/receipts/{unit['id']}/forwards", words, 200, of=unit)


def unit_receipt(desk: Desk, path: str) -> dict[str, Any]:
    """The open receipt of the desk's unit."""
    return _only(
        one
        for one in desk.get(f"{path}/receipts")
        if one["unit_id"] and one["ended_at"] is None and one["actions"]
    )


def own_receipt(desk: Desk, path: str) -> dict[str, Any]:
    """The person's own open receipt."""
    return _only(
        one
        for one in desk.get(f"{path}/receipts")
        if one["person_id"] == desk.me["id"] and one["ended_at"] is None
    )


def _only(found: Any) -> dict[str, Any]:
    (one,) = found
    receipt: dict[str, Any] = one
    return receipt


def _read_about(scene: Scene, path: str) -> None:
    clerk, finance, stranger = scene.desk(CLERK), scene.desk(FINANCE), scene.desk(STRANGER)
    head = scene.desk(HOME_AFFAIRS_HEAD)
    with scene.teller.step(
        "Remarks: one for every reader, one inside the department alone; and who has read it."
    ):
        finance.get(path)
        finance.post(f"{path}/comments", {"content": "Sở Tài chính gửi số liệu trong tuần này."})
        unit = scene.unit("H99.02")["id"]
        head.post(f"{path}/comments", {"content": "Đồng chí Mai chuẩn bị dự thảo sớm.", "unit_id": unit})
        expect_equal(len(head.get(f"{path}/comments")["items"]), 2, "remarks that home affairs sees")
        expect_equal(len(finance.get(f"{path}/comments")["items"]), 1, "remarks that finance sees")
        readers = {row["name"] for row in clerk.get(f"{path}/readings")["items"]}
        expect(finance.name in readers, f"{finance.name} is among who has read it")
        for part in ("", "/receipts", "/comments", "/circulation", "/readings"):
            stranger.get(path + part, expected=404)
        scene.teller.detail(f"read by {', '.join(sorted(readers))}; {stranger.name} gets 404 for all of it")
