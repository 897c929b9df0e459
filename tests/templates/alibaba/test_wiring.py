"""What the template promises, apart from permissions."""

from __future__ import annotations

from facescreen.model import ObjectRef
from facescreen.records.ledger_ids import build_quarantine_key
from facescreen_local.cloud import DEAD_LETTER_QUEUE_NAME, QUEUE_NAME, TOPIC_NAME
from tests.templates.alibaba.conftest import ACCOUNT, REGION, REPOSITORY, deploy
from tests.templates.aws.stack import Stack

WEEK = 7 * 24 * 3600


def test_names_match_the_local_cloud(stack: Stack) -> None:
    queues = {queue["QueueName"] for queue in stack.all("ALIYUN::MNS::Queue").values()}
    (topic,) = stack.all("ALIYUN::MNS::Topic").values()
    assert queues == {QUEUE_NAME, DEAD_LETTER_QUEUE_NAME}
    assert topic["TopicName"] == TOPIC_NAME


def test_the_functions_use_the_templates_roles(stack: Stack) -> None:
    s_yaml = (REPOSITORY / "s.yaml").read_text()
    for name in ("ObjectCreatedRole", "HttpApiRole", "SweepRole"):
        assert f":role/{stack.properties(name)['RoleName']}\n" in s_yaml


def test_verdicts_reach_the_queue_unchanged(stack: Stack) -> None:
    (subscription,) = stack.all("ALIYUN::MNS::Subscription").values()
    assert subscription["Endpoint"] == f"acs:mns:{REGION}:{ACCOUNT}:queues/{QUEUE_NAME}"
    assert subscription["TopicName"] == TOPIC_NAME
    assert subscription["NotifyContentFormat"] == "SIMPLIFIED"
    assert "FilterTag" not in subscription


def test_messages_are_kept_for_the_maximum_time(stack: Stack) -> None:
    for queue in stack.all("ALIYUN::MNS::Queue").values():
        assert queue["MessageRetentionPeriod"] == WEEK


def test_the_state_bucket_is_private_and_its_objects_expire(stack: Stack) -> None:
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
    # What is known about quarantined objects is kept as long as they are.
    key = build_quarantine_key("acl", ObjectRef("oss", "selfies", "a.jpg"), "")
    assert not key.startswith(tuple(days))


def test_no_finding_expires_before_its_last_redelivery(stack: Stack) -> None:
    """An event is retried for up to a day, and then waits up to a week as a dead letter."""
    min_days = stack.template["Parameters"]["LedgerDays"]["MinValue"]
    assert min_days * 24 * 3600 > WEEK + 86400


def test_logs_expire() -> None:
    assert deploy("logs.yaml").properties("Logstore")["TTL"] == 30
    assert deploy("logs.yaml", LogDays="7").properties("Logstore")["TTL"] == "7"
