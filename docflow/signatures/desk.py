"""Signing and validating from outside: each file and each key in a child of its own, within limits of memory and time."""

import asyncio
import base64
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog

from docflow.core import clock
from docflow.core.errors import TooLarge
from docflow.files.children import Children, Ended
from docflow.files.extract_terms import ExtractionLimits
from docflow.signatures.errors import SigningFailed, error_of
from docflow.signatures.terms import (
    CHILD_MEMORY_BYTES,
    LONGEST_PASSPHRASE,
    Fault,
    FillingTask,
    Judged,
    Key,
    Opened,
    Placement,
    SigningTask,
    TrustMaterial,
    Unreadable,
)
from docflow.signatures.trust import Trust, read_trust

LARGEST_PDF = 256 * 1024 * 1024
LARGEST_SIGNED = 64 * 1024 * 1024
"""A letter that is signed here is held in memory."""
_OF_TOKENS = ("HOME", "OPENSC_CONF", "P11_KIT_CONFIG", "SOFTHSM2_CONF", "XDG_CONFIG_HOME")
_SPARE = 1024 * 1024
_JUDGED_BYTES = 1024 * 1024
_FAULTS = frozenset(fault.value.encode() for fault in Fault)
_GONE = {
    None: Unreadable.TIMEOUT,
    -signal.SIGXCPU: Unreadable.TIMEOUT,
    -signal.SIGKILL: Unreadable.MEMORY,
    -signal.SIGABRT: Unreadable.MEMORY,
}

