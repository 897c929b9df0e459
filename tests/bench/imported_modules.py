"""Lists the modules that `object_created` imports before its first event."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FUNCTIONS = PROJECT / "functions"

ENVIRONMENT = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "MNS_ENDPOINT": "https://1234567890.mns.ap-southeast-1.aliyuncs.com",
    "MNS_TOPIC": "verdicts",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "counted",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "counted",
    # Nothing listens there: the initializer fails to open its connection, and continues.
    "CLOUDAUTH_ENDPOINT": "http://127.0.0.1:9",
}
_AWS_ENVIRONMENT = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "SNS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:verdicts",
    "ALIBABA_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key-AbCdEf",
    "CLOUDAUTH_ENDPOINT": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "counted",
    "AWS_SECRET_ACCESS_KEY": "counted",
    "AWS_MAX_ATTEMPTS": "1",
}
_PROVIDED_BY_LAMBDA = {"boto3", "botocore", "python-dateutil", "s3transfer", "six", "urllib3"}
"""The distributions that Lambda's Python runtime has besides those in the package."""
_COUNT_SCRIPT = """
import json, sys, types

class HideModules:
    # httpx, for example, imports its command line's libraries if they are installed.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden}:
            raise ImportError(name)

sys.meta_path.insert(0, HideModules())
before = set(sys.modules)
{setup}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_HANDLER = "import object_created"
_INITIALIZED = """
import object_created
function = types.SimpleNamespace(name="f", timeout=60, memory=512)
object_created.initialize(
    types.SimpleNamespace(function=function, region="r", account_id="1", request_id="1")
)
"""
_INITIALIZED_ON_LAMBDA = """
import object_created
object_created.initialize(
    types.SimpleNamespace(
        function_name="f", memory_limit_in_mb="512", aws_request_id="1",
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:f",
        get_remaining_time_in_millis=lambda: 60000,
    )
)
"""
_OFFICIAL_SDK = """
from alibabacloud_cloudauth_intl20220809.client import Client
from alibabacloud_tea_openapi.models import Config
Client(Config(access_key_id="a", access_key_secret="b", endpoint="127.0.0.1"))
"""


def list_modules(
    setup: str, available: set[str] | None, environment: Mapping[str, str] = ENVIRONMENT
) -> list[str]:
    """List the modules that `setup` imports in a new interpreter in which only the distributions
    `available` can be found, or all of them for None."""
    hidden = [] if available is None else sorted(_find_names_of_others(available))
    run = subprocess.run(
        [sys.executable, "-c", _COUNT_SCRIPT.format(setup=setup, hidden=hidden)],
        env={**environment, "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        check=True,
        text=True,
    )
    names: list[str] = json.loads(run.stdout.splitlines()[-1])
    return names


def list_handler_modules() -> list[str]:
    """List the modules that importing the handler imports."""
    return list_modules(_HANDLER, _read_locked_distributions("function.txt"))


def list_initialized_modules() -> list[str]:
    """List all modules imported before the first event, by the handler and its initializer."""
    return list_modules(_INITIALIZED, _read_locked_distributions("function.txt"))


def list_initialized_modules_on_lambda() -> list[str]:
    """The same on Lambda, including boto3's modules."""
    available = _read_locked_distributions("lambda.txt") | _PROVIDED_BY_LAMBDA
    return list_modules(_INITIALIZED_ON_LAMBDA, available, _AWS_ENVIRONMENT)


def list_official_sdk_modules() -> list[str]:
    """List the modules that the vendor's SDK of the API imports, for comparison."""
    return list_modules(_OFFICIAL_SDK, None)


def _read_locked_distributions(name: str) -> set[str]:
    """The distributions of a requirements file that are installed."""
    text = (PROJECT / "requirements" / name).read_text()
    names = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    return {name for name in names if any(True for _ in distributions(name=name))}


def _find_names_of_others(available: set[str]) -> set[str]:
    """The importable names that only other distributions provide."""
    locked = available | {"facescreen"}
    hidden: set[str] = set()
    visible: set[str] = set()
    for distribution in distributions():
        names = {file.parts[0].removesuffix(".py") for file in distribution.files or ()}
        name = distribution.metadata["Name"].replace("_", "-").lower()
        (visible if name in locked else hidden).update(names)
    return {name for name in hidden - visible if name.isidentifier()}
