"""Alarms of both clouds against the metrics that the services publish.

Types allow any text here; CloudMonitor refuses a rule, and with it the whole stack, whose
statistic the metric does not have.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.alibaba.conftest import deployed

# CloudMonitor, "Appendix 1: Metrics": Message Service - queue, and Function Compute. Of each
# metric the statistics and the dimensions.
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
# CloudWatch keeps these of every metric ("Statistics definitions").
CLOUD_WATCH = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}
RULES = deployed("alarms.yaml", ContactGroup="on-call").all("ALIYUN::CMS::ResourceMetricRule")


class _Template(yaml.SafeLoader):
    """Reads CloudFormation's short functions as the values they are given."""


def _plain(loader: _Template, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node)


_Template.add_multi_constructor("!", _plain)
_AWS = (Path(__file__).parents[3] / "infra/aws/alarms.yaml").read_text()
ALARMS = {
    name: resource["Properties"]
    for name, resource in _Template(_AWS).get_data()["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}


def test_both_clouds_have_alarms() -> None:
    assert len(RULES) >= 2
    assert len(ALARMS) >= 5


@pytest.mark.parametrize("name", RULES)
def test_a_rule_asks_for_a_statistic_that_its_metric_has(name: str) -> None:
    rule = RULES[name]
    statistics, dimensions = CLOUD_MONITOR[rule["Namespace"], rule["MetricName"]]
    asked = {each["Statistics"] for each in rule.get("Escalations", {}).values()}
    expression = rule.get("CompositeExpression", {}).get("ExpressionRaw", "")
    asked.update(re.findall(r"\$(\w+)", expression))
    assert asked
    assert asked <= statistics
    for resource in rule["Resources"]:
        assert set(resource) == dimensions


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_asks_for_a_statistic_that_cloudwatch_keeps(name: str) -> None:
    alarm = ALARMS[name]
    metrics = [each["MetricStat"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
    asked = [each["Stat"] for each in metrics] or [alarm["Statistic"]]
    assert set(asked) <= CLOUD_WATCH
