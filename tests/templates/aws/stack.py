"""Evaluate CloudFormation and ROS templates for given parameters."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

NOTHING = object()
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": NOTHING,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/name/0f2f7a10-guid",
}


class Stack:
    """A template with its parameters. Nested stacks are made from the same templates.

    Values that only a deployment knows are named after their resource: ``Queue`` for a Ref,
    ``Queue.Arn`` for an attribute.
    """

    def __init__(self, templates: dict[str, Any], path: str, parameters: dict[str, Any]) -> None:
        self._templates = templates
        self.template = templates[path]
        self._values = {
            name: _parse_parameter(spec["Type"], parameters.get(name, spec.get("Default")))
            for name, spec in self.template.get("Parameters", {}).items()
        }

    def nested(self, name: str) -> Stack:
        """Return the nested stack `name`."""
        properties = self._active_resources[name]["Properties"]
        parameters = self.value(properties.get("Parameters", {}))
        return Stack(self._templates, properties["TemplateURL"], parameters)

    def properties(self, name: str) -> dict[str, Any]:
        """Return the properties of the resource `name`."""
        properties: dict[str, Any] = self.value(self._active_resources[name].get("Properties", {}))
        return properties

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of type `kind`, by logical name, also nested."""
        properties_by_name = {
            name: self.properties(name)
            for name, resource in self._active_resources.items()
            if resource["Type"] == kind
        }
        for name, resource in self._active_resources.items():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                properties_by_name |= self.nested(name).all(kind)
        return properties_by_name

    def output(self, name: str) -> Any:
        return self.value(self.template["Outputs"][name]["Value"])

    @cached_property
    def _active_resources(self) -> dict[str, Any]:
        return {
            name: resource
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def _holds(self, condition: str) -> bool:
        return bool(self.value(self.template["Conditions"][condition]))

    def value(self, node: Any) -> Any:
        """Return `node` with its intrinsic functions evaluated."""
        if isinstance(node, list):
            return [values for item in node if (values := self.value(item)) is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (name := next(iter(node))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, node[name])
        values = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in values.items() if item is not NOTHING}

    def ref(self, name: str) -> Any:
        if name in _PSEUDO or name in self._values:
            return _PSEUDO.get(name, self._values.get(name))
        # A Ref to a bucket is its name.
        return self.properties(name).get("BucketName", name)

    def attribute(self, path: list[str] | str) -> Any:
        name, _, attribute = (path if isinstance(path, str) else ".".join(path)).partition(".")
        if attribute.startswith("Outputs."):
            return self.nested(name).output(attribute.removeprefix("Outputs."))
        return f"{name}.{attribute}"

    def substitute(self, text: str) -> str:
        def resolve(name: str) -> str:
            return str(self.attribute(name) if "." in name else self.ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", lambda match: resolve(match[1]), text)

    def choose(self, args: list[Any]) -> Any:
        return self.value(args[1] if self._holds(args[0]) else args[2])

    def find_in_map(self, args: list[Any]) -> Any:
        mapping, first, second = self.value(args)
        return self.template["Mappings"][mapping][str(first)][second]

    def join(self, args: list[Any]) -> str:
        return str(args[0]).join(str(part) for part in self.value(args[1]))

    def select(self, args: list[Any]) -> Any:
        number, among = self.value(args)
        return among[int(number)]

    def split(self, args: list[Any]) -> list[str]:
        at, text = self.value(args)
        return str(text).split(at)

    def equal(self, args: list[Any]) -> bool:
        first, second = self.value(args)
        return str(first) == str(second)


_FUNCTIONS: dict[str, Any] = {
    "Ref": Stack.ref,
    "Fn::GetAtt": Stack.attribute,
    "Fn::Sub": Stack.substitute,
    "Fn::If": Stack.choose,
    "Fn::FindInMap": Stack.find_in_map,
    "Fn::Join": Stack.join,
    "Fn::Select": Stack.select,
    "Fn::Split": Stack.split,
    "Fn::Equals": Stack.equal,
    # A list of one condition in CloudFormation, the condition itself in ROS.
    "Fn::Not": lambda stack, args: not stack.value(args[0] if isinstance(args, list) else args),
}


def _parse_parameter(kind: str, value: Any) -> Any:
    """Convert a parameter, which is a string unless it comes from the parent of a nested stack."""
    if kind == "CommaDelimitedList" and isinstance(value, str):
        return value.split(",")
    return json.loads(value) if kind == "Json" and isinstance(value, str) else value
