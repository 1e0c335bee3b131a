"""Names are the field's words: never utils, helpers, common, manager, process, handle (architecture §4)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.source import (
    ROOT,
    Function,
    Module,
    assert_none,
    classes_of,
    functions_of,
    modules_of,
    plant,
)

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}
EMPTY_VERBS = {"process", "handle", "manage"}

NAMED_BY_OTHERS = {
    "handle": "litestar's ASGIMiddleware",
    "handle_data": "html.parser",
    "handle_endtag": "html.parser",
    "handle_exception": "aiosmtpd",
    "handle_starttag": "html.parser",
    "process_bind_param": "SQLAlchemy's TypeDecorator",
    "process_result_value": "SQLAlchemy's TypeDecorator",
}
"""Methods whose names a library gave; aiosmtpd's ``handle_DATA`` and its kind are told by their capitals."""


def words_of(name: str) -> list[str]:
    """``CamelCase`` and ``snake_case`` alike, in small letters."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def says_nothing(name: str) -> bool:
    return any(word in EMPTY_WORDS for word in words_of(name))


def is_an_empty_verb(name: str) -> bool:
    return words_of(name)[:1] != [] and words_of(name)[0] in EMPTY_VERBS


def names_that_say_nothing(root: Path) -> Iterator[str]:
    """Folders, modules, classes and functions named after no thing of the field."""
    folders: set[PurePosixPath] = set()
    for module in modules_of(root):
        path = PurePosixPath(module.path)
        folders.update(path.parents)
        if says_nothing(path.stem) or is_an_empty_verb(path.stem):
            yield f"{module.path}: a module is named after what it holds"
        for class_ in classes_of(module):
            if says_nothing(class_.name):
                yield module.at(class_, f"{class_.name} says nothing")
        for function in functions_of(module):
            empty = says_nothing(function.name) or is_an_empty_verb(function.name)
            if empty and function not in inherited_methods(module):
                yield module.at(function, f"{function.name} says nothing")
    for folder in sorted(folders):
        if says_nothing(folder.name) or is_an_empty_verb(folder.name):
            yield f"{folder}: a folder is named after what it holds"


def inherited_methods(module: Module) -> set[ast.stmt]:
    """Methods that a library calls by the name it gave them."""
    return {
        line
        for class_ in classes_of(module)
        for line in class_.body
        if isinstance(line, Function)
        and (line.name in NAMED_BY_OTHERS or re.fullmatch(r"handle_[A-Z]+", line.name))
    }


def test_every_name_is_a_word_of_the_field() -> None:
    assert_none(names_that_say_nothing(ROOT))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("docflow/tasks/utils.py", ""),
        ("docflow/common/words.py", ""),
        ("docflow/tasks/service.py", "class TaskManager: ..."),
        ("docflow/tasks/service.py", "def process_task(): ..."),
        ("docflow/tasks/service.py", "class Board:\n    async def _handle(self): ..."),
        ("storage/objects.py", "def upload_helper(): ..."),
    ],
)
def test_a_planted_empty_name_is_seen(tmp_path: Path, path: str, code: str) -> None:
    assert len(list(names_that_say_nothing(plant(tmp_path, {path: code})))) == 1


def test_a_word_that_only_contains_an_empty_one_is_allowed(tmp_path: Path) -> None:
    code = "class ChildProcess: ...\ndef commune_of(): ...\ndef child_process(): ...\ndef processed_on(): ..."
    assert list(names_that_say_nothing(plant(tmp_path, {"docflow/files/extract.py": code}))) == []
