"""Fixtures of the embedded servers' own tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docflow.embedded import EmbeddedStack


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """One stack for the tests that only look at it."""
    with EmbeddedStack(tmp_path_factory.mktemp("servers"), fast=True) as running:
        yield running


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder below a home folder that only its owner can enter, as of a clone made by root."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix=".docflow-test-", dir=Path.home()) as folder:
        yield Path(folder)
