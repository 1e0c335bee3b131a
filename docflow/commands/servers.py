"""The two processes of docflow, started and waited for: what ``run`` and ``demo`` share."""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from docflow.commands.ahead import WebAhead
from docflow.embedded import ProcessGroup, StartFailed
from docflow.settings import Settings

START_SECONDS = 30.0


def start_servers(
    group: ProcessGroup,
    web: WebAhead,
    settings: Settings,
    environment: Mapping[str, str],
    logs: Path | None = None,
) -> None:
    """Let web serve, start a worker, return when web answers; ``group`` stops both. Raises StartFailed with what
    the one said that ended."""
    group.adopt(web.tell(environment))
    log = logs / "worker.log" if logs else None
    group.start("worker", [sys.executable, "-m", "docflow.cli", "worker"], env=environment, log=log)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(f"http://{settings.host}:{settings.port}/health/live"):
        if exited := group.exited():
            raise StartFailed(str(exited))
        if time.monotonic() > deadline:
            raise StartFailed(f"web did not answer within {START_SECONDS:.0f} seconds")
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
