"""The SBOM beside a zip: CycloneDX 1.6, JSON (cyclonedx.org/docs/1.6/json).

It is reproducible, so it has no timestamp, and its serial number is derived from the zip's hash.
Properties record the sizes and what the package was built from.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facescreen import __version__
from facescreen_cli.commands.package.distributions import LockedDistribution

_OWN_LICENSE = "Apache-2.0"
_SIZE_FIELDS = ("unpacked", "zipped")


@dataclass(frozen=True)
class PackagePart:
    """A distribution or our own code, with its size in bytes."""

    name: str
    version: str
    unpacked: int
    zipped: int


@dataclass(frozen=True)
class BuiltPackage:
    """A zip that was built."""

    zip: Path
    sha256: str
    zipped: int
    """Bytes of the zip."""
    parts: tuple[PackagePart, ...]
    """Our own code comes first."""
    properties: Mapping[str, str]
    """The target, and what it was built from."""

    @property
    def unpacked(self) -> int:
        """The unpacked size in bytes."""
        return sum(part.unpacked for part in self.parts)


def sbom_path(archive: Path) -> Path:
    """The path of a zip's SBOM."""
    return archive.with_suffix(".cdx.json")


def write_sbom(package: BuiltPackage, distributions: tuple[LockedDistribution, ...]) -> None:
    """Write the SBOM beside the zip."""
    document = _build_document(package, {item.name: item for item in distributions})
    sbom_path(package.zip).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_sbom(archive: Path) -> BuiltPackage | None:
    """Read a package from its SBOM; None if there is none, or it can't be read."""
    try:
        document = json.loads(sbom_path(archive).read_text(encoding="utf-8"))
        own_part = document["metadata"]["component"]
        return BuiltPackage(
            zip=archive,
            sha256=own_part["hashes"][0]["content"],
            zipped=archive.stat().st_size,
            parts=tuple(_parse_part(item) for item in (own_part, *document["components"])),
            properties=_parse_properties(document["metadata"]),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _build_document(
    package: BuiltPackage, distributions: Mapping[str, LockedDistribution]
) -> dict[str, Any]:
    own_part, *others = package.parts
    component = {
        "type": "application",
        "bom-ref": own_part.name,
        "name": own_part.name,
        "version": __version__,
        "hashes": [{"alg": "SHA-256", "content": package.sha256}],
        "licenses": [{"expression": _OWN_LICENSE}],
        "properties": _build_size_properties(own_part),
    }
    components = [_build_component(part, distributions[part.name]) for part in others]
    refs = [item["bom-ref"] for item in components]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, package.sha256).urn,
        "version": 1,
        "metadata": {
            "component": component,
            "properties": [_build_property(*item) for item in package.properties.items()],
        },
        "components": components,
        "dependencies": [
            {"ref": own_part.name, "dependsOn": refs},
            *({"ref": ref} for ref in refs),
        ],
    }


def _build_component(part: PackagePart, distribution: LockedDistribution) -> dict[str, Any]:
    purl = f"pkg:pypi/{part.name}@{part.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        **_build_license_field(distribution),
        "properties": _build_size_properties(part),
    }


def _build_license_field(distribution: LockedDistribution) -> dict[str, Any]:
    if distribution.license_expression:
        return {"licenses": [{"expression": distribution.license_expression}]}
    if distribution.license:
        return {"licenses": [{"license": {"name": distribution.license}}]}
    return {}


def _build_size_properties(part: PackagePart) -> list[dict[str, str]]:
    return [_build_property(name, str(getattr(part, name))) for name in _SIZE_FIELDS]


def _build_property(name: str, value: str) -> dict[str, str]:
    return {"name": f"facescreen:{name}", "value": value}


def _parse_part(component: Mapping[str, Any]) -> PackagePart:
    sizes = {name: int(value) for name, value in _parse_properties(component).items()}
    return PackagePart(component["name"], component["version"], sizes["unpacked"], sizes["zipped"])


def _parse_properties(component_: Mapping[str, Any]) -> dict[str, str]:
    return {item["name"].partition(":")[2]: item["value"] for item in component_["properties"]}
