"""``facescreen screen`` and ``report`` on S3 objects, with the ledger of a deployed function."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.e2e.aws import command_line
from tests.e2e.aws.analyzer import FORGED
from tests.e2e.aws.cloud import WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages
from tests.support.wait import wait_for

pytestmark = pytest.mark.usefixtures("avoid_midnight")

GENUINE, FLAGGED, UNFIT = (
    f"{WATCHED}{name}.jpg" for name in ("a+b 100% é漢🙂", "flagged", "unfit")
)


def test_objects_are_screened_tagged_published_and_paid_for_once(
    cloud: AwsCloud, photo: bytes, deploy: DeployFunction
) -> None:
    cloud.put("selfies", GENUINE, photo)
    cloud.put("clips", FLAGGED, photo + FORGED)
    cloud.put("selfies", UNFIT, b"no picture")
    targets = [f"s3://selfies/{GENUINE}", f"s3://clips/{FLAGGED}", f"s3://selfies/{UNFIT}"]
    outcomes = _json_lines(_run(cloud, "screen", *targets, "--write-back", "--json"), status=1)
    assert {one["object"]["key"]: one["verdict"] for one in outcomes} == {
        GENUINE: "low_risk",
        FLAGGED: "high_risk",
        UNFIT: "unscreenable",
    }
    assert cloud.tags("selfies", GENUINE)["deepfake-verdict"] == "low_risk"
    assert cloud.tags("clips", FLAGGED)["deepfake-reason"] == "SuspectDeepForgery"
    published = PublishedVerdicts(cloud, cloud.topic_queue_url)
    assert published.of("clips", FLAGGED)[0]["tagging"]["status"] == "written"
    assert _count_paid_calls(cloud) == 2

    again = _json_lines(_run(cloud, "screen", targets[0], "--json"), status=0)
    assert [one["verdict"] for one in again] == ["low_risk"]
    with EventSourceMapping(
        cloud.sqs, cloud.uploads_url, deploy(SNS_TOPIC_ARN=cloud.topic_arn)
    ) as source:
        wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    assert source.errors == []
    assert _count_paid_calls(cloud) == 2


@pytest.fixture(scope="module")
def objects_in_every_state(cloud: AwsCloud, photo: bytes) -> None:
    """Two objects with a verdict, one without, and one overwritten since its verdict."""
    for number in range(4):
        cloud.put("selfies", f"counted/{number}.jpg", photo + bytes([number]))
    targets = [f"s3://selfies/counted/{number}.jpg" for number in range(3)]
    _json_lines(_run(cloud, "screen", *targets, "--write-back", "--json"), status=0)
    tags = cloud.s3.get_object_tagging(Bucket="selfies", Key="counted/2.jpg")["TagSet"]
    cloud.put("selfies", "counted/2.jpg", photo)
    cloud.s3.put_object_tagging(Bucket="selfies", Key="counted/2.jpg", Tagging={"TagSet": tags})


@pytest.mark.usefixtures("objects_in_every_state")
def test_a_report_counts_verdicts_from_the_objects_tags(cloud: AwsCloud) -> None:
    result = _run(cloud, "report", "s3://selfies/counted/", "--json", "--check")
    assert result.returncode == 2, result.stderr
    report = json.loads(result.stdout)
    assert report["target"] == "s3://selfies/counted/"
    assert report["verdicts"]["low_risk"] == 2
    assert (report["unscreened"], report["stale"]) == (1, 1)


@pytest.mark.usefixtures("objects_in_every_state")
def test_a_report_shows_the_cost(cloud: AwsCloud) -> None:
    result = _run(cloud, "report", "--cost", "--cloud", "aws", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["calls"] == _count_paid_calls(cloud) > 0
    assert report["usd"] == pytest.approx(0.4 * report["calls"])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SNS_TOPIC_ARN": ""}, "set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS"),
        ({"STATE_BUCKET": ""}, "STATE_BUCKET"),
    ],
)
def test_a_missing_setting_is_named(
    cloud: AwsCloud, environment: dict[str, str], expected: str
) -> None:
    result = _run(cloud, "screen", "s3://selfies/a.jpg", **environment)
    assert result.returncode == 64
    assert expected in " ".join(result.stderr.split())


def test_a_missing_object_is_reported_as_failed(cloud: AwsCloud) -> None:
    [outcome] = _json_lines(_run(cloud, "screen", "s3://selfies/absent.jpg", "--json"), status=2)
    assert (outcome["verdict"], outcome["reason"]) == ("failed", "ObjectGone")


def _run(cloud: AwsCloud, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the user's Alibaba Cloud AccessKey, not the function's secret."""
    key, settings = cloud.local_account.key, cloud.environment(SNS_TOPIC_ARN=cloud.topic_arn)
    del settings["ALIBABA_SECRET_ARN"]
    own = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
    }
    result = command_line.run(cloud.endpoint, *arguments, **{**settings, **own, **environment})
    assert key.access_key_secret not in result.stdout + result.stderr
    return result


def _json_lines(result: subprocess.CompletedProcess[str], *, status: int) -> list[dict[str, Any]]:
    assert result.returncode == status, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def _count_paid_calls(cloud: AwsCloud) -> int:
    return sum(call.billed for call in cloud.cloudauth.calls)
