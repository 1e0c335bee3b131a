"""What the mails say: golden files that anybody can read, and facts that try to be markup."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from docflow.notifications.mail import MailText
from docflow.notifications.rendering import MailTemplates, when

GOLDEN = Path(__file__).parent / "golden"
PACKAGES = {"documents": "docflow.documents", "tasks": "docflow.tasks", "meetings": "docflow.meetings"}
DOCUMENT = {
    "arrival_number": "01",
    "symbol": "4651/KH-UBND",
    "subject": "Kế hoạch cải cách hành chính năm 2027",
    "link": "https://dieuhanh.tinh.example/documents/0193a5d2",
}
MEETING = {
    "recipient_name": "Nguyễn Văn An",
    "organizer_name": "Văn phòng UBND tỉnh",
    "subject": "Hội nghị trực tuyến toàn tỉnh về cải cách hành chính",
    "letter_number": "15/GM-UBND",
    "starts_at": datetime(2026, 12, 3, 1, tzinfo=UTC),
    "ends_at": datetime(2026, 12, 3, 4, 30, tzinfo=UTC),
    "place": "Sở Nội vụ, Phòng họp 2, 12 Lê Lợi",
    "role": "member",
    "chair_name": "Trần Thị Bình",
    "description": "Đề nghị chuẩn bị báo cáo quý IV.\nTài liệu kèm theo.",
    "join_url": "https://dieuhanh.tinh.example/j/4RkPz0",
    "answer_url": "https://dieuhanh.tinh.example/a/Zb81kWmQ2xYt",
    "changes": ["time", "site"],
    "asks_again": True,
    "whole": True,
    "reason": "Bão số 9 đổ bộ",
}
TASK = {
    **DOCUMENT,
    "unit_name": "Sở Nội vụ",
    "leader_name": "Trần Thị Bình",
    "role": "lead",
    "direction": "Giao Sở Nội vụ chủ trì, tham mưu trước ngày 04/12.",
    "reason": "Không thuộc chức năng, nhiệm vụ của đơn vị.",
    "due": datetime(2026, 12, 4, 10, tzinfo=UTC),
}
ROUTED = {
    **DOCUMENT,
    "recipient_name": "Sở Tài chính",
    "sender_name": "Lê Thị Hoa",
    "kind": "Kế hoạch",
    "issuer": "UBND tỉnh",
    "issued_on": date(2026, 11, 19),
    "role": "information",
    "note": "Gửi để biết và phối hợp.",
    "due": date(2026, 12, 4),
}
ENDED = {
    **DOCUMENT,
    "recipient_name": "Trần Thị Bình",
    "actor_name": "Lê Thị Hoa",
    "holder_name": "Sở Tài chính",
    "role": "lead",
    "reason": "Không thuộc chức năng, nhiệm vụ của đơn vị.",
}
FOUND = {
    "recipient_name": "Lê Thị Hoa",
    "search": "Chỉ thị về cải cách",
    "subject": "Tăng cường cải cách hành chính",
    "count": 3,
    "documents": [
        {
            "symbol": "05/CT-UBND",
            "subject": "Tăng cường cải cách hành chính <2026>",
            "issuer": "UBND tỉnh",
            "link": "https://docflow.example/api/v1/documents/1",
        },
        {
            "symbol": "12/KH-SNV",
            "subject": "Kế hoạch cải cách",
            "issuer": "Sở Nội vụ",
            "link": "https://docflow.example/api/v1/documents/2",
        },
    ],
    "link": "https://docflow.example/api/v1/searches/1/documents",
}
ARRIVED = {
    **DOCUMENT,
    "recipient_name": "Văn thư Sở Nội vụ",
    "unit_name": "Văn phòng Ủy ban nhân dân tỉnh",
    "year": 2026,
    "arrived_on": date(2026, 11, 23),
    "issued_on": date(2026, 11, 19),
    "mail_subject": "Gửi Kế hoạch số 4651/KH-UBND",
}
UNREAD = {
    **DOCUMENT,
    "recipient_name": "Cao Văn Đạt",
    "title": "Phổ biến Quy chế làm việc",
    "due": date(2026, 12, 4),
    "is_late": False,
}
MAILS = [
    ("meetings/invitation", MEETING),
    ("meetings/update", MEETING),
    ("meetings/cancellation", MEETING),
    ("tasks/directed", TASK),
    ("tasks/returned", TASK),
    ("documents/routed", ROUTED),
    ("documents/returned", ENDED),
    ("documents/recalled", ENDED),
    ("documents/found", FOUND),
    ("documents/arrived", ARRIVED),
    ("documents/unread", UNREAD),
]
OPTIONAL = [
    "arrival_number",
    "letter_number",
    "place",
    "chair_name",
    "join_url",
    "answer_url",
    "reason",
    "note",
    "due",
    "mail_subject",
]


@pytest.fixture(scope="module")
def templates() -> MailTemplates:
    return MailTemplates(PACKAGES)


def on_paper(words: MailText) -> str:
    return f"{words.subject}\n{'=' * 78}\n{words.text}{'=' * 78}\n{words.html}"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_each_mail_says_what_its_golden_file_says(templates, name, facts, language):
    path = GOLDEN / f"{name.replace('/', '-')}.{language}.txt"
    said = on_paper(templates.render(name, language, **facts))
    if os.environ.get("GOLDEN") == "write":
        path.write_text(said, "utf-8")
    assert said == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_no_fact_becomes_markup_or_a_second_line_of_the_subject(templates, name, facts, language):
    hostile = {
        key: f'{value}<script>"&\r\nBcc: e@x.vn' if isinstance(value, str) and key != "role" else value
        for key, value in facts.items()
    }
    words = templates.render(name, language, **hostile)
    assert "<script>" not in words.html
    assert "&lt;script&gt;&#34;&amp;" in words.html
    assert "<script>" in words.text
    assert words.subject.splitlines() == [words.subject]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_what_is_not_known_is_left_out(templates, name, facts, language):
    needed = {
        "documents/arrived": {"arrival_number"},
        "tasks/directed": {"due"},
        "tasks/returned": {"due", "reason"},
        "documents/returned": {"reason"},
        "documents/recalled": {"reason"},
        "documents/unread": {"due"},
    }.get(name, set())
    bare = {key: None if key in OPTIONAL and key not in needed else value for key, value in facts.items()}
    words = templates.render(name, language, **bare)
    assert "None" not in on_paper(words)


@pytest.mark.parametrize(("name", "facts"), MAILS)
def test_a_missing_fact_is_an_error_and_not_a_gap(templates, name, facts):
    with pytest.raises(UndefinedError):
        templates.render(name, "vi", **{key: value for key, value in facts.items() if key != "subject"})


def test_an_unknown_mail_or_language_is_an_error(templates):
    with pytest.raises(TemplateNotFound):
        templates.render("meetings/party", "vi", **MEETING)
    with pytest.raises(TemplateNotFound):
        templates.render("meetings/invitation", "fr", **MEETING)


@pytest.mark.parametrize("role", ["chair", "secretary", "presenter", "member", "guest", "technician"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_role_in_a_meeting_has_a_word(templates, role, language):
    words = templates.render("meetings/invitation", language, **{**MEETING, "role": role})
    assert role.capitalize() in words.text or language == "vi"


def test_the_other_role_of_each_mail_has_its_word(templates):
    assert "phối hợp" in templates.render("tasks/directed", "vi", **{**TASK, "role": "coordinate"}).text
    assert "as coordinator" in templates.render("tasks/returned", "en", **{**TASK, "role": "coordinate"}).text
    assert (
        "your direction" in templates.render("documents/routed", "en", **{**ROUTED, "role": "direction"}).text
    )
    assert (
        "Xin ý kiến" in templates.render("documents/routed", "vi", **{**ROUTED, "role": "direction"}).subject
    )


@pytest.mark.parametrize(("role", "word"), [("lead", "chủ trì"), ("coordinate", "phối hợp")])
def test_what_is_passed_on_says_for_what(templates, role, word):
    words = templates.render("documents/routed", "vi", **{**ROUTED, "role": role})
    assert all(word in said for said in (words.text, words.subject.lower(), words.html))


def test_what_is_recalled_leads_nowhere(templates):
    words = templates.render("documents/recalled", "vi", **ENDED)
    assert ENDED["link"] not in on_paper(words)


def test_removing_one_says_that_the_meeting_goes_on(templates):
    words = templates.render("meetings/cancellation", "vi", **{**MEETING, "whole": False})
    assert words.subject.startswith("Rút lời mời: ")
    assert "cuộc họp vẫn diễn ra" in words.text
    assert "cuộc họp vẫn diễn ra" in words.html


def test_times_are_shown_as_the_province_writes_them():
    assert when(datetime(2026, 12, 3, 18, 5, tzinfo=UTC)) == "04/12/2026 01:05"
    assert when(date(2026, 12, 3)) == "03/12/2026"
    with pytest.raises(ValueError, match="time zone"):
        when(datetime(2026, 12, 3, 8))  # noqa: DTZ001
