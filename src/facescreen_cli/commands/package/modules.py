"""The modules of a folder, by import name."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

_MODULE_PATTERN = re.compile(r"(?P<name>[A-Za-z_0-9]\w*)(\.cpython-\w+(-[\w-]+)?|\.abi3)?\.(py|so)")


class Modules:
    """The importable ``.py`` and ``.so`` files in a folder, and the other files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files_by_name: dict[str, set[PurePosixPath]] = defaultdict(set)
        self._children: dict[str, set[str]] = defaultdict(set)
        self._other_files: set[PurePosixPath] = set()
        for match in folder.rglob("*"):
            path = PurePosixPath(match.relative_to(folder).as_posix())
            name = module_name(path)
            if name:
                self._files_by_name[name].add(path)
                self._children[name.rpartition(".")[0]].add(name)
            elif match.is_file():
                self._other_files.add(path)

    def __contains__(self, name: str) -> bool:
        return name in self._files_by_name or name in self._children

    def list_files(self, name: str) -> set[PurePosixPath]:
        """The files that a module may be loaded from; empty for a package without own code."""
        return self._files_by_name.get(name, set())

    def list_children(self, package: str) -> set[str]:
        """The direct children of a package; for an empty name, the top-level modules."""
        return self._children.get(package, set())

    def list_starting_with(self, prefix: str) -> set[str]:
        """The modules whose names start with `prefix`."""
        return {name for name in self._files_by_name if name.startswith(prefix)}

    def list_native_modules(self) -> set[str]:
        """The top-level modules in machine code."""
        return {
            name
            for name in self.list_children("")
            if any(path.suffix == ".so" for path in self.list_files(name))
        }

    def list_package_folders(self) -> set[PurePosixPath]:
        """The folders that contain modules, except the top one."""
        folders = {path.parent for paths in self._files_by_name.values() for path in paths}
        return folders - {PurePosixPath()}

    def list_other_files(self) -> set[PurePosixPath]:
        """The files that are not modules."""
        return self._other_files


def module_name(path: PurePosixPath) -> str:
    """The import name of a file; empty if it isn't a module."""
    match = _MODULE_PATTERN.fullmatch(path.name)
    if not match or not all(part.isidentifier() for part in path.parts[:-1]):
        return ""
    parts = [*path.parts[:-1], match["name"]]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
