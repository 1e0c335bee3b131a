"""The README names every setting, every command and every make target, and nothing that does not exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import (
    ROOT,
    Module,
    assert_none,
    classes_of,
    functions_of,
    keyword_of,
    last_name_of,
    module_at,
    modules_of,
    plant,
)

PREFIX = "DOCFLOW_"


def settings_of(root: Path) -> set[str]:
    """Environment variables that ``docflow/settings.py`` knows."""
    module = module_at(root, "docflow/settings.py")
    return {PREFIX + name for name in [*fields_of_settings(module), *names_for_the_starter(module)]}


def fields_of_settings(module: Module) -> Iterator[str]:
    for class_ in classes_of(module):
        for line in class_.body:
            if (
                class_.name == "Settings"
                and isinstance(line, ast.AnnAssign)
                and isinstance(line.target, ast.Name)
            ):
                yield line.target.id.upper()


def names_for_the_starter(module: Module) -> Iterator[str]:
    for line in module.tree.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "FOR_THE_STARTER":
            for node in ast.walk(line.value):
                if isinstance(node, ast.Constant):
                    yield str(node.value)


def commands_of(root: Path) -> set[str]:
    """Names of the commands: functions decorated with ``….command(…)`` in ``docflow/cli.py``."""
    return {
        command_name_of(function.name, decorator)
        for function in functions_of(module_at(root, "docflow/cli.py"))
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and last_name_of(decorator) == "command"
    }


def command_name_of(function: str, decorator: ast.Call) -> str:
    named = keyword_of(decorator, "name")
    if decorator.args and isinstance(decorator.args[0], ast.Constant):
        named = decorator.args[0].value
    return str(named) if named else function.replace("_", "-").strip("-")


def targets_of(root: Path) -> set[str]:
    phony = re.search(r"^\.PHONY:(.*)$", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    return set(phony[1].split()) - {"help"}


def undocumented(root: Path) -> Iterator[str]:
    """Settings, commands and targets that the README does not name, and settings that it made up."""
    readme = (root / "README.md").read_text("utf-8")
    known = settings_of(root)
    compose = root / "docker-compose.yml"
    substituted = set(re.findall(r"\$\{(\w+)", compose.read_text("utf-8"))) if compose.exists() else set()
    mentioned = set(re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b(?!\*|_)", readme))
    yield from (f"the setting {name} is not in the README" for name in sorted(known - mentioned))
    yield from (
        f"the README names {name}, which is no setting" for name in sorted(mentioned - known - substituted)
    )
    for command in sorted(commands_of(root)):
        if not re.search(rf"\bdocflow(?:\.cli)? {re.escape(command)}(?![\w-])", readme):
            yield f"the command docflow {command} is not in the README"
    for target in sorted(targets_of(root)):
        if not re.search(rf"\bmake {re.escape(target)}(?![\w-])", readme):
            yield f"make {target} is not in the README"


def words_without_a_meaning(root: Path) -> Iterator[str]:
    """Names in the second column of the glossary's tables that the source does not have."""
    source = " ".join(module.text for module in modules_of(root, "docflow"))
    for line in (root / "docs" / "glossary.md").read_text("utf-8").splitlines():
        columns = line.split("|")
        for name in re.findall(r"`([^`]+)`", columns[2]) if len(columns) > 3 else ():
            if not re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", source):
                yield f"the glossary's {name} is not in the source"


def test_every_name_in_the_glossary_is_in_the_source() -> None:
    assert_none(words_without_a_meaning(ROOT))


def test_a_planted_word_of_no_meaning_is_seen(tmp_path: Path) -> None:
    glossary = "| nhiệm vụ | `task`: `due_at`, `colour` | What is asked |\n| a | `line` | b |\n"
    tree = plant(
        tmp_path, {"docs/glossary.md": glossary, "docflow/models.py": "task = 'due_at'; deadline = 1"}
    )
    assert list(words_without_a_meaning(tree)) == [
        "the glossary's colour is not in the source",
        "the glossary's line is not in the source",
    ]


def test_the_readme_names_every_setting_command_and_target() -> None:
    assert_none(undocumented(ROOT))


def test_settings_and_commands_are_found_in_the_source() -> None:
    """The rule is only as good as what it reads: it must see what the program itself has."""
    from docflow.settings import FOR_THE_STARTER, Settings

    assert settings_of(ROOT) == {
        PREFIX + name.upper() for name in (*Settings.__struct_fields__, *FOR_THE_STARTER)
    }
    assert {"run", "demo", "web", "worker", "migrate", "verify", "create-admin"} <= commands_of(ROOT)


SOURCE = {
    "docflow/settings.py": 'class Settings:\n    host: str\nFOR_THE_STARTER = frozenset({"DATA_DIR"})\n',
    "docflow/cli.py": '@cli.command()\ndef create_admin(): ...\n@cli.command("web")\ndef serve(): ...\n',
    "Makefile": ".PHONY: help run\n",
}
COMPLETE = "`make run`, `docflow create-admin`, `docflow web`, DOCFLOW_HOST, `DOCFLOW_DATA_DIR`, DOCFLOW_S3_*"


def test_a_complete_readme_is_accepted(tmp_path: Path) -> None:
    assert list(undocumented(plant(tmp_path, SOURCE | {"README.md": COMPLETE}))) == []


@pytest.mark.parametrize(
    "word", ["make run", "docflow create-admin", "docflow web", "DOCFLOW_HOST", "DOCFLOW_DATA_DIR"]
)
def test_a_planted_omission_is_seen(tmp_path: Path, word: str) -> None:
    tree = plant(tmp_path, SOURCE | {"README.md": COMPLETE.replace(word, "")})
    assert len(list(undocumented(tree))) == 1


def test_a_planted_setting_that_does_not_exist_is_seen(tmp_path: Path) -> None:
    tree = plant(tmp_path, SOURCE | {"README.md": COMPLETE + " DOCFLOW_COLOUR"})
    assert list(undocumented(tree)) == ["the README names DOCFLOW_COLOUR, which is no setting"]
