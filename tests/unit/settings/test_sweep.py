"""Sweep settings that would screen the wrong objects stop the initialization."""

from __future__ import annotations

from datetime import timedelta

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deployment import Deployment
from facescreen.errors import InvalidSettingsError
from facescreen.platforms import alibaba, aws
from facescreen.settings.loader import load_settings
from facescreen.settings.table import SweepSettings, WatchedPrefix
from tests.unit.settings.test_settings import MINIMAL_ENVIRONMENT

ON_FC = {
    **MINIMAL_ENVIRONMENT,
    "WATCHED_OBJECTS": "selfies/kyc/",
    "FC_ACCOUNT_ID": "1234567890123456",
}
ON_AWS = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "AWS_LAMBDA_FUNCTION_NAME": "sweep",
    "SNS_TOPIC_ARN": "arn:aws:sns:ap-southeast-1:123456789012:verdicts",
    "ALIBABA_SECRET_ARN": "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:key",
    "WATCHED_OBJECTS": "selfies/",
    "UPLOADS_QUEUE_URL": "https://sqs.ap-southeast-1.amazonaws.com/123456789012/uploads",
}


def load_sweep_settings(environment: dict[str, str]) -> SweepSettings:
    """Load as the function does, with its cloud's settings of what it invokes."""
    Deployment.from_env(environment, Credentials("LTAI", "secret"), can_invoke=True)
    return load_settings(SweepSettings, environment)


def test_on_function_compute_the_internal_endpoint_is_the_default() -> None:
    settings = load_sweep_settings(ON_FC)
    assert settings.watched_prefixes == (WatchedPrefix("selfies", "kyc/"),)
    assert settings.first_check_after == timedelta(minutes=30)
    invoker_settings = load_settings(alibaba.FcInvokerSettings, ON_FC)
    assert invoker_settings.function == "facescreen-object-created"
    assert (
        invoker_settings.endpoint
        == "https://1234567890123456.ap-southeast-1-internal.fc.aliyuncs.com"
    )


def test_on_aws_the_queue_is_read() -> None:
    assert load_sweep_settings(ON_AWS).watched_prefixes == (WatchedPrefix("selfies", ""),)
    assert load_settings(aws.SqsInvokerSettings, ON_AWS).queue_url == ON_AWS["UPLOADS_QUEUE_URL"]


def test_several_watched_prefixes_are_parsed() -> None:
    settings = load_sweep_settings(
        {**ON_FC, "WATCHED_OBJECTS": "selfies/kyc/, clips , other-bucket/a b/é"}
    )
    assert [place.name for place in settings.watched_prefixes] == [
        "selfies/kyc/",
        "clips/",
        "other-bucket/a b/é",
    ]


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"WATCHED_OBJECTS": ""}, "WATCHED_OBJECTS"),
        ({"WATCHED_OBJECTS": "Selfies/"}, "WATCHED_OBJECTS"),
        ({"WATCHED_OBJECTS": "selfies/,/kyc"}, "WATCHED_OBJECTS"),
        (
            {"WATCHED_OBJECTS": f"selfies/,{MINIMAL_ENVIRONMENT['STATE_BUCKET']}/ledger/"},
            "WATCHED_OBJECTS",
        ),
        ({"SWEEP_AFTER_MINUTES": "0"}, "SWEEP_AFTER_MINUTES"),
        ({"SWEEP_MOST": "all"}, "SWEEP_MOST"),
        ({"SWEEP_FUNCTION": "a/b"}, "SWEEP_FUNCTION"),
        ({"SWEEP_ENDPOINT": "http://fc.example"}, "SWEEP_ENDPOINT"),
        ({"FC_ACCOUNT_ID": ""}, "SWEEP_ENDPOINT"),
    ],
)
def test_an_invalid_setting_is_named(changes: dict[str, str], setting: str) -> None:
    with pytest.raises(InvalidSettingsError, match=setting):
        load_sweep_settings({**ON_FC, **changes})


def test_a_missing_queue_is_reported() -> None:
    with pytest.raises(InvalidSettingsError, match="UPLOADS_QUEUE_URL"):
        load_sweep_settings({**ON_AWS, "UPLOADS_QUEUE_URL": ""})
