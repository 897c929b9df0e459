"""Packages as they are told: lines for people, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from facescreen_cli.commands.package.sbom import Package
from facescreen_cli.output import to_json

_WIDTH = 34


def line(package: Package, *, unchanged: bool) -> str:
    """One for each zip."""
    return (
        f"{package.zip}  {_mb(package.zipped)} MB, unpacked {_mb(package.unpacked)} MB, "
        f"sha256 {package.sha256}{', unchanged' if unchanged else ''}"
    )


def table(package: Package) -> str:
    """Its parts, the largest first."""
    rows = [f"  {'MB':{_WIDTH}} {'zipped':>8} {'unpacked':>8}"]
    for part in sorted(package.parts, key=lambda part: -part.unpacked):
        name = f"{part.name} {part.version}"
        rows.append(f"  {name:{_WIDTH}} {_mb(part.zipped):>8} {_mb(part.unpacked):>8}")
    return "\n".join(rows)


def as_json(packages: Sequence[Package]) -> str:
    """A JSON list."""
    told = [
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
    return to_json(told)


def _mb(size: int) -> str:
    return f"{size / 1e6:.2f}"
