"""What goes into a function's package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from facescreen_cli.commands.package.distributions import Distribution
from facescreen_cli.commands.package.modules import Modules

OURS = "facescreen"
"""The part that is not a distribution."""

_FOR_DEVELOPERS = (".pyi", ".typed", ".c", ".h", ".pxd", ".pyx", ".lock", ".pyc")


@dataclass(frozen=True)
class Contents:
    """Files, and the part that each belongs to: a distribution, or OURS."""

    distributions: tuple[Distribution, ...]
    parts: Mapping[PurePosixPath, str]


def contents(
    reached: set[PurePosixPath], modules: Modules, distributions: Iterable[Distribution]
) -> Contents:
    """The modules `reached`, the data beside them, and the metadata of whom they belong to."""
    files = reached | _data(reached, modules)
    kept, parts = [], dict.fromkeys(files, OURS)
    for each in distributions:
        theirs = files & each.files
        if theirs & reached:
            kept.append(each)
            parts.update(dict.fromkeys(theirs | each.kept_metadata, each.name))
    return Contents(tuple(kept), parts)


def _data(reached: set[PurePosixPath], modules: Modules) -> set[PurePosixPath]:
    """Other files in the packages that are reached, or in folders of theirs without modules."""
    used, packages = {path.parent for path in reached}, modules.packages()
    return {
        path
        for path in modules.others()
        if path.suffix not in _FOR_DEVELOPERS
        and not path.name.startswith(".")
        and next((above for above in path.parents if above in packages), None) in used
    }
