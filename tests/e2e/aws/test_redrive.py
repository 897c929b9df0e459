"""``facescreen redrive --cloud aws``: letters that real failures left, and what becomes of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from facescreen_local.protocol.faults import Behaviour
from tests.e2e.aws import command_line
from tests.e2e.aws.cloud import WATCHED, Cloud
from tests.e2e.aws.conftest import Deploy
from tests.e2e.aws.event_source import EventSource
from tests.e2e.aws.function import Function
from tests.e2e.aws.published import Published
from tests.e2e.aws.queues import waiting
from tests.support.wait import wait_for

pytestmark = pytest.mark.usefixtures("avoid_midnight")

KEYS = [f"{WATCHED}{number} é+.jpg" for number in range(4)]
GONE, CHANGED = (f"{WATCHED}{name}.jpg" for name in ("gone", "changed"))
DEFERRED = [f"{WATCHED}deferred {number}.jpg" for number in range(2)]
CODES = {"Forbidden.AccountAccessDenied": "AccessRefused", "InvalidParameter": "BadRequest"}
UNREADABLE = "no event \x1b[31m"


@pytest.fixture(scope="module")
def function(deploy: Deploy, cloud: Cloud) -> Function:
    """The deployment whose failures are mended in the end."""
    return deploy(**_settings(cloud))


@pytest.fixture(scope="module")
def letters(cloud: Cloud, deploy: Deploy, function: Function, photo: bytes) -> Counter[str]:
    """By cause, how many lie in the dead-letter queue."""
    cloud.give_up_at_once()
    failing = [*KEYS, GONE, CHANGED]
    each = {"operation": "DeepfakeDetectIntlStream", "times": len(failing) // len(CODES)}
    faults = [{"code": code, **each} for code in CODES]
    cloud.cloudauth.behaviour = Behaviour.parse({"faults": faults})
    cloud.sqs.send_message(QueueUrl=cloud.uploads_url, MessageBody=UNREADABLE)
    for key in failing:
        cloud.put("selfies", key, photo + key.encode())
    with EventSource(cloud.sqs, cloud.uploads_url, function):
        wait_for(lambda: all(_verdict(cloud, key) == "failed" for key in failing), "six failures")
    causes = Counter(CODES[cloud.tags("selfies", key)["deepfake-reason"]] for key in KEYS)

    cloud.s3.delete_object(Bucket="selfies", Key=GONE)
    capped = deploy(**_settings(cloud), DAILY_CALLS="1")
    with EventSource(cloud.sqs, cloud.uploads_url, capped):
        cloud.put("selfies", CHANGED, photo)
        wait_for(lambda: _verdict(cloud, CHANGED) == "low_risk", "the day's one call")
        for key in DEFERRED:
            cloud.put("selfies", key, photo + key.encode())
        wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    others = {"Deferred": len(DEFERRED), "ObjectGone": 1, "ObjectChanged": 1, "Unreadable": 1}
    return causes + Counter(others)


def test_they_are_grouped_by_cause_and_left(cloud: Cloud, letters: Counter[str]) -> None:
    status, lines = _redrive(cloud, "--dry-run")
    groups = {line["cause"]: line for line in lines if "letters" in line}
    assert status == 0
    assert {cause: group["letters"] for cause, group in groups.items()} == letters
    assert [cause for cause, group in groups.items() if not group["again"]] == ["Unreadable"]
    assert all(group["remedy"] for group in groups.values())
    assert groups["BadRequest"]["says"] == "InvalidParameter; check SCENE_CODE"
    assert waiting(cloud.sqs, cloud.dead_letters_url) == letters.total()
    assert waiting(cloud.sqs, cloud.uploads_url) == 0


def test_no_more_than_asked_for_are_taken(cloud: Cloud, letters: Counter[str]) -> None:
    _, lines = _redrive(cloud, "--dry-run", "--most", "3")
    assert letters.total() > 3
    assert sum(line["letters"] for line in lines if "letters" in line) == 3


def test_a_letter_is_kept_until_its_event_is_accepted(cloud: Cloud, letters: Counter[str]) -> None:
    nowhere = cloud.uploads_url.replace("uploads", "absent")
    status, lines = _redrive(cloud, "--yes", UPLOADS_QUEUE_URL=nowhere)
    assert (status, lines[-1]) == (2, {"sent_again": 0, "kept": letters.total()})
    assert waiting(cloud.sqs, cloud.dead_letters_url) == letters.total()


def test_what_can_be_mended_is_screened_and_the_rest_kept_and_named(
    cloud: Cloud, letters: Counter[str], function: Function
) -> None:
    again = letters.total() - letters["Unreadable"]
    status, lines = _redrive(cloud, "--yes")
    assert (status, lines[-1]) == (2, {"sent_again": again, "kept": 1})
    came = Counter((line["cause"], line["status"]) for line in lines if "status" in line)
    assert came == {
        (cause, "kept" if cause == "Unreadable" else "sent again"): count
        for cause, count in letters.items()
    }
    with EventSource(cloud.sqs, cloud.uploads_url, function) as source:
        wait_for(lambda: waiting(cloud.sqs, cloud.uploads_url) == 0, "an empty queue")
    assert source.errors == []

    screened = [*KEYS, *DEFERRED, CHANGED]
    assert {key: _verdict(cloud, key) for key in screened} == dict.fromkeys(screened, "low_risk")
    paid = Counter(call.object for call in cloud.cloudauth.calls if call.billed)
    assert paid == Counter(f"oss://selfies/{key}" for key in screened)
    told = Published(cloud, cloud.topic_queue_url).all()
    passed = [data["object"]["key"] for data in told if data["verdict"] == "low_risk"]
    assert sorted(passed) == sorted(screened)

    [kept] = cloud.sqs.receive_message(QueueUrl=cloud.dead_letters_url)["Messages"]
    assert kept["Body"] == UNREADABLE


def _settings(cloud: Cloud) -> dict[str, str]:
    return {"SNS_TOPIC_ARN": cloud.topic_arn, "MOST_RECEIVES": "1"}


def _verdict(cloud: Cloud, key: str) -> str:
    return cloud.tags("selfies", key).get("deepfake-verdict", "")


def _redrive(cloud: Cloud, *arguments: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what it says."""
    settings = {
        "CALLS_PER_SECOND": "100",
        "DEAD_LETTERS_QUEUE_URL": cloud.dead_letters_url,
        "UPLOADS_QUEUE_URL": cloud.uploads_url,
        **environment,
    }
    command = ["redrive", "--cloud", "aws", "--json", *arguments]
    done = command_line.run(cloud.endpoint, *command, **settings)
    assert done.returncode in (0, 2), done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]
