"""A PostgreSQL of our own: one folder, one child process, loopback only, passwords that nobody chose."""

import os
import secrets
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docflow.embedded.places import LOOPBACK, Kept, free_ports
from docflow.embedded.postgres_files import clear_leftover, programs, server_user
from docflow.embedded.processes import Child, RunAs, StartFailed, start_child
from docflow.embedded.server import Server

if TYPE_CHECKING:
    import psycopg

DATABASE = "docflow"
OWNER = "docflow_owner"
APP = "docflow_app"
SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    "default_text_search_config": "pg_catalog.simple",
}
"""For a small machine: queries here are short, and compiling them costs more than running them."""

THROW_AWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
}
"""Quick and unsafe: a power cut may destroy the whole database. For tests and the demo. Commits stay
synchronous: without fsync that costs nothing (40 µs each, both ways), and a killed server loses none."""

START_S = 120
"""A start after a crash first replays the log."""


@dataclass(frozen=True)
class DatabaseUrls:
    """How the two roles reach one database: ``postgresql://user:password@127.0.0.1:port/name``."""

    owner: str
    app: str


class EmbeddedPostgres(Server):
    """Starts and stops PostgreSQL 18 on ``folder``.

    Two roles: ``docflow_owner`` owns the database ``docflow``, ``docflow_app`` may sign in and nothing
    more, until a migration grants it rights. ``fast`` gives up durability, and lets the owner create
    databases. Started by root, the server runs as another user; parents of the folder are never changed.
    """

    name = "PostgreSQL"
    passing = ("could not create any TCP/IP sockets", "pre-existing shared memory block")
    ready_within_s = START_S

    def __init__(self, folder: Path, *, fast: bool = False, bin_folder: Path | None = None) -> None:
        super().__init__(folder, fast=fast)
        self.bin_folder = bin_folder
        self._programs = Path()
        self._run_as: RunAs | None = None

    @property
    def port(self) -> int:
        return int(self._facts["port"])

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def owner_url(self) -> str:
        return self._url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        return self._url(APP, DATABASE)

    @property
    def superuser_url(self) -> str:
        return self._url(SUPERUSER, "postgres")

    def create_database(self, name: str, template: str | None = None) -> DatabaseUrls:
        """Creates a database that ``docflow_owner`` owns, as a copy of ``template`` (which nobody may be
        connected to) or empty. Raises psycopg.Error."""
        from psycopg import sql

        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
            sql.Identifier(name),
            sql.Identifier(OWNER),
            sql.Identifier(template or "template1"),
            sql.Identifier("file_copy" if self.fast else "wal_log"),
        )
        with self._superuser() as connection:
            connection.execute(statement)
        return DatabaseUrls(self._url(OWNER, name), self._url(APP, name))

    def drop_database(self, name: str) -> None:
        """Drops a database, ending its sessions; one that does not exist is no error."""
        from psycopg import sql

        with self._superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self._facts[role]}@{LOOPBACK}:{self.port}/{database}"

    def _bring_up(self) -> None:
        self._programs, major = programs(self.bin_folder)
        if self.data.exists() and not self.facts_file.exists():
            raise StartFailed(
                f"{self.data} holds a database, but the file with its passwords, {self.facts_file}, is gone"
            )
        self._read_facts()
        self._check_version(major)
        self._run_as = server_user(self.data, self._programs)
        if not self.data.exists():
            self._make_cluster()
        clear_leftover(self.data)
        self._start_until_ready()
        self._make_roles()

    def _new_facts(self) -> Kept:
        return self._new_ports() | {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}

    def _new_ports(self) -> Kept:
        return {"port": free_ports(1)[0]}

    def _ports(self) -> list[int]:
        return [self.port]

    def _stop_steps(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Fast shutdown: sessions are ended, changes written; failing that, immediate (PostgreSQL 18, §18.5)."""
        return ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))

    def _check_version(self, major: int) -> None:
        version = self.data / "PG_VERSION"
        if version.exists() and int(version.read_text("ascii")) != major:
            raise StartFailed(
                f"{self.data} was made by PostgreSQL {version.read_text('ascii').strip()}, the programs are {major}: "
                "use the old ones (DOCFLOW_POSTGRES_BIN) or upgrade the folder with pg_upgrade"
            )

    def _make_cluster(self) -> None:
        """Makes the data folder under another name and renames it when it is whole."""
        fresh, password = self.folder / "data.new", self.folder / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(f"{self._facts[SUPERUSER]}\n", "ascii")
        if self._run_as:
            for path in (fresh, password):
                os.chown(path, self._run_as.uid, self._run_as.gid)
        # The C locale and the built-in provider: the same order and case on every machine, for ever.
        options = [
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--text-search-config=simple",
            "--no-instructions",
        ]
        options += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.fast:
            options.append("--no-sync")
        elif sys.platform == "linux":
            # One call for the file system, not one for each of a thousand files: a second less.
            options.append("--sync-method=syncfs")
        command: list[str | Path] = [self._programs / "initdb", "-D", fresh, "-U", SUPERUSER, *options]
        log = self.folder / "initdb.log"
        child = start_child("initdb", command, env=_environment(), cwd=fresh, log=log, run_as=self._run_as)
        try:
            if not child.wait(START_S) or (ended := child.exited()) is None or ended.status != 0:
                raise StartFailed(f"the database could not be made; the last lines of {log}:\n{child.tail()}")
        finally:
            child.stop()
            password.unlink()
        fresh.rename(self.data)

    def _launch(self) -> Child:
        settings = SETTINGS | {"port": str(self.port)} | (THROW_AWAY if self.fast else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return start_child(
            self.name,
            [self._programs / "postgres", "-D", self.data, *options],
            env=_environment(),
            cwd=self.data,
            log=self.log,
            # What stops it in order, so that the next start has nothing to repair.
            dies_with=signal.SIGINT,
            run_as=self._run_as,
        )

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").split("\n")
        except FileNotFoundError:
            return False
        return self.child is not None and lines[0] == str(self.child.pid) and lines[7:8] == ["ready   "]

    def _superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        import psycopg

        return psycopg.connect(self.superuser_url, autocommit=True, connect_timeout=10)

    def _make_roles(self) -> None:
        """Makes what is missing of the two roles and the database: the first start may have been killed."""
        from psycopg import sql

        with self._superuser() as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APP):
                if role not in roles:
                    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(made.format(sql.Identifier(role), sql.Literal(self._facts[role])))
            grant = sql.SQL("ALTER ROLE {} " + ("CREATEDB" if self.fast else "NOCREATEDB"))
            connection.execute(grant.format(sql.Identifier(OWNER)))
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            self.create_database(DATABASE)


def _environment() -> dict[str, str]:
    """Ours without what PostgreSQL's programs would listen to, and without secrets that are none of theirs."""
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "DOCFLOW_"))
    }
    return ours | {"LC_ALL": "C", "TZ": "UTC"}
