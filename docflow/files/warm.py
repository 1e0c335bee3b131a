"""A warm process: everything that reads files is loaded in it once, and each file gets a fork of it.

A fork costs a few milliseconds where a fresh interpreter costs seventy. The warm process itself never looks at a file:
it only forks, ends and buries, so every child begins from the same memory, which no file has touched, and gives up
its own rights as before. It speaks over one socket: a message of `MESSAGE_BYTES` and four descriptors, which are the
file, where its text and its verdict go, and a socket that is the child's life: when the other side ends it, the child is
killed with all it started; when the child is gone, its exit code is written there. Knows nothing of asyncio.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from typing import Any

MESSAGE_BYTES = 2048
DESCRIPTORS = 4
EXIT_CODE = struct.Struct("!i")
NOT_STARTED = 256
"""Instead of an exit code: no process was to be had."""

_EVERY_DESCRIPTOR = 1 << 20


class Warm:
    """The loop of the warm process."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lives: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, far = socket.socketpair()
        self._bell.setblocking(False)
        far.setblocking(False)
        self._ringer = far
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def run(self) -> None:
        """Until whoever started this process closes its end, or dies."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._start_next():
                        return
                elif key.fileobj is self._bell:
                    with contextlib.suppress(BlockingIOError):
                        self._bell.recv(4096)
                    self._bury()
                else:
                    self._kill(key.data)
                    self._selector.unregister(key.fileobj)

    def end(self) -> None:
        """Leave nobody behind."""
        for pid in self._lives:
            self._kill(pid)

    def _start_next(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(
            self._control, MESSAGE_BYTES, DESCRIPTORS, socket.MSG_WAITALL
        )
        if len(message) < MESSAGE_BYTES or len(descriptors) < DESCRIPTORS:
            return False
        life = socket.socket(fileno=descriptors[3])
        _load(json.loads(message)["work"])
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            _tell(life, NOT_STARTED)
            pid = -1
        if pid == 0:
            _become(json.loads(message), descriptors, parent)
        for descriptor in descriptors[:3]:
            os.close(descriptor)
        if pid > 0:
            self._lives[pid] = life
            self._selector.register(life, selectors.EVENT_READ, pid)
        return True

    def _bury(self) -> None:
        for pid in list(self._lives):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            self._kill(pid)  # not buried yet, so the number of its group is still its own
            _, status = os.waitpid(pid, 0)
            life = self._lives.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(life)
            _tell(life, os.waitstatus_to_exitcode(status))

    def _kill(self, pid: int) -> None:
        for kill in (os.killpg, os.kill):  # it may not have made its group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)


def _load(work: str) -> None:
    """What a kind of work needs is loaded once, before its first child is forked; a fault is that child's to tell."""
    name = work.partition(":")[0]
    if name in sys.modules:
        return
    with contextlib.suppress(Exception):
        module = importlib.import_module(name)
        getattr(module, "load_the_rest", lambda: None)()
    gc.collect()
    gc.freeze()


def _tell(life: socket.socket, code: int) -> None:
    with contextlib.suppress(OSError):
        life.send(EXIT_CODE.pack(code))
    life.close()


def _become(message: dict[str, Any], descriptors: list[int], parent: int) -> None:
    """The forked child: its three descriptors, a session of its own, its work, and no way back."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for place, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, place)
        os.closerange(3, _EVERY_DESCRIPTOR)
        module, _, name = message["work"].partition(":")
        work = getattr(importlib.import_module(module), name)
        work(_limits(message["limits"]), parent, **message["arguments"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        with contextlib.suppress(BaseException):
            os.write(2, traceback.format_exc(limit=-5).encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _limits(numbers: dict[str, int]) -> Any:
    from docflow.files.extract_terms import ExtractionLimits

    return ExtractionLimits(**numbers)


def main(control: int) -> None:
    """Load what the children need, then fork them until the other end of ``control`` is closed."""
    from docflow.files import extract_child, picture_child

    extract_child.load_the_rest()
    del picture_child
    gc.collect()
    gc.freeze()
    gc.disable()
    warm = Warm(socket.socket(fileno=control))
    try:
        warm.run()
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches the whole group; whoever started us decides
    finally:
        warm.end()
        sys.stderr.flush()
        os._exit(0)
