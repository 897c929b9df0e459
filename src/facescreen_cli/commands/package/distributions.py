"""What uv installed: each distribution's files, metadata, licences and wheel tags."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import Distribution as Installed
from pathlib import Path, PurePosixPath

from facescreen_cli.interpreters import PackagingError

_LICENCES = ("licen", "copying", "notice", "authors")


@dataclass(frozen=True)
class Distribution:
    """One of them, with paths as the folder has them."""

    name: str
    version: str
    license_expression: str
    """SPDX's, empty where its metadata has none."""
    license: str
    """Whatever it says in place of one."""
    files: frozenset[PurePosixPath]
    platforms: frozenset[str]
    """``any``, ``manylinux_2_17_x86_64``…"""

    @property
    def kept_metadata(self) -> set[PurePosixPath]:
        """What importlib.metadata reads, and the licences."""
        described = {path for path in self.files if ".dist-info" in path.parts[0]}
        return {path for path in described if path.name == "METADATA" or _is_licence(path)}


def installed(folder: Path) -> list[Distribution]:
    """All that are in `folder`, by name. Raises PackagingError for one that was compiled here."""
    found = sorted(map(_read, folder.glob("*.dist-info")), key=lambda each: each.name)
    for each in found:
        if any(platform.startswith("linux_") for platform in each.platforms):
            raise PackagingError(
                f"{each.name} {each.version} has no wheel for the target, and was compiled for "
                "this machine: lock a version that has one"
            )
    return found


def _read(info: Path) -> Distribution:
    told = Installed.at(info)
    tags = [line for line in (told.read_text("WHEEL") or "").splitlines() if line[:4] == "Tag:"]
    return Distribution(
        name=told.metadata["Name"].lower().replace("_", "-"),
        version=told.version,
        license_expression=_said(told, "License-Expression"),
        license=_license(told),
        files=frozenset(PurePosixPath(path) for path in told.files or ()),
        platforms=frozenset(tag.rpartition("-")[2] for tag in tags),
    )


def _said(told: Installed, name: str) -> str:
    """Empty where it is not there: asking by the name itself is deprecated then."""
    return str((told.metadata.get_all(name) or [""])[0])


def _license(told: Installed) -> str:
    """Its name: some put the whole text there, and the name in a classifier."""
    said = _said(told, "License")
    if said and "\n" not in said:
        return said
    classes = told.metadata.get_all("Classifier", [])
    return next((each.rpartition(" :: ")[2] for each in classes if "License ::" in each), "")


def _is_licence(path: PurePosixPath) -> bool:
    return "licenses" in path.parts or path.name.lower().startswith(_LICENCES)
