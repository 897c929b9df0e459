"""Selects the files of a function's package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from facescreen_cli.commands.package.distributions import LockedDistribution
from facescreen_cli.commands.package.modules import Modules

OWN_PART = "facescreen"
"""The part with our own code, which is not a distribution."""

_EXCLUDED_SUFFIXES = (".pyi", ".typed", ".c", ".h", ".pxd", ".pyx", ".lock", ".pyc")


@dataclass(frozen=True)
class PackageContents:
    """The files of a package, and the part that each belongs to: a distribution, or OWN_PART."""

    distributions: tuple[LockedDistribution, ...]
    parts: Mapping[PurePosixPath, str]


def select_contents(
    imported: set[PurePosixPath], modules: Modules, distributions: Iterable[LockedDistribution]
) -> PackageContents:
    """Select the modules `imported`, their data files, and their distributions' metadata."""
    files = imported | _select_data_files(imported, modules)
    kept_distributions, parts = [], dict.fromkeys(files, OWN_PART)
    for item in distributions:
        own_files = files & item.files
        if own_files & imported:
            kept_distributions.append(item)
            parts.update(dict.fromkeys(own_files | item.kept_metadata, item.name))
    return PackageContents(tuple(kept_distributions), parts)


def _select_data_files(imported: set[PurePosixPath], modules: Modules) -> set[PurePosixPath]:
    """Other files in the imported packages, and in their subfolders without modules."""
    used_folders, packages = {path.parent for path in imported}, modules.list_package_folders()
    return {
        path
        for path in modules.list_other_files()
        if path.suffix not in _EXCLUDED_SUFFIXES
        and not path.name.startswith(".")
        and next((parent for parent in path.parents if parent in packages), None) in used_folders
    }
