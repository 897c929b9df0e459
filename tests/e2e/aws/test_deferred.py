"""Uploads beyond the daily limit wait in the dead-letter queue and are not marked as failed."""

from __future__ import annotations

import json
from urllib.parse import unquote_plus

import pytest

from tests.e2e.aws.cloud import WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.operations import actions_of
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages
from tests.support.wait import wait_for

pytestmark = pytest.mark.usefixtures("avoid_midnight")

CAP = 3
KEYS = {f"{WATCHED}{number}.jpg" for number in range(8)}


def test_uploads_beyond_the_daily_limit_are_deferred_and_screened_once_it_is_raised(
    cloud: AwsCloud, deploy: DeployFunction, photo: bytes
) -> None:
    cloud.dead_letter_on_first_failure()
    for key in KEYS:
        cloud.put("selfies", key, photo)
    capped = _process_uploads(cloud, deploy, DAILY_CALLS=str(CAP))
    assert ("sqs:SendMessage", "*") in actions_of(cloud, capped)
    dead_letters = [one for one in cloud.messages(cloud.dead_letters_url) if "s3" in str(one)]
    deferred = {unquote_plus(one["Records"][0]["s3"]["object"]["key"]) for one in dead_letters}
    assert _paid_keys(cloud) == KEYS - deferred
    assert len(deferred) == len(dead_letters) == len(KEYS) - CAP
    assert all(cloud.tags("selfies", key) == {} for key in deferred)
    outcomes = PublishedVerdicts(cloud, cloud.topic_queue_url).all()
    assert {data["object"]["key"] for data in outcomes} == KEYS - deferred

    for dead_letter in dead_letters:
        cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody=json.dumps(dead_letter))
    _process_uploads(cloud, deploy, DAILY_CALLS="100")
    assert _paid_keys(cloud) == KEYS
    for key in KEYS:
        assert cloud.tags("selfies", key)["deepfake-verdict"] == "low_risk"


def _process_uploads(cloud: AwsCloud, deploy: DeployFunction, **settings: str) -> LambdaFunction:
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn, MOST_RECEIVES="1", **settings)
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    assert source.errors == []
    return function


def _paid_keys(cloud: AwsCloud) -> set[str]:
    return {
        call.object.removeprefix("oss://selfies/") for call in cloud.cloudauth.calls if call.billed
    }
