"""Formats packages: lines and a table for people, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from facescreen_cli.commands.package.sbom import BuiltPackage
from facescreen_cli.output import to_json

_NAME_WIDTH = 34


def format_line(package: BuiltPackage, *, unchanged: bool) -> str:
    """One line about a zip: its path, sizes and hash."""
    return (
        f"{package.zip}  {_format_megabytes(package.zipped)} MB, "
        f"unpacked {_format_megabytes(package.unpacked)} MB, "
        f"sha256 {package.sha256}{', unchanged' if unchanged else ''}"
    )


def format_table(package: BuiltPackage) -> str:
    """A table of a package's parts, the largest first."""
    rows = [f"  {'MB':{_NAME_WIDTH}} {'zipped':>8} {'unpacked':>8}"]
    for part in sorted(package.parts, key=lambda part: -part.unpacked):
        name = f"{part.name} {part.version}"
        zipped, unpacked = map(_format_megabytes, (part.zipped, part.unpacked))
        rows.append(f"  {name:{_NAME_WIDTH}} {zipped:>8} {unpacked:>8}")
    return "\n".join(rows)


def to_json_list(packages: Sequence[BuiltPackage]) -> str:
    """The packages as a JSON list."""
    documents = [
        {
            "zip": str(package.zip),
            "sha256": package.sha256,
            "zipped": package.zipped,
            "unpacked": package.unpacked,
            **package.properties,
            "parts": [asdict(part) for part in package.parts],
        }
        for package in packages
    ]
    return to_json(documents)


def _format_megabytes(size: int) -> str:
    return f"{size / 1e6:.2f}"
