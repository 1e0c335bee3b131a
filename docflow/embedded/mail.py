"""A mail catcher of our own: takes every mail by SMTP, sends none on, keeps each as a file one can read, and by IMAP."""

import os
import secrets
import socket
import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from docflow.embedded.places import LOOPBACK, Kept, free_ports, keep, private_folder
from docflow.embedded.processes import Child, end_leftover, start_child
from docflow.embedded.server import Server

PACKAGES = Path(__file__).parents[2]
"""The folder this package is imported from; the child imports it from there too."""

PASSWORD_VARIABLE = "MAIL_CATCHER_PASSWORD"  # noqa: S105  (where it is told, not what it is)
_PORTS = ("smtp", "http", "imap")


def captured(folder: Path) -> list[EmailMessage]:
    """Every captured mail in the order of arrival. ``X-Envelope-To`` holds one recipient each."""
    parser = BytesParser(EmailMessage, policy=policy.default)
    return [parser.parsebytes(path.read_bytes()) for path in mail_files(folder)]


def mail_files(folder: Path) -> list[Path]:
    """``000001.eml`` and so on, in the order of arrival; a mail being written is not among them."""
    return sorted(folder.glob("[0-9]*.eml"), key=lambda path: int(path.stem))


class MailCatcher(Server):
    """Starts and stops the catcher on ``folder``; the mails are in ``mail_folder``."""

    name = "The mail catcher"
    passing = ("address already in use",)

    @property
    def smtp_host(self) -> str:
        return LOOPBACK

    @property
    def smtp_port(self) -> int:
        return int(self._facts["smtp"])

    @property
    def imap_port(self) -> int:
        """Whoever signs in there with an address and ``imap_password`` sees the mails sent to it."""
        return int(self._facts["imap"])

    @property
    def imap_password(self) -> str:
        return str(self._facts["password"])

    @property
    def url(self) -> str:
        """Where a person reads the mails."""
        return f"http://{LOOPBACK}:{self._facts['http']}/"

    @property
    def mail_folder(self) -> Path:
        return self.folder / "messages"

    def messages(self) -> list[EmailMessage]:
        """Every captured mail in the order of arrival."""
        return captured(self.mail_folder)

    def _bring_up(self) -> None:
        private_folder(self.mail_folder)
        self._read_facts()
        if not self._facts.keys() >= self._new_facts().keys():  # kept by a release without IMAP
            self._facts = self._new_facts() | self._facts
            keep(self.facts_file, self._facts)
        end_leftover(self.folder / "mail.pid", str(self.mail_folder))
        self._start_until_ready()

    def _new_facts(self) -> Kept:
        # The UIDs of a folder that was lost mean nothing in its successor (RFC 9051, 2.3.1.1).
        validity = 1 + secrets.randbelow(2**31 - 1)
        return {**self._new_ports(), "password": secrets.token_urlsafe(24), "uid_validity": validity}

    def _new_ports(self) -> Kept:
        return dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))

    def _ports(self) -> list[int]:
        return [int(self._facts[name]) for name in _PORTS]

    def _launch(self) -> Child:
        command = [sys.executable, "-m", "docflow.embedded.mail_server", str(self.mail_folder)]
        command += [str(number) for number in (*self._ports(), self._facts["uid_validity"])]
        environment = {**_environment(), PASSWORD_VARIABLE: self.imap_password}
        child = start_child(self.name, command, env=environment, cwd=self.folder, log=self.log)
        (self.folder / "mail.pid").write_text(str(child.pid), "ascii")
        return child

    def _is_ready(self) -> bool:
        try:
            for port in self._ports():
                socket.create_connection((LOOPBACK, port), timeout=2).close()
        except OSError:
            return False
        return True


def _environment() -> dict[str, str]:
    """Ours without secrets that are none of the catcher's."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
    path = [str(PACKAGES), *filter(None, [ours.get("PYTHONPATH")])]
    return ours | {"PYTHONPATH": os.pathsep.join(path)}
