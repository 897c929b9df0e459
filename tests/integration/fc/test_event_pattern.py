"""EventBridge's event patterns. Source: its page "Event patterns"."""

from __future__ import annotations

from typing import Any

import pytest

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger

RECORD: dict[str, Any] = {
    "eventName": "ObjectCreated:PutObject",
    "eventTime": "2026-11-23T04:05:06.000Z",
    "region": "ap-southeast-1",
    "responseElements": {"requestId": "r1"},
    "oss": {
        "bucket": {"name": "selfies", "arn": "acs:oss:ap-southeast-1:1234:selfies"},
        "object": {"key": "in/a.jpg"},
    },
}


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ({"source": ["acs.oss"]}, True),
        ({"source": ["acs.ecs"]}, False),
        ({"source": ["acs.ecs", "acs.oss"]}, True),
        ({"type": ["oss:ObjectCreated:PutObject"], "source": ["acs.ecs"]}, False),
        ({"subject": [{"prefix": "acs:oss:ap-southeast-1:1234:selfies/in/"}]}, True),
        ({"subject": [{"prefix": "acs:oss:ap-southeast-1:1234:selfies/out/"}]}, False),
        ({"subject": [{"suffix": ".png"}, {"suffix": ".jpg"}]}, True),
        ({"subject": [{"anything-but": "x"}]}, True),
        ({"data": {"oss": {"bucket": {"name": ["selfies"]}}}}, True),
        ({"data": {"oss": {"bucket": {"name": ["others"]}}}}, False),
        ({"data": {"eventName": {"deeper": ["x"]}}}, False),
        ({"absent": ["x"]}, False),
    ],
)
def test_every_field_must_match_one_of_its_alternatives(
    pattern: dict[str, Any], passes: bool
) -> None:
    trigger = EventBridgeTrigger(EventPattern(pattern))
    assert trigger.matches(RECORD) is passes


def test_a_disabled_rule_matches_nothing() -> None:
    pattern = EventPattern({"source": ["acs.oss"]})
    assert not EventBridgeTrigger(pattern, enabled=False).matches(RECORD)


@pytest.mark.parametrize(
    "pattern",
    [{}, [], {"source": "acs.oss"}, {"source": []}, {"source": [{"like": "a"}]}, {"a": [1]}],
)
def test_an_unsupported_pattern_is_refused(pattern: Any) -> None:
    with pytest.raises(ValueError, match=r"pattern|expected a list"):
        EventPattern(pattern)
