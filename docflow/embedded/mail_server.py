"""The mail catcher's process:
``python -m docflow.embedded.mail_server FOLDER SMTP_PORT HTTP_PORT IMAP_PORT UID_VALIDITY``.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from docflow.embedded.imap_server import MailStore, listen
from docflow.embedded.mail import PASSWORD_VARIABLE, mail_files
from docflow.embedded.mail_pages import create_pages
from docflow.embedded.places import LOOPBACK

LARGEST_MAIL_BYTES = 64 * 1024**2


class Archive:
    """Numbers the mails in the order of arrival and writes each as a file, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last = max((int(path.stem) for path in mail_files(folder)), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The answer to a mail (RFC 5321 §4.2): 250 only when its file is there."""
        try:
            number = self.write(envelope)
        except OSError as error:
            sys.stderr.write(f"a mail could not be written: {error}\n")
            return "452 4.3.1 the mail could not be written"
        return f"250 2.0.0 kept as {number:06}"

    def write(self, envelope: Envelope) -> int:
        """Writes the mail as it came, under a line for its sender and one for each recipient."""
        number = self._last + 1
        lines = [f"X-Envelope-From: {envelope.mail_from}"]
        lines += [f"X-Envelope-To: {recipient}" for recipient in envelope.rcpt_tos]
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        path = self.folder / f"{number:06}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes("".join(f"{line}\r\n" for line in lines).encode() + content)
        fresh.replace(path)
        self._last = number
        return number


async def serve(store: MailStore, smtp_port: int, http_port: int, imap_port: int) -> None:
    """Takes mail and shows it until SIGTERM or SIGINT."""
    folder = store.folder
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    archive = Archive(folder)
    pages = create_pages(folder, http_port)
    # Nothing is lost when its threads end with the process: pages only read.
    threading.Thread(target=pages.serve_forever, name="pages", daemon=True).start()

    def session() -> SMTP:
        return SMTP(
            archive,
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="docflow",
        )

    mailbox = await listen(store, LOOPBACK, imap_port)
    async with await loop.create_server(session, LOOPBACK, smtp_port):
        await asked.wait()
    mailbox.close()


def main(arguments: list[str]) -> None:
    folder, *numbers = arguments
    smtp_port, http_port, imap_port, uid_validity = map(int, numbers)
    store = MailStore(Path(folder), os.environ[PASSWORD_VARIABLE], uid_validity)
    try:
        asyncio.run(serve(store, smtp_port, http_port, imap_port))
    except OSError as error:
        sys.exit(f"the mail catcher cannot listen: {(error.strerror or str(error)).lower()}")


if __name__ == "__main__":
    main(sys.argv[1:])
