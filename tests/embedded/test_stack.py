"""The stack as a whole: what it tells, what it survives, what it refuses."""

import json
import os
import signal
import smtplib
from pathlib import Path

import pytest

from docflow.embedded import EmbeddedStack, StartFailed, captured
from tests.embedded.observed import (
    eventually,
    execute,
    is_gone,
    listening,
    minio_of,
    put,
    python,
    read,
    value,
)

STARTER = """
import json, sys, time
from pathlib import Path
from docflow.embedded import EmbeddedStack
stack = EmbeddedStack(Path(sys.argv[1]), fast=True)
stack.start()
print(json.dumps({"pids": [child.pid for child in stack.children()], "url": stack.postgres.owner_url}), flush=True)
time.sleep(60)
"""


def test_the_environment_points_at_servers_that_answer(servers: EmbeddedStack) -> None:
    names = servers.environment()
    assert names["DOCFLOW_S3_BUCKET"] == "docflow"
    assert value(names["DOCFLOW_DATABASE_URL"], "SELECT current_user") == "docflow_app"
    assert value(names["DOCFLOW_MIGRATION_DATABASE_URL"], "SELECT current_user") == "docflow_owner"
    assert servers.s3 is not None
    assert names["DOCFLOW_S3_ENDPOINT"] == servers.s3.endpoint
    assert names["DOCFLOW_S3_ACCESS_KEY"] != names["DOCFLOW_S3_SECRET_KEY"]
    client = minio_of(servers.s3)
    put(client, "answers", b"bytes")
    assert read(client, "answers") == b"bytes"
    with smtplib.SMTP(names["DOCFLOW_SMTP_HOST"], int(names["DOCFLOW_SMTP_PORT"])) as connection:
        assert connection.noop()[0] == 250


def test_nothing_listens_beyond_loopback(servers: EmbeddedStack) -> None:
    children = servers.children()
    assert len(children) == 3
    for child in children:
        assert listening(child.pid) == {"127.0.0.1"}, child.name


def test_a_part_that_is_not_wanted_is_not_started(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, fast=True, want_postgres=False, want_s3=False) as stack:
        assert [child.name for child in stack.children()] == ["The mail catcher"]
        assert set(stack.environment()) == {"DOCFLOW_SMTP_HOST", "DOCFLOW_SMTP_PORT"}
        with pytest.raises(ValueError, match="no PostgreSQL"):
            stack.create_database("another")


def test_a_second_start_on_the_same_folder_is_refused_and_names_the_first(servers: EmbeddedStack) -> None:
    second = EmbeddedStack(servers.folder, fast=True)
    with pytest.raises(StartFailed, match=f"in use by process {os.getpid()}"):
        second.start()
    assert len(servers.children()) == 3
    assert servers.postgres is not None
    assert value(servers.postgres.app_url, "SELECT 1") == 1


def test_after_a_kill_of_the_starter_its_servers_end_and_the_next_start_finds_the_data(
    tmp_path: Path,
) -> None:
    starter = python(STARTER, tmp_path)
    assert starter.stdout is not None
    facts = json.loads(starter.stdout.readline())
    stack = EmbeddedStack(tmp_path, fast=True)
    execute(facts["url"], "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('quyết định')")
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    with stack:
        assert all(is_gone(pid) for pid in facts["pids"])
        assert stack.postgres is not None
        assert stack.postgres.owner_url == facts["url"]
        assert value(facts["url"], "SELECT word FROM kept") == "quyết định"


def test_after_a_kill_of_the_servers_themselves_the_next_start_finds_the_data(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, fast=True) as stack:
        assert stack.postgres is not None
        assert stack.s3 is not None
        execute(stack.postgres.owner_url, "CREATE TABLE kept AS SELECT 711 AS number")
        client = minio_of(stack.s3)
        for number in range(20):
            put(client, f"papers/{number}", bytes([number]) * 100_000)
        assert stack.mail is not None
        with smtplib.SMTP(stack.mail.smtp_host, stack.mail.smtp_port) as sender:
            sender.sendmail("a@example.vn", ["b@example.vn"], b"Subject: kept\r\n\r\n")
        for child in stack.children():
            os.kill(child.pid, signal.SIGKILL)
        assert eventually(lambda: all(child.exited() for child in stack.children()))
    with stack:
        assert value(stack.postgres.owner_url, "SELECT number FROM kept") == 711
        client = minio_of(stack.s3)
        assert all(read(client, f"papers/{number}") == bytes([number]) * 100_000 for number in range(20))
        assert [str(mail["Subject"]) for mail in captured(stack.mail_folder)] == ["kept"]


def test_when_one_server_cannot_start_the_others_are_stopped_and_the_message_says_why(tmp_path: Path) -> None:
    stack = EmbeddedStack(tmp_path / "stack", fast=True, postgres_bin=tmp_path, want_s3=False)
    with pytest.raises(StartFailed, match=r"DOCFLOW_POSTGRES_BIN=.* has no initdb and postgres"):
        stack.start()
    assert stack.children() == []
    with EmbeddedStack(tmp_path / "stack", fast=True, want_postgres=False, want_s3=False) as again:
        assert len(again.children()) == 1


def test_a_folder_that_cannot_be_locked_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(StartFailed, match="cannot be used: Is a directory"):
        EmbeddedStack(tmp_path).start()


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StartFailed, match="cannot be made"):
        EmbeddedStack(tmp_path / "file").start()
