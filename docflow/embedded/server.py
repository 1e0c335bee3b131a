"""What the three servers have in common: a folder, a lock, kept facts, one child, the way it is started."""

import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from docflow.embedded.places import FolderLock, Kept, is_free, keep, kept, private_folder
from docflow.embedded.processes import Child, StartFailed, wait_until

RETRY_S = 30


class Server(ABC):
    """One server in a folder of its own, where its data, log, secrets and ports are kept between starts.

    A subclass says how it is launched, which ports it needs and when it is ready.
    """

    name: ClassVar[str]
    passing: ClassVar[tuple[str, ...]] = ()
    """Words of its log that say: somebody was quicker to take a port, or an old process is still ending."""
    ready_within_s: ClassVar[float] = 60

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.folder = folder
        self.fast = fast
        self.child: Child | None = None
        self._lock = FolderLock(folder)
        self._facts: Kept = {}

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def facts_file(self) -> Path:
        """The server's secrets and ports; readable by their owner alone."""
        return self.folder / "kept.json"

    def start(self) -> None:
        """Returns when the server does its work. Raises StartFailed in words for the user, with nothing
        left running."""
        self.folder = private_folder(self.folder)
        self._lock.take()
        try:
            self._bring_up()
        except OSError as error:
            self.stop()
            raise StartFailed(f"{self.name} could not be started in {self.folder}: {error}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server and waits; does nothing when it does not run."""
        if self.child:
            self.child.stop(*self._stop_steps())
            self.child = None
        self._lock.give_back()

    @abstractmethod
    def _bring_up(self) -> None:
        """Everything between the lock and the moment the server does its work."""

    @abstractmethod
    def _launch(self) -> Child:
        """Starts the program on the kept ports."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether it does its work."""

    @abstractmethod
    def _ports(self) -> list[int]:
        """Every port it will listen on."""

    @abstractmethod
    def _new_facts(self) -> Kept:
        """Secrets and ports for a first start."""

    @abstractmethod
    def _new_ports(self) -> Kept:
        """The part of the facts that changes when a port is taken."""

    def _stop_steps(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Signals and the seconds to wait after each, before SIGKILL."""
        return ((signal.SIGTERM, 10.0),)

    def _read_facts(self) -> None:
        self._facts = kept(self.facts_file, self._new_facts)

    def _start_until_ready(self) -> None:
        """Starts on the kept ports, or new ones when one is taken; again while the failure is a passing one."""
        deadline = time.monotonic() + RETRY_S
        while True:
            if not all(is_free(port) for port in self._ports()):
                self._facts |= self._new_ports()
                keep(self.facts_file, self._facts)
            self.child = self._launch()
            try:
                wait_until(self._is_ready, self.child, timeout_s=self.ready_within_s)
            except StartFailed as failure:
                self.child.stop()
                if not any(words in str(failure) for words in self.passing) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return
