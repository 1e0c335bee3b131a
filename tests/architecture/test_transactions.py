"""One request or one job is one transaction, opened and committed in one place (architecture §5)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, assert_none, calls_of, last_name_of, modules_of, name_of, plant

ENDS_A_TRANSACTION = {"commit", "rollback", "begin"}
"""``begin`` is a block that commits at its end; ``begin_nested`` is a savepoint and anybody's."""

ALLOWED = {
    "docflow/core/db.py": "the transaction of jobs and commands",
    "docflow/web/transaction.py": "the transaction of requests",
    "docflow/migrations/run.py": "changes of the tables, one run at a time",
}


def stray_commits(root: Path) -> list[str]:
    """Calls that end a transaction outside the modules whose work that is."""
    return [
        module.at(call, f"a transaction ends at the edge alone, not by {name_of(call)}()")
        for module in modules_of(root)
        if module.path not in ALLOWED
        for call in calls_of(module.tree)
        if isinstance(call.func, ast.Attribute) and last_name_of(call) in ENDS_A_TRANSACTION
    ]


def test_nobody_but_the_edge_ends_a_transaction() -> None:
    assert_none(stray_commits(ROOT))


def test_every_module_that_may_commit_exists() -> None:
    assert [path for path in ALLOWED if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "line",
    ["await session.commit()", "await self.session.rollback()", "await get().commit()", "engine.begin()"],
)
def test_a_planted_commit_is_seen(tmp_path: Path, line: str) -> None:
    code = f"async def approve(session):\n    {line}\n"
    assert len(stray_commits(plant(tmp_path, {"docflow/tasks/service.py": code}))) == 1


def test_a_savepoint_and_the_edge_itself_are_allowed(tmp_path: Path) -> None:
    tree = plant(
        tmp_path,
        {
            "docflow/tasks/service.py": "async def take(session):\n    await session.begin_nested()\n",
            "docflow/core/db.py": "async def transaction(session):\n    await session.commit()\n",
        },
    )
    assert stray_commits(tree) == []
