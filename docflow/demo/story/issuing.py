"""A chapter: the answer is written by two, agreed to, signed, numbered, sent, recalled and replaced."""

import base64
import re
import secrets
from typing import Any

from docflow.core import clock
from docflow.demo.people import Desk
from docflow.demo.story.scene import (
    CLERK,
    HOME_AFFAIRS,
    HOME_AFFAIRS_HEAD,
    LEADER,
    SPECIALIST,
    Scene,
    await_fact,
    text_of,
)
from docflow.demo.telling import expect, expect_equal
from docflow.signatures.containers import self_signed

OUTSIDE, MINISTRY = "vanthu@binhminh.example", "vanthu@bonoivu.example"
SUBJECT = "Kết quả thẩm định Kế hoạch cải cách hành chính năm 2027 của huyện Bình Minh"
BODY = (
    "Thực hiện ý kiến chỉ đạo của Ủy ban nhân dân tỉnh, Sở Nội vụ báo cáo kết quả thẩm định như sau:\n\n"
    "1. Kế hoạch bám sát các chỉ tiêu của tỉnh.\n\n2. Biểu số liệu kèm theo đầy đủ, đúng mẫu."
)
FINANCE_SAYS = "\n\n3. Sở Tài chính thống nhất mức kinh phí 350 triệu đồng."
CLERK_SAYS = "\n\nSở Nội vụ kính báo cáo Ủy ban nhân dân tỉnh xem xét, chỉ đạo./."


def tell(scene: Scene) -> None:
    """From the first version to the copy that a recipient confirms to have destroyed, and the paper that holds now."""
    scene.teller.chapter("8. The answer is written, signed, sent, recalled and replaced")
    manuscript = _write(scene)
    manuscript = _agree(scene, manuscript)
    answer = _sign_and_issue(scene, manuscript)
    link = _open(scene, answer)
    recall = _succeed(
        scene,
        answer,
        "recalls",
        "official_letter",
        "Về việc thu hồi báo cáo thẩm định",
        "Sai số liệu kinh phí.",
    )
    _recalled(scene, answer, recall, link)
    _replaced(scene, answer)


def _write(scene: Scene) -> dict[str, Any]:
    author, clerk = scene.desk(SPECIALIST), scene.desk(HOME_AFFAIRS)
    with scene.teller.step(f"{author.name} begins the report that answers it, in the layout of the decree."):
        manuscript = author.post("/manuscripts", _record(scene))
        path = f"/manuscripts/{manuscript['id']}"
        made = author.post(f"{path}/versions/from-template", {"format": "docx"})
        scene.teller.detail(f"version {made['number']}: {made['filename']}")
    with scene.teller.step(f"{author.name} has it checked out: {clerk.name} waits, then changes it in turn."):
        author.put(f"{path}/working-copy")
        refused = clerk.put(f"{path}/working-copy", expected=409)
        scene.teller.detail(refused["detail"])
        for desk, more in ((author, FINANCE_SAYS), (clerk, CLERK_SAYS)):
            desk.put(f"{path}/working-copy")
            now = desk.get(path)
            desk.patch(path, {"body": now["body"] + more}, now)
            made = _remade(desk, path, "docx")
            scene.teller.detail(f"version {made['number']} by {desk.name}")
        _remade(author, path, "pdf")
    now = author.get(path)
    return dict(now)


def _record(scene: Scene) -> dict[str, Any]:
    """What the author fills in."""
    return {
        "kind": "report",
        "subject": SUBJECT,
        "body": BODY,
        "place": "Bến Thuyền",
        "signer_id": scene.desk(HOME_AFFAIRS_HEAD).me["id"],
        "signer_post": "GIÁM ĐỐC",
        "answers_id": scene.facts["filed"][0]["id"],
        "answers_receipt_id": scene.facts["own_receipt"]["id"],
        "collaborator_ids": [scene.desk(HOME_AFFAIRS).me["id"]],
        "recipients": [
            {"unit_id": scene.unit("H99.01")["id"], "role": "act"},
            {"email": OUTSIDE, "name": "Ủy ban nhân dân huyện Bình Minh", "role": "know"},
            {"email": MINISTRY, "name": "Bộ Nội vụ", "role": "know", "by_link": True},
            {"name": "VT, CCHC", "role": "file"},
        ],
    }


def _remade(desk: Desk, path: str, format_: str) -> dict[str, Any]:
    """A further version, made from the record as it is now."""
    newest = desk.get(path)["newest"]["number"]
    made = desk.post(f"{path}/versions/from-template", {"format": format_, "newest": newest})
    return dict(made)


