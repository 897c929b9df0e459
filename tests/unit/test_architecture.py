"""docs/architecture.md names functions that there are, and handlers stand where it says.

Handlers are in no package, so import-linter does not see them.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
STEPS = re.findall(
    r"`((?:functions|src)/[\w/]+\.py): ([\w.]+)`", (PROJECT / "docs/architecture.md").read_text()
)


def names(path: str) -> set[str]:
    """Functions, and methods as ``Class.method``."""
    found = set()
    for node in ast.parse((PROJECT / path).read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (ast.FunctionDef, ast.AsyncFunctionDef)
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, methods)}
    return found


def test_the_walks_are_there() -> None:
    assert len(STEPS) > 50


@pytest.mark.parametrize("path", sorted({path for path, _ in STEPS}))
def test_each_step_is_a_function_of_its_file(path: str) -> None:
    assert {name for each, name in STEPS if each == path} <= names(path)


def imported(path: Path) -> set[str]:
    """The packages that a file imports, late imports and those for types included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


HANDLERS = sorted((PROJECT / "functions").glob("*.py"))


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_imports_facescreen_alone(handler: Path) -> None:
    assert imported(handler) - sys.stdlib_module_names == {"facescreen"}


def test_nothing_imports_a_handler() -> None:
    names = {handler.stem for handler in HANDLERS}
    assert len(names) == 3
    for folder in ("functions/facescreen", "src"):
        for path in (PROJECT / folder).rglob("*.py"):
            assert not imported(path) & names, path
