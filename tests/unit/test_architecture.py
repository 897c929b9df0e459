"""docs/architecture.md names existing functions, and the handlers follow its import rules.

import-linter doesn't check the handlers, because they are in no package.
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


def function_names(path: str) -> set[str]:
    """The names of functions, and of methods as ``Class.method``."""
    names = set()
    for node in ast.parse((PROJECT / path).read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (ast.FunctionDef, ast.AsyncFunctionDef)
            names |= {
                f"{node.name}.{method.name}" for method in node.body if isinstance(method, methods)
            }
    return names


def test_the_document_has_its_tables_of_steps() -> None:
    assert len(STEPS) > 50


@pytest.mark.parametrize("path", sorted({path for path, _ in STEPS}))
def test_each_step_names_a_function_of_its_file(path: str) -> None:
    assert {name for file, name in STEPS if file == path} <= function_names(path)


def imported_packages(path: Path) -> set[str]:
    """The packages that a file imports, including late imports and those for types."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


HANDLERS = sorted((PROJECT / "functions").glob("*.py"))


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_imports_only_facescreen(handler: Path) -> None:
    assert imported_packages(handler) - sys.stdlib_module_names == {"facescreen"}


def test_nothing_imports_a_handler() -> None:
    handler_names = {handler.stem for handler in HANDLERS}
    assert len(handler_names) == 3
    for folder in ("functions/facescreen", "src"):
        for path in (PROJECT / folder).rglob("*.py"):
            assert not imported_packages(path) & handler_names, path
