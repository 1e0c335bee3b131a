"""A chapter: what comes by mail, and what comes in bulk."""

import os
import smtplib
import subprocess
import sys
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from docflow.core import clock
from docflow.demo.people import Desk
from docflow.demo.story.scene import CLERK, SAMPLES, Scene, await_fact
from docflow.demo.telling import expect, expect_equal

SENDER = "vanthu@binhminh.example"
SUBJECT = "Kế hoạch cải cách hành chính năm 2027 của huyện Bình Minh"
ANNEX = "STT,Nhiệm vụ,Thời hạn\n1,Rà soát thủ tục hành chính,31/03/2027\n2,Khảo sát sự hài lòng,30/09/2027\n"


def tell(scene: Scene) -> None:
    """A mail becomes a draft, a draft a document; a folder becomes a shelf."""
    scene.teller.chapter("6. Papers arrive by mail and in bulk")
    _by_mail(scene, scene.desk(CLERK))
    _in_bulk(scene)


def paper(issued: date) -> str:
    """The plan that is mailed, in the layout of Decree 30."""
    return (
        "ỦY BAN NHÂN DÂN\nHUYỆN BÌNH MINH\nSố: 87/KH-UBND\n\n"
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
        f"Bình Minh, ngày {issued:%d} tháng {issued:%m} năm {issued:%Y}\n\n"
        "KẾ HOẠCH\nCải cách hành chính năm 2027 của huyện Bình Minh\n\n"
        "Thực hiện Quyết định số 711-QĐ/TU ngày 11 tháng 5 năm 2018 của Tỉnh ủy, Ủy ban nhân dân huyện xây dựng kế hoạch "
        "cải cách hành chính như sau.\n\n"
        "Nơi nhận:\n- UBND tỉnh;\n- Lưu: VT.\n\nTM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\n\nNguyễn Hữu Phước\n"
    )


def _by_mail(scene: Scene, clerk: Desk) -> None:
    teller = scene.teller
    with teller.step(f"{SENDER} mails a plan with an annex to the registry, and the same mail once more."):
        mail = _mail(scene.environment["DOCFLOW_IMAP_USERNAME"])
        for _ in range(2):
            with smtplib.SMTP(
                scene.environment["DOCFLOW_SMTP_HOST"], int(scene.environment["DOCFLOW_SMTP_PORT"])
            ) as server:
                server.send_message(mail, SENDER)
        clerk.post("/mails/fetch", expected=202)
        draft = await_fact(lambda: _read_draft(clerk), lambda: "the draft of the mail")
        mails = clerk.get("/mails")["items"]
        expect_equal(
            sorted(one["state"] for one in mails), ["drafted", "repeated"], "what became of the mails"
        )
        expect_equal(len(clerk.get("/drafts")["items"]), 1, "drafts")
        teller.detail(
            f"one draft with {len(draft['files'])} files from {draft['sender']}; the second mail made none"
        )
    with teller.step(f"{clerk.name} takes over what was read off the first page, and registers it."):
        said = {one["field"]: one for one in draft["suggestions"] if one["sure"]}
        for field in ("symbol", "kind", "issued_on", "issuer", "subject"):
            expect(field in said, f"{field} was read off the first page: {sorted(said)}")
            teller.detail(
                f"{field}: {said[field]['value']} (page {said[field]['page']}, line {said[field]['line']})"
            )
        fields = ("symbol", "kind", "issued_on", "issuer", "subject", "signer_name", "signer_post")
        form = {field: said[field]["value"] for field in fields if field in said}
        document = clerk.post(f"/drafts/{draft['id']}/registration", form, of=draft)
        expect_equal([file["annex"] for file in document["files"]], [0, 1], "the paper and its annex")
        clerk.post(f"/drafts/{draft['id']}/registration", form, expected=409, of=draft)
        scene.await_mails(1, lambda sent: sent["X-Envelope-To"] == SENDER)
        teller.detail(f"arrival number {document['number']}; the sender was told")
        scene.facts["filed"] = [document]


def _mail(registry: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Văn thư huyện Bình Minh <{SENDER}>", registry, SUBJECT
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="binhminh.example")
    mail.set_content("Kính gửi Văn phòng Ủy ban nhân dân tỉnh văn bản kèm theo.")
    issued = clock.today() - timedelta(days=2)
    mail.add_attachment(paper(issued), filename="ke-hoach-87.txt")
    mail.add_attachment(ANNEX, filename="phu-luc.txt")
    return mail


def _read_draft(clerk: Desk) -> dict[str, Any] | None:
    """The draft once its files were read."""
    for row in clerk.get("/drafts")["items"]:
        draft: dict[str, Any] = clerk.get(f"/drafts/{row['id']}")
        if all(file["text"] != "waiting" for file in draft["files"]):
            mails = clerk.get("/mails")["items"]
            return draft if len(mails) == 2 else None
    return None


def _in_bulk(scene: Scene) -> None:
    teller, clerk = scene.teller, scene.desk(CLERK)
    folder = SAMPLES / "import"
    with teller.step(
        "A folder of old papers is imported by its table: tried, done, and done again without effect."
    ):
        tried = import_folder(scene, str(folder), "--manifest", "manifest.xlsx", "--dry-run")
        before = clerk.get("/documents", total=True)["total"]["value"]
        done = import_folder(scene, str(folder), "--manifest", "manifest.xlsx")
        after = clerk.get("/documents", total=True)["total"]["value"]
        again = import_folder(scene, str(folder), "--manifest", "manifest.csv")
        expect(after > before, "documents were registered")
        expect_equal(clerk.get("/documents", total=True)["total"]["value"], after, "after importing again")
        for what, said in (("dry run", tried), ("import", done), ("again", again)):
            teller.detail(f"{what}: {said.strip().splitlines()[-1]}")
        imported = clerk.get("/documents", source="import")["items"]
        expect_equal(len(imported), after - before, "documents with their origin")
        scene.facts["filed"].append(imported[0])


def import_folder(scene: Scene, *words: str) -> str:
    """What ``docflow import`` says at its end."""
    command = [
        sys.executable,
        "-m",
        "docflow.cli",
        "import",
        "--as",
        CLERK,
        "--late-reason",
        "Nhập hồ sơ cũ",
        *words,
    ]
    done = subprocess.run(  # noqa: S603  (our own program)
        command,
        env={**os.environ, **scene.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    expect_equal(
        done.returncode, 0, f"the exit status of docflow import: {done.stdout[-400:]} {done.stderr[-400:]}"
    )
    return done.stdout
