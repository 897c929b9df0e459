"""A thousand objects uploaded at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.cloud import SOURCES, WATCHED, AwsCloud, run_cloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages
from tests.support.wait import wait_for

pytestmark = pytest.mark.slow

HUNDREDS = range(10)
FIFTY = range(50)


def objects_of(hundred: int) -> list[tuple[str, str]]:
    """Bucket and key of a hundred objects, half of them in each bucket."""
    return [(bucket, f"{WATCHED}{hundred}/{n}.jpg") for n in FIFTY for bucket in SOURCES]


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCloud]:
    """A cloud with a long visibility timeout, because two cores process all batches."""
    with run_cloud(loop, tmp_path_factory.mktemp("cloud"), visibility_s=60) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def published(cloud: AwsCloud, deploy: DeployFunction, photo: bytes) -> Iterator[PublishedVerdicts]:
    """The verdicts of all objects, which are uploaded before the function starts."""
    objects = [at for hundred in HUNDREDS for at in objects_of(hundred)]
    with ThreadPoolExecutor(4) as uploads:
        list(uploads.map(lambda at: cloud.put(at[0], at[1], photo), objects))
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn, CALLS_PER_SECOND="1000")
    with EventSourceMapping(
        cloud.sqs, cloud.uploads_url, function, maximum_concurrency=2
    ) as source:
        yield PublishedVerdicts(cloud, cloud.topic_queue_url)
    assert source.errors == []


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_each_object_is_tagged_and_published_once(
    cloud: AwsCloud, published: PublishedVerdicts, hundred: int
) -> None:
    objects = objects_of(hundred)

    def published_objects() -> Counter[tuple[str, str]]:
        places = (data["object"] for data in published.all())
        return Counter(at for at in map(_bucket_and_key, places) if at in objects)

    wait_for(lambda: len(published_objects()) == len(objects), "every message", 180, interval_s=1)
    assert published_objects() == Counter(objects)
    assert {cloud.tags(*at)["deepfake-verdict"] for at in objects} == {"low_risk"}


def test_each_object_is_paid_for_once(cloud: AwsCloud, published: PublishedVerdicts) -> None:
    wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue", 120)
    objects = [at for hundred in HUNDREDS for at in objects_of(hundred)]
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://{bucket}/{key}" for bucket, key in objects)
    assert len(published.all()) == len(objects)
    assert cloud.messages(cloud.dead_letters_url) == []


def _bucket_and_key(described: dict[str, str]) -> tuple[str, str]:
    return described["bucket"], described["key"]
