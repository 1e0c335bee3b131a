"""A mailbox to be read by IMAP, made of the captured mails: a double for a mail server, built to RFC 9051 and 3501.

Whoever signs in with an address sees as INBOX the mails that were sent to it. Understood are CAPABILITY, LOGIN,
AUTHENTICATE PLAIN, LIST, SELECT, EXAMINE, NOOP, SEARCH, FETCH, STORE (each by UID too), CLOSE, UNSELECT and LOGOUT;
that is what reading needs. A UID is the number of the mail's file, so it lasts as long as the folder. Flags last as
long as the process. Mails are served whole as they lie in the folder, and nothing is ever deleted.
"""

import asyncio
import base64
import binascii
import hmac
import imaplib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from functools import lru_cache
from pathlib import Path

from docflow.embedded.mail import mail_files

CAPABILITIES = "CAPABILITY IMAP4rev1 AUTH=PLAIN LITERAL+ UNSELECT"
MOST_LITERAL_BYTES = 64 * 1024
_TOKEN = re.compile(
    rb'"((?:[^"\\\r\n]|\\["\\])*)"|(\((?:[^()"]|\([^()]*\))*\))|([^\s()"]+(?:\[[^\]]*\](?:<[\d.]+>)?)?)'
)
_LITERAL = re.compile(rb"\{(\d{1,9})(\+?)\}\Z")
_ITEM = re.compile(r"(BODY(?:\.PEEK)?)\[(HEADER|TEXT)?\](?:<(\d+)\.(\d+)>)?|[A-Z0-9.]+")
_FLAGS = frozenset({"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"})


class Refused(Exception):
    """The command cannot be done; the words go to the client. ``kind``: NO or BAD."""

    def __init__(self, words: str, kind: str = "BAD") -> None:
        super().__init__(words)
        self.kind = kind


@dataclass(frozen=True)
class MailStore:
    """The folder of captured mails, and what opens it."""

    folder: Path
    password: str
    uid_validity: int
    flags: dict[int, set[str]] = field(default_factory=dict)

    def mails_to(self, address: str) -> dict[int, Path]:
        """The mails that were sent to an address, by UID, in order."""
        wanted = address.lower()
        return {
            int(path.stem): path
            for path in mail_files(self.folder)
            if wanted in _recipients(path, path.stat().st_mtime_ns)
        }


@lru_cache(maxsize=100_000)
def _recipients(path: Path, written_ns: int) -> frozenset[str]:
    with path.open("rb") as file:
        head = BytesHeaderParser().parse(file)
    return frozenset(str(value).strip().lower() for value in head.get_all("X-Envelope-To", []))


