"""Children that look at untrusted files: forked from one warm process, ended by us, never trusted (see `warm`)."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from docflow.files.extract_terms import ExtractionLimits
from docflow.files.warm import EXIT_CODE, MESSAGE_BYTES, NOT_STARTED

_SOURCES = Path(__file__).parents[2]
# `-I` leaves out the working directory, PYTHONPATH and the user's packages; our own sources go last on the path.
_START = (
    "import sys; sys.path.append(sys.argv[1]); from docflow.files.warm import main; main(int(sys.argv[2]))"
)
_VERDICT_BYTES = 64 * 1024
_AT_ONCE = 16
_PATIENCE_SECONDS = 5
_FAULTS = frozenset({-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE})


class ChildLost(OSError):
    """No child could be started, or the process that keeps them died: no fault of the file's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a child wrote and how it ended. ``exit_code`` is negative for a signal, None when its time was over."""

    written: bytes
    verdict: bytes
    exit_code: int | None


class Children:
    """Starts children, as many at once as there is room for. Nothing runs before the first is asked for."""

    def __init__(self) -> None:
        self._warm: _WarmProcess | None = None
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def run(self, work: str, file: BinaryIO, limits: ExtractionLimits, **arguments: Any) -> Ended:
        """Let a child do ``work`` (``module:function``) with ``file`` as its standard input.

        It writes to nameless files, not pipes: nobody can block on the other, and the kernel counts its output. It is
        gone with all it started when this returns or is cancelled. Raises ChildLost.
        """
        message = json.dumps({"work": work, "limits": limits._asdict(), "arguments": arguments}).encode()
        assert len(message) <= MESSAGE_BYTES
        async with self._room:
            with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as verdict:
                descriptors = [file.fileno(), text.fileno(), verdict.fileno()]
                code = await self._live(message.ljust(MESSAGE_BYTES), descriptors, limits.wall_seconds)
                text.seek(0)
                verdict.seek(0)
                return Ended(text.read(limits.text_bytes), verdict.read(_VERDICT_BYTES), code)

    async def close(self) -> None:
        """End the warm process; the next child would start another."""
        if self._warm is not None:
            warm, self._warm = self._warm, None
            await asyncio.to_thread(warm.end)

    async def _live(self, message: bytes, descriptors: list[int], seconds: float) -> int | None:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                warm = self._start(message, [*descriptors, theirs.fileno()])
            ours.setblocking(False)
            code, timed_out = b"", False
            try:
                async with asyncio.timeout(seconds):
                    code = await _received(ours)
            except TimeoutError:
                timed_out = True
            finally:
                if not code:
                    await _end(ours)
        if timed_out:
            return None
        if len(code) < EXIT_CODE.size:
            raise ChildLost("the process that keeps the children has ended")
        (exit_code,) = EXIT_CODE.unpack(code)
        if exit_code == NOT_STARTED:
            raise ChildLost("no process was to be had")
        if exit_code in _FAULTS and self._warm is warm:
            self._warm = None  # an attacker who guesses addresses gets other ones to guess
        return int(exit_code)

    def _start(self, message: bytes, descriptors: list[int]) -> "_WarmProcess":
        for _ in range(2):
            warm = self._warm = self._warm or _WarmProcess()
            try:
                warm.send(message, descriptors)
            except OSError:
                self._warm = None  # it was killed; nothing of this message was taken
            else:
                return warm
        raise ChildLost("the process that keeps the children does not start")


class _WarmProcess:
    """Ends when nobody holds it any more: whoever waits for a child of it does."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-c", _START, str(_SOURCES), str(theirs.fileno())]
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours
        self.end = weakref.finalize(self, _finish, process, ours)

    def send(self, message: bytes, descriptors: list[int]) -> None:
        """Small and soon read: it does not block. Raises OSError when the process is gone."""
        socket.send_fds(self._control, [message], descriptors, socket.MSG_NOSIGNAL)


def _finish(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _received(life: socket.socket) -> bytes:
    """The exit code, or nothing when the other side is gone."""
    try:
        return await asyncio.get_running_loop().sock_recv(life, EXIT_CODE.size)
    except ConnectionError:
        return b""


async def _end(life: socket.socket) -> None:
    """Have the child killed and wait until it is; whoever cancels once more waits no longer."""
    with contextlib.suppress(OSError):
        life.shutdown(socket.SHUT_WR)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await _received(life)
