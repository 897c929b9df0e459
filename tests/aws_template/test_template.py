"""What template.yaml makes: wired as the code needs it, closed, encrypted, and watched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from facescreen.batch import SIDE_BY_SIDE
from facescreen.errors import BadSettings
from facescreen.settings import AwsSettings, Settings

from .expanded import LEAST, REGION, expanded, read, resources, statements


def test_only_what_was_asked_for_comes_back() -> None:
    (source,) = resources("AWS::Lambda::EventSourceMapping").values()
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 10
    assert source["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "Batches"}


def test_batches_keep_the_quota_busy_and_no_more() -> None:
    parameters = read("template.yaml")["Parameters"]
    under_way = parameters["Batches"]["Default"] * SIDE_BY_SIDE
    calls_per_second = parameters["CallsPerSecond"]["Default"]
    assert under_way == 2 * calls_per_second


def test_a_message_is_hidden_while_it_may_be_at_work() -> None:
    uploads = resources("AWS::SQS::Queue")["Uploads"]
    longest = max(f["Timeout"] for f in resources("AWS::Lambda::Function").values())
    assert uploads["VisibilityTimeout"] >= 6 * longest


def test_the_last_receive_is_the_queues_own() -> None:
    uploads = resources("AWS::SQS::Queue")["Uploads"]
    assert uploads["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert uploads["RedrivePolicy"]["maxReceiveCount"] >= 5
    for function in resources("AWS::Lambda::Function").values():
        receives = function["Environment"]["Variables"]["MOST_RECEIVES"]
        assert int(receives) == uploads["RedrivePolicy"]["maxReceiveCount"]


def test_the_function_url_is_closed() -> None:
    (url,) = resources("AWS::Lambda::Url").values()
    assert url["AuthType"] == "AWS_IAM"
    assert resources("AWS::Lambda::Permission") == {}


def test_all_that_is_kept_is_encrypted() -> None:
    for queue in resources("AWS::SQS::Queue").values():
        condition, own, otherwise = queue["SqsManagedSseEnabled"]["Fn::If"]
        assert (condition, own, otherwise) == ("OwnKey", {"Ref": "AWS::NoValue"}, True)
        assert queue["KmsMasterKeyId"]["Fn::If"][1] == {"Ref": "KmsKeyArn"}
    assert resources("AWS::SNS::Topic")["Verdicts"]["KmsMasterKeyId"]
    for bucket in resources("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_who_may_put_messages_into_the_queue() -> None:
    (policy,) = resources("AWS::SQS::QueuePolicy").values()
    allowed = {
        s["Principal"]["Service"]: s["Condition"]
        for s in statements(policy["PolicyDocument"])
        if s["Effect"] == "Allow"
    }
    assert set(allowed) == {"s3.amazonaws.com", "events.amazonaws.com"}
    assert all("aws:SourceArn" in condition["ArnEquals"] for condition in allowed.values())


def test_an_existing_buckets_notifications_are_left_alone() -> None:
    found = expanded()["Resources"]
    assert found["WatchedBucket"]["Condition"] == "NewBucket"
    assert found["CreatedRule"]["Condition"] == "ExistingBucket"
    pattern = found["CreatedRule"]["Properties"]["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])


def test_buckets_outlive_the_stack() -> None:
    for name in ("WatchedBucket", "StateBucket"):
        assert expanded()["Resources"][name]["DeletionPolicy"] == "Retain"


def variables(condition: bool) -> dict[str, str]:
    """The functions' environment, as it is where BySecret is `condition`."""
    (given, *_) = resources("AWS::Lambda::Function").values()
    values = {
        "SceneCode": LEAST["SceneCode"],
        "StateBucket": "state",
        "Verdicts": f"arn:aws:sns:{REGION}:123456789012:verdicts",
        "AlibabaSecretArn": LEAST["AlibabaSecretArn"],
        "AlibabaRoleArn": "acs:ram::1234567890123456:role/facescreen",
        "AlibabaOidcProviderArn": "acs:ram::1234567890123456:oidc-provider/aws",
        "CallsPerSecond": "10",
        "Prefix": "kyc/",
    }

    def resolved(value: Any) -> str:
        if isinstance(value, str):
            return value
        if "Fn::If" in value:
            return resolved(value["Fn::If"][1 if condition else 2])
        return values[value["Ref"]]

    found = given["Environment"]["Variables"]
    return {name: resolved(value) for name, value in found.items()}


@pytest.mark.parametrize("by_secret", [True, False])
def test_the_functions_start_with_what_they_are_given(by_secret: bool) -> None:
    environment = {**variables(by_secret), "AWS_LAMBDA_FUNCTION_NAME": "f"}
    settings = Settings.from_env(environment)
    assert isinstance(settings.platform, AwsSettings)
    assert bool(settings.platform.secret_arn) is by_secret
    assert settings.filters.include_prefixes == ("kyc/",)
    with pytest.raises(BadSettings):
        Settings.from_env({**environment, "SCENE_CODE": ""})


METRICS = {"verdict_low_risk", "verdict_high_risk", "verdict_suspicious", "asked"}


def test_alarms_look_at_metrics_that_there_are() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    assert set(alarms) == {
        "DeadLettersAlarm", "OldestMessageAlarm", "ErrorsAlarm", "ThrottlesAlarm",
        "ManyFlaggedAlarm", "FewFlaggedAlarm", "DailyCallsAlarm",
    }  # fmt: skip
    ours = {
        metric["MetricStat"]["Metric"]["MetricName"]
        for alarm in alarms.values()
        for metric in alarm.get("Metrics", [])
        if metric.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "facescreen"
    }
    assert ours == METRICS
    for alarm in alarms.values():
        assert alarm["AlarmActions"]["Fn::If"][1] == [{"Ref": "AlarmTopicArn"}]


def test_the_dashboard_is_json() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard").values()
    assert len(json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]) == 4


def test_each_parameter_says_what_it_is_for() -> None:
    for name, parameter in read("template.yaml")["Parameters"].items():
        assert parameter["Description"], name
