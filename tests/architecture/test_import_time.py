"""Nothing is created when a module is imported: no settings, engine, client or open file (architecture §2)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Function, assert_none, last_name_of, modules_of, name_of, plant

CREATES = {
    "AsyncClient",
    "AsyncIOScheduler",
    "App",
    "BackgroundScheduler",
    "Client",
    "Litestar",
    "Minio",
    "PoolManager",
    "Popen",
    "Settings",
    "Thread",
    "ThreadPoolExecutor",
    "connect",
    "create_app",
    "create_async_engine",
    "create_engine",
    "create_sessions",
    "getenv",
    "open",
    "settings_from",
    "socket",
}


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: bodies of functions and lambdas do not,
    their decorators and defaults do; nor does what stands under ``if __name__ == "__main__"``."""
    yield node
    if isinstance(node, Function):
        inner: list[ast.AST] = [*node.decorator_list, node.args]
    elif isinstance(node, ast.Lambda):
        inner = [node.args]
    elif isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
        inner = list(node.orelse)
    else:
        inner = list(ast.iter_child_nodes(node))
    for child in inner:
        yield from run_at_import(child)


def created_at_import(root: Path) -> list[str]:
    """Creations and reads of the environment that run at import."""
    found = []
    for module in modules_of(root):
        for node in run_at_import(module.tree):
            if isinstance(node, ast.Call) and last_name_of(node) in CREATES:
                found.append(module.at(node, f"{name_of(node)}() runs at import"))
            if isinstance(node, ast.Attribute) and name_of(node) == "os.environ":
                found.append(module.at(node, "the environment is read at import"))
    return found


def test_importing_creates_nothing() -> None:
    assert_none(created_at_import(ROOT))


@pytest.mark.parametrize(
    "code",
    [
        "engine = create_engine('postgresql://')",
        "class Queue:\n    client = minio.Minio('s3')",
        "def read(settings=Settings()): ...",
        "@cached(open('words.txt'))\ndef read(): ...",
        "import os\nHOME = os.environ['HOME']",
        "import os\nHOME = os.getenv('HOME')",
        "if True:\n    app = Litestar([])",
    ],
)
def test_a_planted_creation_is_seen(tmp_path: Path, code: str) -> None:
    assert len(created_at_import(plant(tmp_path, {"docflow/files/service.py": code}))) == 1


def test_creating_inside_a_function_is_allowed(tmp_path: Path) -> None:
    code = "import os\ndef main():\n    return create_engine(os.environ['URL'])\nlater = lambda: open('x')\n"
    assert created_at_import(plant(tmp_path, {"docflow/cli.py": code})) == []
