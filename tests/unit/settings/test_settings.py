"""Invalid settings stop the initialization with a sentence that says what they must be."""

from __future__ import annotations

import math
import re

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deployment import Deployment
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.alibaba import AlibabaPlatform
from facescreen.platforms.aws import AwsPlatform
from facescreen.requirements import Strictness
from facescreen.settings.table import Settings

MINIMAL_ENVIRONMENT = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "MNS_ENDPOINT": "https://1234567890.mns.ap-southeast-1.aliyuncs.com",
    "MNS_TOPIC": "verdicts",
}


def deploy(environment: dict[str, str]) -> Deployment:
    return Deployment.from_env(environment, Credentials("LTAI", "secret"))


def load_settings(environment: dict[str, str]) -> Settings:
    return deploy(environment).settings


def alibaba_platform(environment: dict[str, str]) -> AlibabaPlatform:
    platform = deploy(environment).platform
    assert isinstance(platform, AlibabaPlatform)
    return platform


def test_the_required_settings_are_enough() -> None:
    platform, settings = alibaba_platform(MINIMAL_ENVIRONMENT), load_settings(MINIMAL_ENVIRONMENT)
    assert platform.settings.oss_endpoint == "https://oss-ap-southeast-1-internal.aliyuncs.com"
    assert platform.settings.oss_public_endpoint == "https://oss-ap-southeast-1.aliyuncs.com"
    assert platform.cloudauth_endpoint == "https://cloudauth-intl-vpc.ap-southeast-1.aliyuncs.com"
    assert settings.strictness is Strictness.STANDARD
    assert settings.convert
    assert not settings.local


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SCENE_CODE", "onboard_1", "SCENE_CODE must be exactly 10 letters, digits or underscores; "
                                    "it has 9 characters (find it: ID Verification console"),
        ("SCENE_CODE", "", "SCENE_CODE must be exactly 10 letters, digits or underscores; it is"),
        ("SCENE_CODE", "onboard-01", "SCENE_CODE must be"),
        ("STATE_BUCKET", "No_Bucket", "STATE_BUCKET must be a bucket name"),
        ("MNS_TOPIC", "", "set exactly one of MNS_TOPIC and MNS_QUEUE"),
        ("MNS_QUEUE", "both", "set exactly one of MNS_TOPIC and MNS_QUEUE"),
        ("MNS_ENDPOINT", "", "MNS_ENDPOINT must be an https endpoint"),
        ("MNS_ENDPOINT", "http://example.com", "MNS_ENDPOINT must be an https endpoint"),
        ("OSS_ENDPOINT", "https://key:secret@oss.example", "OSS_ENDPOINT must be an https"),
        ("OSS_ENDPOINT", "https://[", "OSS_ENDPOINT must be an https endpoint"),
        ("OSS_ENDPOINT", "https://x:port", "OSS_ENDPOINT must be an https endpoint"),
        ("CLOUDAUTH_ENDPOINT", "https://x.example/path?q", "CLOUDAUTH_ENDPOINT must be an https"),
        ("OSS_REGION", "Singapore", "OSS_REGION must be a region id"),
        ("MERCHANT_PREFIX", "a-b", "MERCHANT_PREFIX must be 1 to 12 letters or digits"),
        ("CALLS_PER_SECOND", "many", "CALLS_PER_SECOND must be a number from 0.1 to 10000"),
        ("CALLS_PER_SECOND", "0", "CALLS_PER_SECOND must be a number from 0.1 to 10000"),
        ("CALLS_PER_SECOND", "nan", "CALLS_PER_SECOND must be a number from 0.1 to 10000"),
        ("DAILY_CALLS", "0", "DAILY_CALLS must be a number from 1 to 100000000"),
        ("DAILY_CALLS", "-1", "DAILY_CALLS must be a number from 1 to 100000000"),
        ("VIDEO_TIMEOUT_SECONDS", "2", "VIDEO_TIMEOUT_SECONDS must be a number from 3 to 300"),
        ("PRESIGNED_URL_SECONDS", "9", "PRESIGNED_URL_SECONDS must be a number from 60 to 3600"),
        ("STRICTNESS", "severe", "STRICTNESS must be one of: lenient, standard, strict"),
        ("TAG_FORM", "many", "TAG_FORM must be one of: separate, merged, none"),
        ("TAG_PREFIX", "a,b", "TAG_PREFIX must be 1 to 100 letters"),
        ("CONVERT", "maybe", "CONVERT must be true or false"),
    ],
)  # fmt: skip
def test_an_invalid_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidSettingsError, match=re.escape(message)) as raised:
        load_settings({**MINIMAL_ENVIRONMENT, name: value})
    assert "secret" not in str(raised.value)


