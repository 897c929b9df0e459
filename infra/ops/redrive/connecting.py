"""The queue and the function of a deployment, from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facescreen.environment import EnvironmentReader
from facescreen.settings.aws import QUEUE_URL
from infra.ops import account
from infra.ops.invoke import chosen

from .letters import of_function_compute, of_sqs
from .redriving import Redriving

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = r"[A-Za-z][A-Za-z0-9-]{0,119}"


def connected(cloud: str, environment: Mapping[str, str], profile: str) -> Redriving:
    """Raises BadSettings, which names every one that is wrong, and BadCredentials."""
    return _on_aws(environment) if cloud == "aws" else _on_alibaba(environment, profile)


def _on_alibaba(environment: Mapping[str, str], profile: str) -> Redriving:
    from .mns_letters import MnsLetters  # noqa: PLC0415 - the SDKs load here

    read = EnvironmentReader(environment)
    region = environment.get("OSS_REGION") or "ap-southeast-1"
    number = environment.get("ALIBABA_CLOUD_ACCOUNT_ID")
    of_account = f"{number}.mns.{region}.aliyuncs.com" if number else None
    endpoint = read.endpoint("MNS_ENDPOINT", of_account)
    name = read.text("MNS_DLQ", _NAME, "a queue's name", "s.yaml", "facescreen-dead-letters")
    read.check()
    credentials = account.credentials(profile)
    queue = MnsLetters(endpoint, name, credentials)
    return Redriving(queue, chosen("oss", environment, credentials), of_function_compute)


def _on_aws(environment: Mapping[str, str]) -> Redriving:
    import boto3  # noqa: PLC0415 - it is slow

    from .sqs_letters import SqsLetters  # noqa: PLC0415

    read = EnvironmentReader(environment)
    url = read.text(
        "DEAD_LETTERS_QUEUE_URL", QUEUE_URL, "the dead-letter queue's URL", "SQS console"
    )
    read.check()
    return Redriving(SqsLetters(boto3.Session(), url), chosen("s3", environment, None), of_sqs)
