"""Quarantine and release of a high-risk object on AWS, with the roles of template.yaml."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.aws import command_line
from tests.e2e.aws.analyzer import FORGED
from tests.e2e.aws.cloud import SOURCES, STATE, VERSIONED, WATCHED, AwsCloud
from tests.e2e.aws.configuration import REGION
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.operations import actions_of
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages, queue_arn
from tests.support.policies import matches_any
from tests.support.wait import wait_for
from tests.templates.aws.conftest import MakeStack, make_stack, tools
from tests.templates.aws.test_permissions import permissions_of

__all__ = ["make_stack", "tools"]

QUARANTINE_BUCKET = "held"
METADATA = {"applicant": "4711"}
KEY = f"{WATCHED}a+b 100% é漢🙂.jpg"
PLATFORM_ACTIONS = {
    "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogStream",
    "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
}  # fmt: skip
STATE_OBJECTS = ("StateBucket.Arn/", f"arn:aws:s3:::{STATE}/")
ALLOWED_BUT_UNUSED = {"s3:ListBucket", "s3:ListBucketVersions", "sqs:SendMessage"}
"""ListBucket makes S3 answer 404 for deleted objects. ListBucketVersions is only for objects
under a customer's key (storage/s3.py). SendMessage is for deferred events (test_deferred.py)."""


@pytest.fixture(scope="module", autouse=True)
def quarantine_bucket(cloud: AwsCloud) -> None:
    """Create the quarantine bucket, whose events go to the same queue."""
    cloud.s3.create_bucket(
        Bucket=QUARANTINE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    queue = {"QueueArn": queue_arn(cloud.sqs, cloud.uploads_url), "Events": ["s3:ObjectCreated:*"]}
    cloud.s3.put_bucket_notification_configuration(
        Bucket=QUARANTINE_BUCKET, NotificationConfiguration={"QueueConfigurations": [queue]}
    )


@pytest.fixture(scope="module", params=["move", "private"])
def quarantine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def function(cloud: AwsCloud, deploy: DeployFunction, quarantine: str) -> Iterator[LambdaFunction]:
    function = deploy(
        SNS_TOPIC_ARN=cloud.topic_arn,
        QUARANTINE=quarantine,
        QUARANTINE_BUCKET=QUARANTINE_BUCKET,
        QUARANTINE_STAND_IN="true",
        EXCLUDE_PREFIXES="quarantine/",
        DAILY_CALLS="100",
    )
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        yield function
    assert source.errors == []


@pytest.mark.parametrize("bucket", SOURCES)
def test_a_high_risk_object_is_quarantined_and_released_without_another_call(
    cloud: AwsCloud, function: LambdaFunction, quarantine: str, bucket: str, photo: bytes
) -> None:
    key = f"{KEY}.{quarantine}"
    published = PublishedVerdicts(cloud, cloud.topic_queue_url)
    cloud.s3.put_object(
        Bucket=bucket, Key=key, Body=photo + FORGED, Metadata=METADATA, Tagging="team=kyc"
    )
    (outcome,) = published.of(bucket, key)
    quarantine_result = outcome["quarantine"]
    _wait_until_processed(cloud)
    if quarantine == "move":
        assert quarantine_result["status"] == "moved"
        assert key not in cloud.list_keys(bucket)
        current_location = {"Bucket": quarantine_result["bucket"], "Key": quarantine_result["key"]}
        assert cloud.s3.head_object(**current_location)["Metadata"] == METADATA
        tags = cloud.tags(**{name.lower(): value for name, value in current_location.items()})
        assert (tags["team"], tags["deepfake-verdict"]) == ("kyc", "high_risk")
    else:
        assert quarantine_result["status"] == "private"
        current_location = {"Bucket": bucket, "Key": key}

    paid = len(cloud.cloudauth.calls)
    _release(cloud, f"s3://{current_location['Bucket']}/{current_location['Key']}")
    _wait_until_processed(cloud)
    assert cloud.s3.head_object(Bucket=bucket, Key=key)["Metadata"] == METADATA
    if quarantine == "move":
        *_, again = published.of(bucket, key, 2)
        assert again["quarantine"]["status"] == "released"
        assert current_location["Key"] not in cloud.list_keys(QUARANTINE_BUCKET)
    assert len(cloud.cloudauth.calls) == paid
    assert function.configuration.environment["QUARANTINE"] == quarantine


def test_the_role_allows_exactly_the_actions_performed(
    cloud: AwsCloud, function: LambdaFunction, quarantine: str, photo: bytes, make_stack: MakeStack
) -> None:
    published = PublishedVerdicts(cloud, cloud.topic_queue_url)
    cloud.put(VERSIONED, f"{WATCHED}plain {quarantine}.jpg", photo)
    published.of(VERSIONED, f"{WATCHED}plain {quarantine}.jpg")
    # A deployment watches one bucket, versioned or not.
    performed = {
        (action, resource.replace(f":{VERSIONED}", ":selfies"))
        for action, resource in actions_of(cloud, function)
    }
    allowed = _allowed_actions(make_stack, quarantine)
    assert {one for one in performed if not _is_allowed(one, allowed)} == set()
    unused = {
        (action, resource)
        for action, resource in allowed
        if not any(_covers((action, resource), one) for one in performed)
    }
    assert {action for action, _ in unused} <= PLATFORM_ACTIONS | ALLOWED_BUT_UNUSED
    # Every permission that is used is necessary.
    for one in allowed - unused:
        assert not all(_is_allowed(action, allowed - {one}) for action in performed)


def _allowed_actions(make_stack: MakeStack, quarantine: str) -> set[tuple[str, str]]:
    """The permissions that template.yaml grants the function."""
    stack = make_stack(
        BucketName="selfies",
        Prefix=WATCHED,
        AlibabaSecretArn="*",
        Quarantine=quarantine,
        QuarantineBucket=QUARANTINE_BUCKET,
    )
    names = {"StateBucket.Arn": f"arn:aws:s3:::{STATE}", "Queue.Arn": "*", "Verdicts": "*"}
    return {
        (action, names.get(resource, resource.replace(*STATE_OBJECTS)))
        for action, resource in permissions_of(stack)["ObjectCreatedRole"]
    }


def _is_allowed(one: tuple[str, str], allowed: set[tuple[str, str]]) -> bool:
    return any(_covers(each, one) for each in allowed)


def _covers(allowed: tuple[str, str], one: tuple[str, str]) -> bool:
    return allowed[0] == one[0] and matches_any(one[1], allowed[1])


def _wait_until_processed(cloud: AwsCloud) -> None:
    wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")


def _release(cloud: AwsCloud, uri: str) -> None:
    settings = {"STATE_BUCKET": STATE, "QUARANTINE": "move", "QUARANTINE_BUCKET": QUARANTINE_BUCKET}
    result = command_line.run(cloud.endpoint, "release", "--yes", uri, **settings)
    assert result.returncode == 0, result.stdout + result.stderr
