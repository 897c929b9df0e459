"""Counts what `object_created` imports before its first event."""

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

SETTINGS = {
    "SCENE_CODE": "onboard_01",
    "STATE_BUCKET": "facescreen-state",
    "MNS_ENDPOINT": "https://1234567890.mns.ap-southeast-1.aliyuncs.com",
    "MNS_TOPIC": "verdicts",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "counted",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "counted",
    # Nobody listens there: the initializer tries to warm its connection, and goes on.
    "CLOUDAUTH_ENDPOINT": "http://127.0.0.1:9",
}
_ON_AWS = {
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
_RUNTIMES_OWN = {"boto3", "botocore", "python-dateutil", "s3transfer", "six", "urllib3"}
"""What Lambda's Python brings, beside what ships."""
_COUNT = """
import json, sys, types

class OnlyWhatShips:
    # httpx, for one, imports its command line's libraries wherever they are installed.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {kept_out}:
            raise ImportError(name)

sys.meta_path.insert(0, OnlyWhatShips())
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


def modules(
    setup: str, there: set[str] | None, environment: Mapping[str, str] = SETTINGS
) -> list[str]:
    """Names of the modules that `setup` imports, in a fresh interpreter, where the distributions
    `there` alone can be found; all of them for None."""
    kept_out = [] if there is None else sorted(_brought_by_others(there))
    run = subprocess.run(
        [sys.executable, "-c", _COUNT.format(setup=setup, kept_out=kept_out)],
        env={**environment, "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        check=True,
        text=True,
    )
    named: list[str] = json.loads(run.stdout.splitlines()[-1])
    return named


def handler_modules() -> list[str]:
    """What importing the handler costs."""
    return modules(_HANDLER, _locked("function.txt"))


def initialized_modules() -> list[str]:
    """What stands when the initializer is done: all that is imported before the first event."""
    return modules(_INITIALIZED, _locked("function.txt"))


def initialized_on_lambda_modules() -> list[str]:
    """The same on Lambda, boto3's own among them."""
    there = _locked("lambda.txt") | _RUNTIMES_OWN
    return modules(_INITIALIZED_ON_LAMBDA, there, _ON_AWS)


def official_sdk_modules() -> list[str]:
    """What the vendor's SDK of the API alone imports, for comparison."""
    return modules(_OFFICIAL_SDK, None)


def _locked(name: str) -> set[str]:
    """The distributions of a requirements file that this Python has."""
    text = (PROJECT / "requirements" / name).read_text()
    named = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    return {name for name in named if any(True for _ in distributions(name=name))}


def _brought_by_others(there: set[str]) -> set[str]:
    """Importable names that only other distributions bring."""
    locked = there | {"facescreen"}
    brought: set[str] = set()
    kept: set[str] = set()
    for found in distributions():
        names = {file.parts[0].removesuffix(".py") for file in found.files or ()}
        named = found.metadata["Name"].replace("_", "-").lower()
        (kept if named in locked else brought).update(names)
    return {name for name in brought - kept if name.isidentifier()}
