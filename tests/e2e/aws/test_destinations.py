"""Verdicts go to the configured destination: a topic, a queue or an event bus."""

from __future__ import annotations

import pytest

from tests.e2e.aws.cloud import BUS, VERSIONED, WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.published import PublishedVerdicts


@pytest.mark.parametrize("destination", ["SNS_TOPIC_ARN", "SQS_QUEUE_URL", "EVENT_BUS"])
def test_a_verdict_reaches_its_destination(
    cloud: AwsCloud, deploy: DeployFunction, photo: bytes, destination: str
) -> None:
    value, queue_url = {
        "SNS_TOPIC_ARN": (cloud.topic_arn, cloud.topic_queue_url),
        "SQS_QUEUE_URL": (cloud.verdicts_url, cloud.verdicts_url),
        "EVENT_BUS": (BUS, cloud.bus_queue_url),
    }[destination]
    key = f"{WATCHED}{destination}.jpg"
    cloud.put(VERSIONED, key, photo)
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, deploy(**{destination: value})) as source:
        (outcome,) = PublishedVerdicts(cloud, queue_url).of(VERSIONED, key)
    assert outcome["verdict"] == "low_risk"
    assert source.errors == []
