"""Alarms of both clouds against the metrics that the services publish.

The resource types allow any string, but CloudMonitor refuses a rule, and with it the whole stack,
if the metric does not have the rule's statistic.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.alibaba.conftest import deploy

# Statistics and dimensions of each metric. CloudMonitor, "Appendix 1: Metrics": Message Service -
# queue, and Function Compute.
CLOUD_MONITOR = {
    ("acs_mns_new", "ActiveMessages"): (
        {"Average", "Maximum", "Minimum"},
        {"userId", "region", "queue"},
    ),
    ("acs_fc", "FunctionConcurrencyThrottles"): (
        {"Value"},
        {"userId", "region", "serviceName", "functionName"},
    ),
}
# CloudWatch has these for every metric ("Statistics definitions").
CLOUD_WATCH = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}
RULES = deploy("alarms.yaml", ContactGroup="on-call").all("ALIYUN::CMS::ResourceMetricRule")


class _CloudFormationLoader(yaml.SafeLoader):
    """Reads CloudFormation's short-form functions as their arguments."""


def _construct_plain_value(loader: _CloudFormationLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node)


_CloudFormationLoader.add_multi_constructor("!", _construct_plain_value)
_AWS = (Path(__file__).parents[3] / "infra/aws/alarms.yaml").read_text()
ALARMS = {
    name: resource["Properties"]
    for name, resource in _CloudFormationLoader(_AWS).get_data()["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}


def test_both_clouds_have_alarms() -> None:
    assert len(RULES) >= 2
    assert len(ALARMS) >= 5


@pytest.mark.parametrize("name", RULES)
def test_a_rule_uses_a_statistic_that_its_metric_has(name: str) -> None:
    rule = RULES[name]
    statistics, dimensions = CLOUD_MONITOR[rule["Namespace"], rule["MetricName"]]
    requested = {each["Statistics"] for each in rule.get("Escalations", {}).values()}
    expression = rule.get("CompositeExpression", {}).get("ExpressionRaw", "")
    requested.update(re.findall(r"\$(\w+)", expression))
    assert requested
    assert requested <= statistics
    for resource in rule["Resources"]:
        assert set(resource) == dimensions


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_uses_a_statistic_that_cloudwatch_has(name: str) -> None:
    alarm = ALARMS[name]
    metrics = [each["MetricStat"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
    requested = [each["Stat"] for each in metrics] or [alarm["Statistic"]]
    assert set(requested) <= CLOUD_WATCH
