"""Delivery over SMTP (RFC 5321): one connection for a batch, each letter's fate told as soon as it is known."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from docflow.notifications.mail import MailAddressNotValid, checked_address


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

    async def deliver(self, letters: Sequence[Envelope]) -> AsyncIterator[Delivery]:
        """Hand over the letters in their order, yielding each one's fate right after the server's answer.

        Never raises for a letter: a refused one does not stop the rest. When the connection cannot be made or
        is lost, the remaining ones are ``temporary``; the one under way may have arrived all the same, so it
        must keep its Message-ID. Close the iterator (``contextlib.aclosing``) to hang up early.
        """
        if not letters:
            return
        # One thread of its own: a slow server takes none of the loop's few, and hanging up waits its turn.
        thread = ThreadPoolExecutor(1, "smtp")
        loop = asyncio.get_running_loop()
        try:
            client = await loop.run_in_executor(thread, _connect, self.settings)
        except MailServerUnavailable as error:
            thread.shutdown(wait=False)
            for letter in letters:
                yield Delivery(letter.id, Outcome.TEMPORARY, str(error)[:500])
            return
        lost = ""
        try:
            for letter in letters:
                if lost:
                    yield Delivery(letter.id, Outcome.TEMPORARY, lost)
                    continue
                delivery = await loop.run_in_executor(thread, _hand_over, client, letter)
                if client.sock is None:
                    lost = f"connection lost before this letter: {delivery.detail}"[:500]
                yield delivery
        finally:
            await loop.run_in_executor(thread, _hang_up, client)
            thread.shutdown(wait=False)

    async def check(self) -> None:
        """Connect, sign in and leave. Raises MailServerUnavailable with the reason."""
        client = await asyncio.to_thread(_connect, self.settings)
        await asyncio.to_thread(_hang_up, client)


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    client: smtplib.SMTP | None = None
    where, timeout = (settings.host, settings.port), settings.timeout
    try:
        if settings.tls == "tls":
            client = smtplib.SMTP_SSL(*where, timeout=timeout, context=ssl.create_default_context())
        else:
            client = smtplib.SMTP(*where, timeout=timeout)
        if settings.tls == "starttls":
            client.starttls(context=ssl.create_default_context())
        if settings.username:
            client.login(settings.username, settings.password)
        client.ehlo_or_helo_if_needed()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if client is not None:
            client.close()
        raise MailServerUnavailable(f"{settings.host}:{settings.port}: {_detail(error)}") from error
    return client


def _hand_over(client: smtplib.SMTP, letter: Envelope) -> Delivery:
    try:
        sender, recipient = checked_address(letter.sender), checked_address(letter.recipient)
        client.sendmail(sender, [recipient], letter.content)
    except MailAddressNotValid as error:
        return Delivery(letter.id, Outcome.PERMANENT, _detail(error))
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = error.recipients[letter.recipient]
        return _refused(client, letter, code, answer)
    except smtplib.SMTPResponseException as error:
        return _refused(client, letter, error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        client.close()
        return Delivery(letter.id, Outcome.TEMPORARY, _detail(error))
    return Delivery(letter.id, Outcome.SENT, "accepted")


def _refused(client: smtplib.SMTP, letter: Envelope, code: int, answer: bytes | str) -> Delivery:
    """RFC 5321 §4.2.1: 5xx is for good, 4xx for now. 530 to 538 speak of our sign-in, not of the letter."""
    said_by_server = isinstance(answer, bytes)  # smtplib makes up a 500 of its own for an endless line
    if code == 421 or code < 400 or not said_by_server:
        client.close()
    else:
        _forget_transaction(client)
    permanent = said_by_server and 500 <= code <= 599 and not 530 <= code <= 538
    outcome = Outcome.PERMANENT if permanent else Outcome.TEMPORARY
    return Delivery(letter.id, outcome, f"{code} {_words(answer)}"[:500])


def _forget_transaction(client: smtplib.SMTP) -> None:
    """A server that refused DATA still holds the sender and would refuse the next letter's."""
    try:
        client.rset()
    except (smtplib.SMTPException, OSError):
        client.close()


def _hang_up(client: smtplib.SMTP) -> None:
    try:
        if client.sock is not None:
            client.quit()
    except (smtplib.SMTPException, OSError):
        pass  # what was answered is known; a server that hangs up first changes nothing
    finally:
        client.close()


def _detail(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"[:500]
    return (f"{error}" or type(error).__name__)[:500]


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
