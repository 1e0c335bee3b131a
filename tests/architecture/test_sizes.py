"""Ceilings: a file, a function, a handler (architecture §3)."""

import ast
from pathlib import Path

from tests.architecture.source import ROOT, Function, assert_none, functions_of, is_handler, modules_of, plant

FILE_LINES = 400
FUNCTION_LINES = 40
HANDLER_LINES = 15


HISTORY = "docflow/migrations/versions/"
"""A revision is written once and never read for the present state: it has no ceiling."""


def lines_of(function: Function) -> int:
    """Lines from ``def`` to the end, the docstring not counted."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def oversized(root: Path) -> list[str]:
    """Files, functions and handlers over their ceiling."""
    found = []
    for module in modules_of(root):
        if module.path.startswith(HISTORY):
            continue
        length = len(module.text.splitlines())
        if length > FILE_LINES:
            found.append(f"{module.path}: {length} lines, at most {FILE_LINES}")
        for function in functions_of(module):
            ceiling = HANDLER_LINES if is_handler(function) else FUNCTION_LINES
            if lines_of(function) > ceiling:
                fact = f"{function.name} has {lines_of(function)} lines, at most {ceiling}"
                found.append(module.at(function, fact))
    return found


def test_no_file_function_or_handler_is_too_long() -> None:
    assert_none(oversized(ROOT))


def body(lines: int) -> str:
    return "".join(f"    x = {number}\n" for number in range(lines))


def test_a_planted_long_file_is_seen(tmp_path: Path) -> None:
    tree = plant(tmp_path, {"docflow/a.py": "x = 1\n" * 400, "storage/b.py": "x = 1\n" * 401})
    assert oversized(tree) == ["storage/b.py: 401 lines, at most 400"]


def test_a_planted_long_function_is_seen(tmp_path: Path) -> None:
    kept = f'def kept():\n    """One.\n\n    Two.\n    """\n{body(39)}'
    tree = plant(tmp_path, {"docflow/a.py": kept + f"async def long():\n{body(40)}"})
    assert oversized(tree) == ["docflow/a.py:45: long has 41 lines, at most 40"]


def test_a_planted_long_handler_is_seen(tmp_path: Path) -> None:
    tree = plant(
        tmp_path, {"docflow/a.py": f"@post('/documents', status_code=201)\nasync def register():\n{body(15)}"}
    )
    assert oversized(tree) == ["docflow/a.py:2: register has 16 lines, at most 15"]


def test_a_revision_of_the_tables_has_no_ceiling(tmp_path: Path) -> None:
    tree = plant(tmp_path, {f"{HISTORY}0001_all.py": f"def upgrade():\n{body(500)}"})
    assert oversized(tree) == []
