"""A high risk is taken out of reach on AWS, with the roles of template.yaml, and let go again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.aws import command_line
from tests.e2e.aws.analyzer import FORGED
from tests.e2e.aws.cloud import SOURCES, STATE, VERSIONED, WATCHED, Cloud
from tests.e2e.aws.configuration import REGION
from tests.e2e.aws.conftest import Deploy
from tests.e2e.aws.event_source import EventSource
from tests.e2e.aws.function import Function
from tests.e2e.aws.operations import made_by
from tests.e2e.aws.published import Published
from tests.e2e.aws.queues import queue_arn, waiting
from tests.support.policies import matches_any
from tests.support.wait import wait_for
from tests.templates.aws.conftest import MakeStack, make_stack, tools
from tests.templates.aws.test_permissions import permissions

__all__ = ["make_stack", "tools"]

HELD = "held"
METADATA = {"applicant": "4711"}
KEY = f"{WATCHED}a+b 100% é漢🙂.jpg"
BY_THE_PLATFORM = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogStream",
    "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
}  # fmt: skip
STATE_OBJECTS = ("StateBucket.Arn/", f"arn:aws:s3:::{STATE}/")
UNCALLED = {"s3:ListBucket", "s3:ListBucketVersions", "sqs:SendMessage"}
"""Lets S3 say what is gone; for objects under a customer's key alone (storage/s3.py); for what is
deferred, as test_deferred.py sees it."""


@pytest.fixture(scope="module", autouse=True)
def held(cloud: Cloud) -> None:
    """The quarantine's bucket, whose events come to the queue as well."""
    cloud.s3.create_bucket(Bucket=HELD, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = {"QueueArn": queue_arn(cloud.sqs, cloud.uploads_url), "Events": ["s3:ObjectCreated:*"]}
    cloud.s3.put_bucket_notification_configuration(
        Bucket=HELD, NotificationConfiguration={"QueueConfigurations": [queue]}
    )


@pytest.fixture(scope="module", params=["move", "private"])
def quarantine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def function(cloud: Cloud, deploy: Deploy, quarantine: str) -> Iterator[Function]:
    function = deploy(
        SNS_TOPIC_ARN=cloud.topic_arn,
        QUARANTINE=quarantine,
        QUARANTINE_BUCKET=HELD,
        QUARANTINE_STAND_IN="true",
        EXCLUDE_PREFIXES="quarantine/",
        DAILY_CALLS="100",
    )
    with EventSource(cloud.sqs, cloud.uploads_url, function) as source:
        yield function
    assert source.errors == []


@pytest.mark.parametrize("bucket", SOURCES)
def test_it_is_taken_announced_and_let_go_at_no_cost(
    cloud: Cloud, function: Function, quarantine: str, bucket: str, photo: bytes
) -> None:
    key = f"{KEY}.{quarantine}"
    published = Published(cloud, cloud.topic_queue_url)
    cloud.s3.put_object(
        Bucket=bucket, Key=key, Body=photo + FORGED, Metadata=METADATA, Tagging="team=kyc"
    )
    (told,) = published.of(bucket, key)
    taken = told["quarantine"]
    _settled(cloud)
    if quarantine == "move":
        assert taken["status"] == "moved"
        assert key not in cloud.listed(bucket)
        where = {"Bucket": taken["bucket"], "Key": taken["key"]}
        assert cloud.s3.head_object(**where)["Metadata"] == METADATA
        tags = cloud.tags(**{name.lower(): value for name, value in where.items()})
        assert (tags["team"], tags["deepfake-verdict"]) == ("kyc", "high_risk")
    else:
        assert taken["status"] == "private"
        where = {"Bucket": bucket, "Key": key}

    paid = len(cloud.cloudauth.calls)
    _release(cloud, f"s3://{where['Bucket']}/{where['Key']}")
    _settled(cloud)
    assert cloud.s3.head_object(Bucket=bucket, Key=key)["Metadata"] == METADATA
    if quarantine == "move":
        *_, again = published.of(bucket, key, 2)
        assert again["quarantine"]["status"] == "released"
        assert where["Key"] not in cloud.listed(HELD)
    assert len(cloud.cloudauth.calls) == paid
    assert function.configuration.environment["QUARANTINE"] == quarantine


def test_the_role_allows_what_was_done_and_nothing_else(
    cloud: Cloud, function: Function, quarantine: str, photo: bytes, make_stack: MakeStack
) -> None:
    published = Published(cloud, cloud.topic_queue_url)
    cloud.put(VERSIONED, f"{WATCHED}plain {quarantine}.jpg", photo)
    published.of(VERSIONED, f"{WATCHED}plain {quarantine}.jpg")
    # A deployment watches one bucket, which has versions or not.
    made = {
        (does, to.replace(f":{VERSIONED}", ":selfies")) for does, to in made_by(cloud, function)
    }
    allowed = _allowed(make_stack, quarantine)
    assert {one for one in made if not _is_in(one, allowed)} == set()
    idle = {(does, to) for does, to in allowed if not any(_covers((does, to), one) for one in made)}
    assert {action for action, _ in idle} <= BY_THE_PLATFORM | UNCALLED
    # Without any one of those that are used, something would be refused.
    for one in allowed - idle:
        assert not all(_is_in(done, allowed - {one}) for done in made)


def _allowed(make_stack: MakeStack, quarantine: str) -> set[tuple[str, str]]:
    """As template.yaml gives it to the function."""
    stack = make_stack(
        BucketName="selfies",
        Prefix=WATCHED,
        AlibabaSecretArn="*",
        Quarantine=quarantine,
        QuarantineBucket=HELD,
    )
    names = {"StateBucket.Arn": f"arn:aws:s3:::{STATE}", "Queue.Arn": "*", "Verdicts": "*"}
    return {
        (action, names.get(resource, resource.replace(*STATE_OBJECTS)))
        for action, resource in permissions(stack)["ObjectCreatedRole"]
    }


def _is_in(one: tuple[str, str], allowed: set[tuple[str, str]]) -> bool:
    return any(_covers(each, one) for each in allowed)


def _covers(allowed: tuple[str, str], one: tuple[str, str]) -> bool:
    return allowed[0] == one[0] and matches_any(one[1], allowed[1])


def _settled(cloud: Cloud) -> None:
    wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")


def _release(cloud: Cloud, uri: str) -> None:
    settings = {"STATE_BUCKET": STATE, "QUARANTINE": "move", "QUARANTINE_BUCKET": HELD}
    done = command_line.run(cloud.endpoint, "release", "--yes", uri, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
