"""A batch of ten with records that always fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.analyzer import POISON
from tests.e2e.aws.cloud import MAX_RECEIVES, SOURCES, WATCHED, AwsCloud, run_cloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import MAX_BATCH_SIZE, EventSourceMapping
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages
from tests.support.wait import wait_for

POISONED = f"{WATCHED}bad.jpg"
TEST_EVENTS = len(SOURCES)
"""S3 sends one for each bucket when its notifications are configured."""
UNREADABLE = 1
GOOD = [
    f"{WATCHED}good {number}.jpg" for number in range(MAX_BATCH_SIZE - TEST_EVENTS - UNREADABLE - 1)
]


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCloud]:
    """A cloud whose visibility timeout is longer than the slowest start of a function."""
    with run_cloud(loop, tmp_path_factory.mktemp("cloud"), visibility_s=12) as cloud:
        yield cloud


@pytest.mark.slow
def test_only_poisoned_messages_are_redelivered_and_dead_lettered(
    cloud: AwsCloud, deploy: DeployFunction, photo: bytes
) -> None:
    unreadable = cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody="{}")
    cloud.put("selfies", POISONED, photo + POISON)
    for key in GOOD:
        cloud.put("selfies", key, photo)
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn)
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")

    assert len(source.batches[0]) == MAX_BATCH_SIZE
    receives = Counter(message for batch in source.batches for message in batch)
    assert receives[unreadable["MessageId"]] == MAX_RECEIVES
    assert sorted(receives.values()) == [1] * (MAX_BATCH_SIZE - 2) + [MAX_RECEIVES] * 2
    assert source.errors == []

    outcomes = PublishedVerdicts(cloud, cloud.topic_queue_url).all()
    verdicts = {data["object"]["key"]: data["verdict"] for data in outcomes}
    assert verdicts == {POISONED: "failed", **dict.fromkeys(GOOD, "low_risk")}
    assert len(outcomes) == len(verdicts)
    for key, verdict in verdicts.items():
        assert cloud.tags("selfies", key)["deepfake-verdict"] == verdict
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://selfies/{key}" for key in GOOD)

    dead_letters = cloud.messages(cloud.dead_letters_url)
    assert {} in dead_letters
    keys = [
        dead_letter["Records"][0]["s3"]["object"]["key"]
        for dead_letter in dead_letters
        if dead_letter
    ]
    assert [unquote_plus(key) for key in keys] == [POISONED]
