"""D9: from nothing to serving, with ``docflow run``."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from docflow.embedded.places import free_ports
from tests.benchmarks.options import Options
from tests.benchmarks.servers import ROOT, progress, wait_until_ready
from tests.benchmarks.table import Row

LIMIT_S = 3.0


def measure(options: Options) -> Iterator[Row]:
    """Start on an empty folder and again on the same one, each so many times."""
    cold: list[float] = []
    warm: list[float] = []
    for turn in range(options.pairs):
        progress(f"D9 start {turn + 1} of {options.pairs}")
        with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
            cold.append(_start(Path(folder) / "data"))
            warm.append(_start(Path(folder) / "data"))
    yield _row("an empty folder", cold)
    yield _row("a folder with data", warm)


def _row(where: str, times: list[float]) -> Row:
    worst = max(times)
    return Row(
        target="D9",
        what=f"docflow run until /health/ready, {where}",
        figure=f"{worst:.2f} s at worst",
        ratio=worst / LIMIT_S,
        wanted="≤ 3 s",
        met=worst <= LIMIT_S,
        times=times,
    )


def _start(folder: Path) -> float:
    (port,) = free_ports(1)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
    environment = {**ours, "DOCFLOW_PORT": str(port)}
    before = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "docflow.cli", "run", "--data-dir", str(folder)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(port)
        return time.monotonic() - before
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
