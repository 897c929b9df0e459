"""What the deployment promises, apart from permissions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from facescreen.model import ObjectRef
from facescreen.records.ledger_ids import build_quarantine_key
from tests.templates.aws.conftest import REPOSITORY, MakeStack
from tests.templates.aws.stack import Stack

PUBLISHED = {"ObjectCreated": "object_created.handler", "HttpApi": "http_api.handler"}
FUNCTIONS = {**PUBLISHED, "Sweeping": "sweep.handler"}
MAX_PARAMETER_LENGTH = 4096
"""Of a parameter of a nested stack (CloudFormation quotas)."""


def test_the_default_is_the_newest_python_on_arm(deployed: Stack) -> None:
    for name, handler in FUNCTIONS.items():
        function = deployed.properties(name)
        assert function["Handler"] == handler
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
    for name in PUBLISHED:
        assert deployed.properties(name)["SnapStart"] == {"ApplyOn": "None"}


def test_python_architecture_and_snapshots_are_selectable(make_stack: MakeStack) -> None:
    other = make_stack(
        PythonVersion="3.12",
        Architecture="x86_64",
        SnapStart="PublishedVersions",
    )
    for name in FUNCTIONS:
        function = other.properties(name)
        assert function["Runtime"] == "python3.12"
        assert function["Architectures"] == ["x86_64"]
    for name in PUBLISHED:
        assert other.properties(name)["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_events_and_requests_reach_the_published_version(deployed: Stack) -> None:
    (alias,) = {one["Name"] for one in deployed.all("AWS::Lambda::Alias").values()}
    assert alias == "live"
    assert deployed.properties("ObjectCreatedUploads")["FunctionName"] == "ObjectCreatedAliaslive"
    assert deployed.properties("HttpApiUrl")["TargetFunctionArn"] == "HttpApiAliaslive"


def test_a_version_is_published_for_every_change_of_a_setting(
    deployed: Stack, federated: Stack
) -> None:
    for stack in (deployed, federated):
        for version in stack.all("AWS::Lambda::Version").values():
            assert version["Description"] == "settings Numbered.VersionNumber"
        function = stack.properties("ObjectCreated")
        settings = {str(value) for value in function["Environment"]["Variables"].values()}
        settings.add(function["SnapStart"]["ApplyOn"])
        fixed = {"StateBucket", "DeadLetters", "Verdicts", "sts.aliyuncs.com"}
        fixed |= {"5", "quarantine/"}
        # Lambda publishes no version if nothing else is numbered, and nothing else has changed.
        assert set(numbered_settings(stack)) == settings - fixed


def test_each_setting_has_a_number_of_its_own(make_stack: MakeStack) -> None:
    settings = [
        numbered_settings(make_stack(RevisionPin=pin, RevisionMarginSeconds=margin_s))
        for pin in ("auto", "bytes")
        for margin_s in (0, 1)
    ]
    assert len(set(map(tuple, settings))) == 4


@pytest.mark.parametrize(
    "credentials",
    [
        {
            "AlibabaCredentials": "federation",
            "AlibabaRoleArn": f"acs:ram::1234567890123456:role/{'n' * 40}",
            "AlibabaOidcProviderArn": f"acs:ram::1234567890123456:oidc-provider/{'n' * 40}",
        },
        {"AlibabaSecretArn": f"arn:aws:secretsmanager:eu-west-1:1:secret:{'n' * 100}"},
    ],
)
def test_the_longest_settings_leave_room_for_as_many_again(
    make_stack: MakeStack, credentials: dict[str, str]
) -> None:
    longest = make_stack(
        SceneCode="s" * 10,
        Prefix="p" * 32,
        CallsPerSecond="100",
        DailyCap="9" * 8,
        Strictness="standard",
        RevisionPin="bytes",
        RevisionMarginSeconds=5,
        SnapStart="PublishedVersions",
        Quarantine="private",
        QuarantineBucket="q" * 63,
        **credentials,
    )
    length = len(" ".join(numbered_settings(longest)))
    assert 250 < length < MAX_PARAMETER_LENGTH / 2


def numbered_settings(stack: Stack) -> list[str]:
    """The values whose change publishes new versions of the functions."""
    (numbered,) = stack.all("AWS::AppConfig::HostedConfigurationVersion").values()
    content: str = numbered["Content"]
    return content.split(" ")


def test_the_sweep_is_on_by_default(deployed: Stack, make_stack: MakeStack) -> None:
    (rule,) = [
        rule for rule in deployed.all("AWS::Events::Rule").values() if "ScheduleExpression" in rule
    ]
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(15 minutes)")
    off = make_stack(Sweep="no")
    assert {rule["State"] for rule in off.all("AWS::Events::Rule").values()} == {"DISABLED"}
    # A run ends before the next one begins.
    assert deployed.properties("Sweeping")["Timeout"] < 15 * 60


def test_a_failed_message_is_redelivered_alone_and_then_dead_lettered(deployed: Stack) -> None:
    queue, mapping = deployed.all("AWS::SQS::Queue")["Queue"], _event_source_mapping(deployed)
    function = deployed.properties("ObjectCreated")
    assert mapping["EventSourceArn"] == "Queue.Arn"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": "DeadLetters.Arn",
        "maxReceiveCount": 5,
    }
    variables = function["Environment"]["Variables"]
    assert int(variables["MOST_RECEIVES"]) == queue["RedrivePolicy"]["maxReceiveCount"]


def test_concurrent_batches_are_derived_from_the_quota(deployed: Stack, federated: Stack) -> None:
    assert _event_source_mapping(deployed)["ScalingConfig"] == {"MaximumConcurrency": 4}
    assert _event_source_mapping(federated)["ScalingConfig"] == {"MaximumConcurrency": 20}
    size, longest = (
        _event_source_mapping(deployed)["BatchSize"],
        deployed.properties("ObjectCreated")["Timeout"],
    )
    allowed = deployed.template["Parameters"]["CallsPerSecond"]["AllowedValues"]
    batches = deployed.template["Mappings"]["Concurrency"]
    assert list(batches) == [str(calls) for calls in allowed]
    for calls in allowed:
        at_once = batches[str(calls)]["Batches"] * size
        assert at_once >= 2 * calls, "too few messages at once for calls of two seconds"
        assert at_once / calls <= longest / 3, (
            "the last message waits more than a third of the time limit"
        )


def test_a_new_bucket_notifies_the_queue_directly(deployed: Stack) -> None:
    bucket = deployed.all("AWS::S3::Bucket")["WatchedBucket"]
    (notification,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Queue"] == "Queue.Arn"
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "kyc/"}]
    assert deployed.all("AWS::Events::Rule")["ObjectCreatedRule"]["State"] == "DISABLED"


def test_an_existing_bucket_is_not_changed(federated: Stack) -> None:
    assert set(federated.all("AWS::S3::Bucket")) == {"StateBucket"}
    assert not federated.all("AWS::S3::BucketPolicy")
    rule = federated.all("AWS::Events::Rule")["ObjectCreatedRule"]
    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"]["detail"] == {"bucket": {"name": ["selfies"]}}
    (target,) = rule["Targets"]
    assert target["Arn"] == "Queue.Arn"
    assert target["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}


def test_only_the_bucket_and_the_rule_may_send_to_the_queues(deployed: Stack) -> None:
    for policy in deployed.all("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Action"] == "sqs:SendMessage"
            assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] in (
                "arn:aws:s3:::selfies",
                "ObjectCreatedRule.Arn",
            )


def test_the_function_url_requires_signed_requests(deployed: Stack) -> None:
    (url,) = deployed.all("AWS::Lambda::Url").values()
    assert url["AuthType"] == "AWS_IAM"
    (timer,) = deployed.all("AWS::Lambda::Permission").values()
    assert (timer["FunctionName"], timer["Principal"]) == ("Sweeping", "events.amazonaws.com")


def test_everything_at_rest_is_encrypted(deployed: Stack, federated: Stack) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/ours"
    for queue in deployed.all("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for queue in federated.all("AWS::SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == key
    assert deployed.properties("Verdicts")["KmsMasterKeyId"] == "alias/aws/sns"
    assert federated.properties("Verdicts")["KmsMasterKeyId"] == key
    assert {_encryption(bucket) for bucket in deployed.all("AWS::S3::Bucket").values()} == {
        ("AES256", "")
    }
    assert {_encryption(bucket) for bucket in federated.all("AWS::S3::Bucket").values()} == {
        ("aws:kms", key)
    }


def test_the_state_bucket_is_private_and_its_objects_expire(deployed: Stack) -> None:
    bucket = deployed.properties("StateBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "VersioningConfiguration" not in bucket
    days = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    }
    assert days == {"pace/": 1, "sweep/": 40, "history/": 90, "ledger/": 400, "calls/": 400}
    # What is known about quarantined objects is kept as long as they are.
    key = build_quarantine_key("acl", ObjectRef("s3", "selfies", "a.jpg"), "")
    assert not key.startswith(tuple(days))


def test_logs_expire(deployed: Stack) -> None:
    assert {group["RetentionInDays"] for group in deployed.all("AWS::Logs::LogGroup").values()} == {
        30
    }


def test_alarms_use_metrics_that_the_functions_publish(deployed: Stack) -> None:
    telemetry = (REPOSITORY / "functions" / "facescreen" / "telemetry.py").read_text()
    for name in ('f"verdict_', 'f"refused_', '"deferred" if', '"PaidCalls"', '"resubmitted"'):
        assert f"_count({name}" in telemetry
    alarms = deployed.all("AWS::CloudWatch::Alarm").values()
    counted = {
        alarm["MetricName"] for alarm in alarms if alarm.get("Namespace") == "facescreen"
    } | {
        metric["MetricStat"]["Metric"]["MetricName"]
        for alarm in alarms
        for metric in alarm.get("Metrics", ())
        if metric.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "facescreen"
    }
    flagged = {"verdict_low_risk", "verdict_high_risk", "verdict_suspicious"}
    assert counted == flagged | {"PaidCalls", "deferred", "refused_Deferred", "resubmitted"}


def test_alarms_notify_only_the_configured_topic(make_stack: MakeStack) -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:on-call"
    heard = make_stack(AlarmTopicArn=topic)
    alarms = heard.all("AWS::CloudWatch::Alarm")
    assert len(alarms) == 9
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms.values()} == {(topic,)}


def test_the_dashboard_is_json(deployed: Stack) -> None:
    (dashboard,) = deployed.all("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    assert "Verdicts" in {widget["properties"]["title"] for widget in widgets}


def _event_source_mapping(stack: Stack) -> dict[str, Any]:
    (mapping,) = stack.all("AWS::Lambda::EventSourceMapping").values()
    return mapping


def _encryption(bucket: dict[str, Any]) -> tuple[str, str]:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    by = rule["ServerSideEncryptionByDefault"]
    return by["SSEAlgorithm"], by.get("KMSMasterKeyID", "")
