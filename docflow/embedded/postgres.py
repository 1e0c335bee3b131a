"""A PostgreSQL of our own: one folder, one child process, loopback only, passwords that nobody chose."""

import os
import secrets
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docflow.embedded.places import (
    LOOPBACK,
    FolderLock,
    Kept,
    free_ports,
    is_free,
    keep,
    kept,
    private_folder,
)
from docflow.embedded.postgres_files import clear_leftover, programs, server_user
from docflow.embedded.processes import Child, RunAs, StartFailed, start_child, wait_until

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
    "default_text_search_config": "pg_catalog.simple",
}
"""For a small machine: queries here are short, and compiling them costs more than running them."""

THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
}
"""Quick and unsafe: a power cut may destroy the whole database. For tests and the demo."""

START_S = 120
"""A start after a crash first replays the log."""
FAST_SHUTDOWN = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
"""Sessions are ended, changes written; failing that, immediate shutdown (PostgreSQL 18, §18.5)."""
OLD_ONE_STILL_THERE = "pre-existing shared memory block"
PORT_TAKEN = "could not create any TCP/IP sockets"


@dataclass(frozen=True)
class DatabaseUrls:
    """How the two roles reach one database: ``postgresql://user:password@127.0.0.1:port/name``."""

    owner: str
    app: str


class EmbeddedPostgres:
    """Starts and stops PostgreSQL 18 on ``folder`` (its own: data, log, passwords and port live there).

    Two roles: ``docflow_owner`` owns the database ``docflow``, ``docflow_app`` may sign in and nothing
    more, until a migration grants it rights. ``fast`` gives up durability, and lets the owner create
    databases. Started by root, the server runs as another user; parents of the folder are never changed.
    """

    def __init__(self, folder: Path, *, fast: bool = False, bin_folder: Path | None = None) -> None:
        self.folder = folder
        self.fast = fast
        self.bin_folder = bin_folder
        self.child: Child | None = None
        self._facts: Kept = {}

    @property
    def port(self) -> int:
        return int(self._facts["port"])

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

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

    def start(self) -> None:
        """Returns when it answers and both roles exist. Raises StartFailed in words for the user."""
        self.folder = private_folder(self.folder)
        self._lock = FolderLock(self.folder)
        self._lock.take()
        try:
            bin_folder, major = programs(self.bin_folder)
            self._facts = self._kept_facts()
            self._check_version(major)
            run_as = server_user(self.data, bin_folder)
            if not self.data.exists():
                self._make_cluster(bin_folder, run_as)
            clear_leftover(self.data)
            self._start_server(bin_folder, run_as)
            self._make_roles()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shuts down and waits; does nothing when it does not run."""
        if self.child:
            self.child.stop(*FAST_SHUTDOWN)
            self.child = None
        self._lock.give_back()

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

    def _kept_facts(self) -> Kept:
        path = self.folder / "kept.json"
        if self.data.exists() and not path.exists():
            raise StartFailed(
                f"{self.data} holds a database, but the file with its passwords, {path}, is gone"
            )
        return kept(
            path,
            lambda: (
                {"port": free_ports(1)[0]}
                | {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
            ),
        )

    def _check_version(self, major: int) -> None:
        version = self.data / "PG_VERSION"
        if version.exists() and int(version.read_text("ascii")) != major:
            raise StartFailed(
                f"{self.data} was made by PostgreSQL {version.read_text('ascii').strip()}, the programs are {major}: "
                "use the old ones (DOCFLOW_POSTGRES_BIN) or upgrade the folder with pg_upgrade"
            )

    def _make_cluster(self, bin_folder: Path, run_as: RunAs | None) -> None:
        """Makes the data folder under another name and renames it when it is whole."""
        fresh, password = self.folder / "data.new", self.folder / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(f"{self._facts[SUPERUSER]}\n", "ascii")
        if run_as:
            for path in (fresh, password):
                os.chown(path, run_as.uid, run_as.gid)
        # The C locale and the built-in provider: the same order and case on every machine, for ever.
        command = [
            bin_folder / "initdb",
            "-D",
            fresh,
            "-U",
            SUPERUSER,
            "--auth=scram-sha-256",
            f"--pwfile={password}",
        ]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--text-search-config=simple", "--no-instructions", *(["--no-sync"] if self.fast else [])]
        log = self.folder / "initdb.log"
        child = start_child("initdb", command, env=_environment(), cwd=fresh, log=log, run_as=run_as)
        try:
            if not child.wait(START_S) or (ended := child.exited()) is None or ended.status != 0:
                raise StartFailed(f"the database could not be made; the last lines of {log}:\n{child.tail()}")
        finally:
            child.stop()
            password.unlink()
        fresh.rename(self.data)

    def _start_server(self, bin_folder: Path, run_as: RunAs | None) -> None:
        """Starts until it is ready; again on another port when ours is taken, and when processes of a
        killed server are still about to notice that it is gone."""
        deadline = time.monotonic() + 30
        while True:
            if not is_free(self.port):
                self._facts["port"] = free_ports(1)[0]
                keep(self.folder / "kept.json", self._facts)
            settings = SETTINGS | {"port": str(self.port)} | (THROW_AWAY if self.fast else {})
            options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
            self.child = start_child(
                "PostgreSQL",
                [bin_folder / "postgres", "-D", self.data, *options],
                env=_environment(),
                cwd=self.data,
                log=self.log,
                dies_with=signal.SIGINT,
                run_as=run_as,
            )
            try:
                wait_until(self._is_ready, self.child, timeout_s=START_S)
            except StartFailed as failure:
                passing = any(reason in str(failure) for reason in (OLD_ONE_STILL_THERE, PORT_TAKEN))
                if not passing or time.monotonic() > deadline:
                    raise
                self.child.stop()
                time.sleep(0.1)
            else:
                return

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
