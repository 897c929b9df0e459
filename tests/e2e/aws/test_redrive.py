"""``facescreen redrive --cloud aws`` on dead letters of real failures."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from facescreen_local.protocol.faults import Behaviour
from tests.e2e.aws import command_line
from tests.e2e.aws.cloud import WATCHED, AwsCloud
from tests.e2e.aws.conftest import DeployFunction
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.published import PublishedVerdicts
from tests.e2e.aws.queues import count_messages
from tests.support.wait import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("avoid_midnight")]

KEYS = [f"{WATCHED}{number} é+.jpg" for number in range(4)]
GONE, CHANGED = (f"{WATCHED}{name}.jpg" for name in ("gone", "changed"))
DEFERRED = [f"{WATCHED}deferred {number}.jpg" for number in range(2)]
CODES = {"Forbidden.AccountAccessDenied": "AccessRefused", "InvalidParameter": "BadRequest"}
UNREADABLE = "no event \x1b[31m"


@pytest.fixture(scope="module")
def function(deploy: DeployFunction, cloud: AwsCloud) -> LambdaFunction:
    """The deployment whose failures are fixed in the last test."""
    return deploy(**_settings(cloud))


@pytest.fixture(scope="module")
def dead_letter_counts(
    cloud: AwsCloud, deploy: DeployFunction, function: LambdaFunction, photo: bytes
) -> Counter[str]:
    """Number of messages in the dead-letter queue by cause."""
    cloud.dead_letter_on_first_failure()
    failing = [*KEYS, GONE, CHANGED]
    fault_scope = {"operation": "DeepfakeDetectIntlStream", "times": len(failing) // len(CODES)}
    faults = [{"code": code, **fault_scope} for code in CODES]
    cloud.cloudauth.behaviour = Behaviour.parse({"faults": faults})
    cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody=UNREADABLE)
    for key in failing:
        cloud.put("selfies", key, photo + key.encode())
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function):
        wait_for(lambda: all(_verdict(cloud, key) == "failed" for key in failing), "six failures")
    causes = Counter(CODES[cloud.tags("selfies", key)["deepfake-reason"]] for key in KEYS)

    cloud.s3.delete_object(Bucket="selfies", Key=GONE)
    capped = deploy(**_settings(cloud), DAILY_CALLS="1")
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, capped):
        cloud.put("selfies", CHANGED, photo)
        wait_for(lambda: _verdict(cloud, CHANGED) == "low_risk", "the day's one call")
        for key in DEFERRED:
            cloud.put("selfies", key, photo + key.encode())
        wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    others = {"Deferred": len(DEFERRED), "ObjectGone": 1, "ObjectChanged": 1, "Unreadable": 1}
    return causes + Counter(others)


def test_a_dry_run_groups_dead_letters_by_cause_and_keeps_them(
    cloud: AwsCloud, dead_letter_counts: Counter[str]
) -> None:
    status, lines = _redrive(cloud, "--dry-run")
    groups = {line["cause"]: line for line in lines if "letters" in line}
    assert status == 0
    assert {cause: group["letters"] for cause, group in groups.items()} == dead_letter_counts
    assert [cause for cause, group in groups.items() if not group["again"]] == ["Unreadable"]
    assert all(group["remedy"] for group in groups.values())
    assert groups["BadRequest"]["says"] == "InvalidParameter; check SCENE_CODE"
    assert count_messages(cloud.sqs, cloud.dead_letters_url) == dead_letter_counts.total()
    assert count_messages(cloud.sqs, cloud.uploads_url) == 0


def test_a_redrive_takes_at_most_the_given_number(
    cloud: AwsCloud, dead_letter_counts: Counter[str]
) -> None:
    _, lines = _redrive(cloud, "--dry-run", "--most", "3")
    assert dead_letter_counts.total() > 3
    assert sum(line["letters"] for line in lines if "letters" in line) == 3


def test_a_dead_letter_is_kept_until_its_event_is_accepted(
    cloud: AwsCloud, dead_letter_counts: Counter[str]
) -> None:
    nowhere = cloud.uploads_url.replace("uploads", "absent")
    status, lines = _redrive(cloud, "--yes", UPLOADS_QUEUE_URL=nowhere)
    assert (status, lines[-1]) == (2, {"sent_again": 0, "kept": dead_letter_counts.total()})
    assert count_messages(cloud.sqs, cloud.dead_letters_url) == dead_letter_counts.total()


def test_dead_letters_are_redriven_and_unreadable_ones_kept_and_reported(
    cloud: AwsCloud, dead_letter_counts: Counter[str], function: LambdaFunction
) -> None:
    retried = dead_letter_counts.total() - dead_letter_counts["Unreadable"]
    status, lines = _redrive(cloud, "--yes")
    assert (status, lines[-1]) == (2, {"sent_again": retried, "kept": 1})
    statuses = Counter((line["cause"], line["status"]) for line in lines if "status" in line)
    assert statuses == {
        (cause, "kept" if cause == "Unreadable" else "sent again"): count
        for cause, count in dead_letter_counts.items()
    }
    with EventSourceMapping(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: count_messages(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    assert source.errors == []

    screened = [*KEYS, *DEFERRED, CHANGED]
    assert {key: _verdict(cloud, key) for key in screened} == dict.fromkeys(screened, "low_risk")
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://selfies/{key}" for key in screened)
    outcomes = PublishedVerdicts(cloud, cloud.topic_queue_url).all()
    passed = [data["object"]["key"] for data in outcomes if data["verdict"] == "low_risk"]
    assert sorted(passed) == sorted(screened)

    [kept] = cloud.sqs.receive_message(QueueUrl=cloud.dead_letters_url)["Messages"]
    assert kept["Body"] == UNREADABLE


def _settings(cloud: AwsCloud) -> dict[str, str]:
    return {"SNS_TOPIC_ARN": cloud.topic_arn, "MOST_RECEIVES": "1"}


def _verdict(cloud: AwsCloud, key: str) -> str:
    return cloud.tags("selfies", key).get("deepfake-verdict", "")


def _redrive(
    cloud: AwsCloud, *arguments: str, **environment: str
) -> tuple[int, list[dict[str, Any]]]:
    """Run redrive. Returns its exit code and JSON lines."""
    settings = {
        "CALLS_PER_SECOND": "100",
        "DEAD_LETTERS_QUEUE_URL": cloud.dead_letters_url,
        "UPLOADS_QUEUE_URL": cloud.uploads_url,
        **environment,
    }
    command = ["redrive", "--cloud", "aws", "--json", *arguments]
    result = command_line.run(cloud.endpoint, *command, **settings)
    assert result.returncode in (0, 2), result.stderr
    return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]