def _agree(scene: Scene, manuscript: dict[str, Any]) -> dict[str, Any]:
    author, head, clerk = scene.desk(SPECIALIST), scene.desk(HOME_AFFAIRS_HEAD), scene.desk(HOME_AFFAIRS)
    path = f"/manuscripts/{manuscript['id']}"
    with scene.teller.step(
        "The head of the department sends it back once; the second time all three steps pass."
    ):
        author.post(f"{path}/submission", {"note": "Kính trình."}, 200, of=manuscript)
        decide(head, path, "send_back", "Nêu rõ thời điểm thẩm định.")
        now = author.get(path)
        now = author.patch(
            path, {"body": now["body"].replace("như sau", "đến ngày 20 tháng 11 như sau")}, now
        )
        _remade(author, path, "pdf")
        author.post(f"{path}/submission", {}, 200, of=author.get(path))
        decide(head, path, "pass")
        checked = decide(clerk, path, "pass")
        decide(head, path, "pass")
        now = author.get(path)
        expect_equal((now["state"], now["round"]), ("approved", 2), "the manuscript")
        for item in checked:
            scene.teller.detail(f"{item['code']}: {item['found']}")
    return dict(now)


def decide(desk: Desk, path: str, decision: str, note: str = "") -> list[dict[str, Any]]:
    """Decide in the step whose turn it is; its checklist."""
    now = desk.get(path)
    (step,) = [one for one in now["steps"] if one["has_its_turn"] and one["is_mine"]]
    unsure = [item["code"] for item in step["checklist"] if item["found"] != "ok"]
    said = {
        "decision": decision,
        "number": now["newest"]["number"],
        "note": note,
        "checklist": [{"code": code, "verdict": "ok", "note": "Đã đo trên bản in."} for code in unsure],
    }
    desk.post(f"/manuscript-steps/{step['id']}/decision", said, 200, of=step)
    return list(step["checklist"])


def _sign_and_issue(scene: Scene, manuscript: dict[str, Any]) -> dict[str, Any]:
    head, clerk = scene.desk(HOME_AFFAIRS_HEAD), scene.desk(HOME_AFFAIRS)
    path = f"/manuscripts/{manuscript['id']}"
    with scene.teller.step(
        f"{head.name} signs with her certificate; {clerk.name} gives number and date, and seals."
    ):
        scene.facts["own"] = _keep(head, "Chứng thư cá nhân")
        scene.facts["seal"] = _keep(clerk, "Con dấu Sở Nội vụ", scene.unit("H99.02")["id"])
        wrong = {"credential_id": scene.facts["own"][0], "password": "sai"}
        refused = head.post(f"{path}/signature", wrong, expected=409, of=head.get(path))
        scene.teller.detail(f"a wrong passphrase: {refused['detail']}")
        issued = sign_and_issue(scene, path)
        document: dict[str, Any] = clerk.get(f"/documents/{issued['id']}")
        told = await_fact(lambda: _checked(clerk, document), lambda: "the signatures to be looked at")
        signatures = told["files"][0]["signatures"]
        expect_equal([one["intact"] for one in signatures], [True, True], "intact signatures")
        for one in signatures:
            scene.teller.detail(
                f"{document['symbol']}: {one['signer_name']}, {one['change']} later change, {one['trust']}"
            )
    with scene.teller.step("The answer has ended the receipts and the task, up to the leader's own."):
        incoming = f"/documents/{scene.facts['filed'][0]['id']}"
        receipts = scene.desk(LEADER).get(f"{incoming}/receipts")
        states = {one["role"]: one["state"] for one in receipts if one["parent_id"] is None or one["unit_id"]}
        expect_equal(states["direction"], "completed", "the leader's receipt")
        expect_equal(states["coordinate"], "closed", "the coordinator's")
        (task,) = scene.desk(LEADER).get(f"{incoming}/tasks")
        expect_equal(task["state"], "completed", "the task")
        clerk.patch(f"/documents/{document['id']}", {"note": "x"}, document, expected=409)
        scene.teller.detail(f"{states}; the issued report cannot be edited")
    return document


def _keep(desk: Desk, title: str, unit_id: str | None = None) -> tuple[str, str]:
    """A certificate of one's own making, kept; its id and passphrase."""
    passphrase = secrets.token_urlsafe(12)
    container = self_signed(title if unit_id else desk.name, passphrase, clock.now())
    kept = desk.post(
        "/credentials",
        {
            "title": title,
            "passphrase": passphrase,
            "container": base64.b64encode(container).decode(),
            "unit_id": unit_id,
        },
    )
    return kept["id"], passphrase


def sign_and_issue(scene: Scene, path: str, reason: str = "") -> dict[str, Any]:
    """Signed by the head and issued with the seal by the registry of home affairs; the row of the document."""
    head, clerk = scene.desk(HOME_AFFAIRS_HEAD), scene.desk(HOME_AFFAIRS)
    (own, own_secret), (seal, seal_secret) = scene.facts["own"], scene.facts["seal"]
    head.post(f"{path}/signature", {"credential_id": own, "password": own_secret}, of=head.get(path))
    said = {"credential_id": seal, "password": seal_secret, "reason": reason}
    document: dict[str, Any] = clerk.post(f"{path}/issue", said, of=clerk.get(path))["document"]
    return document


