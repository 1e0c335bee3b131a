"""Children that end with their starter, the group that watches them, and the lock of a folder."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from docflow.embedded import Exited, FolderLock, ProcessGroup, StartFailed, start_child
from docflow.embedded.processes import end_leftover
from tests.embedded.observed import eventually, is_gone, python

WAITING = "import time; print('waiting', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"

COMMAND = """
import sys
from pathlib import Path
from docflow.embedded import ProcessGroup
folder = Path(sys.argv[1])
noted = "import signal, sys, time, pathlib\\n" \\
    "def end(*_):\\n pathlib.Path(sys.argv[1]).open('a').write(sys.argv[2]); sys.exit()\\n" \\
    "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
with ProcessGroup() as group:
    for name in ("web", "worker"):
        log = folder / f"{name}.log"
        child = group.start(name, [sys.executable, "-c", noted, folder / "ended", name + " "], log=log)
        while "up" not in log.read_text():
            pass
        print(child.pid, flush=True)
    print(group.wait(), flush=True)
print("stopped", flush=True)
"""


def wait_for(log: Path, word: str) -> None:
    assert eventually(lambda: log.exists() and word in log.read_text())


def test_a_process_that_ends_unexpectedly_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    with ProcessGroup() as group:
        group.start("web", [sys.executable, "-c", WAITING], log=tmp_path / "web.log")
        code = "import sys; print('the table documents is missing'); sys.exit(3)"
        group.start("worker", [sys.executable, "-c", code], log=tmp_path / "worker.log")
        exited = group.wait()
    assert exited == Exited("worker", 3, "the table documents is missing")
    assert str(exited).startswith("worker ended unexpectedly with exit status 3")


def test_a_process_that_is_killed_is_reported_with_the_signal(tmp_path: Path) -> None:
    watched = start_child("S3", [sys.executable, "-c", WAITING], log=tmp_path / "log")
    with ProcessGroup() as group:
        group.watch(watched)
        os.kill(watched.pid, signal.SIGKILL)
        exited = group.wait()
    assert exited is not None
    assert "S3 ended unexpectedly with signal SIGKILL" in str(exited)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_children_the_last_started_first(tmp_path: Path, number: signal.Signals) -> None:
    command = python(COMMAND, tmp_path)
    assert command.stdout is not None
    pids = [int(command.stdout.readline()) for _ in range(2)]
    command.send_signal(number)
    output, errors = command.communicate(timeout=10)
    assert (output, errors, command.returncode) == ("None\nstopped\n", "", 0)
    assert (tmp_path / "ended").read_text() == "worker web "
    assert all(is_gone(pid) for pid in pids)


def test_a_deaf_child_is_killed_after_the_grace_time(tmp_path: Path) -> None:
    started = time.monotonic()
    with ProcessGroup(grace_s=0.3) as group:
        child = group.start("web", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
        wait_for(tmp_path / "log", "deaf")
    assert child.exited() == Exited("web", -signal.SIGKILL, "deaf")
    assert time.monotonic() - started < 5


def test_a_second_signal_does_not_wait_for_the_grace_time(tmp_path: Path) -> None:
    with ProcessGroup(grace_s=60) as group:
        child = group.start("web", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
        wait_for(tmp_path / "log", "deaf")
        os.kill(os.getpid(), signal.SIGTERM)
        assert group.wait() is None
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert child.exited() == Exited("web", -signal.SIGKILL, "deaf")


def test_children_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    command = python(COMMAND, tmp_path)
    assert command.stdout is not None
    pids = [int(command.stdout.readline()) for _ in range(2)]
    command.send_signal(signal.SIGKILL)
    command.communicate()
    assert eventually(lambda: all(is_gone(pid) for pid in pids))


def test_a_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    children = []
    command = [sys.executable, "-c", WAITING]
    thread = threading.Thread(
        target=lambda: children.append(start_child("web", command, log=tmp_path / "log"))
    )
    thread.start()
    thread.join()
    wait_for(tmp_path / "log", "waiting")
    time.sleep(0.1)
    assert children[0].exited() is None
    children[0].stop()


def test_a_program_that_cannot_be_started_says_so_in_its_log(tmp_path: Path) -> None:
    child = start_child("web", [tmp_path / "missing"], log=tmp_path / "log")
    assert child.wait(10)
    exited = child.exited()
    assert exited is not None
    assert exited.status == 126
    assert f"could not start {tmp_path / 'missing'}: [Errno 2]" in exited.tail


def test_a_child_without_a_log_writes_where_its_starter_does() -> None:
    code = (
        "import sys; from docflow.embedded import start_child;"
        "child = start_child('web', [sys.executable, '-c', 'print(711)']); child.wait(10)"
    )
    output, errors = python(code).communicate(timeout=10)
    assert (output, errors) == ("711\n", "")


def test_a_long_log_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (5 * 1024**2 + 1))
    child = start_child("web", [sys.executable, "-c", "print('new')"], log=log)
    child.wait(10)
    assert log.read_text() == "new\n"
    assert (tmp_path / "web.old.log").stat().st_size > 5 * 1024**2


def test_a_folder_has_one_holder_until_it_gives_it_back(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(StartFailed, match=f"in use by process {os.getpid()}"):
        FolderLock(tmp_path).take()
    with FolderLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_folder_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from docflow.embedded import FolderLock;"
        "FolderLock(Path(sys.argv[1])).take(); print('held', flush=True); time.sleep(60)"
    )
    holder = python(code, tmp_path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StartFailed, match=f"in use by process {holder.pid}"):
        FolderLock(tmp_path).take()
    holder.kill()
    holder.communicate()
    with FolderLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_leftover_is_ended_and_a_stranger_with_its_number_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, "-dir=/data"], stdout=subprocess.DEVNULL
    ) as process:
        assert eventually(lambda: not is_gone(process.pid))
        (tmp_path / "pid").write_text(str(process.pid))
        end_leftover(tmp_path / "pid", "-dir=/another")
        assert process.poll() is None
        end_leftover(tmp_path / "pid", "-dir=/data")
        assert process.wait() == -signal.SIGKILL
    end_leftover(tmp_path / "no such file", "-dir=/data")
    assert is_gone(process.pid)