class Session:
    """One client."""

    def __init__(self, store: MailStore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._store = store
        self._reader = reader
        self._writer = writer
        self._address = ""
        self._mails: list[tuple[int, Path]] | None = None
        self._may_write = False
        self._over = False

    async def serve(self) -> None:
        """Until the client says LOGOUT or goes away."""
        try:
            self._say(f"* OK [{CAPABILITIES}] docflow's captured mail")
            while not self._over:
                await self._writer.drain()
                line = await self._line()
                if line is None:
                    return
                await self._answer(line)
            await self._writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            self._writer.close()

    async def _line(self) -> bytes | None:
        """A command whole, its literals written as quoted strings; None at the end."""
        whole = b""
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                return None
            line = line.rstrip(b"\r\n")
            found = _LITERAL.search(line)
            if not found:
                return whole + line
            size = int(found[1])
            if size > MOST_LITERAL_BYTES:
                self._say("* BYE the literal is too long")
                return None
            if not found[2]:
                self._say("+ go on")
                await self._writer.drain()
            content = await self._reader.readexactly(size)
            escaped = content.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            whole += line[: found.start()] + b'"' + escaped + b'"'

    async def _answer(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        name = tag.decode("ascii", "replace")
        if not re.fullmatch(r"[!-~]{1,100}", name) or not rest.strip():
            self._say("* BAD a command is a tag and a word")
            return
        words = [_word(found) for found in _TOKEN.finditer(rest)]
        command, given = words[0].upper(), words[1:]
        by_uid = command == "UID" and bool(given)
        if by_uid:
            command, given = given[0].upper(), given[1:]
        try:
            said = await self._do(command, given, by_uid=by_uid)
        except Refused as refusal:
            self._say(f"{name} {refusal.kind} {refusal}")
        else:
            self._say(f"{name} OK {said or command + ' done'}")

    async def _do(self, command: str, given: list[str], *, by_uid: bool) -> str:
        if command == "AUTHENTICATE":
            return await self._authenticate(given)
        always: dict[str, Callable[[list[str]], str]] = {
            "CAPABILITY": self._capability,
            "LOGIN": self._login,
            "LOGOUT": self._logout,
            "NOOP": self._noop,
        }
        signed_in = {
            "CLOSE": self._unselect,
            "EXAMINE": lambda given: self._select(given, may_write=False),
            "LIST": self._list,
            "SELECT": lambda given: self._select(given, may_write=True),
            "UNSELECT": self._unselect,
        }
        numbered = {"FETCH": self._fetch, "SEARCH": self._search, "STORE": self._store_flags}
        if command in always and not by_uid:
            return always[command](given)
        if command in signed_in and not by_uid:
            if not self._address:
                raise Refused("sign in first")
            return signed_in[command](given)
        if command in numbered:
            if self._mails is None:
                raise Refused("select a folder first")
            return numbered[command](given, by_uid)
        raise Refused("there is no such command")

    def _capability(self, given: list[str]) -> str:
        self._say(f"* {CAPABILITIES}")
        return ""

    def _logout(self, given: list[str]) -> str:
        self._over = True
        self._say("* BYE until next time")
        return ""

    def _noop(self, given: list[str]) -> str:
        """New mails are told here (RFC 9051, 6.1.2); their sequence numbers follow those that are known."""
        if self._mails is not None:
            known = {uid for uid, _ in self._mails}
            fresh = [each for each in self._store.mails_to(self._address).items() if each[0] not in known]
            if fresh:
                self._mails += fresh
                self._say(f"* {len(self._mails)} EXISTS")
        return ""

    def _login(self, given: list[str]) -> str:
        if len(given) != 2:
            raise Refused("LOGIN takes a name and a password")
        return self._sign_in(*given)

    async def _authenticate(self, given: list[str]) -> str:
        if not given or given[0].upper() != "PLAIN":
            raise Refused("only PLAIN is understood", "NO")
        if len(given) == 1:
            self._say("+ ")
            await self._writer.drain()
            given = [given[0], (await self._reader.readline()).decode("ascii", "replace").strip()]
        try:
            _, name, password = base64.b64decode(given[1], validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            raise Refused("the answer is not one of PLAIN") from None
        return self._sign_in(name, password)

    def _sign_in(self, name: str, password: str) -> str:
        if not hmac.compare_digest(password.encode(), self._store.password.encode()):
            raise Refused("[AUTHENTICATIONFAILED] the name or the password is wrong", "NO")
        self._address = name
        return f"[{CAPABILITIES}] signed in"

    def _list(self, given: list[str]) -> str:
        self._say('* LIST (\\HasNoChildren) "/" INBOX')
        return ""

    def _select(self, given: list[str], *, may_write: bool) -> str:
        self._mails = None
        if not given or given[0].upper() != "INBOX":
            raise Refused("[NONEXISTENT] the only folder is INBOX", "NO")
        self._mails = list(self._store.mails_to(self._address).items())
        self._may_write = may_write
        self._say(f"* {len(self._mails)} EXISTS")
        self._say(f"* FLAGS ({' '.join(sorted(_FLAGS))})")
        self._say(f"* OK [UIDVALIDITY {self._store.uid_validity}] numbers last")
        self._say(
            f"* OK [UIDNEXT {max((uid for uid, _ in self._mails), default=0) + 1}] the next one or more"
        )
        return "[READ-WRITE] selected" if may_write else "[READ-ONLY] opened to be read"

    def _unselect(self, given: list[str]) -> str:
        self._mails = None
        return ""

    def _search(self, given: list[str], by_uid: bool) -> str:
        found = dict(enumerate(self._mails or [], 1))
        keys = [word.upper() for word in given]
        while keys:
            key = keys.pop(0)
            if key in {"SEEN", "UNSEEN"}:
                wanted = key == "SEEN"
                found = {
                    number: mail
                    for number, mail in found.items()
                    if ("\\Seen" in self._store.flags.get(mail[0], set())) is wanted
                }
            elif key == "UID" and keys:
                uids = _chosen(keys.pop(0), [uid for uid, _ in self._mails or []])
                found = {number: mail for number, mail in found.items() if mail[0] in uids}
            elif re.fullmatch(r"[\d:,*]+", key):
                numbers = _chosen(key, list(range(1, len(self._mails or []) + 1)))
                found = {number: mail for number, mail in found.items() if number in numbers}
            elif key != "ALL":
                raise Refused(f"this search key is not understood: {key[:40]}")
        numbers_found = [str(mail[0] if by_uid else number) for number, mail in found.items()]
        self._say(" ".join(["* SEARCH", *numbers_found]))
        return ""

    def _named(self, numbers: str, by_uid: bool) -> Iterator[tuple[int, int, Path]]:
        """The mails of a set: sequence number, UID, file. Numbers of no mail are passed over (RFC 9051, 6.4.9)."""
        if not re.fullmatch(r"[\d:,*]+", numbers):
            raise Refused("this is no set of numbers")
        mails = self._mails or []
        known = [uid for uid, _ in mails] if by_uid else list(range(1, len(mails) + 1))
        chosen = _chosen(numbers, known)
        for number, (uid, path) in enumerate(mails, 1):
            if (uid if by_uid else number) in chosen:
                yield number, uid, path

    def _fetch(self, given: list[str], by_uid: bool) -> str:
        if len(given) != 2:
            raise Refused("FETCH takes numbers and items")
        items = list(_ITEM.finditer(given[1].strip("()").upper()))
        for number, uid, path in self._named(given[0], by_uid):
            told = [b"UID %d" % uid] if by_uid else []
            told += [self._item(item, uid, path) for item in items if not (by_uid and item[0] == "UID")]
            self._writer.write(b"* %d FETCH (%s)\r\n" % (number, b" ".join(told)))
        return ""

    def _item(self, item: "re.Match[str]", uid: int, path: Path) -> bytes:
        if item[1]:
            return self._section(item, uid, path)
        match item[0]:
            case "UID":
                return b"UID %d" % uid
            case "FLAGS":
                return b"FLAGS (%s)" % " ".join(sorted(self._store.flags.get(uid, set()))).encode()
            case "RFC822.SIZE":
                return b"RFC822.SIZE %d" % path.stat().st_size
            case "INTERNALDATE":
                return b"INTERNALDATE " + _date_of(path)
        raise Refused(f"this item is not understood: {item[0][:40]}")

    def _section(self, item: "re.Match[str]", uid: int, path: Path) -> bytes:
        """``BODY[…]<offset>`` and its bytes as a literal. Without PEEK the mail is seen then (RFC 9051, 6.4.5)."""
        content = path.read_bytes()
        section = item[2] or ""
        if section:
            end = re.search(rb"\r?\n\r?\n", content)
            cut = end.end() if end else len(content)
            content = content[:cut] if section == "HEADER" else content[cut:]
        name = f"BODY[{section}]"
        if item[3]:
            first, count = int(item[3]), int(item[4])
            content, name = content[first : first + count], f"{name}<{first}>"
        if item[1] == "BODY" and self._may_write:
            self._store.flags.setdefault(uid, set()).add("\\Seen")
        return b"%s {%d}\r\n%s" % (name.encode(), len(content), content)

    def _store_flags(self, given: list[str], by_uid: bool) -> str:
        if len(given) != 3 or not re.fullmatch(r"[+-]?FLAGS(\.SILENT)?", given[1].upper()):
            raise Refused("STORE takes numbers, FLAGS and the flags")
        if not self._may_write:
            raise Refused("the folder was opened to be read", "NO")
        flags = {one.capitalize() if one.startswith("\\") else one for one in given[2].strip("()").split()}
        flags = {"\\" + one[1:].capitalize() for one in flags if one.startswith("\\")} & _FLAGS
        for number, uid, _ in self._named(given[0], by_uid):
            kept = self._store.flags.setdefault(uid, set())
            if given[1].startswith("-"):
                kept -= flags
            elif given[1].startswith("+"):
                kept |= flags
            else:
                kept.clear()
                kept |= flags
            if not given[1].upper().endswith("SILENT"):
                place = f"UID {uid} " if by_uid else ""
                self._say(f"* {number} FETCH ({place}FLAGS ({' '.join(sorted(kept))}))")
        return ""

    def _say(self, line: str) -> None:
        self._writer.write(line.encode("utf-8", "replace") + b"\r\n")


def _word(found: "re.Match[bytes]") -> str:
    if found[1] is not None:
        return re.sub(rb"\\(.)", rb"\1", found[1]).decode("utf-8", "replace")
    return found[0].decode("utf-8", "replace")


def _chosen(numbers: str, known: list[int]) -> set[int]:
    """Those of the known numbers that a set names; ``*`` is the last of them."""
    last = max(known, default=0)
    chosen: set[int] = set()
    for span in numbers.split(","):
        first, _, end = span.partition(":")
        edges = [last if edge == "*" else int(edge or 0) for edge in (first, end or first)]
        chosen.update(one for one in known if min(edges) <= one <= max(edges))
    return chosen


def _date_of(path: Path) -> bytes:
    return imaplib.Time2Internaldate(path.stat().st_mtime).encode()


async def listen(store: MailStore, host: str, port: int) -> asyncio.Server:
    """The server, listening."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(store, reader, writer).serve()

    return await asyncio.start_server(serve, host, port, limit=1024 * 1024)
