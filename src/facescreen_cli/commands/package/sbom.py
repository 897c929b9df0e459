"""The bill of materials beside a zip: CycloneDX 1.6, JSON (cyclonedx.org/docs/1.6/json).

It holds nothing that changes from one build to the next, so it has no time and a serial number
made of the zip's hash. Sizes and what it was built from stand in it as properties.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facescreen import __version__
from facescreen_cli.commands.package.distributions import Distribution

_LICENSE = "Apache-2.0"
_TAKEN = ("unpacked", "zipped")


@dataclass(frozen=True)
class Part:
    """A distribution, or our own code, and the bytes it takes."""

    name: str
    version: str
    unpacked: int
    zipped: int


@dataclass(frozen=True)
class Package:
    """One zip that was built."""

    zip: Path
    sha256: str
    zipped: int
    """Bytes of the zip."""
    parts: tuple[Part, ...]
    """Our own first."""
    properties: Mapping[str, str]
    """What it is for, and what it was built from."""

    @property
    def unpacked(self) -> int:
        """Bytes of what is in it."""
        return sum(part.unpacked for part in self.parts)


def path_of(archive: Path) -> Path:
    """Where the bill of a zip lies."""
    return archive.with_suffix(".cdx.json")


def write(package: Package, distributions: tuple[Distribution, ...]) -> None:
    """Beside the zip."""
    document = _document(package, {each.name: each for each in distributions})
    path_of(package.zip).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read(archive: Path) -> Package | None:
    """What the bill says of a zip, None where there is none that can be read."""
    try:
        document = json.loads(path_of(archive).read_text(encoding="utf-8"))
        own = document["metadata"]["component"]
        return Package(
            zip=archive,
            sha256=own["hashes"][0]["content"],
            zipped=archive.stat().st_size,
            parts=tuple(_part(each) for each in (own, *document["components"])),
            properties=_properties(document["metadata"]),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _document(package: Package, distributions: Mapping[str, Distribution]) -> dict[str, Any]:
    own, *others = package.parts
    component = {
        "type": "application",
        "bom-ref": own.name,
        "name": own.name,
        "version": __version__,
        "hashes": [{"alg": "SHA-256", "content": package.sha256}],
        "licenses": [{"expression": _LICENSE}],
        "properties": _sizes(own),
    }
    components = [_component(part, distributions[part.name]) for part in others]
    refs = [each["bom-ref"] for each in components]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, package.sha256).urn,
        "version": 1,
        "metadata": {
            "component": component,
            "properties": [_property(*each) for each in package.properties.items()],
        },
        "components": components,
        "dependencies": [{"ref": own.name, "dependsOn": refs}, *({"ref": ref} for ref in refs)],
    }


def _component(part: Part, distribution: Distribution) -> dict[str, Any]:
    purl = f"pkg:pypi/{part.name}@{part.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": part.name,
        "version": part.version,
        "purl": purl,
        **_licenses(distribution),
        "properties": _sizes(part),
    }


def _licenses(distribution: Distribution) -> dict[str, Any]:
    if distribution.license_expression:
        return {"licenses": [{"expression": distribution.license_expression}]}
    if distribution.license:
        return {"licenses": [{"license": {"name": distribution.license}}]}
    return {}


def _sizes(part: Part) -> list[dict[str, str]]:
    return [_property(name, str(getattr(part, name))) for name in _TAKEN]


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"facescreen:{name}", "value": value}


def _part(component: Mapping[str, Any]) -> Part:
    taken = {name: int(value) for name, value in _properties(component).items()}
    return Part(component["name"], component["version"], taken["unpacked"], taken["zipped"])


def _properties(of: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"].partition(":")[2]: each["value"] for each in of["properties"]}
