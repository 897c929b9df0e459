"""Find what ROS would refuse in a template, property by property."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.templates.alibaba.resource_types import PropertyType, Record, ResourceType

VARIABLE = re.compile(r"\$\{([A-Za-z0-9_.:]+)\}")
_RESOURCE_ATTRIBUTES = {"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy"}
_PRIMITIVES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "anyDict": (dict,),
    "object": (object,),
}
_PARAMETERS = {"CommaDelimitedList": list, "Json": dict, "Number": float, "Boolean": bool}
_LIST = re.compile(r"listMapper\((.+)\)")


def find_faults(template: Mapping[str, Any], types: Mapping[str, ResourceType]) -> list[str]:
    """Return the errors as ``Resource.Property: what is wrong``. A valid template has none."""
    return [*_PropertyChecker(template, types).all(), *_references(template, types)]


@dataclass(frozen=True)
class _PropertyChecker:
    template: Mapping[str, Any]
    types: Mapping[str, ResourceType]

    def all(self) -> Iterator[str]:
        for name, resource in self.template["Resources"].items():
            for odd in sorted(set(resource) - _RESOURCE_ATTRIBUTES):
                yield f"{name}: {odd} is nothing that a resource has"
            if resource["Type"] in self.types:
                yield from self._resource(name, resource)
            else:
                yield f"{name}: there is no type {resource['Type']}"

    def _resource(self, name: str, resource: Mapping[str, Any]) -> Iterator[str]:
        kind = self.types[resource["Type"]]
        yield from self._record(name, kind.properties, resource.get("Properties", {}), kind)

    def _record(
        self, path: str, record: Record, properties: Any, kind: ResourceType
    ) -> Iterator[str]:
        if not isinstance(properties, dict):
            yield f"{path}: must be a map"
            return
        for name, expected in record.items():
            if expected.required and name not in properties:
                yield f"{path}.{name}: is missing"
        for name, value in properties.items():
            if name in record:
                yield from self._value(f"{path}.{name}", record[name], value, kind)
            else:
                yield f"{path}.{name}: there is no such property"

    def _value(self, path: str, of: PropertyType, value: Any, kind: ResourceType) -> Iterator[str]:
        yield from self._form(path, of.form, value, kind)
        if isinstance(value, (str, list)) and not _within(len(value), of.length):
            yield f"{path}: is of {len(value)}, must be of {of.length[0]:g} to {of.length[1]:g}"
        if isinstance(value, int) and not _within(value, of.range):
            yield f"{path}: is {value}, must be {of.range[0]:g} to {of.range[1]:g}"
        if isinstance(value, str) and of.allowed and value not in of.allowed:
            yield f"{path}: is {value!r}, must be one of {', '.join(map(str, of.allowed))}"
        if isinstance(value, str) and of.pattern and not re.search(of.pattern, value):
            yield f"{path}: {value!r} does not match {of.pattern}"

    def _form(self, path: str, form: str, value: Any, kind: ResourceType) -> Iterator[str]:
        if is_function(value):
            yield from self._function(path, form, value, kind)
        elif items := _LIST.fullmatch(form):
            if not isinstance(value, list):
                yield f"{path}: must be a list"
                return
            for number, item in enumerate(value):
                yield from self._form(f"{path}[{number}]", items[1], item, kind)
        elif form in kind.records:
            yield from self._record(path, kind.records[form], value, kind)
        elif not _is_instance(
            value, (dict,) if form.startswith("hashMapper") else _PRIMITIVES[form]
        ):
            yield f"{path}: {value!r} is not of type {form}"

    def _function(self, path: str, form: str, value: Any, kind: ResourceType) -> Iterator[str]:
        """Check a function's result, of which only the type is known."""
        ((name, argument),) = value.items()
        if name == "Fn::If":
            for choice in argument[1:]:
                yield from self._form(path, form, choice, kind)
        elif name in ("Fn::Sub", "Fn::Join"):
            yield from self._form(path, form, "", kind)
        elif name == "Ref" and argument in self.template.get("Parameters", {}):
            parameter_type = self.template["Parameters"][argument]["Type"]
            placeholder = _PARAMETERS.get(parameter_type, str)()
            if placeholder != {} or form not in kind.records:
                yield from self._form(path, form, placeholder, kind)


def is_function(value: Any) -> bool:
    """Whether a value is an intrinsic function."""
    return (
        isinstance(value, dict)
        and len(value) == 1
        and (next(iter(value)) == "Ref" or str(next(iter(value))).startswith("Fn::"))
    )


def _references(template: Mapping[str, Any], types: Mapping[str, ResourceType]) -> Iterator[str]:
    resources, parameters = template["Resources"], template.get("Parameters", {})
    used = set(_references_in(template))
    for name in sorted({one for one in used if "." not in one} - {*resources, *parameters}):
        yield f"{name}: is referred to, and is not there"
    for name in sorted(set(parameters) - used):
        yield f"{name}: is a parameter that nothing refers to"
    for of, attribute in sorted(one.split(".") for one in used if "." in one):
        if of not in resources or attribute not in types[resources[of]["Type"]].attributes:
            yield f"{of}.{attribute}: is referred to, and is not there"
    for name, resource in resources.items():
        needed = resource.get("DependsOn", [])
        for other in {*([needed] if isinstance(needed, str) else needed)} - {*resources}:
            yield f"{name}: depends on {other}, which is not there"
        if not {resource.get("Condition")} <= {None, *template.get("Conditions", {})}:
            yield f"{name}: its condition is not there"


def _references_in(node: Any) -> Iterator[str]:
    """Yield the referenced names, and attributes as ``Resource.Attribute``."""
    if isinstance(node, list):
        for item in node:
            yield from _references_in(item)
    elif is_function(node):
        ((name, argument),) = node.items()
        yield from _names_referenced(name, argument)
        yield from _references_in(argument)
    elif isinstance(node, dict):
        yield from _references_in(list(node.values()))


def _names_referenced(function: str, argument: Any) -> list[str]:
    if function == "Ref":
        return [argument]
    if function == "Fn::GetAtt":
        return [".".join(argument)]
    if function == "Fn::Sub":
        return VARIABLE.findall(argument)
    return []


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _is_instance(value: Any, types: tuple[type, ...]) -> bool:
    """isinstance(), but a boolean is not a number."""
    return isinstance(value, types) and (not isinstance(value, bool) or int not in types)
