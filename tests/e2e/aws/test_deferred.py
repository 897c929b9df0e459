"""More uploads than may be paid for in a day: the rest waits as dead letters, and did not fail."""

from __future__ import annotations

import json
from urllib.parse import unquote_plus

import pytest

from tests.e2e.aws.cloud import WATCHED, Cloud
from tests.e2e.aws.conftest import Deploy
from tests.e2e.aws.event_source import EventSource
from tests.e2e.aws.function import Function
from tests.e2e.aws.operations import made_by
from tests.e2e.aws.published import Published
from tests.e2e.aws.queues import waiting
from tests.support.wait import wait_for

pytestmark = pytest.mark.usefixtures("avoid_midnight")

CAP = 3
KEYS = {f"{WATCHED}{number}.jpg" for number in range(8)}


def test_what_is_beyond_the_cap_is_not_called_failed_and_screened_when_it_is_raised(
    cloud: Cloud, deploy: Deploy, photo: bytes
) -> None:
    cloud.give_up_at_once()
    for key in KEYS:
        cloud.put("selfies", key, photo)
    capped = _drain(cloud, deploy, DAILY_CALLS=str(CAP))
    assert ("sqs:SendMessage", "*") in made_by(cloud, capped)
    letters = [one for one in cloud.messages(cloud.dead_letters_url) if "s3" in str(one)]
    deferred = {unquote_plus(one["Records"][0]["s3"]["object"]["key"]) for one in letters}
    assert _paid(cloud) == KEYS - deferred
    assert len(deferred) == len(letters) == len(KEYS) - CAP
    assert all(cloud.tags("selfies", key) == {} for key in deferred)
    told = Published(cloud, cloud.topic_queue_url).all()
    assert {data["object"]["key"] for data in told} == KEYS - deferred

    for letter in letters:
        cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody=json.dumps(letter))
    _drain(cloud, deploy, DAILY_CALLS="100")
    assert _paid(cloud) == KEYS
    for key in KEYS:
        assert cloud.tags("selfies", key)["deepfake-verdict"] == "low_risk"


def _drain(cloud: Cloud, deploy: Deploy, **settings: str) -> Function:
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn, MOST_RECEIVES="1", **settings)
    with EventSource(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    assert source.errors == []
    return function


def _paid(cloud: Cloud) -> set[str]:
    return {
        call.object.removeprefix("oss://selfies/") for call in cloud.cloudauth.calls if call.billed
    }
