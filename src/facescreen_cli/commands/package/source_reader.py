"""Runs in the target's Python, whose syntax may be newer, and lists what sources import.

Started by its path, with the standard library only. For each path on stdin it writes a line of
JSON: ``{"imports": [[level, module, [name, …]], …], "texts": ["dotted.string", …]}``, or null if
the file is not Python. Code under ``if TYPE_CHECKING`` is ignored.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    """Respond to each line until stdin ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_describe_source(Path(line.rstrip("\n")).read_bytes())) + "\n")
        sys.stdout.flush()


def _describe_source(source: bytes) -> dict[str, Any] | None:
    try:
        nodes = list(_iterate_runtime_nodes(ast.parse(source)))
    except (SyntaxError, ValueError):
        return None
    texts = {text for node in nodes for text in _list_strings(node) if "." in text.strip(".")}
    return {
        "imports": [import_ for node in nodes for import_ in _list_imports(node)],
        "texts": sorted(texts),
    }


def _iterate_runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def _list_imports(node: ast.AST) -> list[tuple[int, str, list[str]]]:
    if isinstance(node, ast.Import):
        return [(0, alias.name, []) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "", [alias.name for alias in node.names])]
    return []


def _list_strings(node: ast.AST) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


if __name__ == "__main__":
    main()