def _checked(desk: Desk, document: dict[str, Any]) -> dict[str, Any] | None:
    told: dict[str, Any] = desk.get(f"/documents/{document['id']}/signatures")
    return told if told["files"][0]["state"] == "checked" else None


def _open(scene: Scene, answer: dict[str, Any]) -> str:
    clerk = scene.desk(HOME_AFFAIRS)
    path = f"/documents/{answer['id']}"
    with scene.teller.step(
        "It goes to the office in the house, with the file to the district, by link to the ministry."
    ):
        (mail,) = scene.await_mails(1, lambda one: one["X-Envelope-To"] == MINISTRY)
        (other,) = scene.await_mails(
            1, lambda one: one["X-Envelope-To"] == OUTSIDE and SUBJECT in str(one["Subject"])
        )
        expect(
            "application/pdf" in {part.get_content_type() for part in other.walk()}, "the file is in the mail"
        )
        link = _link(text_of(mail))
        page = clerk.http.get(link)
        expect_equal(page.status_code, 200, "the page of the link")
        file = clerk.http.get(f"{link}/file")
        expect_equal(file.content[:5], b"%PDF-", "what the ministry fetched")
        clerk.http.post(link, data={"answer": "received"})
        copies = {one["name"]: one["state"] for one in clerk.get(f"{path}/dispatches")["items"]}
        expect_equal(copies["Bộ Nội vụ"], "acknowledged", "the ministry's copy")
        scene.teller.detail(str(copies))
    return link


def _link(text: str) -> str:
    found = re.search(r"https?://\S+/d/\S+", text)
    expect(found is not None, "a link in the mail")
    assert found
    return found[0]


def _succeed(
    scene: Scene, answer: dict[str, Any], kind: str, paper: str, subject: str, reason: str
) -> dict[str, Any]:
    """A paper that recalls or replaces another, by the same way as every paper."""
    author, head, clerk = scene.desk(SPECIALIST), scene.desk(HOME_AFFAIRS_HEAD), scene.desk(HOME_AFFAIRS)
    with scene.teller.step(
        f"A paper of its own {kind} {answer['symbol']}: written, agreed to, signed and issued."
    ):
        manuscript = author.post(
            "/manuscripts",
            {
                "kind": paper,
                "field": "CCHC" if paper == "official_letter" else "",
                "subject": subject,
                "body": f"{reason}\n\nĐề nghị các cơ quan, đơn vị thực hiện./.",
                "place": "Bến Thuyền",
                "signer_id": head.me["id"],
                "signer_post": "GIÁM ĐỐC",
                "succession": kind,
                "target_id": answer["id"],
                "recipients": [{"unit_id": scene.unit("H99.01")["id"]}],
            },
        )
        path = f"/manuscripts/{manuscript['id']}"
        author.post(f"{path}/versions/from-template", {"format": "pdf"})
        author.post(f"{path}/submission", {}, 200, of=author.get(path))
        for desk in (head, clerk, head):
            decide(desk, path, "pass")
        issued = sign_and_issue(scene, path, reason)
        scene.teller.detail(f"issued as {issued['symbol']}")
    return issued


def _recalled(scene: Scene, answer: dict[str, Any], recall: dict[str, Any], link: str) -> None:
    clerk, office = scene.desk(HOME_AFFAIRS), scene.desk(CLERK)
    path = f"/documents/{answer['id']}"
    with scene.teller.step(
        "Every recipient is asked to destroy the copy; the ministry's link opens nothing any more."
    ):
        page = clerk.http.get(link)
        expect(recall["symbol"] in page.text, "the page names the paper that recalled it")
        expect(clerk.http.get(f"{link}/file").status_code in {404, 410}, "no file behind the link")
        clerk.http.post(link, data={"answer": "destroyed"})
        office.get(path, expected=404)
        told = clerk.get(f"{path}/dispatches")
        confirmed = [one["name"] for one in told["items"] if one["recall_confirmed_at"]]
        expect_equal(confirmed, ["Bộ Nội vụ"], "who has confirmed")
        asked = scene.await_mails(
            1,
            lambda one: (
                one["X-Envelope-To"] == MINISTRY
                and one["Subject"] is not None
                and "hu hồi" in str(one["Subject"])
            ),
        )
        scene.teller.detail(f"“{asked[0]['Subject']}”; {told['counts']}")


def _replaced(scene: Scene, answer: dict[str, Any]) -> None:
    clerk = scene.desk(HOME_AFFAIRS)
    later = _succeed(scene, answer, "replaces", "report", SUBJECT, "Báo cáo này thay thế báo cáo đã thu hồi.")
    told = clerk.get(f"/documents/{answer['id']}/succession")
    kinds = sorted(one["kind"] for one in told["later"])
    expect_equal(kinds, ["recalls", "replaces"], "what became of the report")
    scene.facts["answers"] = [answer, later]
