"""What the child that reads text has given up, and what becomes of one that turns against us."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from docflow.files.extraction import (
    Extraction,
    ExtractionLimits,
    ExtractionReason,
    ExtractionStatus,
    run_child,
)

ROOT = Path(__file__).parents[2]


def python(code: str) -> list[str]:
    start = (
        f"import sys, os, time; sys.path.append({str(ROOT)!r}); from docflow.files.extract_child import *\n"
    )
    return [sys.executable, "-I", "-c", start + code]


async def test_an_endless_child_is_ended_with_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    endless = (
        "print('until here', flush=True)\n"
        "grandchild = os.fork()\n"
        f"if grandchild: open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{grandchild}}')\n"
        "while True: time.sleep(0.01)"
    )
    with note.open("w+b") as nothing:
        read = await run_child(python(endless), nothing, ExtractionLimits(wall_seconds=1))
    assert read == Extraction(ExtractionStatus.CUT, "until here", ExtractionReason.TIMEOUT)
    ended = [int(pid) for pid in note.read_text().split()]
    assert len(ended) == 2
    assert await _gone(*ended)


async def test_a_cancelled_extraction_leaves_no_child(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with (tmp_path / "empty").open("w+b") as nothing:
        code = f"open({str(note)!r}, 'w').write(str(os.getpid()) + ' ')\ntime.sleep(60)"
        running = asyncio.create_task(run_child(python(code), nothing, ExtractionLimits()))
        assert await _comes_true(lambda: note.exists() and note.read_text() != "")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert await _gone(int(note.read_text()))


async def test_the_child_dies_with_its_parent() -> None:
    child = python(
        "contain(ExtractionLimits()); give_up_the_rest(os.getppid()); print(os.getpid(), flush=True); time.sleep(60)"
    )
    code = f"import subprocess, time; subprocess.Popen({child!r}); time.sleep(60)"
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert _running(pid)
    parent.kill()
    assert await _gone(pid)
    await parent.wait()


async def test_the_child_can_open_start_and_reach_nothing(tmp_path: Path) -> None:
    attempts = """
import socket, subprocess, resource
limits = ExtractionLimits()
contain(limits)
give_up_the_rest(os.getppid())
print(sorted(os.environ), os.getcwd(), os.geteuid() != 0)
for attempt in (lambda: open('/etc/hostname'), socket.socket, os.pipe, os.fork):
    try:
        attempt()
        print('possible')
    except OSError as error:
        print('refused')
sys.stdout.flush()
sys.stderr.write('- -\\n')
sys.stderr.flush()
os._exit(0)
"""
    with (tmp_path / "empty").open("w+b") as nothing:
        read = await run_child(python(attempts), nothing, ExtractionLimits())
    environment, *answers = read.text.splitlines()
    assert environment in {"[] / True", "['LC_CTYPE'] / True"}
    assert answers == ["refused"] * 4


async def test_a_child_that_writes_for_ever_is_cut_by_the_kernel(tmp_path: Path) -> None:
    code = "contain(ExtractionLimits(text_bytes=5000))\nwhile True: os.write(1, b'x' * 1000)"
    with (tmp_path / "empty").open("w+b") as nothing:
        read = await run_child(python(code), nothing, ExtractionLimits(text_bytes=5000))
    assert read == Extraction(ExtractionStatus.CUT, "x" * 5000, ExtractionReason.CRASHED)


async def test_a_child_taken_over_cannot_hand_back_a_false_verdict(tmp_path: Path) -> None:
    code = "os.write(1, b'\\xff\\x00ab'); os.write(2, b'invented 12\\n')"
    with (tmp_path / "empty").open("w+b") as nothing:
        read = await run_child(python(code), nothing, ExtractionLimits())
    assert read == Extraction(ExtractionStatus.CUT, "ab", ExtractionReason.CRASHED)


async def _gone(*pids: int) -> bool:
    return await _comes_true(lambda: not any(_running(pid) for pid in pids))


async def _comes_true(fact: Callable[[], bool]) -> bool:
    """Whether it is so within five seconds."""
    for _ in range(500):
        if fact():
            return True
        await asyncio.sleep(0.01)
    return False


def _running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
