"""What a child does that was taken over: works that the warm process is told to let it do."""

import os
import socket
import time
from pathlib import Path

from docflow.files.extract_child import contain, give_up_the_rest
from docflow.files.extract_terms import ExtractionLimits


def never_end(limits: ExtractionLimits, parent: int, *, note: str) -> None:
    """Say something, start another, and stay."""
    os.write(1, b"until here\n")
    grandchild = os.fork()
    if grandchild:
        Path(note).write_text(f"{os.getpid()} {grandchild}")
    while True:
        time.sleep(0.01)


def outlive_the_parent(limits: ExtractionLimits, parent: int, *, note: str) -> None:
    file = os.open(note, os.O_WRONLY | os.O_CREAT)
    contain(limits)
    give_up_the_rest(parent)
    os.write(file, f"{os.getpid()} {parent} ".encode())
    time.sleep(60)


def try_everything(limits: ExtractionLimits, parent: int) -> None:
    """Open, connect, fork; and use what the warm process has open."""
    contain(limits)
    give_up_the_rest(parent)
    os.write(1, f"{sorted(os.environ)} {os.getcwd()} {os.geteuid() != 0}\n".encode())
    for attempt in (lambda: open("/etc/hostname"), socket.socket, os.pipe, os.fork):  # noqa: SIM115
        try:
            attempt()
            os.write(1, b"possible\n")
        except OSError:
            os.write(1, b"refused\n")
    for descriptor in range(3, 200):
        try:
            os.fstat(descriptor)
            os.write(1, b"inherited\n")
        except OSError:
            continue
    os.write(2, b"- - - -\n")


def write_for_ever(limits: ExtractionLimits, parent: int) -> None:
    contain(limits)
    while True:
        os.write(1, b"x" * 1000)


def lie(limits: ExtractionLimits, parent: int, *, verdict: str) -> None:
    os.write(1, b"\xff\x00ab")
    os.write(2, verdict.encode())


def fall(limits: ExtractionLimits, parent: int) -> None:
    contain(limits)
    os.kill(os.getpid(), 11)


def tell_the_parent(limits: ExtractionLimits, parent: int) -> None:
    os.write(1, str(parent).encode())
    os.write(2, b"- - - -\n")
