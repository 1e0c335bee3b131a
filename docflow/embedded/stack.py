"""The servers docflow needs, started together: what ``docflow run``, ``docflow demo`` and the tests use when
the environment names none."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from docflow.embedded.mail import MailCatcher
from docflow.embedded.places import FolderLock, private_folder
from docflow.embedded.postgres import DatabaseUrls, EmbeddedPostgres
from docflow.embedded.processes import Child, StartFailed
from docflow.embedded.s3 import EmbeddedS3
from docflow.embedded.server import Server

BUCKET = "docflow"
REGISTRY_UNIT = "H99.01"
"""Code of the sample province's office, and the address at which its registry takes mail."""
REGISTRY_ADDRESS = "vanthu@truonggiang.example"


class EmbeddedStack:
    """PostgreSQL, an S3 server and a mail catcher in one folder, each only when wanted.

    The mails sent to ``REGISTRY_ADDRESS`` are a mailbox that docflow fetches, unless another is named. ``fast`` gives
    up durability against power cuts: for tests and the demo. A folder is used by one
    process at a time. When that process ends, however it ends, its servers end too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fast: bool = False,
        postgres_bin: Path | None = None,
        want_postgres: bool = True,
        want_s3: bool = True,
        want_mail: bool = True,
        want_mailbox: bool = True,
    ) -> None:
        self.folder = folder
        self._lock = FolderLock(folder)
        self.postgres = (
            EmbeddedPostgres(folder / "postgres", fast=fast, bin_folder=postgres_bin)
            if want_postgres
            else None
        )
        self.s3 = EmbeddedS3(folder / "s3", fast=fast) if want_s3 else None
        self.mail = MailCatcher(folder / "mail") if want_mail else None
        # Its unit is one of the sample province, which only a database of our own holds.
        self._has_mailbox = want_mail and want_postgres and want_mailbox

    @property
    def mail_folder(self) -> Path:
        """Where the captured mails are. Raises ValueError without a mail catcher."""
        return self._catcher.mail_folder

    @property
    def mail_url(self) -> str:
        """Where a person reads the captured mails. Raises ValueError without a mail catcher."""
        return self._catcher.url

    @property
    def _catcher(self) -> MailCatcher:
        if self.mail is None:
            raise ValueError("this stack has no mail catcher")
        return self.mail

    def start(self) -> None:
        """Starts all at the same time; returns when all are ready. When one fails, the others are stopped
        and StartFailed says in words for the user what failed, where its log is and how that ends."""
        private_folder(self.folder)
        self._lock.take()
        try:
            with ThreadPoolExecutor(max_workers=3) as starters:
                started = [starters.submit(server.start) for server in self._servers()]
            _raise_failures(started)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops all at the same time and waits; does nothing when they do not run."""
        with ThreadPoolExecutor(max_workers=3) as stoppers:
            stopped = [stoppers.submit(server.stop) for server in self._servers()]
        self._lock.give_back()
        for each in stopped:
            each.result()

    def create_database(self, name: str, template: str | None = None) -> DatabaseUrls:
        """A further database, empty or a copy of ``template``. Raises ValueError without PostgreSQL."""
        if self.postgres is None:
            raise ValueError("this stack has no PostgreSQL")
        return self.postgres.create_database(name, template)

    def children(self) -> list[Child]:
        """The running servers, for a ProcessGroup to watch."""
        return [server.child for server in self._servers() if server.child]

    def _servers(self) -> list[Server]:
        return [server for server in (self.postgres, self.s3, self.mail) if server]

    def environment(self) -> dict[str, str]:
        """The settings that point docflow at the parts started here."""
        names: dict[str, str] = {}
        if self.postgres:
            names["DOCFLOW_DATABASE_URL"] = self.postgres.app_url
            names["DOCFLOW_MIGRATION_DATABASE_URL"] = self.postgres.owner_url
        if self.s3:
            names["DOCFLOW_S3_ENDPOINT"] = self.s3.endpoint
            names["DOCFLOW_S3_ACCESS_KEY"] = self.s3.access_key
            names["DOCFLOW_S3_SECRET_KEY"] = self.s3.secret_key
            names["DOCFLOW_S3_BUCKET"] = BUCKET
        if self.mail:
            names["DOCFLOW_SMTP_HOST"] = self.mail.smtp_host
            names["DOCFLOW_SMTP_PORT"] = str(self.mail.smtp_port)
        if self.mail and self._has_mailbox:
            names["DOCFLOW_IMAP_HOST"] = self.mail.smtp_host
            names["DOCFLOW_IMAP_PORT"] = str(self.mail.imap_port)
            names["DOCFLOW_IMAP_USERNAME"] = REGISTRY_ADDRESS
            names["DOCFLOW_IMAP_PASSWORD"] = self.mail.imap_password
            names["DOCFLOW_IMAP_UNIT"] = REGISTRY_UNIT
        return names

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _raise_failures(started: "list[Future[None]]") -> None:
    """Raises what went wrong; every StartFailed in one, because the user mends them together."""
    failures = [error for error in (each.exception() for each in started) if error]
    for error in failures:
        if not isinstance(error, StartFailed):
            raise error
    if failures:
        raise StartFailed("\n\n".join(str(error) for error in failures))
