"""The source tree as the rules read it: parsed modules, and small trees with a violation planted in them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("docflow", "storage")

Function = ast.FunctionDef | ast.AsyncFunctionDef
HANDLER_DECORATORS = {"get", "post", "put", "patch", "delete", "head"}


@dataclass(frozen=True)
class Module:
    """One parsed file; ``path`` is relative to the root of the tree, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    def at(self, node: ast.stmt | ast.expr, fact: str) -> str:
        """A finding, as an editor can jump to it."""
        return f"{self.path}:{node.lineno}: {fact}"


def module_at(root: Path, path: str) -> Module:
    """One file of the tree below ``root``."""
    text = (root / path).read_text("utf-8")
    return Module(path, text, _parse(text, path))


_parse = cache(ast.parse)
"""The rules only read trees, so each text is parsed once."""


def modules_of(root: Path, *packages: str) -> Iterator[Module]:
    """Every Python file of the packages (both when none is named) below ``root``, in order."""
    for package in packages or PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield module_at(root, path.relative_to(root).as_posix())


def functions_of(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def classes_of(module: Module) -> Iterator[ast.ClassDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield node


def calls_of(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node


def name_of(node: ast.expr) -> str:
    """The dotted name of an expression, of what is called when it is a call; empty when it has none."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def last_name_of(node: ast.expr) -> str:
    return name_of(node).rpartition(".")[2]


def keyword_of(call: ast.Call, name: str) -> object:
    """The literal value of a keyword; None when it is absent or computed."""
    for keyword in call.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None


def is_handler(function: Function) -> bool:
    """Whether a function answers HTTP requests: decorated with an HTTP verb."""
    return any(last_name_of(decorator) in HANDLER_DECORATORS for decorator in function.decorator_list)


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write files into a tree of a test's own; returns its root."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def assert_none(findings: Iterable[str]) -> None:
    """Fails with every finding on a line of its own."""
    found = list(findings)
    assert not found, "\n".join(["", *found])
