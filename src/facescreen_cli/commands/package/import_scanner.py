"""Finds the modules that a file may import: at the top, in a function, or by a computed name.

If in doubt, a module is included.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from facescreen_cli.commands.package.modules import Modules

_SOURCE_READER = Path(__file__).with_name("source_reader.py")
_MAX_NAME_BYTES = 100


class ImportScanner:
    """Scans the files of a folder. `python` parses the sources. Use it as a context manager."""

    def __init__(self, modules: Modules, python: Path) -> None:
        self._modules = modules
        # -B: no bytecode is written beside source_reader.py.
        self._reader = subprocess.Popen(
            [python, "-S", "-s", "-B", _SOURCE_READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> ImportScanner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.communicate()

    def find_modules_named_in(self, name: str, path: PurePosixPath) -> set[str]:
        """The existing modules that module `name` in the file `path` names. Empty for a source that
        the target's Python can't parse, as it can't be imported either."""
        data = (self._modules.folder / path).read_bytes()
        if path.suffix == ".so":
            return _find_names_in_binary(data, self._modules)
        description = self._read_source(self._modules.folder / path)
        if description is None:
            return set()
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        # pycryptodome, for one, loads its native modules by their full names.
        names_found = {*description["texts"], *_resolve_imports(description["imports"], package)}
        if b"import_module(" in data or b"__import__(" in data:
            names_found |= _guess_computed_imports(description["texts"], package, self._modules)
        return {module for module in names_found if module in self._modules}

    def _read_source(self, path: Path) -> dict[str, Any] | None:
        assert self._reader.stdin is not None  # noqa: S101 - both are pipes
        assert self._reader.stdout is not None  # noqa: S101
        self._reader.stdin.write(f"{path}\n")
        self._reader.stdin.flush()
        description: dict[str, Any] | None = json.loads(self._reader.stdout.readline())
        return description


def _resolve_imports(imports: Iterable[tuple[int, str, list[str]]], package: str) -> set[str]:
    names_found = set()
    for level, module, names in imports:
        parts = package.split(".")
        parents = parts[: len(parts) - level + 1] if level else []
        base = ".".join([*parents, module] if module else parents)
        names_found |= {base, *(f"{base}.{name}" for name in names)}
    return names_found


def _guess_computed_imports(strings: Iterable[str], package: str, modules: Modules) -> set[str]:
    """All modules in its package, and all that start with a string in the file."""
    siblings = modules.list_children(package) if package else set()
    return siblings.union(*(modules.list_starting_with(text) for text in strings))


def _find_names_in_binary(data: bytes, modules: Modules) -> set[str]:
    """Find module names in a native extension: Rust and C store strings without separators."""
    names_found = {name for name in modules.list_native_modules() if name.encode() in data}
    for top in modules.list_children(""):
        names = modules.list_starting_with(f"{top}.")
        for text in _find_strings_with_prefix(f"{top}.".encode(), data):
            names_found.update(name for name in names if text.startswith(name.encode()))
    return names_found


def _find_strings_with_prefix(prefix: bytes, data: bytes) -> set[bytes]:
    """The parts of `data` that start with `prefix`, up to the maximum length of a name."""
    names_found, position = set(), data.find(prefix)
    while position >= 0:
        names_found.add(data[position : position + _MAX_NAME_BYTES])
        position = data.find(prefix, position + 1)
    return names_found
