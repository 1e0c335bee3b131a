"""What a server keeps between two starts: its folder, its lock, its secrets, its ports."""

import fcntl
import json
import os
import random
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from docflow.embedded.processes import StartFailed

LOOPBACK = "127.0.0.1"
PORTS = range(12_000, 22_000)
GRPC_OFFSET = 10_000
"""SeaweedFS expects a server's second port this far above its first. Both stay below 32,768, where Linux
takes the ports of outgoing connections from, so that a kept port is still free at the next start."""

Kept = dict[str, str | int]
"""Facts of one server: secrets and ports."""


def is_free(port: int) -> bool:
    """Whether a server could listen on the port, on loopback and on every address (SeaweedFS tries both)."""
    for address in (LOOPBACK, ""):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_ports(count: int, *, also: Iterable[int] = (0,)) -> list[int]:
    """So many ports where the port and each ``also`` above it are free now; another may still be quicker."""
    chosen: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if len(chosen) == count:
            return chosen
        if all(is_free(port + offset) for offset in also):
            chosen.append(port)
    raise StartFailed(f"no {count} free ports between {PORTS.start} and {PORTS.stop} on {LOOPBACK}")


def private_folder(folder: Path) -> Path:
    """The folder, made when missing, readable by its owner alone. Parents are left as they are."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.resolve(strict=True)
    except OSError as error:
        raise StartFailed(f"the folder {folder} cannot be made: {error.strerror}") from error


def kept(path: Path, make: Callable[[], Kept]) -> Kept:
    """What the file holds; when there is none, what ``make`` gives, written first (mode 0600)."""
    try:
        facts: Kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        facts = make()
        keep(path, facts)
    except (OSError, ValueError) as error:
        raise StartFailed(f"{path} holds the server's passwords and cannot be read: {error}") from error
    return facts


def keep(path: Path, facts: Kept) -> None:
    """Replaces the file whole: after a crash it is the old one or the new one."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class FolderLock:
    """One starter per folder. The kernel gives the lock back when its process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._descriptor = -1

    def take(self) -> None:
        """Raises StartFailed naming the process that has it. Taking it twice is one taking."""
        if self._descriptor >= 0:
            return
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartFailed(f"the folder {self.path.parent} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode().strip() or "unknown"
            os.close(descriptor)
            raise StartFailed(
                f"the folder {self.path.parent} is in use by process {holder}; stop that one first, or choose another folder"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def give_back(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()
