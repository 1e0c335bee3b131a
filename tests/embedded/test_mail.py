"""The mail catcher: real SMTP in, files and pages out."""

import json
import re
import smtplib
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.error import HTTPError

import pytest

from docflow.embedded import MailCatcher, captured


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailCatcher]:
    catcher = MailCatcher(tmp_path_factory.mktemp("mail"))
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
def catcher(running: MailCatcher) -> MailCatcher:
    """The catcher, with nothing captured yet."""
    for path in running.mail_folder.iterdir():
        path.unlink()
    return running


def invitation(subject: str, html: str = "<p>Kính mời</p>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Văn phòng <vanphong@example.vn>"
    mail["To"] = "Nguyễn Thị Hoa <hoa@example.vn>"
    mail["Subject"] = subject
    mail.set_content("Kính mời đồng chí dự họp.")
    mail.add_alternative(html, subtype="html")
    mail.add_alternative("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", subtype="calendar")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="giấy mời.pdf")
    return mail


def send(catcher: MailCatcher, *mails: EmailMessage, to: tuple[str, ...] = ("hoa@example.vn",)) -> None:
    with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as connection:
        for mail in mails:
            assert connection.send_message(mail, "bounce@example.vn", to) == {}


def get(catcher: MailCatcher, path: str, host: str = "") -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(catcher.url.rstrip("/") + path, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def test_mails_are_kept_in_the_order_of_arrival_with_their_envelope(catcher: MailCatcher) -> None:
    send(catcher, invitation("một"), invitation("hai"), to=("hoa@example.vn", "binh@example.vn"))
    send(catcher, invitation("ba"))
    mails = captured(catcher.mail_folder)
    assert [str(mail["Subject"]) for mail in mails] == ["một", "hai", "ba"]
    assert [mail.get_all("X-Envelope-To") for mail in mails[1:]] == [
        ["hoa@example.vn", "binh@example.vn"],
        ["hoa@example.vn"],
    ]
    assert mails[0]["X-Envelope-From"] == "bounce@example.vn"
    body = mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Kính mời đồng chí dự họp."
    assert not list(catcher.mail_folder.glob("*.new"))


def test_a_mail_is_on_disk_before_it_is_accepted(catcher: MailCatcher) -> None:
    with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as connection:
        for number in range(1, 21):
            connection.send_message(invitation(f"lần {number}"), "a@example.vn", ["b@example.vn"])
            assert len(captured(catcher.mail_folder)) == number


def test_a_mail_that_cannot_be_written_is_refused_for_now_and_a_later_one_taken(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path)
    catcher.start()
    try:
        catcher.mail_folder.rename(tmp_path / "away")
        with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as connection:
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                connection.send_message(invitation("mất"), "a@example.vn", ["b@example.vn"])
            assert refusal.value.smtp_code == 452
            (tmp_path / "away").rename(catcher.mail_folder)
            connection.send_message(invitation("còn"), "a@example.vn", ["b@example.vn"])
        assert [str(mail["Subject"]) for mail in catcher.messages()] == ["còn"]
    finally:
        catcher.stop()


def test_numbers_go_on_after_a_restart_on_the_same_ports(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path)
    catcher.start()
    send(catcher, invitation("một"))
    before = (catcher.smtp_port, catcher.url)
    catcher.stop()
    catcher.start()
    try:
        send(catcher, invitation("hai"))
        assert (catcher.smtp_port, catcher.url) == before
        assert sorted(path.name for path in catcher.mail_folder.iterdir()) == ["000001.eml", "000002.eml"]
    finally:
        catcher.stop()


def test_the_list_shows_the_newest_first_and_its_links_lead_to_the_mails(catcher: MailCatcher) -> None:
    send(catcher, invitation("Giấy mời số 1"), invitation("Giấy mời số 2"))
    status, page, headers = get(catcher, "/")
    assert status == 200
    links = re.findall(r'href="(/\d+)">([^<]+)<', page)
    assert [subject for _, subject in links] == ["Giấy mời số 2", "Giấy mời số 1"]
    assert "hoa@example.vn" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    status, page, _ = get(catcher, links[1][0])
    assert status == 200
    assert "Kính mời đồng chí dự họp." in page
    assert "BEGIN:VCALENDAR" in page


def test_the_json_list_and_one_mail_hold_the_parts(catcher: MailCatcher) -> None:
    send(catcher, invitation("một"), invitation("hai"))
    listed = json.loads(get(catcher, "/messages")[1])
    assert [mail["subject"] for mail in listed] == ["hai", "một"]
    assert listed[0]["to"] == ["hoa@example.vn"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", listed[0]["received_at"])
    mail = json.loads(get(catcher, f"/messages/{listed[1]['number']}")[1])
    assert mail["text"].strip() == "Kính mời đồng chí dự họp."
    assert "METHOD:REQUEST" in mail["calendar"]
    assert mail["attachments"] == [{"name": "giấy mời.pdf", "type": "application/pdf"}]
    assert ["From", "Văn phòng <vanphong@example.vn>"] in mail["headers"]


def test_a_mail_is_downloaded_as_it_came(catcher: MailCatcher) -> None:
    send(catcher, invitation("một"))
    number = json.loads(get(catcher, "/messages")[1])[0]["number"]
    status, content, headers = get(catcher, f"/{number}.eml")
    assert status == 200
    assert headers["Content-Disposition"] == f'attachment; filename="{number}.eml"'
    assert content.encode() == (catcher.mail_folder / f"{number:06}.eml").read_bytes()


def test_a_hostile_mail_stays_text(catcher: MailCatcher) -> None:
    hostile = '<script>alert("x")</script>'
    mail = invitation(hostile, html=f"<body>{hostile}<img src=http://example.com/seen.png></body>")
    mail.replace_header("To", f'"{hostile}" <hoa@example.vn>')
    send(catcher, mail)
    number = json.loads(get(catcher, "/messages")[1])[0]["number"]
    for path in ("/", f"/{number}"):
        page = get(catcher, path)[1]
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    assert f'<iframe sandbox title="The mail as HTML" src="/{number}.html">' in get(catcher, f"/{number}")[1]
    rules = get(catcher, f"/{number}.html")[2]["Content-Security-Policy"]
    assert rules.startswith("sandbox; default-src 'none'")
    assert "script" not in rules


def test_another_host_name_and_an_unknown_mail_are_refused(catcher: MailCatcher) -> None:
    assert get(catcher, "/", host="attacker.example")[0] == 421
    for path in ("/7", "/7.eml", "/messages/7", "/../kept.json", "/messages/7.eml", "/7.exe"):
        assert get(catcher, path)[0] == 404, path


def test_a_mail_in_a_broken_coding_is_still_listed_and_shown(catcher: MailCatcher) -> None:
    with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as connection:
        broken = (
            b"Subject: =?utf-8?B?////?=\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe\x00\r\n"
        )
        connection.sendmail("a@example.vn", ["b@example.vn"], broken)
    number = json.loads(get(catcher, "/messages")[1])[0]["number"]
    for path in ("/", f"/{number}", f"/messages/{number}", f"/{number}.eml"):
        request = urllib.request.Request(catcher.url.rstrip("/") + path)
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.status == 200, path


def test_a_long_list_goes_on_at_an_older_page(catcher: MailCatcher) -> None:
    for number in range(1, 203):
        (catcher.mail_folder / f"{number:06}.eml").write_text(
            f"X-Envelope-To: a@example.vn\nSubject: thư {number}\n\n"
        )
    page = get(catcher, "/")[1]
    assert "thư 202<" in page
    assert "thư 2<" not in page
    older = re.findall(r'href="(/\?before=\d+)"', page)
    assert older == ["/?before=3"]
    assert re.findall(r">(thư \d+)<", get(catcher, older[0])[1]) == ["thư 2", "thư 1"]
