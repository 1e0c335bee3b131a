"""Child processes that never outlive their starter, and the group of them that ``docflow run`` watches."""

import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self

LAUNCH = Path(__file__).with_name("launch.py")
LOG_BYTES_KEPT = 5 * 1024**2
TAIL_LINES = 15
PAUSE_S = 0.01


class StartFailed(Exception):
    """A server did not start: the message says which, why, and the last lines of its log."""


@dataclass(frozen=True)
class RunAs:
    """Another user to run as, with the one capability it keeps (a number of capabilities(7); -1: none)."""

    uid: int
    gid: int
    capability: int


@dataclass(frozen=True)
class Exited:
    """A process that ended without being asked to."""

    name: str
    status: int
    """As ``subprocess`` has it: the exit status, or minus the signal."""
    tail: str
    """The last lines of its log; empty when it wrote to the terminal."""

    def __str__(self) -> str:
        how = (
            f"exit status {self.status}"
            if self.status >= 0
            else f"signal {signal.Signals(-self.status).name}"
        )
        return f"{self.name} ended unexpectedly with {how}" + (
            f"; its last lines:\n{self.tail}" if self.tail else ""
        )


def last_lines(log: Path, since: int = 0) -> str:
    """The end of a log, from byte ``since`` on at most; empty when there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since, size - 64 * 1024))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-TAIL_LINES:])


class Child:
    """A running program with its name, pid and log."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path | None, log_start: int) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._log_start = log_start

    @property
    def pid(self) -> int:
        return self._popen.pid

    def tail(self) -> str:
        """The last lines it wrote to its log since it was started."""
        return last_lines(self.log, self._log_start) if self.log else ""

    def exited(self) -> Exited | None:
        """How it ended; None while it runs."""
        status = self._popen.poll()
        return None if status is None else Exited(self.name, status, self.tail())

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended within the time."""
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def send(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Asks with each signal in turn, waiting so many seconds after each, and ends with SIGKILL
        for it and for whatever it started. Returns when it is gone."""
        for number, wait_s in steps:
            self.send(number)
            if self.wait(wait_s):
                return
        if self._popen.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


@functools.cache
def _starter(_pid: int) -> ThreadPoolExecutor:
    # The kernel sends the parent-death signal when the *thread* that forked ends (prctl(2)), so all
    # children are started by one thread that lives as long as the process. One per pid: threads do not
    # survive a fork.
    return ThreadPoolExecutor(1, "child-starter")


def start_child(
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    dies_with: signal.Signals = signal.SIGKILL,
    run_as: RunAs | None = None,
    stdin: int = subprocess.DEVNULL,
) -> Child:
    """Starts a program (an absolute path) in a session of its own. Output goes to the end of ``log``, or
    where ours goes; ``stdin`` is a descriptor to read from. When this process ends, however it ends, the child
    gets ``dies_with`` (Linux).
    """
    as_user = (run_as.uid, run_as.gid, run_as.capability) if run_as else (0, 0, -1)
    launch = [sys.executable, "-I", "-S", LAUNCH, os.getpid(), int(dies_with), *as_user]
    words = [str(word) for word in (*launch, *command)]

    def start(output: BinaryIO | None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            words,
            env=env,
            cwd=cwd,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    starter = _starter(os.getpid())
    if log is None:
        return Child(name, starter.submit(start, None).result(), None, 0)
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        begin = output.seek(0, os.SEEK_END)
        return Child(name, starter.submit(start, output).result(), log, begin)


def wait_until(ready: Callable[[], bool], child: Child, *, timeout_s: float) -> None:
    """Returns when ``ready`` says so. Raises StartFailed when the child ends before, or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if exited := child.exited():
            raise StartFailed(f"{exited}\n(log: {child.log})")
        if time.monotonic() > deadline:
            raise StartFailed(
                f"{child.name} was not ready after {timeout_s:.0f} s; the last lines of {child.log}:\n{child.tail()}"
            )
        time.sleep(PAUSE_S)


def command_of(pid: int) -> list[str]:
    """Program and arguments of a running process; empty when there is none, it is ending, or no ``/proc``."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return os.fsdecode(words).split("\0")[:-1]


def has_ended(pid: int) -> bool:
    """Whether a process is gone with all its threads, and so has let go of its ports. Before that it has
    no command left but still has them."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return True
    return "\nState:\tZ" in status and threads == 1


def end_leftover(pid_file: Path, word: str, *, timeout_s: float = 10) -> None:
    """Kills what an earlier, killed starter left: the process of the pid file, if ``word`` is one of its
    arguments. A pid that meanwhile belongs to another program is left alone."""
    try:
        pid = int(pid_file.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return
    deadline = time.monotonic() + timeout_s
    while not has_ended(pid) and time.monotonic() < deadline:
        command = command_of(pid)
        if word in command:
            os.kill(pid, signal.SIGKILL)
        elif command:
            return
        time.sleep(PAUSE_S)
    if word in command_of(pid):
        raise StartFailed(f"process {pid} of an earlier start does not end; end it by hand")


class ProcessGroup:
    """The children of one command, watched together and stopped in reverse order.

    As a context manager, in the main thread: SIGINT, SIGTERM and SIGHUP then mean "stop"; a second one
    means "now", without the grace time.
    """

    def __init__(self, *, grace_s: float = 10) -> None:
        self.grace_s = grace_s
        self._children: list[Child] = []
        self._watched: list[Child] = []
        self._asked = threading.Event()
        self._asked_again = threading.Event()
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path | None = None,
    ) -> Child:
        """Starts a child that this group stops; as ``start_child`` says."""
        child = start_child(name, command, env=env, cwd=cwd, log=log)
        self._children.append(child)
        return child

    def adopt(self, child: Child) -> None:
        """Stops a child that was started outside, like its own."""
        self._children.append(child)

    def watch(self, *children: Child) -> None:
        """Reports these too when they end; somebody else stops them."""
        self._watched.extend(children)

    def exited(self) -> Exited | None:
        """The first process found ended though nobody asked it to."""
        return next(filter(None, (child.exited() for child in (*self._watched, *self._children))), None)

    def wait(self) -> Exited | None:
        """Blocks until a signal asks to stop (None) or a process ends unexpectedly (which, how, last lines)."""
        while not self._asked.wait(0.2):
            if exited := self.exited():
                return exited
        return None

    def stop(self) -> None:
        """Stops the children, the last started first: SIGTERM, the grace time, SIGKILL."""
        for child in reversed(self._children):
            child.send(signal.SIGTERM)
            deadline = time.monotonic() + self.grace_s
            while not child.wait(0.05) and time.monotonic() < deadline and not self._asked_again.is_set():
                pass
            child.stop()
        self._children.clear()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            self._asked_again.set()
        self._asked.set()

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            for number, action in self._before.items():
                signal.signal(number, action)
