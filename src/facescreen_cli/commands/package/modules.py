"""The modules of a folder, by the names that they are imported by."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

_MODULE = re.compile(r"(?P<name>[A-Za-z_0-9]\w*)(\.cpython-\w+(-[\w-]+)?|\.abi3)?\.(py|so)")


class Modules:
    """Every ``.py`` and ``.so`` below a folder that an import would find, and the other files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, set[PurePosixPath]] = defaultdict(set)
        self._below: dict[str, set[str]] = defaultdict(set)
        self._others: set[PurePosixPath] = set()
        for found in folder.rglob("*"):
            path = PurePosixPath(found.relative_to(folder).as_posix())
            name = module_name(path)
            if name:
                self._files[name].add(path)
                self._below[name.rpartition(".")[0]].add(name)
            elif found.is_file():
                self._others.add(path)

    def __contains__(self, name: str) -> bool:
        return name in self._files or name in self._below

    def files(self, name: str) -> set[PurePosixPath]:
        """Those that it may be loaded from: where there is a choice, all. None for a package
        without code of its own."""
        return self._files.get(name, set())

    def inside(self, package: str) -> set[str]:
        """The modules right below a package, or at the top for an empty name."""
        return self._below.get(package, set())

    def starting(self, prefix: str) -> set[str]:
        """Those whose names begin so."""
        return {name for name in self._files if name.startswith(prefix)}

    def native(self) -> set[str]:
        """Those in machine code at the top, which have no package to their name."""
        return {
            name
            for name in self.inside("")
            if any(path.suffix == ".so" for path in self.files(name))
        }

    def packages(self) -> set[PurePosixPath]:
        """The folders with modules in them, but for the whole one."""
        folders = {path.parent for paths in self._files.values() for path in paths}
        return folders - {PurePosixPath()}

    def others(self) -> set[PurePosixPath]:
        """The files that are no modules."""
        return self._others


def module_name(path: PurePosixPath) -> str:
    """How a file is imported, empty for one that is not."""
    found = _MODULE.fullmatch(path.name)
    if not found or not all(part.isidentifier() for part in path.parts[:-1]):
        return ""
    parts = [*path.parts[:-1], found["name"]]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
