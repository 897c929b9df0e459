"""The settings that the template gives are settings that the functions take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facescreen.errors import BadSettings
from facescreen.settings import Settings

if TYPE_CHECKING:
    from tests.aws_template.stack import Stack

# What the deployment would tell, and what Lambda sets.
STANDS_FOR = {
    "StateBucket": "facescreen-state",
    "Verdicts": "arn:aws:sns:eu-central-1:123456789012:facescreen-verdicts",
}
BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "facescreen-object-created"}


def test_the_functions_take_what_the_template_tells_them(deployed: Stack, federated: Stack) -> None:
    for stack in (deployed, federated):
        for function in ("ObjectCreated", "HttpApi"):
            settings = Settings.from_env(environment(stack, function))
            assert settings.scene_code == "onboard_01"
            assert settings.state_bucket == STANDS_FOR["StateBucket"]


def test_they_would_not_take_less(deployed: Stack) -> None:
    told = environment(deployed, "ObjectCreated")
    with pytest.raises(BadSettings, match="ALIBABA_SECRET_ARN"):
        Settings.from_env({**told, "ALIBABA_SECRET_ARN": ""})
    with pytest.raises(BadSettings, match="SNS_TOPIC_ARN"):
        Settings.from_env({**told, "SNS_TOPIC_ARN": ""})


def environment(stack: Stack, function: str) -> dict[str, str]:
    told = stack.properties(function)["Environment"]["Variables"]
    return BY_LAMBDA | {name: STANDS_FOR.get(value, str(value)) for name, value in told.items()}
