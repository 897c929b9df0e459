"""The functions accept the settings of the template."""

from __future__ import annotations

import pytest

from facescreen.clients.credentials import Credentials
from facescreen.deployment import Deployment
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.aws import AwsPlatform, SqsInvokerSettings
from facescreen.settings.loader import load_settings
from facescreen.settings.table import SweepSettings
from tests.templates.aws.conftest import SECRET_ARN, MakeStack
from tests.templates.aws.stack import Stack

# Values that only a deployment knows.
DEPLOYED_VALUES = {
    "StateBucket": "facescreen-state",
    "Queue": "https://sqs.eu-central-1.amazonaws.com/123456789012/uploads",
    "DeadLetters": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters",
    "Verdicts": "arn:aws:sns:eu-central-1:123456789012:facescreen-verdicts",
}


def read_deployment(environment: dict[str, str], *, can_invoke: bool = False) -> Deployment:
    return Deployment.from_env(environment, Credentials("LTAI", "secret"), can_invoke=can_invoke)


LAMBDA_VARIABLES = {"AWS_LAMBDA_FUNCTION_NAME": "facescreen-object-created"}


def test_the_functions_accept_the_templates_settings(deployed: Stack, federated: Stack) -> None:
    for stack in (deployed, federated):
        for function in ("ObjectCreated", "HttpApi"):
            settings = read_deployment(environment_of(stack, function)).settings
            assert settings.scene_code == "onboard_01"
            assert settings.state_bucket == DEPLOYED_VALUES["StateBucket"]


def test_deferred_events_have_a_dead_letter_queue(deployed: Stack) -> None:
    platform = read_deployment(environment_of(deployed, "ObjectCreated")).platform
    assert isinstance(platform, AwsPlatform)
    assert platform.settings.dead_letters_url == DEPLOYED_VALUES["DeadLetters"]


def test_the_sweep_accepts_the_templates_settings(deployed: Stack) -> None:
    environment = environment_of(deployed, "Sweeping")
    assert (
        read_deployment(environment, can_invoke=True).settings.state_bucket
        == DEPLOYED_VALUES["StateBucket"]
    )
    settings = load_settings(SweepSettings, environment)
    assert [place.name for place in settings.watched_prefixes] == ["selfies/kyc/"]
    assert load_settings(SqsInvokerSettings, environment).queue_url == DEPLOYED_VALUES["Queue"]
    with pytest.raises(InvalidSettingsError, match="UPLOADS_QUEUE_URL"):
        read_deployment({**environment, "UPLOADS_QUEUE_URL": ""}, can_invoke=True)


def test_the_functions_accept_the_templates_quarantine(make_stack: MakeStack) -> None:
    parameters = {"Quarantine": "move", "QuarantineBucket": "held", "BucketName": "selfies"}
    moving = make_stack(**parameters, SceneCode="onboard_01", AlibabaSecretArn=SECRET_ARN)
    quarantine = read_deployment(environment_of(moving, "ObjectCreated")).settings.quarantine
    assert (quarantine.action, quarantine.bucket, quarantine.prefix) == (
        "move",
        "held",
        "quarantine/",
    )


def test_the_functions_accept_what_pins_a_revision(make_stack: MakeStack) -> None:
    parameters = {"BucketName": "selfies", "AlibabaSecretArn": SECRET_ARN}
    stack = make_stack(
        **parameters, SceneCode="onboard_01", RevisionPin="bytes", RevisionMarginSeconds=3
    )
    for function in ("ObjectCreated", "HttpApi"):
        settings = read_deployment(environment_of(stack, function)).settings
        assert (settings.revision_pin, settings.revision_margin_s) == ("bytes", 3)


def test_missing_settings_are_refused(deployed: Stack) -> None:
    environment = environment_of(deployed, "ObjectCreated")
    with pytest.raises(InvalidSettingsError, match="ALIBABA_SECRET_ARN"):
        read_deployment({**environment, "ALIBABA_SECRET_ARN": ""})
    with pytest.raises(InvalidSettingsError, match="SNS_TOPIC_ARN"):
        read_deployment({**environment, "SNS_TOPIC_ARN": ""})


def environment_of(stack: Stack, function: str) -> dict[str, str]:
    variables = stack.properties(function)["Environment"]["Variables"]
    return LAMBDA_VARIABLES | {
        name: DEPLOYED_VALUES.get(value, str(value)) for name, value in variables.items()
    }
