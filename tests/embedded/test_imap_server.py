"""The mailbox of the captured mails, seen by the standard library's client and byte by byte."""

import imaplib
import json
import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from docflow.embedded import MailCatcher

REGISTRY = "vanthu@truonggiang.example"
BODY = b"Kinh gui \xff\r\n" * 250
FIRST = b"From: a@example.vn\r\nSubject: mot\r\n\r\nKinh gui\r\n"
SECOND = b"From: b@example.vn\r\nSubject: hai\r\n\r\n" + BODY


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailCatcher]:
    catcher = MailCatcher(tmp_path_factory.mktemp("mailbox"))
    catcher.start()
    try:
        with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as smtp:
            smtp.sendmail("a@example.vn", [REGISTRY], FIRST)
            smtp.sendmail("a@example.vn", ["somebody@else.example"], FIRST)
            smtp.sendmail("b@example.vn", ["c@example.vn", REGISTRY.upper()], SECOND)
        yield catcher
    finally:
        catcher.stop()


@pytest.fixture
def client(running: MailCatcher) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4(running.smtp_host, running.imap_port, timeout=10) as client:
        client.login(REGISTRY, running.imap_password)
        yield client


def on_disk(catcher: MailCatcher, number: int) -> bytes:
    return (catcher.mail_folder / f"{number:06}.eml").read_bytes()


def test_whoever_signs_in_sees_the_mails_sent_to_that_address_by_lasting_numbers(
    running: MailCatcher, client: imaplib.IMAP4
) -> None:
    assert client.select("INBOX", readonly=True) == ("OK", [b"2"])
    assert client.uid("SEARCH", "ALL") == ("OK", [b"1 3"])
    assert client.uid("SEARCH", "UID", "2:*") == ("OK", [b"3"])
    assert client.uid("SEARCH", "UID", "4:*") == ("OK", [b"3"]), "the star is the last mail, always"
    assert client.search(None, "ALL") == ("OK", [b"1 2"])
    _, (before,) = client.response("UIDVALIDITY")
    client.select("INBOX", readonly=True)
    assert client.response("UIDVALIDITY")[1] == [before]


def test_a_mail_is_given_whole_in_parts_and_by_its_headers(
    running: MailCatcher, client: imaplib.IMAP4
) -> None:
    client.select("INBOX", readonly=True)
    whole = on_disk(running, 3)
    _, data = client.uid("FETCH", "3", "(UID RFC822.SIZE BODY.PEEK[])")
    assert isinstance(data[0], tuple)
    assert f"UID 3 RFC822.SIZE {len(whole)}".encode() in data[0][0]
    assert data[0][1] == whole
    pieces = b""
    for offset in range(0, len(whole) + 1000, 1000):
        _, data = client.uid("FETCH", "3", f"(BODY.PEEK[]<{offset}.1000>)")
        assert isinstance(data[0], tuple)
        pieces += data[0][1]
    assert pieces == whole
    _, data = client.uid("FETCH", "3", "(BODY.PEEK[HEADER])")
    assert isinstance(data[0], tuple)
    assert data[0][1] == whole[: -len(BODY)]
    assert client.uid("FETCH", "2", "(UID)") == ("OK", [None]), "not one of this address"


def test_looking_marks_nothing_and_flags_are_set_only_where_the_folder_is_selected(
    client: imaplib.IMAP4,
) -> None:
    client.select("INBOX", readonly=True)
    client.uid("FETCH", "1", "(BODY[])")
    assert client.uid("SEARCH", "UNSEEN")[1] == [b"1 3"]
    assert client.uid("STORE", "1", "+FLAGS", "(\\Seen)")[0] == "NO"
    client.select("INBOX")
    client.uid("FETCH", "1", "(BODY.PEEK[])")
    assert client.uid("SEARCH", "UNSEEN")[1] == [b"1 3"]
    assert client.uid("STORE", "1", "+FLAGS", "(\\Seen)")[1] == [b"1 (UID 1 FLAGS (\\Seen))"]
    assert client.uid("SEARCH", "SEEN")[1] == [b"1"]
    client.store("1", "-FLAGS", "(\\Seen)")
    assert client.uid("SEARCH", "SEEN")[1] == [b""]


