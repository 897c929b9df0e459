"""Read the resource types of the vendor's ros-cdk packages from their JavaScript.

Their jsii assemblies lack ROS's spelling of names (``KMSMasterKeyID``). The JavaScript is
generated: each kind of record has a validator and a renderer, with one line for each check and
property.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TYPE = re.compile(r'^(\w+)\.ROS_RESOURCE_TYPE_NAME = "([\w:]+)";', re.M)
_FUNCTION = re.compile(r"^function (\w+)\((.*?)^}", re.M | re.S)
_RENDERED = re.compile(r"^ {8}'(\w+)': (.+)\(properties\.(\w+)\),$", re.M)
_REQUIRED = re.compile(r"propertyValidator\('(\w+)', ros\.requiredValidator\)")
_ALLOWED = re.compile(r"data: properties\.(\w+),\s+allowedValues: (\[.*?\]),", re.S)
_LENGTH = re.compile(r"data: properties\.(\w+)\.length,\s+min: (\w+),\s+max: (\w+),")
_RANGE = re.compile(r"data: properties\.(\w+),\s+min: (\w+),\s+max: (\w+),")
_PATTERN = re.compile(r"data: properties\.(\w+),\s+reg: /(.*)/\n")
_ATTRIBUTE = re.compile(r"^ {8}this\.attr\w+ = this\.getAtt\('(\w+)'\);", re.M)


UNBOUND = (-float("inf"), float("inf"))


@dataclass(frozen=True)
class PropertyType:
    """A property. `form` is its type: ``string``, ``listMapper(string)`` or a record."""

    form: str
    required: bool
    allowed: tuple[Any, ...] = ()
    pattern: str = ""
    length: tuple[float, float] = UNBOUND
    range: tuple[float, float] = UNBOUND


Record = dict[str, PropertyType]


@dataclass(frozen=True)
class ResourceType:
    """The properties and attributes of a type, and the records that its properties consist of."""

    properties: Record
    attributes: frozenset[str]
    records: Mapping[str, Record] = field(repr=False)


def read(folder: Path) -> dict[str, ResourceType]:
    """Read the resource types by ROS's name from the packages installed in `folder`."""
    resource_types: dict[str, ResourceType] = {}
    for script in _scripts(folder):
        functions = {name.replace("_", ""): body for name, body in _FUNCTION.findall(script)}
        records = {
            name.removesuffix("ToRosTemplate"): _record(body, functions[_validator(name)])
            for name, body in functions.items()
            if name.endswith("ToRosTemplate")
        }
        for of_class, ros_name in _TYPE.findall(script):
            properties = records[f"{of_class[0].lower()}{of_class[1:]}Props"]
            attributes = frozenset(_ATTRIBUTE.findall(_class(script, of_class)))
            resource_types[ros_name] = ResourceType(properties, attributes, records)
    return resource_types


def _scripts(folder: Path) -> Iterator[str]:
    for assembly in folder.glob("*/_jsii/*.jsii.tgz"):
        with tarfile.open(assembly) as packed:
            for member in packed:
                if re.fullmatch(r"package/lib/\w+\.generated\.js", member.name):
                    unpacked = packed.extractfile(member)
                    assert unpacked is not None
                    yield unpacked.read().decode()


def _record(body: str, checks: str) -> Record:
    required = set(_REQUIRED.findall(checks))
    allowed = {of: tuple(json.loads(values)) for of, values in _ALLOWED.findall(checks)}
    patterns = dict(_PATTERN.findall(checks))
    lengths = {of: _bounds(minimum, maximum) for of, minimum, maximum in _LENGTH.findall(checks)}
    ranges = {of: _bounds(minimum, maximum) for of, minimum, maximum in _RANGE.findall(checks)}
    return {
        name: PropertyType(
            form.replace("ros.", "").replace("ToRosTemplate", ""),
            of in required,
            allowed.get(of, ()),
            patterns.get(of, ""),
            lengths.get(of, UNBOUND),
            ranges.get(of, UNBOUND),
        )
        for name, form, of in _RENDERED.findall(body)
    }


def _validator(renderer: str) -> str:
    """Return the validator's name without its underscore."""
    name = renderer.removesuffix("ToRosTemplate")
    return f"{name[0].upper()}{name[1:]}Validator"


def _class(script: str, name: str) -> str:
    start = script.index(f"\nclass {name} ")
    return script[start : script.index("\n}", start)]


def _bounds(minimum: str, maximum: str) -> tuple[float, float]:
    return (
        -float("inf") if minimum == "undefined" else float(minimum),
        float("inf") if maximum == "undefined" else float(maximum),
    )
