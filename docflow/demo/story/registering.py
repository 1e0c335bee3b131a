"""Chapter 1: the registry clerk registers the directive."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from docflow.core import clock
from docflow.demo.people import Desk
from docflow.demo.story.scene import CLERK, LEADER, SAMPLES, SUBJECT, Scene, await_fact
from docflow.demo.telling import expect, expect_equal

ISSUER = "Ủy ban nhân dân tỉnh Trường Giang"
READ = frozenset({"extracted", "cut"})

FURTHER = (
    ("chi-thi.docx", "09/CT-UBND"),
    ("directive.pdf", "10/CT-UBND"),
    ("directive.docx", "11/CT-UBND"),
)
"""The same words in other forms: each is read for search in its own way."""


def tell(scene: Scene) -> None:
    """Register, be warned, submit to the leader."""
    teller = scene.teller
    teller.chapter("1. A directive arrives at the provincial office")
    clerk = scene.desk(CLERK)
    with teller.step(
        f"{clerk.name} (registry clerk) registers {scene.directive.name} as an incoming directive."
    ):
        directive = clerk.upload("/documents/incoming", scene.directive, fields_of("08/CT-UBND", SUBJECT))
        scene.facts["directive"] = directive
        expect_equal(directive["number"], "01", "the arrival number")
        teller.detail(f"arrival number {directive['number']} of the year, {directive['symbol']}")
    with teller.step("Registering the same number, symbol and issuer again warns and names the first."):
        warning = clerk.upload(
            "/documents/incoming", scene.directive, fields_of("08/CT-UBND", SUBJECT), expected=409
        )
        expect_equal(warning["facts"]["duplicates"][0]["id"], directive["id"], "the first one")
        teller.detail(warning["detail"])
    with teller.step("Its text is read after the commit."):
        text = _await_text(clerk, directive["id"])
        teller.detail(f"text: {text['text']}, {text['size']} bytes, {text['media_type']}")
        if scene.own_file and text["text"] not in READ:
            teller.detail(
                f"your file gave no text ({text['text_reason'] or 'none in it'}): found by its subject only"
            )
        else:
            expect(text["text"] in READ, f"the text was not read: {text['text_reason']}")
    if not scene.own_file:
        _register_other_forms(scene, clerk)
    with teller.step(f"{clerk.name} submits it to the vice-chairman."):
        leader = scene.desk(LEADER)
        receipts = clerk.post(
            f"/documents/{scene.document_id}/routes",
            {"role": "direction", "person_ids": [leader.me["id"]], "note": "Kính trình đồng chí cho ý kiến."},
        )
        expect(any(row["person_id"] == leader.me["id"] for row in receipts), "the leader has a receipt")
        expect_equal(scene.find(leader, "711"), [scene.document_id], "what the leader finds")
        scene.await_mails(1, lambda mail: "thuyhtt@" in str(mail["X-Envelope-To"]))
        teller.detail(f"{leader.name} has a mail and sees the document")


def _register_other_forms(scene: Scene, clerk: Desk) -> None:
    with scene.teller.step("Three more papers arrive, as DOCX and in English; each is found by its text."):
        for place, (name, symbol) in enumerate(FURTHER, start=2):
            subject = f"Bản thử {Path(name).suffix[1:]} {place}"
            paper = clerk.upload("/documents/incoming", SAMPLES / name, fields_of(symbol, subject))
            expect_equal(paper["number"], f"{place:02d}", "the arrival number")
            _await_text(clerk, paper["id"])
            expect(
                paper["id"] in scene.find(clerk, "4651/KH-UBND"), f"{name} is found by a citation in its text"
            )
            scene.teller.detail(f"{name}: arrival number {paper['number']}, found by “4651/KH-UBND”")


def fields_of(symbol: str, subject: str) -> dict[str, str]:
    """What the clerk types beside the file."""
    return {
        "symbol": symbol,
        "issued_on": (clock.today() - timedelta(days=3)).isoformat(),
        "issuer": ISSUER,
        "subject": subject,
        "signer_name": "Trịnh Quang Khải",
        "signer_post": "Chủ tịch",
        "urgency": "urgent",
    }


def _await_text(clerk: Desk, document_id: str) -> dict[str, Any]:
    def read() -> dict[str, Any] | None:
        file: dict[str, Any] = clerk.get(f"/documents/{document_id}")["files"][0]
        return file if file["text"] != "waiting" else None

    found: dict[str, Any] = await_fact(read, lambda: "the text of the file")
    return found
