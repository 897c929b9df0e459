"""template.yaml's sweep screens an upload whose event was lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.cloud import SOURCES, STATE, WATCHED, AwsCloud, run_cloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.operations import actions_of
from tests.e2e.aws.published import PublishedVerdicts

TIMER_EVENT = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
LOST = [f"{WATCHED}a+b 100%.jpg", f"{WATCHED}é漢🙂.jpg"]


@pytest.fixture(scope="module")
def cloud(loop: BackgroundLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCloud]:
    """A cloud whose objects were all uploaded an hour ago."""
    with run_cloud(loop, tmp_path_factory.mktemp("cloud"), 60, s3_age_s=3600) as cloud:
        yield cloud


def test_an_upload_whose_event_was_lost_is_screened_once(
    cloud: AwsCloud, deploy: DeployFunction, photo: bytes
) -> None:
    for bucket in SOURCES:
        for key in LOST:
            cloud.put(bucket, key, photo)
    cloud.put("selfies", "elsewhere/a.jpg", photo)
    cloud.sqs.purge_queue(QueueUrl=cloud.uploads_url)
    sweep = deploy(
        "sweep.handler",
        SNS_TOPIC_ARN=cloud.topic_arn,
        WATCHED_OBJECTS=",".join(f"{bucket}/{WATCHED}" for bucket in SOURCES),
        UPLOADS_QUEUE_URL=cloud.uploads_url,
        DAILY_CALLS="100",
    )
    run = sweep.invoke(TIMER_EVENT)
    assert (run["submitted"], run["end"]) == (4, "all")

    function = deploy(SNS_TOPIC_ARN=cloud.topic_arn)
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        published = PublishedVerdicts(cloud, cloud.topic_queue_url)
        for bucket in SOURCES:
            for key in LOST:
                (outcome,) = published.of(bucket, key)
                assert outcome["verdict"] == "low_risk"
                assert cloud.tags(bucket, key)["deepfake-verdict"] == "low_risk"
    assert source.errors == []
    assert len([call for call in cloud.cloudauth.calls if call.billed]) == 4
    assert sweep.invoke(TIMER_EVENT)["submitted"] == 0
    assert {action for action, _ in actions_of(cloud, sweep)} == {
        "s3:ListBucket", "s3:GetObjectTagging", "s3:GetObject", "s3:PutObject", "sqs:SendMessage",
    }  # fmt: skip
    state = {on for _, on in actions_of(cloud, sweep) if on.startswith(f"arn:aws:s3:::{STATE}/")}
    assert {on.split("/")[1] for on in state} == {"sweep", "calls"}
