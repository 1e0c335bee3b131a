"""The PostgreSQL runner on real data folders."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from docflow.embedded import EmbeddedPostgres, EmbeddedStack, StartFailed, start_child
from docflow.embedded.postgres_files import NO_SUCH_PID, programs, server_user
from docflow.embedded.processes import Child, command_of
from tests.embedded.observed import eventually, execute, value


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, stopped, that tests copy."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("cluster"), fast=True)
    server.start()
    server.stop()
    return server.folder


@pytest.fixture
def server(cluster: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A stopped server on a copy of a data folder, owned as the first was."""
    folder = tmp_path / "cơ sở dữ liệu, bản sao"
    shutil.copytree(cluster, folder)
    owner = (cluster / "data").stat()
    for path in (folder / "data", *(folder / "data").rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    server = EmbeddedPostgres(folder, fast=True)
    yield server
    server.stop()


def a_stranger(server: EmbeddedPostgres) -> Child:
    """Another program of the same user as the server."""
    sleep = shutil.which("sleep")
    assert sleep
    child = start_child("a stranger", [sleep, "60"], run_as=server_user(server.data, programs(None)[0]))
    assert eventually(lambda: command_of(child.pid) == [sleep, "60"])
    return child


def write_pid(server: EmbeddedPostgres, pid: int) -> Path:
    """A ``postmaster.pid`` as a killed server leaves it, naming this pid."""
    path = server.data / "postmaster.pid"
    path.write_text(f"{pid}\n{server.data}\n1790000000\n{5432}\n\n127.0.0.1\n  1234567   9999999\nready   \n")
    return path


def test_the_application_s_role_owns_nothing_and_may_create_nothing(servers: EmbeddedStack) -> None:
    assert servers.postgres is not None
    owner = value(
        servers.postgres.superuser_url,
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'docflow'",
    )
    assert owner == "docflow_owner"
    rights = value(
        servers.postgres.superuser_url,
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication "
        "FROM pg_roles WHERE rolname = 'docflow_app'",
    )
    assert rights is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(servers.postgres.app_url, "CREATE TABLE mine (number int)")


def test_a_password_is_asked_for_and_a_wrong_one_refused(servers: EmbeddedStack) -> None:
    assert servers.postgres is not None
    password = servers.postgres.app_url.split(":")[2].split("@")[0]
    for url in (
        servers.postgres.app_url.replace(password, "guessed"),
        servers.postgres.app_url.replace(f":{password}", ""),
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url)


def test_vietnamese_letters_change_case_and_stay_whole_words(servers: EmbeddedStack) -> None:
    assert servers.postgres is not None
    assert value(servers.postgres.app_url, "SELECT lower('QUYẾT ĐỊNH')") == "quyết định"
    words = value(servers.postgres.app_url, "SELECT tsvector_to_array(to_tsvector('Đường ưu tiên'))")
    assert words == ["tiên", "đường", "ưu"]


def test_a_database_is_copied_from_a_template_by_the_owner_too(servers: EmbeddedStack) -> None:
    assert servers.postgres is not None
    execute(servers.postgres.owner_url, "CREATE EXTENSION pg_trgm")
    template = servers.create_database("a_template")
    execute(
        template.owner, "CREATE TABLE numbers AS SELECT 1 AS number", "GRANT SELECT ON numbers TO docflow_app"
    )
    copy = servers.create_database("a_copy", "a_template")
    assert value(copy.app, "SELECT number FROM numbers") == 1
    execute(servers.postgres.owner_url, "CREATE DATABASE another_copy TEMPLATE a_template")
    servers.postgres.drop_database("a_copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy.app)


def test_it_starts_below_folders_that_only_their_owner_can_enter_and_leaves_their_modes(
    own_folder: Path,
) -> None:
    package = programs(None)[0].parents[1]
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, own_folder / "venv" / source.name, copy_function=_linked)
    installed = own_folder / "venv" / package.name / "pginstall" / "bin"
    own_folder.chmod(0o700)
    modes = {path: path.stat().st_mode for path in (own_folder, *own_folder.parents)}
    server = EmbeddedPostgres(own_folder / "var" / "postgres", bin_folder=installed)
    server.start()
    try:
        assert {path: path.stat().st_mode for path in modes} == modes
        assert (server.folder / "kept.json").stat().st_mode & 0o777 == 0o600
        assert server.data.stat().st_mode & 0o777 == 0o700
        assert value(server.superuser_url, "SHOW fsync") == "on"
        assert value(server.superuser_url, "SHOW full_page_writes") == "on"
        execute(server.owner_url, "CREATE EXTENSION pg_trgm")
        assert server.child is not None
        status = dict(
            line.split(":\t") for line in Path(f"/proc/{server.child.pid}/status").read_text().splitlines()
        )
        assert {int(uid) for uid in status["Uid"].split("\t")} == {server.data.stat().st_uid} != {0}
        assert int(status["CapEff"], 16) in {0, 1 << 2}, "at most the right to read what only root can enter"
    finally:
        server.stop()


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_a_pid_file_that_names_another_program_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    stranger = a_stranger(server)
    try:
        write_pid(server, stranger.pid)
        server.start()
        assert value(server.app_url, "SELECT 1") == 1
        assert stranger.exited() is None
    finally:
        stranger.stop()


def test_a_pid_file_that_names_a_zombie_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    zombie = a_stranger(server)
    os.kill(zombie.pid, signal.SIGKILL)
    assert eventually(lambda: "Z (zombie)" in Path(f"/proc/{zombie.pid}/status").read_text())
    write_pid(server, zombie.pid)
    server.start()
    assert value(server.app_url, "SELECT 1") == 1
    zombie.stop()


def test_a_pid_file_of_a_process_that_is_gone_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    write_pid(server, NO_SUCH_PID)
    server.start()
    assert value(server.app_url, "SELECT 1") == 1


def test_a_start_waits_for_sessions_of_a_killed_server_to_end(server: EmbeddedPostgres) -> None:
    server.start()
    execute(server.owner_url, "CREATE TABLE kept AS SELECT 1 AS number")
    assert server.child is not None
    with psycopg.connect(server.app_url):
        os.kill(server.child.pid, signal.SIGKILL)
        server.stop()
        server.start()
        assert value(server.owner_url, "SELECT number FROM kept") == 1


def test_a_taken_port_is_replaced_and_a_free_one_kept(server: EmbeddedPostgres) -> None:
    server.start()
    before = server.port
    server.stop()
    server.start()
    assert server.port == before
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before))
        other.listen()
        server.start()
    assert server.port != before
    assert json.loads((server.folder / "kept.json").read_text())["port"] == server.port
    assert value(server.app_url, "SELECT 1") == 1


