"""Two mail servers for the same tests: Debian's dovecot, and the mailbox of the captured mails."""

import imaplib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from docflow.documents.imap import ImapSettings
from docflow.embedded import MailCatcher

PASSWORD = "mot-ngay-nang-dep"
PATIENCE_SECONDS = 20


class MailServer(Protocol):
    """A server with as many mailboxes as one asks for; each begins empty."""

    def settings(self, user: str) -> ImapSettings:
        """How docflow reaches a mailbox."""
        ...

    def deliver(self, user: str, *mails: bytes) -> None:
        """Mails arrive, as they are."""
        ...

    def renumber(self, user: str) -> None:
        """The numbers of the mailbox mean nothing any more."""
        ...

    def delete_all(self, user: str) -> None: ...


def a_user() -> str:
    return f"vanthu-{uuid4().hex[:10]}@truonggiang.example"


class Captured:
    """The shipped double."""

    def __init__(self, folder: Path) -> None:
        self.catcher = MailCatcher(folder)
        self._number = 0

    def settings(self, user: str) -> ImapSettings:
        catcher = self.catcher
        return ImapSettings(catcher.smtp_host, catcher.imap_port, user, catcher.imap_password)

    def deliver(self, user: str, *mails: bytes) -> None:
        for mail in mails:
            self._number += 1
            path = self.catcher.mail_folder / f"{self._number:06}.eml"
            path.with_suffix(".new").write_bytes(f"X-Envelope-To: {user}\r\n".encode() + mail)
            path.with_suffix(".new").replace(path)

    def renumber(self, user: str) -> None:
        self.catcher.stop()
        kept = json.loads(self.catcher.facts_file.read_text("utf-8"))
        kept["uid_validity"] += 1
        self.catcher.facts_file.write_text(json.dumps(kept), "utf-8")
        self.catcher.start()

    def delete_all(self, user: str) -> None:
        for path in self.catcher.mail_folder.glob("*.eml"):
            if user.encode() in path.read_bytes():
                path.unlink()


@contextmanager
def captured_mail() -> Iterator[Captured]:
    with tempfile.TemporaryDirectory(prefix="captured-") as folder:
        server = Captured(Path(folder))
        server.catcher.start()
        try:
            yield server
        finally:
            server.catcher.stop()


class Dovecot:
    """The real one, with plain Maildirs in a folder of its own; root or not."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def settings(self, user: str) -> ImapSettings:
        return ImapSettings("127.0.0.1", self.port, user, PASSWORD)

    def maildir(self, user: str) -> Path:
        return self.folder / "homes" / user / "Maildir"

    def deliver(self, user: str, *mails: bytes) -> None:
        maildir = self.maildir(user)
        for name in ("new", "tmp", "cur"):
            (maildir / name).mkdir(parents=True, exist_ok=True)
        for mail in mails:
            # Dovecot numbers by name: one that rises keeps the order.
            name = f"{time.time_ns()}.M{time.monotonic_ns()}.test"
            (maildir / "tmp" / name).write_bytes(mail)
            (maildir / "tmp" / name).rename(maildir / "new" / name)
        give_away(self.folder / "homes")

    def renumber(self, user: str) -> None:
        self.doveadm("mailbox", "update", "--uid-validity", str(int(time.time()) + 1000), "-u", user, "INBOX")

    def delete_all(self, user: str) -> None:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(user, PASSWORD)
            client.select("INBOX")
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()

    def doveadm(self, *words: str) -> None:
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *words]
        subprocess.run(command, check=True, capture_output=True, timeout=20)


CONFIGURATION = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mailbox_list_index = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/homes/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def owner() -> tuple[int, int]:
    """Whose the mails are: ours, or nobody's when we are root, whom dovecot reads no mail as."""
    return (os.getuid(), os.getgid()) if os.getuid() else (65534, 65534)


def give_away(folder: Path) -> None:
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, *owner())


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A dovecot on a free port of loopback, ended with the block."""
    # Not below pytest's own folder, into which only its owner may look.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    (folder / "homes").mkdir()
    give_away(folder / "homes")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    me = pwd.getpwuid(os.getuid()).pw_name
    users = (me, me) if os.getuid() else ("dovecot", "dovenull")
    group = str(os.getgid()) if os.getuid() else "dovecot"
    uid, gid = owner()
    text = CONFIGURATION.format(
        folder=folder,
        internal=users[0],
        internal_group=group,
        login=users[1],
        uid=uid,
        gid=gid,
        password=PASSWORD,
        port=port,
    )
    (folder / "dovecot.conf").write_text(text, "utf-8")
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    server = subprocess.Popen(
        [program, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _await_port(port, server, folder / "log")
        yield Dovecot(folder, port)
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder)


def _await_port(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            said = log.read_text("utf-8") if log.exists() else ""
            assert server.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.02)
        else:
            return