def test_all_invalid_settings_are_reported_at_once() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        load_settings({})
    for name in ("SCENE_CODE", "STATE_BUCKET", "MNS_ENDPOINT", "MNS_TOPIC"):
        assert name in str(raised.value)


def test_a_default_derived_from_an_invalid_setting_is_invalid_too() -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        load_settings({**MINIMAL_ENVIRONMENT, "OSS_REGION": "https://oss.example/"})
    assert [wrong.split()[0] for wrong in raised.value.problems] == [
        "OSS_REGION",
        "OSS_ENDPOINT",
        "OSS_PUBLIC_ENDPOINT",
    ]


def test_a_blank_variable_counts_as_unset() -> None:
    settings = alibaba_platform({**MINIMAL_ENVIRONMENT, "OSS_REGION": "  "}).settings
    assert settings.oss_endpoint == "https://oss-ap-southeast-1-internal.aliyuncs.com"


def test_plain_http_is_allowed_only_on_loopback() -> None:
    local = alibaba_platform({**MINIMAL_ENVIRONMENT, "OSS_ENDPOINT": "http://127.0.0.1:8080"})
    assert local.settings.oss_endpoint == "http://127.0.0.1:8080"


def test_without_a_daily_limit_calls_are_unlimited() -> None:
    assert load_settings({**MINIMAL_ENVIRONMENT, "DAILY_CALLS": ""}).daily_calls == math.inf
    assert load_settings({**MINIMAL_ENVIRONMENT, "DAILY_CALLS": "25000"}).daily_calls == 25_000


def test_lists_and_booleans_are_parsed() -> None:
    changes = {"INCLUDE_SUFFIXES": ".JPG, .mp4,", "CONVERT": "off", "FACESCREEN_LOCAL": "TRUE"}
    settings = load_settings({**MINIMAL_ENVIRONMENT, **changes})
    assert settings.filters.include_suffixes == (".jpg", ".mp4")
    assert not settings.convert
    assert settings.local


ON_AWS = {
    "AWS_LAMBDA_FUNCTION_NAME": "facescreen",
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "SNS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:verdicts",
    "ALIBABA_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
}


def test_on_aws_no_setting_of_oss_or_mns_is_required() -> None:
    platform = deploy({**ON_AWS, "MOST_RECEIVES": "5"}).platform
    assert isinstance(platform, AwsPlatform)
    assert platform.max_receive_count == 5
    assert platform.cloudauth_endpoint == "https://cloudauth-intl.ap-southeast-1.aliyuncs.com"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SNS_TOPIC_ARN": ""}, "set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS"),
        ({"EVENT_BUS": "default"}, "set exactly one of SNS_TOPIC_ARN, SQS_QUEUE_URL and EVENT_BUS"),
        ({"SNS_TOPIC_ARN": "verdicts"}, "SNS_TOPIC_ARN must be an ARN of sns"),
        ({"SQS_QUEUE_URL": "http://queue.example/1"}, "SQS_QUEUE_URL must be a queue's https URL"),
        ({"ALIBABA_SECRET_ARN": ""}, "set either ALIBABA_SECRET_ARN, or ALIBABA_ROLE_ARN and"),
        ({"ALIBABA_ROLE_ARN": "acs:ram::1234567890:role/r"}, "set either ALIBABA_SECRET_ARN, or"),
        ({"ALIBABA_ROLE_ARN": "role"}, "ALIBABA_ROLE_ARN must be acs:ram::ACCOUNT:role/NAME"),
        ({"DEAD_LETTERS_QUEUE_URL": "dead"}, "DEAD_LETTERS_QUEUE_URL must be a queue's https URL"),
        ({"MOST_RECEIVES": "-1"}, "MOST_RECEIVES must be a number from 0 to 1000"),
    ],
)
def test_on_aws_an_invalid_setting_is_named(changes: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSettingsError, match=re.escape(message)):
        load_settings({**ON_AWS, **changes})