def test_a_new_mail_is_told_at_the_next_word(running: MailCatcher, client: imaplib.IMAP4) -> None:
    address = "moi@truonggiang.example"
    with imaplib.IMAP4(running.smtp_host, running.imap_port, timeout=10) as other:
        other.authenticate("PLAIN", lambda _: f"\0{address}\0{running.imap_password}".encode())
        assert other.select("INBOX") == ("OK", [b"0"])
        with smtplib.SMTP(running.smtp_host, running.smtp_port) as smtp:
            smtp.sendmail("a@example.vn", [address], FIRST)
        other.noop()
        assert other.response("EXISTS")[1][-1] == b"1"
        assert other.fetch("1", "(UID)")[0] == "OK"


def test_a_wrong_password_opens_nothing(running: MailCatcher) -> None:
    with imaplib.IMAP4(running.smtp_host, running.imap_port, timeout=10) as client:
        with pytest.raises(imaplib.IMAP4.error, match="wrong"):
            client.login(REGISTRY, "guessed")
        with pytest.raises(imaplib.IMAP4.error):
            client._simple_command("EXAMINE", "INBOX")


def test_the_password_is_in_no_command_line_and_readable_by_its_owner_alone(running: MailCatcher) -> None:
    assert running.child is not None
    command = Path(f"/proc/{running.child.pid}/cmdline").read_bytes()
    assert running.imap_password.encode() not in command
    assert running.facts_file.stat().st_mode & 0o077 == 0


TALKS = {
    "no_command": (b"a\r\n", b"* BAD"),
    "an_unknown_command": (b"a1 IDLE\r\n", b"a1 BAD"),
    "before_signing_in": (b"a1 SELECT INBOX\r\n", b"a1 BAD"),
    "before_selecting": (b"a1 UID FETCH 1 (UID)\r\n", b"a1 BAD"),
    "a_login_by_literals": (b"a1 LOGIN {1+}\r\nx {5+}\r\nwrong\r\n", b"a1 NO"),
    "too_long_a_literal": (b"a1 LOGIN {999999999}\r\n", b"* BYE"),
    "nothing_understandable": (b"\x00\xff\xfe ((((((((((\r\n", b"* BAD"),
    "an_odd_answer_to_plain": (b"a1 AUTHENTICATE PLAIN !!!\r\n", b"a1 BAD"),
}


@pytest.mark.parametrize("talk", TALKS)
def test_whatever_is_said_is_answered_and_the_server_lives_on(running: MailCatcher, talk: str) -> None:
    said, wanted = TALKS[talk]
    with closing(socket.create_connection((running.smtp_host, running.imap_port), timeout=10)) as line:
        stream = line.makefile("rb")
        assert stream.readline().startswith(b"* OK [CAPABILITY IMAP4rev1")
        line.sendall(said)
        assert stream.readline().startswith(wanted)
    with imaplib.IMAP4(running.smtp_host, running.imap_port, timeout=10) as client:
        assert client.noop()[0] == "OK"


def test_a_folder_kept_by_a_release_without_a_mailbox_gets_one(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path)
    catcher.start()
    before = (catcher.smtp_port, catcher.url)
    catcher.stop()
    kept = json.loads(catcher.facts_file.read_text("utf-8"))
    catcher.facts_file.write_text(json.dumps({name: kept[name] for name in ("smtp", "http")}), "utf-8")
    again = MailCatcher(tmp_path)
    again.start()
    try:
        assert (again.smtp_port, again.url) == before
        with imaplib.IMAP4(again.smtp_host, again.imap_port, timeout=10) as client:
            assert client.login(REGISTRY, again.imap_password)[0] == "OK"
    finally:
        again.stop()
