"""The import contracts of pyproject.toml, checked on the tree and seen to fail on planted violations."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, plant

DOWNWARDS = "Each package imports downwards only, and every package has a place"
FROM_THE_TOP = "Settings and the embedded servers are seen from the top only"
STORE_ALONE = "The object store knows nothing of docflow, the web or the database"
FILES_ALONE = "Only files uses the object store; the top constructs it"
NO_HTTP = "Business code does not know HTTP"


def check_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(root), "COLUMNS": "200"},
    )


def a_copy_of_the_tree(root: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


SKELETON = {
    f"docflow/{name}": ""
    for name in (
        "__init__.py",
        "app.py",
        "worker.py",
        "cli.py",
        "commands/__init__.py",
        "settings.py",
        "embedded.py",
        "demo/__init__.py",
        "migrations/__init__.py",
        "home/__init__.py",
        "meetings/__init__.py",
        "retention/__init__.py",
        "dossiers/__init__.py",
        "issuing/__init__.py",
        "tasks/__init__.py",
        "documents/__init__.py",
        "signatures/__init__.py",
        "files/__init__.py",
        "notifications/__init__.py",
        "printing/__init__.py",
        "audit/__init__.py",
        "accounts/__init__.py",
        "accounts/models.py",
        "web/__init__.py",
        "access/__init__.py",
        "core/__init__.py",
        "core/ids.py",
        "documents/service/__init__.py",
    )
} | {"storage/__init__.py": "", "docflow/documents/api.py": "import litestar\n"}
"""The house with empty rooms."""


def an_empty_house(root: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", root)
    return plant(root, SKELETON)


def broken_contracts(output: str) -> list[str]:
    return [line.removesuffix(" BROKEN") for line in output.splitlines() if line.endswith(" BROKEN")]


def test_every_contract_is_kept(tmp_path: Path) -> None:
    answer = check_imports(a_copy_of_the_tree(tmp_path))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "5 kept, 0 broken" in answer.stdout


@pytest.mark.parametrize(
    ("path", "line", "contracts"),
    [
        ("docflow/tasks/planted.py", "import docflow.meetings", [DOWNWARDS]),
        ("docflow/web/planted.py", "from docflow.accounts import models", [DOWNWARDS]),
        ("docflow/audit/planted.py", "import docflow.files", [DOWNWARDS]),
        ("docflow/archive/__init__.py", '"""A package without a place."""', [DOWNWARDS]),
        ("docflow/core/planted.py", "from docflow.settings import Settings", [DOWNWARDS, FROM_THE_TOP]),
        ("storage/planted.py", "import sqlalchemy", [STORE_ALONE]),
        ("storage/planted.py", "import docflow.core.ids", [STORE_ALONE]),
        ("docflow/documents/planted.py", "import storage", [FILES_ALONE]),
        ("docflow/tasks/workflow.py", "import litestar", [NO_HTTP]),
        ("docflow/meetings/policy.py", "from jinja2 import Template", [NO_HTTP]),
        ("docflow/documents/service/planted.py", "from docflow.documents import api", [NO_HTTP]),
    ],
)
def test_a_planted_import_is_seen(tmp_path: Path, path: str, line: str, contracts: list[str]) -> None:
    answer = check_imports(plant(an_empty_house(tmp_path), {path: line + "\n"}))
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert broken_contracts(answer.stdout) == contracts


def test_the_house_with_empty_rooms_keeps_every_contract(tmp_path: Path) -> None:
    top = {"docflow/app.py": "import storage, litestar, docflow.settings, docflow.home\n"}
    answer = check_imports(plant(an_empty_house(tmp_path), top))
    assert broken_contracts(answer.stdout) == []
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_an_import_planted_in_the_real_tree_is_seen(tmp_path: Path) -> None:
    tree = plant(
        a_copy_of_the_tree(tmp_path), {"docflow/core/planted.py": "import docflow.documents.models\n"}
    )
    answer = check_imports(tree)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert DOWNWARDS in broken_contracts(answer.stdout)
