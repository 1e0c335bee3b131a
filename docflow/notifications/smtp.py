"""Delivery over SMTP (RFC 5321): one connection for a batch, each letter's fate told as soon as it is known."""

import asyncio
import math
import smtplib
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, TypeVar, TypeVarTuple
from uuid import UUID

from docflow.notifications.mail import MailAddressNotValid, checked_address

CHECK_SECONDS = 1.0
"""The most that each step of a check may take: whoever asks whether all is well does not wait for long."""

_Said = TypeVar("_Said")
_Given = TypeVarTuple("_Given")


class MailServerUnavailable(Exception):
    """The mail server cannot be reached, or refuses us before any letter: try again later."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and how to hand over mail. ``timeout`` in seconds, for each step of the talk.

    ``starttls`` is required when named, never an option that an attacker can strip; certificates are checked
    against the system's authorities. Empty ``username``: no sign-in.
    """

    host: str
    port: int = 25
    username: str = ""
    password: str = ""
    tls: Literal["none", "starttls", "tls"] = "none"
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"SmtpSettings({self.host}:{self.port}, tls={self.tls})"


class Outcome(StrEnum):
    """What became of a letter: taken over by the server, to be tried again, or never to be."""

    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    NOT_TRIED = "not_tried"
    """It was not its turn: no connection, or no time left. Says nothing about the letter."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail for one recipient (RFC 5321 §2.3.1). Bounces go to ``sender``; ``id`` is the letter's.

    ``content`` is the whole message as ``mail.compose`` writes it: ASCII, CRLF.
    """

    id: UUID
    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """The fate of the letter ``id``. ``detail`` is the server's answer, at most 500 characters."""

    id: UUID
    outcome: Outcome
    detail: str


class SmtpTransport:
    """Hands letters to one mail server. Holds no connection between calls."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings

    async def deliver(
        self, letters: Sequence[Envelope], *, within: float = math.inf
    ) -> AsyncGenerator[Delivery, None]:
        """Hand over the letters in their order, yielding each one's fate right after the server's answer.

        Never raises for a letter: a refused one does not stop the rest. When the connection cannot be made or
        is lost, the remaining ones are ``not_tried``; the one under way is ``temporary`` and may have arrived all
        the same, so it must keep its Message-ID. No letter is begun later than ``within`` seconds from now.
        Close the iterator (``contextlib.aclosing``) to hang up early.
        """
        until = time.monotonic() + within
        if not letters:
            return
        async with _session(self.settings) as session:
            lost = ""
            try:
                await session.step(session.open)
            except MailServerUnavailable as error:
                lost = str(error)[:500]
            for letter in letters:
                if not lost and time.monotonic() >= until:
                    lost = "no time was left for this letter"
                if lost:
                    yield Delivery(letter.id, Outcome.NOT_TRIED, lost)
                    continue
                delivery = await session.step(session.hand_over, letter)
                if session.closed:
                    lost = f"connection lost before this letter: {delivery.detail}"[:500]
                yield delivery

    async def check(self) -> None:
        """Connect, sign in and leave. Raises MailServerUnavailable with the reason, soon."""
        hurried = replace(self.settings, timeout=min(self.settings.timeout, CHECK_SECONDS))
        async with _session(hurried) as session:
            await session.step(session.open)


@asynccontextmanager
async def _session(settings: SmtpSettings) -> AsyncIterator["_Session"]:
    session = _Session(settings)
    try:
        yield session
    finally:
        await session.step(session.hang_up)
        session.thread.shutdown(wait=False)


class _Session:
    """One SMTP session. Its steps block and run one after the other in a thread of its own.

    So a slow server takes none of the loop's few threads, and hanging up waits for the step that a cancelled
    caller has left behind.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.thread = ThreadPoolExecutor(1, "smtp")
        self._settings = settings
        self._client: smtplib.SMTP | None = None

    def step(self, call: Callable[[*_Given], _Said], *given: *_Given) -> asyncio.Future[_Said]:
        """Run one of the methods below in the session's thread."""
        return asyncio.get_running_loop().run_in_executor(self.thread, call, *given)

    @property
    def closed(self) -> bool:
        return self._client is None or self._client.sock is None

    def open(self) -> None:
        """Connect, secure, sign in. Raises MailServerUnavailable."""
        settings = self._settings
        where, timeout = (settings.host, settings.port), settings.timeout
        try:
            if settings.tls == "tls":
                context = ssl.create_default_context()
                self._client = smtplib.SMTP_SSL(*where, timeout=timeout, context=context)
            else:
                self._client = smtplib.SMTP(*where, timeout=timeout)
            if settings.tls == "starttls":
                self._client.starttls(context=ssl.create_default_context())
            if settings.username:
                self._client.login(settings.username, settings.password)
            self._client.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._close()
            raise MailServerUnavailable(f"{settings.host}:{settings.port}: {_detail(error)}") from error

    def hand_over(self, letter: Envelope) -> Delivery:
        """One letter to the open session, and what the server said to it."""
        assert self._client is not None
        try:
            sender, recipient = checked_address(letter.sender), checked_address(letter.recipient)
            self._client.sendmail(sender, [recipient], letter.content)
        except MailAddressNotValid as error:
            return Delivery(letter.id, Outcome.PERMANENT, _detail(error))
        except smtplib.SMTPRecipientsRefused as error:
            return self._refused(letter, *error.recipients[letter.recipient])
        except smtplib.SMTPResponseException as error:
            return self._refused(letter, error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            return Delivery(letter.id, Outcome.TEMPORARY, _detail(error))
        return Delivery(letter.id, Outcome.SENT, "accepted")

    def hang_up(self) -> None:
        """Say goodbye when there is somebody to say it to."""
        try:
            if self._client is not None and not self.closed:
                self._client.quit()
        except (smtplib.SMTPException, OSError):
            pass  # what was answered is known; a server that hangs up first changes nothing
        finally:
            self._close()

    def _refused(self, letter: Envelope, code: int, answer: bytes | str) -> Delivery:
        """RFC 5321 §4.2.1: 5xx is for good, 4xx for now. 530 to 538 speak of our sign-in, not of the letter."""
        said_by_server = isinstance(answer, bytes)  # smtplib makes up a 500 of its own for an endless line
        if code == 421 or code < 400 or not said_by_server:
            self._close()
        else:
            self._forget_transaction()
        permanent = said_by_server and 500 <= code <= 599 and not 530 <= code <= 538
        outcome = Outcome.PERMANENT if permanent else Outcome.TEMPORARY
        return Delivery(letter.id, outcome, f"{code} {_words(answer)}"[:500])

    def _forget_transaction(self) -> None:
        """A server that refused DATA still holds the sender and would refuse the next letter's."""
        try:
            if self._client is not None:
                self._client.rset()
        except (smtplib.SMTPException, OSError):
            self._close()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()


def _detail(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"[:500]
    return (f"{error}" or type(error).__name__)[:500]


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