log = structlog.get_logger("docflow.signatures")


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """What the settings say of signatures, and the children that do the work."""

    children: Children = field(default_factory=Children)
    trust_roots: str = ""
    """A folder or file, see ``trust``; empty: nobody is trusted."""
    fetching: bool = False
    timestamp_url: str = ""
    pkcs11_module: str = ""
    seconds: int = 60
    """How long one child may take."""

    async def trust(self) -> Trust:
        """Whom the settings trust, read anew: an administrator may have put a file there."""
        return await asyncio.to_thread(read_trust, self.trust_roots)

    async def judge(
        self, content: BinaryIO, size: int, trust: TrustMaterial, arrived_at: datetime | None = None
    ) -> Judged:
        """Every signature of a PDF that lies in an open file, judged now; the file is added to. Never for its content
        an error."""
        if size > LARGEST_PDF:
            return Judged(unreadable=Unreadable.TOO_LARGE)
        content.seek(size)
        content.write(msgspec.msgpack.encode(trust))
        content.flush()
        ended = await self._run(
            "judge",
            content,
            _JUDGED_BYTES,
            size=size,
            now=clock.now().isoformat(),
            arrived_at=arrived_at.isoformat() if arrived_at else None,
            fetching=self.fetching,
        )
        if ended.exit_code in _GONE:
            return Judged(unreadable=_GONE[ended.exit_code])
        try:
            if ended.exit_code == 0:
                return msgspec.msgpack.decode(ended.written, type=Judged)
        except (msgspec.ValidationError, msgspec.DecodeError):
            pass
        log.warning(
            "judging_child_failed",
            exit_code=ended.exit_code,
            error=ended.verdict[-2000:].decode("utf-8", "replace"),
        )
        return Judged(unreadable=Unreadable.CRASHED)

    async def judge_stream(
        self, source: AsyncIterator[bytes], trust: TrustMaterial, arrived_at: datetime | None = None
    ) -> Judged:
        """``judge`` for a stream of bytes."""
        with tempfile.TemporaryFile(prefix="docflow-judge-") as spooled:
            size = 0
            async for piece in source:
                size += len(piece)
                if size > LARGEST_PDF:
                    return Judged(unreadable=Unreadable.TOO_LARGE)
                await asyncio.to_thread(spooled.write, piece)
            return await self.judge(spooled, size, trust, arrived_at)

    async def sign(
        self,
        pdf: bytes,
        key: Key,
        passphrase: str,
        placement: Placement,
        picture: bytes | None = None,
        *,
        signed_at: datetime | None = None,
    ) -> bytes:
        """The PDF with one more signature, judged before it is returned. Raises the errors of ``errors.error_of``."""
        task = SigningTask(
            key=_with_environment(key),
            placement=placement,
            picture=picture,
            timestamp_url=self.timestamp_url,
            fetching=self.fetching,
            trust=(await self.trust()).material,
            signed_at=signed_at or clock.now(),
        )
        told = msgspec.msgpack.encode(task)
        online = bool(self.timestamp_url) or self.fetching
        return await self._made(
            "sign",
            pdf,
            told,
            passphrase=_packed(passphrase),
            online=online,
            token=key.container is None,
        )

    async def fill(self, pdf: bytes, fields: dict[str, str]) -> bytes:
        """The PDF with text fields filled in; every signature in it still stands."""
        told = msgspec.msgpack.encode(FillingTask(fields))
        return await self._made("fill_in", pdf, told, now=clock.now().isoformat())

    async def open_key(self, key: Key, passphrase: str) -> Opened:
        """What the certificate says of a key that opens with the passphrase and may sign now."""
        told = msgspec.msgpack.encode(_with_environment(key))
        made = await self._made(
            "open_key",
            b"",
            told,
            sized=False,
            passphrase=_packed(passphrase),
            now=clock.now().isoformat(),
            token=key.container is None,
        )
        return msgspec.msgpack.decode(made, type=Opened)

    async def picture(self, content: bytes) -> bytes:
        """A PNG with nothing but its pixels."""
        return await self._made("look_at_picture", content, b"", sized=False)

    async def sign_bytes(self, content: bytes, key: Key, passphrase: str) -> bytes:
        """A detached CMS signature over the bytes, DER."""
        return await self._made(
            "sign_bytes", content, msgspec.msgpack.encode(key), passphrase=_packed(passphrase)
        )

    async def _made(
        self, work: str, content: bytes, told: bytes, *, sized: bool = True, **arguments: Any
    ) -> bytes:
        if len(content) > LARGEST_SIGNED:
            raise TooLarge(limit=LARGEST_SIGNED)
        if sized:
            arguments["size"] = len(content)
        with tempfile.TemporaryFile(prefix="docflow-sign-") as file:
            await asyncio.to_thread(_fill, file, content, told)
            ended = await self._run(work, file, len(content) + len(told) + 4 * _SPARE, **arguments)
        last = ended.verdict.rstrip(b"\n").rpartition(b"\n")[2]
        if ended.exit_code == 0 and last == b"ok":
            return ended.written
        if ended.exit_code == 0 and last in _FAULTS:
            raise error_of(Fault(last.decode()))
        log.warning("signing_child_failed", work=work, exit_code=ended.exit_code)
        raise SigningFailed(reason=(Fault.TIMEOUT if ended.exit_code is None else Fault.FAILED).value)

    async def _run(self, work: str, file: BinaryIO, room: int, **arguments: Any) -> Ended:
        limits = ExtractionLimits(
            input_bytes=LARGEST_PDF,
            text_bytes=room,
            memory_bytes=CHILD_MEMORY_BYTES,
            cpu_seconds=self.seconds,
            wall_seconds=self.seconds,
        )
        file.seek(0)
        return await self.children.run(f"docflow.signatures.child:{work}", file, limits, **arguments)


def _fill(file: BinaryIO, content: bytes, told: bytes) -> None:
    file.write(content)
    file.write(told)
    file.flush()


def _with_environment(key: Key) -> Key:
    """A token's library finds its own settings by these; a child has no environment."""
    if key.container is not None:
        return key
    known = {name: os.environ[name] for name in _OF_TOKENS if name in os.environ}
    return msgspec.structs.replace(key, environment=known)


def _packed(passphrase: str) -> str:
    if len(passphrase.encode()) > LONGEST_PASSPHRASE:
        raise error_of(Fault.PASSPHRASE_WRONG)
    return base64.b64encode(passphrase.encode()).decode()


async def pdf_bytes(pdf: bytes | Path) -> bytes:
    """The bytes themselves or those of a file. Raises TooLarge."""
    if isinstance(pdf, bytes):
        return pdf
    if (await asyncio.to_thread(pdf.stat)).st_size > LARGEST_SIGNED:
        raise TooLarge(limit=LARGEST_SIGNED)
    return await asyncio.to_thread(pdf.read_bytes)
