"""S3 -> SQS -> Lambda -> tags and a message, with the handler in AWS's runtime client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.aws.analyzer import FORGED
from tests.e2e.aws.cloud import SOURCES, VERSIONED, WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.published import PublishedVerdicts

KEYS = [
    "a+b.jpg",
    "100%.jpg",
    "%2B%20.jpg",
    "é.jpg",
    "e\u0301.jpg",
    "漢字/顔 写真.jpg",
    "🙂.jpg",
    "a//b/../c.jpg",
    "a&b=c?d#e.jpg",
    "~!*'().jpg",
]


@pytest.fixture(scope="module")
def published(cloud: AwsCloud, deploy: DeployFunction) -> Iterator[PublishedVerdicts]:
    """The deployment to which most of these tests upload objects."""
    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn)
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        yield PublishedVerdicts(cloud, cloud.topic_queue_url)
    assert source.errors == []


def test_a_photo_is_tagged_and_published(
    cloud: AwsCloud, published: PublishedVerdicts, photo: bytes
) -> None:
    key = f"{WATCHED}photo.jpg"
    cloud.put("selfies", key, photo)
    (outcome,) = published.of("selfies", key)
    assert (outcome["verdict"], outcome["tagging"]["status"]) == ("low_risk", "written")
    tags = cloud.tags("selfies", key)
    assert tags["deepfake-verdict"] == "low_risk"
    assert tags["deepfake-etag"] == outcome["object"]["etag"]


def test_a_forged_photo_has_its_reason(
    cloud: AwsCloud, published: PublishedVerdicts, photo: bytes
) -> None:
    key = f"{WATCHED}forged.jpg"
    cloud.put("selfies", key, photo + FORGED)
    (outcome,) = published.of("selfies", key)
    assert (outcome["verdict"], outcome["risk_tags"]) == ("high_risk", ["SuspectDeepForgery"])
    tags = cloud.tags("selfies", key)
    assert tags["deepfake-verdict"] == "high_risk"
    assert tags["deepfake-reason"] == "SuspectDeepForgery"


@pytest.mark.parametrize("bucket", SOURCES)
def test_objects_with_unusual_keys_are_screened(
    cloud: AwsCloud, published: PublishedVerdicts, photo: bytes, bucket: str
) -> None:
    for key in KEYS:
        cloud.put(bucket, WATCHED + key, photo)
    for key in KEYS:
        (outcome,) = published.of(bucket, WATCHED + key)
        assert outcome["verdict"] == "low_risk"
        assert cloud.tags(bucket, WATCHED + key)["deepfake-verdict"] == "low_risk"


def test_each_version_has_a_verdict_of_its_own(
    cloud: AwsCloud, published: PublishedVerdicts, photo: bytes
) -> None:
    key = f"{WATCHED}twice.jpg"
    forged, real = (cloud.put(VERSIONED, key, photo + end) for end in (FORGED, b""))
    published.of(VERSIONED, key, 2)
    assert cloud.tags(VERSIONED, key, forged)["deepfake-verdict"] == "high_risk"
    assert cloud.tags(VERSIONED, key, real)["deepfake-verdict"] == "low_risk"
    verdicts = {t["object"]["version_id"]: t["verdict"] for t in published.of(VERSIONED, key, 2)}
    assert verdicts == {forged: "high_risk", real: "low_risk"}


def test_objects_outside_the_prefix_are_not_screened(
    cloud: AwsCloud, published: PublishedVerdicts, photo: bytes
) -> None:
    cloud.put("selfies", "other/photo.jpg", photo)
    cloud.put("selfies", f"{WATCHED}later.jpg", photo)
    published.of("selfies", f"{WATCHED}later.jpg")
    assert cloud.tags("selfies", "other/photo.jpg") == {}
