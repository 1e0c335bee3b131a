"""Telling a story whose every step is checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class NotAsExpected(Exception):
    """A step did not go as the story says."""


class Teller:
    """Prints each step, counts it, and stops at the first that is not as expected."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self.steps = 0
        self.failures = 0

    @contextmanager
    def step(self, sentence: str) -> Iterator[None]:
        """One step. What is told inside is indented under it."""
        self.steps += 1
        self._write(f"{self.steps:>3}. {sentence}")
        try:
            yield
        except Exception as error:
            self.failures += 1
            self._write(f"     NOT AS EXPECTED in step {self.steps}: {type(error).__name__}: {error}")
            raise

    def chapter(self, title: str) -> None:
        """A heading."""
        self._write(f"\n{title}")

    def detail(self, sentence: str) -> None:
        """Something worth saying inside a step."""
        self._write(f"       {sentence}")


def expect(fact: bool, what: str) -> None:
    """Raise NotAsExpected unless ``fact``."""
    if not fact:
        raise NotAsExpected(what)


def expect_equal(found: Any, wanted: Any, what: str) -> None:
    """Raise NotAsExpected unless both are equal."""
    if found != wanted:
        raise NotAsExpected(f"{what}: {found!r} instead of {wanted!r}")
