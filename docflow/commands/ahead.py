"""A web process that is started before its servers: it loads the code while they start, and then is told its settings.

Loading takes longer than PostgreSQL needs to start. Run as `python -m docflow.commands.ahead`: the settings come as
one JSON object on standard input; without any, it ends.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from docflow.embedded.processes import Child, start_child


class WebAhead:
    """The process that loads. It ends with this one, and with the block unless it was told its settings."""

    def __init__(self, log: Path | None = None) -> None:
        reads, self._writes = os.pipe()
        try:
            self.child: Child = start_child(
                "web", [sys.executable, "-m", "docflow.commands.ahead"], log=log, stdin=reads
            )
        finally:
            os.close(reads)
        self._told = False

    def tell(self, environment: Mapping[str, str]) -> Child:
        """Let it serve with these settings; whoever calls this stops it from now on."""
        with os.fdopen(self._writes, "w", encoding="utf-8") as told:
            json.dump(dict(environment), told)
        self._told = True
        return self.child

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._told:
            os.close(self._writes)
            self.child.stop()


def main() -> None:
    """Load, wait for the settings, serve."""
    import uvicorn  # noqa: F401

    import docflow.app  # noqa: F401
    from docflow.cli import main as command

    if told := sys.stdin.read():
        os.environ.update(json.loads(told))
        command(["web"])


if __name__ == "__main__":
    main()
