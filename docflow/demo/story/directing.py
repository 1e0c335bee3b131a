"""Chapter 2: the vice-chairman directs six units; a seventh sees nothing."""

from docflow.demo.story.scene import COORDINATORS, LEAD_UNIT, LEADER, STRANGER, Scene, recipients
from docflow.demo.telling import expect, expect_equal

CONTENT = (
    "Giao Sở Nội vụ chủ trì, phối hợp các đơn vị rà soát tiêu chí mất điểm, báo cáo trong mười ngày làm việc."
)


def tell(scene: Scene) -> None:
    """Direct, tell, and hide from everybody else."""
    teller = scene.teller
    teller.chapter("2. The vice-chairman directs")
    leader = scene.desk(LEADER)
    coordinators = [scene.unit(code)["id"] for code in COORDINATORS]
    with teller.step(f"{leader.name} directs: home affairs leads, five units coordinate, ten working days."):
        direction = leader.post(
            f"/documents/{scene.document_id}/directions",
            {
                "content": CONTENT,
                "tasks": [
                    {
                        "lead_unit_id": scene.unit(LEAD_UNIT)["id"],
                        "coordinator_unit_ids": coordinators,
                        "due": {"amount": 10, "unit": "working_days"},
                    }
                ],
            },
        )
        (task,) = direction["tasks"]
        scene.facts["task"] = task
        expect_equal(len(task["parts"]), 6, "parts of the task")
        teller.detail(f"due on {task['original_due_on']}")
    with teller.step("Six units are told by mail, and their clerks see the document."):
        addresses = {scene.unit(code)["email"] for code in (LEAD_UNIT, *COORDINATORS)}
        mails = scene.await_mails(6, lambda mail: str(mail["X-Envelope-To"]) in addresses)
        expect_equal(recipients(mails), addresses, "the units told")
        for clerk in ("datcv", "lienttb", "huongdt", "oanhttk", "quannd", "anpth"):
            expect(scene.document_id in scene.find(scene.desk(clerk), "711"), f"{clerk} finds the document")
        teller.detail(", ".join(sorted(addresses)))
    _hide(scene)


def _hide(scene: Scene) -> None:
    stranger = scene.desk(STRANGER)
    path = f"/documents/{scene.document_id}"
    with scene.teller.step(
        f"{stranger.name}, clerk of a commune that is not named, gets 404 for it in every way."
    ):
        file_id = scene.facts["directive"]["files"][0]["id"]
        for address in ("", "/receipts", "/trail", "/tasks", "/directions", f"/files/{file_id}/content"):
            told = stranger.get(path + address, expected=404)
            expect_equal(told["code"], "not_found", address)
        stranger.get(f"/tasks/{scene.facts['task']['id']}", expected=404)
        for words in ("", "711", "cải cách hành chính"):
            page = stranger.get("/documents", total=True, q=words)
            expect_equal((page["items"], page["total"]["value"]), ([], 0), "list, search and count")
        stranger.post(f"{path}/acknowledgement", expected=404)
        scene.teller.detail("by id, list, search, count, download, receipts, trail, tasks: nothing")
