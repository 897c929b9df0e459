"""Queries, charts and alerts against the fields that the functions log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facescreen.errors import DailyLimitReachedError
from facescreen.model import Status, Verdict
from tests.support.cloud_client import run_local_cloud
from tests.support.samples import sample_files
from tests.templates.alibaba.conftest import deploy

LOGS, ALARMS = deploy("logs.yaml"), deploy("alarms.yaml", ContactGroup="on-call")
TEXTS = {name: query["Text"] for name, query in LOGS.template["Mappings"]["Queries"].items()}
ALERTS = {
    alert["Detail"]["Name"]: alert["Detail"]["Configuration"]
    for alert in ALARMS.all("ALIYUN::SLS::Alert").values()
}
QUERIES = {**TEXTS, **{name: alert["QueryList"][0]["Query"] for name, alert in ALERTS.items()}}

# Function Compute, "Request-level metrics logs".
FUNCTION_COMPUTE_FIELDS = {
    *("activeInstances", "durationMs", "functionName", "hasFunctionError", "hostname"),
    *("instanceID", "invocationType", "invokeFunctionLatencyMs", "ipAddress", "isColdStart"),
    *("memoryMB", "memoryUsageMB", "operation", "qualifier", "requestId", "resourceMode"),
}
LOG_SERVICE_FIELDS = {"__time__"}
SCREENING, SWEEP = "facescreen-object-created", "facescreen-sweep"
VALUES = {
    "message.status": {status.value for status in Status},
    "message.verdict": {verdict.value for verdict in Verdict},
    "message.error": {DailyLimitReachedError.name},
    "message.message": {"swept"},
    "message.level": {"INFO", "WARNING", "ERROR"},
    "functionName": {SCREENING, SWEEP},
    "hasFunctionError": {"*", "true", "false"},
    "isColdStart": {"true", "false"},
}


@pytest.fixture(scope="module")
def logged_fields(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The fields that a run with a failure logs, with SLS's names."""
    folder: Path = tmp_path_factory.mktemp("cloud")
    with run_local_cloud(folder) as (cloud, cloud_client):
        cloud_client.set_behaviour(mns={"faults": [{"code": "AccessDenied", "status": 403}]})
        cloud_client.put("flagged.jpg", sample_files(cloud)["flagged.jpg"])
        cloud_client.wait_until_idle()
        assert cloud_client.admin.post(f"/fire/{SWEEP}").status_code == 200
        cloud_client.wait_until_idle()
        logs = [folder / "fc" / "logs" / f"{name}.log" for name in (SCREENING, SWEEP)]
        lines = [line for log in logs for line in log.read_text().splitlines()]
    return {field for line in lines for field in _flatten_names(json.loads(line), "message")}


def test_the_index_has_only_fields_that_are_logged(logged_fields: set[str]) -> None:
    assert indexed_fields() - logged_fields - FUNCTION_COMPUTE_FIELDS == set()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_uses_only_fields_that_are_indexed(name: str) -> None:
    searched = fields_in(QUERIES[name])
    assert searched
    assert searched - indexed_fields() - LOG_SERVICE_FIELDS == set()


def test_a_field_by_another_name_would_be_found() -> None:
    misspelled_query = (
        'message.verdikt: high_risk | SELECT max("message.timing.queue_ms") AS waited'
    )
    assert fields_in(misspelled_query) - indexed_fields() == {
        "message.verdikt",
        "message.timing.queue_ms",
    }


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_compares_with_values_that_exist(name: str) -> None:
    compared = set(re.findall(r"([\w.]+): (\S+)", QUERIES[name]))
    compared |= set(re.findall(r'"([\w.]+)" (?:=|<>) \'(\w+)\'', QUERIES[name]))
    for field, values in re.findall(r'"([\w.]+)" IN \((.+?)\)', QUERIES[name]):
        compared |= {(field, value) for value in re.findall(r"'(\w+)'", values)}
    assert compared
    assert {(field, value) for field, value in compared if value not in VALUES[field]} == set()


def test_charts_use_columns_of_their_queries() -> None:
    charts = LOGS.properties("Dashboard")["Charts"]
    assert {chart["title"] for chart in charts} == {name.lower() for name in TEXTS}
    for chart in charts:
        axes = {*chart["display"]["xAxis"], *chart["display"]["yAxis"]}
        assert axes <= columns_of(chart["search"]["query"])


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_uses_columns_of_its_query(name: str) -> None:
    (severity,) = ALERTS[name]["SeverityConfigurations"]
    weighed = set(re.findall(r"[a-z_]+", severity["EvalCondition"]["Condition"]))
    assert weighed
    assert weighed <= columns_of(QUERIES[name])


def test_alerts_have_the_configured_limits() -> None:
    stack = deploy("alarms.yaml", DailyCalls="50", MostFlaggedPercent="3")

    def condition(name: str) -> str:
        (severity,) = stack.properties(name)["Detail"]["Configuration"]["SeverityConfigurations"]
        return str(severity["EvalCondition"]["Condition"])

    assert condition("BudgetSpent") == "calls > 50"
    assert condition("FlaggedOutOfBand").endswith("(flagged_percent < 0 || flagged_percent > 3)")


def test_cloudmonitor_rules_exist_only_with_a_contact_group() -> None:
    kind = "ALIYUN::CMS::ResourceMetricRule"
    assert deploy("alarms.yaml").all(kind) == {}
    rules = ALARMS.all(kind)
    assert set(rules) == {"NoVerdict", "FunctionsThrottled"}
    assert {tuple(rule["ContactGroups"]) for rule in rules.values()} == {("on-call",)}
    assert rules["NoVerdict"]["Resources"][0]["queue"] == "facescreen-dead-letters"


def indexed_fields() -> set[str]:
    names = set()
    for key in LOGS.properties("Index")["KeyIndices"]:
        nested = [f"{key['Name']}.{one['Name']}" for one in key.get("JsonKeyIndices", ())]
        names |= set(nested or [key["Name"]])
    return names


def fields_in(query: str) -> set[str]:
    """Return the fields of the search before the bar, and those in double quotes after it."""
    search, _, analysis = query.partition("|")
    return set(re.findall(r"([\w.]+):", search)) | set(re.findall(r'"([\w.]+)"', analysis))


def columns_of(query: str) -> set[str]:
    return set(re.findall(r" AS (\w+)", query))


def _flatten_names(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flatten_names(inner, f"{name}.{key}")
    else:
        yield name
