"""What a file may import, wherever in it that stands: at the top, in a function, or by name.

Rather too much than too little.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any

from facescreen_cli.commands.package.modules import Modules

_READER = Path(__file__).with_name("reader.py")
_LONGEST_NAME = 100


class Mentions:
    """Of the files of a folder, sources as `python` reads them. A context manager."""

    def __init__(self, modules: Modules, python: Path) -> None:
        self._modules = modules
        # -B: nothing is left beside reader.py.
        self._reader = subprocess.Popen(
            [python, "-S", "-s", "-B", _READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Mentions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.communicate()

    def of(self, name: str, path: PurePosixPath) -> set[str]:
        """The modules, of those that there are, that module `name` in file `path` names. None for
        a source that is no Python of the target's, for it can't be imported either."""
        data = (self._modules.folder / path).read_bytes()
        if path.suffix == ".so":
            return _in_native(data, self._modules)
        said = self._ask(self._modules.folder / path)
        if said is None:
            return set()
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        # pycryptodome, for one, loads its native modules by their full names.
        found = {*said["texts"], *_absolute(said["imports"], package)}
        if b"import_module(" in data or b"__import__(" in data:
            found |= _by_computed_name(said["texts"], package, self._modules)
        return {each for each in found if each in self._modules}

    def _ask(self, path: Path) -> dict[str, Any] | None:
        assert self._reader.stdin is not None  # noqa: S101 - both are pipes
        assert self._reader.stdout is not None  # noqa: S101
        self._reader.stdin.write(f"{path}\n")
        self._reader.stdin.flush()
        said: dict[str, Any] | None = json.loads(self._reader.stdout.readline())
        return said


def _absolute(imports: Iterable[tuple[int, str, list[str]]], package: str) -> set[str]:
    found = set()
    for level, module, names in imports:
        parts = package.split(".")
        above = parts[: len(parts) - level + 1] if level else []
        base = ".".join([*above, module] if module else above)
        found |= {base, *(f"{base}.{name}" for name in names)}
    return found


def _by_computed_name(texts: Iterable[str], package: str, modules: Modules) -> set[str]:
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
