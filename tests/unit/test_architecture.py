"""docs/architecture.md names functions that there are."""

from __future__ import annotations

import ast
import re
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
