"""What the mails of manuscripts say, and to whom they go."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from docflow.issuing.models import StepKind
from docflow.notifications.rendering import MailTemplates
from tests.issuing.writing import CLERK, HEAD, Office

GOLDEN = Path(__file__).parent / "golden"
ABOUT: dict[str, Any] = {
    "recipient_name": "Đặng Thị Minh Nguyệt",
    "document_kind": "Báo cáo",
    "unit_name": "Sở Nội vụ",
    "subject": "Kết quả rà soát Chỉ số cải cách hành chính",
    "due": date(2026, 12, 5),
    "link": "https://docflow.example/api/v1/manuscripts/1",
}
MAILS: list[tuple[str, dict[str, Any]]] = [
    ("step_waits", {"step": "content", "author_name": "Hồ Thị Xuân Mai", "note": "Kính trình đồng chí."}),
    ("sent_back", {"decider_name": "Cao Văn Đạt", "note": "Sai lề trái", "number": 2}),
    ("approved", {"decider_name": "Đặng Thị Minh Nguyệt", "note": None, "number": 2}),
]
TEMPLATES = MailTemplates({"issuing": "docflow.issuing"})


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_each_mail_says_what_its_golden_file_says(name: str, facts: dict[str, Any], language: str) -> None:
    words = TEMPLATES.render(f"issuing/{name}", language, **ABOUT, **facts)
    said = f"{words.subject}\n{'=' * 78}\n{words.text}{'=' * 78}\n{words.html}"
    path = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(said, "utf-8")
    assert said == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_no_fact_becomes_markup_or_a_second_line_of_the_subject(
    name: str, facts: dict[str, Any], language: str
) -> None:
    hostile = {
        key: f'{value}<script>"&\r\nBcc: e@x.vn' if isinstance(value, str) and key != "step" else value
        for key, value in {**ABOUT, **facts}.items()
    }
    words = TEMPLATES.render(f"issuing/{name}", language, **hostile)
    assert "<script>" not in words.html
    assert "\n" not in words.subject


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_what_is_not_known_leaves_no_trace(name: str, facts: dict[str, Any], language: str) -> None:
    words = TEMPLATES.render(f"issuing/{name}", language, **{**ABOUT, "due": None}, **{**facts, "note": None})
    assert "None" not in words.text + words.html + words.subject or name == "sent_back"


async def test_each_turn_is_told_to_whoever_decides_and_the_end_to_the_author(office: Office) -> None:
    submitted = await office.submitted()

    async def told() -> list[tuple[str, str]]:
        letters = await office.letters(submitted)
        return [(letter.recipient.partition("@")[0], letter.effect.split("/")[2]) for letter in letters]

    assert await told() == [("nguyetdtm", "step")]
    await office.decide(submitted, HEAD, StepKind.CONTENT)
    assert await told() == [("nguyetdtm", "step"), ("datcv", "step")]
    await office.decide(submitted, CLERK, StepKind.FORM, "send_back", "Sai lề trái")
    assert (await told())[2:] == [("maihtx", "sent_back")]
    approved = await office.submit(submitted)
    await office.decide(approved, HEAD, StepKind.CONTENT)
    await office.decide(approved, CLERK, StepKind.FORM)
    await office.decide(approved, HEAD, StepKind.APPROVAL)
    assert (await told())[-1] == ("maihtx", "approved")


async def test_no_mail_goes_to_anybody_who_does_not_see_the_manuscript(office: Office) -> None:
    approved = await office.approved()
    seen = {who for who in office.people if await office.sees(who, approved)}
    told = {letter.recipient.partition("@")[0] for letter in await office.letters(approved)}
    assert told <= seen
