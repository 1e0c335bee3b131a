"""One folder of an IMAP server, only ever looked at (RFC 3501; RFC 9051 keeps what is used here).

The folder is opened with EXAMINE and mails are taken with PEEK: nothing on the server changes, no mail is marked as
read or deleted. How far it was read is remembered in the database alone, so that a restored backup, a second
installation or a person at the same mailbox disturb nothing, and whoever fetched nothing yet can be sure to have
left nothing out.
"""

import asyncio
import base64
import imaplib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, TypeVarTuple

PIECE_BYTES = 1024 * 1024
"""Of a mail at once: what is held in memory, whatever the size of the mail."""
_LINE_BYTES = 64 * 1024 * 1024
"""The longest line taken: a search answers millions of numbers in one."""

_Said = TypeVar("_Said")
_Given = TypeVarTuple("_Given")


class MailServerDown(Exception):
    """The mail server cannot be reached, refuses us or hangs up: try again later."""


class MailNotGiven(Exception):
    """The server refuses one mail; the others may be had."""


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Where the mails are. ``timeout`` in seconds, for each step of the talk.

    ``starttls`` is required when named, never an option that an attacker can strip; certificates are checked against the
    system's authorities.
    """

    host: str
    port: int = 143
    username: str = ""
    password: str = ""
    tls: Literal["none", "starttls", "tls"] = "none"
    folder: str = "INBOX"
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"ImapSettings({self.name}, tls={self.tls})"

    @property
    def name(self) -> str:
        """``user@host/folder``, by which the folder is remembered."""
        return f"{self.username}@{self.host}:{self.port}/{self.folder}"


class Folder:
    """The folder while the connection is open. ``uid_validity``: UIDs mean nothing under another one (RFC 3501, 2.3.1.1)."""

    def __init__(self, thread: "_Thread") -> None:
        self._thread = thread
        self.uid_validity = thread.uid_validity

    async def uids_after(self, uid: int) -> list[int]:
        """The UIDs of all mails above this one, in order."""
        return await self._thread.step(self._thread.uids_after, uid)

    async def size_of(self, uid: int) -> int | None:
        """How many bytes the mail has; None when it is there no more. Raises MailNotGiven."""
        return await self._thread.step(self._thread.size_of, uid)

    async def pieces_of(self, uid: int) -> AsyncIterator[bytes]:
        """The bytes of a mail as it came, in pieces of at most a MiB. Raises MailNotGiven."""
        offset = 0
        while piece := await self._thread.step(self._thread.piece, uid, "", offset):
            yield piece
            offset += len(piece)
            if len(piece) < PIECE_BYTES:
                return

    async def head_of(self, uid: int) -> bytes:
        """The headers of a mail, a MiB of them at most. Raises MailNotGiven."""
        return await self._thread.step(self._thread.piece, uid, "HEADER", 0)


@asynccontextmanager
async def open_folder(settings: ImapSettings) -> AsyncIterator[Folder]:
    """Connect, sign in, open the folder to be read. Raises MailServerDown, from the methods of the folder too."""
    thread = _Thread(settings)
    try:
        await thread.step(thread.open)
        yield Folder(thread)
    finally:
        await thread.step(thread.hang_up)
        thread.executor.shutdown(wait=False)


class _LongLines:
    """imaplib refuses lines above a million bytes, which the numbers of 150,000 mails are."""

    file: Any

    def readline(self) -> bytes:
        line: bytes = self.file.readline(_LINE_BYTES + 1)
        if len(line) > _LINE_BYTES:
            raise imaplib.IMAP4.abort(f"a line of more than {_LINE_BYTES} bytes")
        return line


class _Plain(_LongLines, imaplib.IMAP4):
    pass


class _Tls(_LongLines, imaplib.IMAP4_SSL):
    pass


class _Thread:
    """One connection. Its steps block and run one after the other in a thread of its own."""

    def __init__(self, settings: ImapSettings) -> None:
        self.executor = ThreadPoolExecutor(1, "imap")
        self.uid_validity = 0
        self._settings = settings
        self._client: imaplib.IMAP4 | None = None

    def step(self, call: Callable[[*_Given], _Said], *given: *_Given) -> "asyncio.Future[_Said]":
        """Run one of the methods below in the connection's thread."""
        return asyncio.get_running_loop().run_in_executor(self.executor, call, *given)

    def open(self) -> None:
        """Connect, secure, sign in, examine the folder."""
        settings = self._settings
        try:
            self._client = self._connected()
            self._sign_in(self._client)
            answer, data = self._client.select(quoted(settings.folder), readonly=True)
            if answer != "OK":
                raise MailServerDown(f"{settings.name}: {_words(data)}")
            _, validity = self._client.response("UIDVALIDITY")
            self.uid_validity = int(validity[-1] or b"0")
        except (imaplib.IMAP4.error, OSError, ValueError, UnicodeError) as error:
            self._close()
            raise MailServerDown(f"{settings.name}: {_detail(error)}") from error
        if self.uid_validity < 1:
            self._close()
            raise MailServerDown(f"{settings.name}: the folder has no lasting numbers (UIDVALIDITY)")

    def uids_after(self, uid: int) -> list[int]:
        # "*" is the last mail even when its UID is smaller (RFC 3501, 6.4.8).
        answer, data = self._ask("SEARCH", "UID", f"{uid + 1}:*")
        if answer != "OK":
            raise MailServerDown(f"{self._settings.name}: {_words(data)}")
        found = {int(word) for line in data if isinstance(line, bytes) for word in line.split()}
        return sorted(one for one in found if one > uid)

    def size_of(self, uid: int) -> int | None:
        answer, data = self._ask("FETCH", str(uid), "(UID RFC822.SIZE)")
        if answer != "OK":
            raise MailNotGiven(_words(data))
        for line in data:
            raw = line[0] if isinstance(line, tuple) else line or b""
            if re.search(rb"\bUID %d\b" % uid, raw) and (found := re.search(rb"RFC822\.SIZE (\d+)", raw)):
                return int(found[1])
        return None

    def piece(self, uid: int, section: str, offset: int) -> bytes:
        answer, data = self._ask("FETCH", str(uid), f"(UID BODY.PEEK[{section}]<{offset}.{PIECE_BYTES}>)")
        if answer != "OK":
            raise MailNotGiven(_words(data))
        for line in data:
            if isinstance(line, tuple) and b"BODY[" in line[0].upper():
                return bytes(line[1])
            # A short piece may come as a string, and one after the end as nothing (RFC 3501, 4.3 and 4.5).
            found = (
                re.search(rb'BODY\[[A-Z]*\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', line)
                if isinstance(line, bytes)
                else None
            )
            if found:
                return re.sub(rb"\\(.)", rb"\1", found[1])
        return b""

    def hang_up(self) -> None:
        """Say goodbye when there is somebody to say it to."""
        try:
            if self._client is not None:
                self._client.logout()
        except (imaplib.IMAP4.error, OSError):
            pass  # nothing on the server depends on it
        finally:
            self._close()

    def _connected(self) -> imaplib.IMAP4:
        settings = self._settings
        if settings.tls == "tls":
            context = ssl.create_default_context()
            return _Tls(settings.host, settings.port, ssl_context=context, timeout=settings.timeout)
        client = _Plain(settings.host, settings.port, timeout=settings.timeout)
        if settings.tls == "starttls":
            self._client = client
            client.starttls(ssl.create_default_context())
        return client

    def _sign_in(self, client: imaplib.IMAP4) -> None:
        """AUTHENTICATE PLAIN (RFC 4616) takes any letters; LOGIN is for servers without it."""
        name, password = self._settings.username, self._settings.password
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: f"\0{name}\0{password}".encode())
        else:
            client.login(name, password)

    def _ask(self, command: str, *given: str) -> tuple[str, list[Any]]:
        if self._client is None:
            raise MailServerDown(f"{self._settings.name}: the connection was lost")
        try:
            return self._client.uid(command, *given)
        except imaplib.IMAP4.abort as error:
            self._close()
            raise MailServerDown(f"{self._settings.name}: {_detail(error)}") from error
        except imaplib.IMAP4.error as error:
            raise MailNotGiven(_detail(error)) from error
        except OSError as error:
            self._close()
            raise MailServerDown(f"{self._settings.name}: {_detail(error)}") from error

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):  # it was closed already
                client.shutdown()


def quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3) in quotation marks."""
    written = re.sub(r"[^ -~]+", _shifted, folder.replace("&", "&-"))
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(letters: "re.Match[str]") -> str:
    raw = base64.b64encode(letters[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
    return f"&{raw.decode('ascii')}-"


def _detail(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    text = error.args[0] if error.args and isinstance(error, imaplib.IMAP4.error) else error
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(shown.split())[:300] or type(error).__name__


def _words(data: list[Any]) -> str:
    return _detail(imaplib.IMAP4.error(data[-1] if data and data[-1] else b"refused"))
