"""The three requirements files: everything pinned with hashes, in step with pyproject.toml and each other."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, assert_none, plant

FILES = ("requirements.txt", "requirements-embedded.txt", "requirements-dev.txt")
"""From the smallest to the largest; each contains the one before."""

PIN = re.compile(r"^([a-z0-9.-]+)==(\S+?)(?: ;.*)?(?: \\)?$")


def pins_of(text: str) -> dict[str, str]:
    """Package name to pinned version."""
    return {match[1]: match[2] for line in text.splitlines() if (match := PIN.match(line))}


def unlocked(root: Path) -> list[str]:
    """What is not pinned, has no hash, names a place to download from, or is out of step."""
    found = []
    smaller: dict[str, str] = {}
    for name in FILES:
        text = (root / name).read_text("utf-8")
        for block in re.split(r"\n(?=[a-zA-Z0-9])", text):
            line = block.splitlines()[0]
            if not line.startswith("#") and (not PIN.match(line) or "--hash=sha256:" not in block):
                found.append(f"{name}: {line} is not pinned with a hash")
        if re.search(r"://|--index-url|--find-links|(?m:^ *-[cr] )", text):
            found.append(f"{name} names a place")
        pins = pins_of(text)
        found += [
            f"{name}: {package} is not {version}"
            for package, version in smaller.items()
            if pins.get(package) != version
        ]
        smaller = pins
    return found


def wanted_by_the_project(root: Path) -> dict[str, list[str]]:
    """For each file the names of the packages that pyproject.toml asks for there."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    main, extras = project["dependencies"], project["optional-dependencies"]
    wanted = dict(
        zip(FILES, (main, main + extras["embedded"], main + extras["embedded"] + extras["dev"]), strict=True)
    )
    return {
        name: [re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0] for line in lines]
        for name, lines in wanted.items()
    }


def missing_from_the_locks(root: Path) -> list[str]:
    return [
        f"{name} has no {package}: make lock"
        for name, packages in wanted_by_the_project(root).items()
        for package in packages
        if package not in pins_of((root / name).read_text("utf-8"))
    ]


def test_everything_is_pinned_with_a_hash_and_the_files_agree() -> None:
    assert_none(unlocked(ROOT))


def test_everything_that_the_project_asks_for_is_locked() -> None:
    assert_none(missing_from_the_locks(ROOT))


GOOD = "# make lock\nalembic==1.20.1 \\\n    --hash=sha256:00\n"


@pytest.mark.parametrize(
    "line",
    [
        "litestar>=2 \\\n    --hash=sha256:00",
        "litestar==2.25.0",
        "litestar @ git+https://example.org/litestar \\\n    --hash=sha256:00",
        "alembic==1.19.0 \\\n    --hash=sha256:00",
    ],
)
def test_a_planted_unlocked_package_is_seen(tmp_path: Path, line: str) -> None:
    tree = plant(tmp_path, dict.fromkeys(FILES, GOOD) | {"requirements-dev.txt": f"# make lock\n{line}\n"})
    assert unlocked(tree) != []


def test_a_planted_dependency_that_was_not_locked_is_seen(tmp_path: Path) -> None:
    project = '[project]\ndependencies = ["alembic>=1", "minio[x]>=7"]\noptional-dependencies = {embedded = [], dev = []}\n'
    tree = plant(tmp_path, dict.fromkeys(FILES, GOOD) | {"pyproject.toml": project})
    assert missing_from_the_locks(tree) == [f"{name} has no minio: make lock" for name in FILES]
