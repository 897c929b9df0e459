"""A batch of ten with records that fail whenever they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.analyzer import POISON
from tests.e2e.aws.cloud import MOST_RECEIVES, SOURCES, WATCHED, Cloud, running_cloud
from tests.e2e.aws.conftest import Deploy
from tests.e2e.aws.event_source import LARGEST_BATCH, EventSource
from tests.e2e.aws.published import Published
from tests.e2e.aws.queues import waiting
from tests.support.wait import wait_for

BAD = f"{WATCHED}bad.jpg"
TEST_EVENTS = len(SOURCES)
"""S3 sends one for each bucket whose notifications are set up."""
UNREADABLE = 1
GOOD = [
    f"{WATCHED}good {number}.jpg" for number in range(LARGEST_BATCH - TEST_EVENTS - UNREADABLE - 1)
]


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A message comes back late enough for the slowest of starts."""
    with running_cloud(loop, tmp_path_factory.mktemp("cloud"), visibility_s=12) as cloud:
        yield cloud


@pytest.mark.slow
def test_only_what_is_poisoned_comes_back_and_ends_as_a_dead_letter(
    cloud: Cloud, deploy: Deploy, photo: bytes
) -> None:
    unreadable = cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody="{}")
    cloud.put("selfies", BAD, photo + POISON)
    for key in GOOD:
        cloud.put("selfies", key, photo)
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn)
    with EventSource(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")

    assert len(source.batches[0]) == LARGEST_BATCH
    receives = Counter(message for batch in source.batches for message in batch)
    assert receives[unreadable["MessageId"]] == MOST_RECEIVES
    assert sorted(receives.values()) == [1] * (LARGEST_BATCH - 2) + [MOST_RECEIVES] * 2
    assert source.errors == []

    told = Published(cloud, cloud.topic_queue_url).all()
    verdicts = {data["object"]["key"]: data["verdict"] for data in told}
    assert verdicts == {BAD: "failed", **dict.fromkeys(GOOD, "low_risk")}
    assert len(told) == len(verdicts)
    for key, verdict in verdicts.items():
        assert cloud.tags("selfies", key)["deepfake-verdict"] == verdict
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://selfies/{key}" for key in GOOD)

    letters = cloud.messages(cloud.dead_letters_url)
    assert {} in letters
    keys = [letter["Records"][0]["s3"]["object"]["key"] for letter in letters if letter]
    assert [unquote_plus(key) for key in keys] == [BAD]
