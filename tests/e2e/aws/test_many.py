"""A thousand objects that land at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.cloud import SOURCES, WATCHED, Cloud, running_cloud
from tests.e2e.aws.conftest import Deploy
from tests.e2e.aws.event_source import EventSource
from tests.e2e.aws.published import Published
from tests.e2e.aws.queues import waiting
from tests.support.wait import wait_for

pytestmark = pytest.mark.slow

HUNDREDS = range(10)
FIFTY = range(50)


def placed(hundred: int) -> list[tuple[str, str]]:
    """Half of them in each bucket."""
    return [(bucket, f"{WATCHED}{hundred}/{n}.jpg") for n in FIFTY for bucket in SOURCES]


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A batch may take long: two cores do the work of them all."""
    with running_cloud(loop, tmp_path_factory.mktemp("cloud"), visibility_s=60) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def published(cloud: Cloud, deploy: Deploy, photo: bytes) -> Iterator[Published]:
    """Of all objects, which stand there before the function starts."""
    objects = [at for hundred in HUNDREDS for at in placed(hundred)]
    with ThreadPoolExecutor(4) as uploads:
        list(uploads.map(lambda at: cloud.put(at[0], at[1], photo), objects))
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn, CALLS_PER_SECOND="1000")
    with EventSource(cloud.sqs, cloud.uploads_url, function, maximum_concurrency=2) as source:
        yield Published(cloud, cloud.topic_queue_url)
    assert source.errors == []


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_each_is_tagged_and_announced_once(
    cloud: Cloud, published: Published, hundred: int
) -> None:
    objects = placed(hundred)

    def told() -> Counter[tuple[str, str]]:
        places = (data["object"] for data in published.all())
        return Counter(at for at in map(_place, places) if at in objects)

    wait_for(lambda: len(told()) == len(objects), "every message", 180, interval_s=1)
    assert told() == Counter(objects)
    assert {cloud.tags(*at)["deepfake-verdict"] for at in objects} == {"low_risk"}


def test_each_was_paid_once(cloud: Cloud, published: Published) -> None:
    wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue", 120)
    objects = [at for hundred in HUNDREDS for at in placed(hundred)]
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://{bucket}/{key}" for bucket, key in objects)
    assert len(published.all()) == len(objects)
    assert cloud.messages(cloud.dead_letters_url) == []


def _place(described: dict[str, str]) -> tuple[str, str]:
    return described["bucket"], described["key"]
