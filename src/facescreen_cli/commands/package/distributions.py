"""Reads what uv installed: each distribution's files, metadata, licenses and wheel tags."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import Distribution as InstalledDistribution
from pathlib import Path, PurePosixPath

from facescreen_cli.interpreters import PackagingError

_LICENSE_PREFIXES = ("licen", "copying", "notice", "authors")


@dataclass(frozen=True)
class LockedDistribution:
    """An installed distribution. Its paths are relative to the folder."""

    name: str
    version: str
    license_expression: str
    """An SPDX expression; empty if the metadata has none."""
    license: str
    """The name of the license, without an SPDX expression."""
    files: frozenset[PurePosixPath]
    platforms: frozenset[str]
    """``any``, ``manylinux_2_17_x86_64``…"""

    @property
    def kept_metadata(self) -> set[PurePosixPath]:
        """The files that importlib.metadata reads, and the licenses."""
        metadata_files = {path for path in self.files if ".dist-info" in path.parts[0]}
        return {
            path for path in metadata_files if path.name == "METADATA" or _is_license_file(path)
        }


def read_distributions(folder: Path) -> list[LockedDistribution]:
    """Read the distributions in `folder`, ordered by name. Raises PackagingError if one was
    compiled for this machine."""
    distributions = sorted(
        map(_read_distribution, folder.glob("*.dist-info")), key=lambda item: item.name
    )
    for item in distributions:
        if any(platform.startswith("linux_") for platform in item.platforms):
            raise PackagingError(
                f"{item.name} {item.version} has no wheel for the target, and was compiled for "
                "this machine: lock a version that has one"
            )
    return distributions


def _read_distribution(info: Path) -> LockedDistribution:
    installed = InstalledDistribution.at(info)
    tags = [
        line for line in (installed.read_text("WHEEL") or "").splitlines() if line[:4] == "Tag:"
    ]
    return LockedDistribution(
        name=installed.metadata["Name"].lower().replace("_", "-"),
        version=installed.version,
        license_expression=_get_metadata_field(installed, "License-Expression"),
        license=_get_license_name(installed),
        files=frozenset(PurePosixPath(path) for path in installed.files or ()),
        platforms=frozenset(tag.rpartition("-")[2] for tag in tags),
    )


def _get_metadata_field(installed: InstalledDistribution, name: str) -> str:
    """A field of the metadata; empty if it is missing. Indexing a missing field is deprecated."""
    return str((installed.metadata.get_all(name) or [""])[0])


def _get_license_name(installed: InstalledDistribution) -> str:
    """The name of the license. Some put the text there, and the name in a classifier."""
    name = _get_metadata_field(installed, "License")
    if name and "\n" not in name:
        return name
    classifiers = installed.metadata.get_all("Classifier", [])
    return next((item.rpartition(" :: ")[2] for item in classifiers if "License ::" in item), "")


def _is_license_file(path: PurePosixPath) -> bool:
    return "licenses" in path.parts or path.name.lower().startswith(_LICENSE_PREFIXES)
