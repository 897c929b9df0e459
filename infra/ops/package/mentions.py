"""What a file may import, wherever in it that stands: at the top, in a function, or by name.

Rather too much than too little. An import under ``if TYPE_CHECKING`` alone doesn't count.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .errors import Unpackaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from .modules import Modules

_LONGEST_NAME = 100


def mentioned(name: str, path: PurePosixPath, modules: Modules) -> set[str]:
    """The modules, of those that there are, that module `name` in file `path` names. Raises
    Unpackaged."""
    data = (modules.folder / path).read_bytes()
    if path.suffix == ".so":
        return _in_native(data, modules)
    try:
        nodes = list(_executed(ast.parse(data)))
    except SyntaxError as error:
        raise Unpackaged(f"{path} can't be read by this Python: {error.msg}") from None
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = {each for node in nodes for each in _imported(node, package)}
    texts = {text for node in nodes for text in _text(node) if "." in text.strip(".")}
    # pycryptodome, for one, loads its native modules by their full names.
    found |= texts
    if b"import_module(" in data or b"__import__(" in data:
        found |= _by_computed_name(texts, package, modules)
    return {each for each in found if each in modules}


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those for type checkers."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _imported(node: ast.AST, package: str) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, package)
        return {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return set()


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def _text(node: ast.AST) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def _by_computed_name(texts: set[str], package: str, modules: Modules) -> set[str]:
    """Whatever is beside it, and whatever begins like a text in it."""
    beside = modules.inside(package) if package else set()
    return beside.union(*(modules.starting(text) for text in texts))


def _in_native(data: bytes, modules: Modules) -> set[str]:
    """Rust's and C's imports are texts among others in the file, with nothing between them."""
    found = {name for name in modules.native() if name.encode() in data}
    for top in modules.inside(""):
        names = modules.starting(f"{top}.")
        for text in _starting(f"{top}.".encode(), data):
            found.update(name for name in names if text.startswith(name.encode()))
    return found


def _starting(prefix: bytes, data: bytes) -> set[bytes]:
    """The stretches of `data` that begin so."""
    found, at = set(), data.find(prefix)
    while at >= 0:
        found.add(data[at : at + _LONGEST_NAME])
        at = data.find(prefix, at + 1)
    return found
