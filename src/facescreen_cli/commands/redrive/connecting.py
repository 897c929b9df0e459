"""The queue and the function of a deployment, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from facescreen.platforms.alibaba import MNS_ENDPOINT, OSS_REGION
from facescreen.platforms.aws import QUEUE_URL
from facescreen.settings.forms import Text
from facescreen.settings.loader import Reader, Setting
from facescreen_cli.commands.redrive.dead_letters import of_function_compute, of_sqs
from facescreen_cli.commands.redrive.redriving import Redriving
from facescreen_cli.credentials import find_credentials
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StoppablePace, StopSignal
from facescreen_cli.sdk.invoker import chosen
from facescreen_cli.settings import settings_outside, usage_errors

_DEAD_LETTER_QUEUE = Setting(
    "MNS_DLQ",
    Text(r"[A-Za-z][A-Za-z0-9-]{0,119}", "a queue's name"),
    "facescreen-dead-letters",
    where="s.yaml",
)


@dataclass(frozen=True)
class Options:
    """Whose queue and function, and how fast."""

    cloud: str
    profile: str
    share: float
    """Of CALLS_PER_SECOND."""


def connected(options: Options, environment: Environment, stop: StopSignal) -> Redriving:
    """Raises errors.FacescreenError, and click.UsageError with every setting that is wrong."""
    per_second = options.share * settings_outside(environment.settings).calls_per_second
    pace = StoppablePace(per_second, stop)
    if options.cloud == "aws":
        return _on_aws(environment, pace)
    return _on_alibaba(environment.variables, options.profile, pace)


def _on_alibaba(environment: Mapping[str, str], profile: str, pace: StoppablePace) -> Redriving:
    from facescreen_cli.commands.redrive.mns_queue import MnsLetters

    reader = Reader(environment)
    reader.value(OSS_REGION)
    endpoint = reader.value(MNS_ENDPOINT)
    name = reader.value(_DEAD_LETTER_QUEUE)
    with usage_errors():
        reader.check()
    credentials = find_credentials(profile)
    queue = MnsLetters(endpoint, name, credentials)
    return Redriving(queue, chosen("oss", environment, credentials), of_function_compute, pace)


def _on_aws(environment: Environment, pace: StoppablePace) -> Redriving:
    import boto3

    from facescreen.storage.s3 import S3Store
    from facescreen_cli.commands.redrive.sqs_queue import SqsLetters
    from facescreen_cli.commands.redrive.standing import S3Standing

    reader = Reader(environment.variables)
    form = replace(QUEUE_URL, must_be="the dead-letter queue's URL")
    url = reader.value(Setting("DEAD_LETTERS_QUEUE_URL", form, where="SQS console"))
    with usage_errors():
        reader.check()
    invoker, session = chosen("s3", environment.variables, None), boto3.Session()
    settings = settings_outside(environment.settings)
    standing = S3Standing(S3Store(session), settings.tag_prefix, settings.tag_form)
    return Redriving(SqsLetters(session, url), invoker, partial(of_sqs, why=standing.why), pace)
