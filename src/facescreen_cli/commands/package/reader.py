"""Runs in the target's Python, whose syntax may be newer: says what sources name.

Started by path, standard library only. Each line of stdin is a source's path, and is answered by a
line of JSON: ``{"imports": [[level, module, [name, …]], …], "texts": ["dotted.text", …]}``, or null
for what is not Python. What stands under ``if TYPE_CHECKING`` alone doesn't count.
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
    """Answers until stdin ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_said(Path(line.rstrip("\n")).read_bytes())) + "\n")
        sys.stdout.flush()


def _said(source: bytes) -> dict[str, Any] | None:
    try:
        nodes = list(_executed(ast.parse(source)))
    except (SyntaxError, ValueError):
        return None
    texts = {text for node in nodes for text in _text(node) if "." in text.strip(".")}
    return {
        "imports": [found for node in nodes for found in _imported(node)],
        "texts": sorted(texts),
    }


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _imported(node: ast.AST) -> list[tuple[int, str, list[str]]]:
    if isinstance(node, ast.Import):
        return [(0, alias.name, []) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "", [alias.name for alias in node.names])]
    return []


def _text(node: ast.AST) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


if __name__ == "__main__":
    main()
