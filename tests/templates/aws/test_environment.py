"""The settings that the template gives are settings that the functions take."""

from __future__ import annotations

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deployment import Deployment
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.aws import AwsPlatform, InvokerSettings
from facescreen.settings.loader import load
from facescreen.settings.table import SweepSettings
from tests.templates.aws.conftest import SECRET_ARN, MakeStack
from tests.templates.aws.stack import Stack

# What the deployment would tell, and what Lambda sets.
STANDS_FOR = {
    "StateBucket": "facescreen-state",
    "Queue": "https://sqs.eu-central-1.amazonaws.com/123456789012/uploads",
    "DeadLetters": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters",
    "Verdicts": "arn:aws:sns:eu-central-1:123456789012:facescreen-verdicts",
}


def read(environment: dict[str, str], *, invokes: bool = False) -> Deployment:
    return Deployment.from_env(environment, Credentials("LTAI", "secret"), invokes=invokes)


BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "facescreen-object-created"}


def test_the_functions_take_what_the_template_tells_them(deployed: Stack, federated: Stack) -> None:
    for stack in (deployed, federated):
        for function in ("ObjectCreated", "HttpApi"):
            settings = read(environment(stack, function)).settings
            assert settings.scene_code == "onboard_01"
            assert settings.state_bucket == STANDS_FOR["StateBucket"]


def test_what_is_deferred_has_a_place_to_go(deployed: Stack) -> None:
    platform = read(environment(deployed, "ObjectCreated")).platform
    assert isinstance(platform, AwsPlatform)
    assert platform.settings.dead_letters_url == STANDS_FOR["DeadLetters"]


def test_so_does_the_sweep(deployed: Stack) -> None:
    told = environment(deployed, "Sweeping")
    assert read(told, invokes=True).settings.state_bucket == STANDS_FOR["StateBucket"]
    settings = load(SweepSettings, told)
    assert [place.name for place in settings.watched_prefixes] == ["selfies/kyc/"]
    assert load(InvokerSettings, told).queue_url == STANDS_FOR["Queue"]
    with pytest.raises(InvalidSettingsError, match="UPLOADS_QUEUE_URL"):
        read({**told, "UPLOADS_QUEUE_URL": ""}, invokes=True)


def test_a_quarantine_is_one_that_the_functions_take(make_stack: MakeStack) -> None:
    given = {"Quarantine": "move", "QuarantineBucket": "held", "BucketName": "selfies"}
    moving = make_stack(**given, SceneCode="onboard_01", AlibabaSecretArn=SECRET_ARN)
    quarantine = read(environment(moving, "ObjectCreated")).settings.quarantine
    assert (quarantine.action, quarantine.bucket, quarantine.prefix) == (
        "move",
        "held",
        "quarantine/",
    )


def test_they_would_not_take_less(deployed: Stack) -> None:
    told = environment(deployed, "ObjectCreated")
    with pytest.raises(InvalidSettingsError, match="ALIBABA_SECRET_ARN"):
        read({**told, "ALIBABA_SECRET_ARN": ""})
    with pytest.raises(InvalidSettingsError, match="SNS_TOPIC_ARN"):
        read({**told, "SNS_TOPIC_ARN": ""})


def environment(stack: Stack, function: str) -> dict[str, str]:
    told = stack.properties(function)["Environment"]["Variables"]
    return BY_LAMBDA | {name: STANDS_FOR.get(value, str(value)) for name, value in told.items()}
