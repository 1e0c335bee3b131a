"""What the chapters share: the people, the papers, the post, and what happened so far."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from docflow.demo.people import Desk, Desks
from docflow.demo.telling import NotAsExpected, Teller
from docflow.embedded.mail import mail_files

SAMPLES = Path(__file__).parents[1] / "samples"
POST_SECONDS = 60.0

CLERK, LEADER, AUDITOR = "anpth", "thuyhtt", "anhmtn"
HOME_AFFAIRS, HOME_AFFAIRS_HEAD, SPECIALIST = "datcv", "nguyetdtm", "maihtx"
FINANCE, STRANGER, ORGANIZER = "lienttb", "phuongct", "phuoclh"
LEAD_UNIT = "H99.02"
COORDINATORS = ("H99.01", "H99.03", "H99.04", "H99.05", "H99.06")

SUBJECT = "Về đẩy mạnh cải cách hành chính, thực hiện Quyết định số 711-QĐ/TU của Tỉnh ủy"


@dataclass
class Scene:
    """One performance of the story."""

    teller: Teller
    desk: Desks
    mail_folder: Path
    directive: Path
    own_file: bool
    """Whether the directive is a file of the user's own, about whose words nothing is known."""
    environment: dict[str, str]
    """The settings of the running servers, for commands of the operator."""
    keep: Path | None = None
    """Where the sheets and archives of the story are put for the user to look at."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What later chapters need of earlier ones: the directive, the units by code, the task."""
    _read: list[EmailMessage] = field(default_factory=list)

    @property
    def document_id(self) -> str:
        return str(self.facts["directive"]["id"])

    def unit(self, code: str) -> dict[str, Any]:
        """A unit of the province by its code."""
        if "units" not in self.facts:
            rows = self.desk(CLERK).get("/units", limit=200)["items"]
            self.facts["units"] = {row["code"]: row for row in rows}
        found: dict[str, Any] = self.facts["units"][code]
        return found

    def find(self, desk: Desk, words: str) -> list[str]:
        """Ids of the documents that a search gives somebody."""
        return [row["id"] for row in desk.get("/documents", q=words)["items"]]

    def mails(self, wanted: Callable[[EmailMessage], bool]) -> list[EmailMessage]:
        """Captured mails that are ``wanted``; each is parsed once."""
        for file in mail_files(self.mail_folder)[len(self._read) :]:
            self._read.append(message_from_bytes(file.read_bytes(), policy=policy.default))
        return [mail for mail in self._read if wanted(mail)]

    def await_mails(self, count: int, wanted: Callable[[EmailMessage], bool]) -> list[EmailMessage]:
        """Wait until ``count`` mails have come; more than that is as wrong as fewer."""

        def found() -> list[EmailMessage] | None:
            mails = self.mails(wanted)
            return mails if len(mails) >= count else None

        mails: list[EmailMessage] = await_fact(
            found, lambda: f"{count} mails, but {len(self.mails(wanted))} came"
        )
        if len(mails) != count:
            raise NotAsExpected(f"{len(mails)} mails came instead of {count}")
        return mails


def await_fact(found: Callable[[], Any], told: Callable[[], str]) -> Any:
    """What ``found`` gives once it is something, asked again for up to a minute."""
    deadline = time.monotonic() + POST_SECONDS
    while (fact := found()) is None:
        if time.monotonic() > deadline:
            raise NotAsExpected(f"waited {POST_SECONDS:.0f} seconds for {told()}")
        time.sleep(0.1)
    return fact


def recipients(mails: Iterable[EmailMessage]) -> set[str]:
    """Envelope recipients."""
    return {str(mail["X-Envelope-To"]) for mail in mails}


def calendar_of(mail: EmailMessage) -> str:
    """The calendar part of an invitation, lines unfolded."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content.decode().replace("\r\n ", "")
    raise NotAsExpected(f"no calendar in the mail “{mail['Subject']}”")


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    if body is None:
        raise NotAsExpected(f"no text in the mail “{mail['Subject']}”")
    return str(body.get_content())
