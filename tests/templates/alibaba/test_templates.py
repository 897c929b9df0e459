"""The templates against the vendor's descriptions of ROS resources."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.templates.alibaba.check import find_faults
from tests.templates.alibaba.conftest import template
from tests.templates.alibaba.resource_types import ResourceType

TEMPLATES = ("template.yaml", "logs.yaml", "alarms.yaml")
BUCKET = "Resources.State.Properties"
RULE = f"{BUCKET}.LifecycleConfiguration.Rule.0"
REMOVED = object()


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_have_no_errors(types: dict[str, ResourceType], name: str) -> None:
    assert find_faults(template(name), types) == []


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        (f"{BUCKET}.Colour", "red", "State.Colour: there is no such property"),
        (f"{RULE}.Days", 1, "Rule[0].Days: there is no such property"),
        # The jsii assembly's name of the property.
        (f"{BUCKET}.VersioningConfiguration", {"status": "Enabled"}, "status: there is no such"),
        (f"{BUCKET}.BucketName", REMOVED, "State.BucketName: is missing"),
        (f"{RULE}.Prefix", REMOVED, "Rule[0].Prefix: is missing"),
        (f"{BUCKET}.BucketName", 7, "State.BucketName: 7 is not of type string"),
        (f"{RULE}.Expiration.Days", "1", "Days: '1' is not of type number"),
        (f"{RULE}.Expiration.Days", True, "Days: True is not of type number"),
        (f"{RULE}.Expiration.Days", {"Ref": "Account"}, "Days: '' is not of type number"),
        (f"{BUCKET}.BlockPublicAccess", "yes", "'yes' is not of type boolean"),
        (f"{BUCKET}.LifecycleConfiguration.Rule", {}, "Rule: must be a list"),
        (f"{BUCKET}.LifecycleConfiguration", [], "LifecycleConfiguration: must be a map"),
        (f"{BUCKET}.AccessControl", "open", "must be one of private, public-read"),
        (f"{BUCKET}.BucketName", {"Ref": "Nowhere"}, "Nowhere: is referred to"),
        (f"{BUCKET}.BucketName", {"Fn::Sub": "a-${Nowhere}"}, "Nowhere: is referred to"),
        (f"{BUCKET}.BucketName", {"Fn::GetAtt": ["Verdicts", "Sound"]}, "Verdicts.Sound: is"),
        ("Resources.State.DependsOn", ["Nowhere"], "depends on Nowhere"),
        ("Resources.State.Condition", "Nowhere", "its condition is not there"),
        ("Resources.State.Type", "ALIYUN::OSS::Bukket", "no type ALIYUN::OSS::Bukket"),
        ("Resources.State.Properties2", {}, "Properties2 is nothing that a resource has"),
        ("Parameters.Idle", {"Type": "String"}, "Idle: is a parameter that nothing refers to"),
    ],
)
def test_each_kind_of_error_is_found(
    types: dict[str, ResourceType], where: str, value: Any, expected: str
) -> None:
    faults = find_faults(with_value(template("template.yaml"), where, value), types)
    assert any(expected in fault for fault in faults), faults


def with_value(whole: dict[str, Any], where: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a dotted path."""
    whole = copy.deepcopy(whole)
    *path, last = where.split(".")
    node: Any = whole
    for part in path:
        node = node[int(part) if part.isdigit() else part]
    if value is REMOVED:
        del node[last]
    else:
        node[last] = value
    return whole