def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    (tmp_path / "password.new").write_text("old\n")
    server = EmbeddedPostgres(tmp_path, fast=True)
    server.start()
    try:
        assert value(server.app_url, "SELECT 1") == 1
        assert sorted(path.name for path in tmp_path.glob("*.new")) == []
    finally:
        server.stop()


def test_data_without_its_passwords_is_refused_in_words(server: EmbeddedPostgres) -> None:
    (server.folder / "kept.json").unlink()
    with pytest.raises(StartFailed, match=r"passwords, .*kept\.json, is gone"):
        server.start()


def test_data_of_another_major_version_is_refused_in_words(server: EmbeddedPostgres) -> None:
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartFailed, match="was made by PostgreSQL 16, the programs are 18"):
        server.start()


def test_programs_that_are_too_old_are_refused_in_words(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.14'\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(StartFailed, match="has PostgreSQL 15; PostgreSQL 18 is needed"):
        EmbeddedPostgres(tmp_path / "postgres-data", bin_folder=tmp_path).start()


def test_a_failed_start_shows_the_end_of_the_log(server: EmbeddedPostgres) -> None:
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = on\n")
    with pytest.raises(StartFailed) as failure:
        server.start()
    assert "no_such_setting" in str(failure.value)
    assert str(server.log) in str(failure.value)
    assert server.child is None


def test_programs_on_the_path_are_found_when_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = programs(None)[0]
    monkeypatch.setenv("PATH", str(wheel))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert programs(None) == (wheel, 18)
    answer = subprocess.run([wheel / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL) 18" in answer.stdout
