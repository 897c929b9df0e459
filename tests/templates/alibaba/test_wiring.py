"""What the template promises beside its permissions."""

from __future__ import annotations

from facescreen_local.cloud import DEAD_LETTER_QUEUE, QUEUE, TOPIC
from tests.templates.alibaba.conftest import ACCOUNT, REGION, REPOSITORY, deploy
from tests.templates.aws.stack import Stack

WEEK = 7 * 24 * 3600


def test_names_are_those_of_the_local_cloud(stack: Stack) -> None:
    queues = {queue["QueueName"] for queue in stack.all("ALIYUN::MNS::Queue").values()}
    (topic,) = stack.all("ALIYUN::MNS::Topic").values()
    assert queues == {QUEUE, DEAD_LETTER_QUEUE}
    assert topic["TopicName"] == TOPIC


def test_roles_are_those_that_the_functions_take(stack: Stack) -> None:
    s_yaml = (REPOSITORY / "s.yaml").read_text()
    for name in ("ObjectCreatedRole", "HttpApiRole", "SweepRole"):
        assert f":role/{stack.properties(name)['RoleName']}\n" in s_yaml


def test_verdicts_reach_the_queue_as_they_were_sent(stack: Stack) -> None:
    (subscription,) = stack.all("ALIYUN::MNS::Subscription").values()
    assert subscription["Endpoint"] == f"acs:mns:{REGION}:{ACCOUNT}:queues/{QUEUE}"
    assert subscription["TopicName"] == TOPIC
    assert subscription["NotifyContentFormat"] == "SIMPLIFIED"
    assert "FilterTag" not in subscription


def test_messages_wait_as_long_as_they_may(stack: Stack) -> None:
    for queue in stack.all("ALIYUN::MNS::Queue").values():
        assert queue["MessageRetentionPeriod"] == WEEK


def test_the_state_bucket_is_private_and_forgets(stack: Stack) -> None:
    bucket = stack.properties("State")
    assert bucket["AccessControl"] == "private"
    assert bucket["BlockPublicAccess"] is True
    assert bucket["ServerSideEncryptionConfiguration"] == {"SSEAlgorithm": "AES256"}
    assert "VersioningConfiguration" not in bucket
    assert stack.template["Resources"]["State"]["DeletionPolicy"] == "Retain"
    rules = bucket["LifecycleConfiguration"]["Rule"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    days = {rule["Prefix"]: rule["Expiration"]["Days"] for rule in rules}
    assert days == {"pace/": 1, "sweep/": 40, "history/": 90, "ledger/": 400, "calls/": 400}


def test_no_finding_is_forgotten_before_its_last_redelivery(stack: Stack) -> None:
    """An event that waits for its retries, and then for a week as a dead letter."""
    min_days = stack.template["Parameters"]["LedgerDays"]["MinValue"]
    assert min_days * 24 * 3600 > WEEK + 86400


def test_logs_end() -> None:
    assert deploy("logs.yaml").properties("Logstore")["TTL"] == 30
    assert deploy("logs.yaml", LogDays="7").properties("Logstore")["TTL"] == "7"
