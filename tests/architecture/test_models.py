"""Relationships never load by surprise, and a word in a column has its check (architecture §9)."""

import ast
import re
from pathlib import Path

from docflow.app import CONSTRAINTS
from docflow.migrations.run import tables
from tests.architecture.source import (
    ROOT,
    Module,
    assert_none,
    calls_of,
    classes_of,
    keyword_of,
    last_name_of,
    modules_of,
    plant,
)


def relationships_that_load(root: Path) -> list[str]:
    """Relationships without ``lazy="raise"``."""
    return [
        module.at(call, 'a relationship without lazy="raise"')
        for module in modules_of(root, "docflow")
        for call in calls_of(module.tree)
        if last_name_of(call) == "relationship" and keyword_of(call, "lazy") != "raise"
    ]


def words_without_a_check(root: Path) -> list[str]:
    """Columns of a StrEnum (``Word(X)``) without ``one_of("column", X)`` in their table."""
    return [
        fact
        for module in modules_of(root, "docflow")
        for class_ in classes_of(module)
        for fact in unchecked_words(module, class_)
    ]


def unchecked_words(module: Module, class_: ast.ClassDef) -> list[str]:
    checked = {ast.unparse(call) for call in calls_of(class_) if last_name_of(call) == "one_of"}
    found = []
    for line in class_.body:
        if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value):
            continue
        for call in calls_of(line.value):
            if last_name_of(call) == "Word" and call.args:
                wanted = f"one_of({line.target.id!r}, {ast.unparse(call.args[0])})"
                if wanted not in checked:
                    found.append(module.at(line, f"{class_.name}.{line.target.id} has no {wanted}"))
    return found


def test_no_relationship_loads_by_surprise() -> None:
    assert_none(relationships_that_load(ROOT))


def test_every_word_in_a_column_has_its_check() -> None:
    assert_none(words_without_a_check(ROOT))


def test_a_planted_lazy_relationship_is_seen(tmp_path: Path) -> None:
    code = (
        "class Task(Base):\n    unit: Mapped[Unit] = relationship(lazy='raise')\n"
        "    lead: Mapped[Unit] = relationship()\n    note: Mapped[Unit] = orm.relationship(lazy='select')\n"
    )
    assert len(relationships_that_load(plant(tmp_path, {"docflow/tasks/models.py": code}))) == 2


def test_a_planted_word_without_a_check_is_seen(tmp_path: Path) -> None:
    code = (
        "class Task(Base):\n    state: Mapped[State] = mapped_column(Word(State))\n"
        "    role: Mapped[Role] = mapped_column(Word(Role))\n    __table_args__ = (one_of('state', State),)\n"
    )
    assert words_without_a_check(plant(tmp_path, {"docflow/tasks/models.py": code})) == [
        "docflow/tasks/models.py:3: Task.role has no one_of('role', Role)"
    ]


def test_every_constraint_that_means_something_exists() -> None:
    metadata = tables()
    named = {constraint.name for table in metadata.tables.values() for constraint in table.constraints}
    named |= {index.name for table in metadata.tables.values() for index in table.indexes}
    revisions = (ROOT / "docflow/migrations/versions").glob("*.py")
    triggers = (re.findall(r"CONSTRAINT = '(\w+)'", path.read_text("utf-8")) for path in revisions)
    named.update(name for raised in triggers for name in raised)
    assert set(CONSTRAINTS) <= named
