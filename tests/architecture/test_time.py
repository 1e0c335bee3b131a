"""``core/clock.py`` is the only source of now, and a moment is always aware (architecture §4 and §10)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import (
    ROOT,
    Module,
    assert_none,
    calls_of,
    classes_of,
    keyword_of,
    last_name_of,
    modules_of,
    name_of,
    plant,
)

CLOCK = "docflow/core/clock.py"
TELLS_THE_TIME = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "func.now",
    "func.current_timestamp",
    "func.current_date",
    "func.localtimestamp",
    "func.clock_timestamp",
}


def clocks_beside_the_clock(root: Path) -> list[str]:
    """Calls that ask the operating system or the database for the time of day, elsewhere than in the clock."""
    return [
        module.at(call, f"{name_of(call)}() beside core.clock")
        for module in modules_of(root)
        if module.path != CLOCK
        for call in calls_of(module.tree)
        if ".".join(name_of(call).split(".")[-2:]) in TELLS_THE_TIME
    ]


def naive_columns(root: Path) -> list[str]:
    """Columns of time without a zone, ``*_at`` that is no moment and ``*_on`` that is no date."""
    return [fact for module in modules_of(root, "docflow") for fact in naive_columns_of(module)]


def naive_columns_of(module: Module) -> Iterator[str]:
    for call in calls_of(module.tree):
        if last_name_of(call) in {"DateTime", "TIMESTAMP"} and keyword_of(call, "timezone") is not True:
            yield module.at(call, "a column of time without timezone=True")
    for class_ in classes_of(module):
        yield from filter(None, (column_that_lies(module, line) for line in class_.body))


def column_that_lies(module: Module, line: ast.stmt) -> str:
    """What is wrong with a mapped column's name; empty when nothing is."""
    if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)):
        return ""
    type_ = ast.unparse(line.annotation)
    if not type_.startswith("Mapped["):
        return ""
    if any(isinstance(node, ast.Name) and node.id == "DateTime" for node in arguments_of(line.value)):
        return module.at(line, f"{line.target.id}: DateTime without timezone=True")
    if line.target.id.endswith("_at") and not {"Moment", "datetime"} & set(names_in(line.annotation)):
        return module.at(line, f"{line.target.id} is not a moment but {type_}")
    if line.target.id.endswith("_on") and not {"Day", "date"} & set(names_in(line.annotation)):
        return module.at(line, f"{line.target.id} is not a date but {type_}")
    return ""


def arguments_of(value: ast.expr | None) -> list[ast.expr]:
    return value.args if isinstance(value, ast.Call) else []


def names_in(annotation: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)]


def test_only_the_clock_tells_the_time() -> None:
    assert_none(clocks_beside_the_clock(ROOT))


def test_every_column_of_time_is_aware() -> None:
    assert_none(naive_columns(ROOT))


@pytest.mark.parametrize(
    "expression",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()", "sa.func.now()"],
)
def test_a_planted_clock_is_seen(tmp_path: Path, expression: str) -> None:
    code = f"def due():\n    return {expression}\n"
    tree = plant(tmp_path, {"docflow/tasks/service.py": code, CLOCK: code})
    assert len(clocks_beside_the_clock(tree)) == 1


def test_measuring_a_duration_is_allowed(tmp_path: Path) -> None:
    code = "def wait():\n    return time.monotonic(), clock.now(), time.perf_counter()\n"
    assert clocks_beside_the_clock(plant(tmp_path, {"docflow/tasks/service.py": code})) == []


@pytest.mark.parametrize(
    "column",
    [
        "issued_at: Mapped[Moment] = mapped_column(DateTime)",
        "issued_at: Mapped[Moment] = mapped_column(DateTime())",
        "issued_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=False))",
        "issued_at: Mapped[date]",
        "issued_at: Mapped[str | None]",
        "issued_on: Mapped[Moment]",
    ],
)
def test_a_planted_naive_column_is_seen(tmp_path: Path, column: str) -> None:
    code = f"class Document(Base):\n    {column}\n"
    assert len(naive_columns(plant(tmp_path, {"docflow/documents/models.py": code}))) == 1


def test_aware_columns_are_allowed(tmp_path: Path) -> None:
    code = (
        "class Document(Base):\n    issued_at: Mapped[Moment | None]\n    issued_on: Mapped[date]\n"
        "    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))\n    looked_at: str\n"
    )
    assert naive_columns(plant(tmp_path, {"docflow/documents/models.py": code})) == []
