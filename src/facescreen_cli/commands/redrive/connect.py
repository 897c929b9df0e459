"""Connects to a deployment's dead-letter queue and function."""

from __future__ import annotations

from dataclasses import dataclass

from facescreen.platforms import choose
from facescreen_cli.commands.redrive import mns_queue, sqs_queue
from facescreen_cli.commands.redrive.redriver import Redriver
from facescreen_cli.credentials import UserCredentials
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StoppableRateLimiter, StopSignal
from facescreen_cli.sdk.invoker import connect_invoker

_CONNECT_QUEUE = {"alibaba": mns_queue.connect_queue, "aws": sqs_queue.connect_queue}
"""By the name of the cloud."""


@dataclass(frozen=True)
class RedriveOptions:
    """The cloud, the credentials and the rate."""

    cloud: str
    profile: str
    share: float
    """Of CALLS_PER_SECOND."""


def connect_redriver(
    options: RedriveOptions, environment: Environment, stop: StopSignal
) -> Redriver:
    """Raises errors.FacescreenError, and click.UsageError with every setting that is wrong."""
    store, credentials = choose.get_platform(options.cloud).store, UserCredentials(options.profile)
    settings, platform = connect_platform(store, environment.settings, credentials)
    queue, read = _CONNECT_QUEUE[options.cloud](environment.variables, settings, platform)
    invoker = connect_invoker(store, environment, credentials)
    rate_limiter = StoppableRateLimiter(options.share * settings.calls_per_second, stop)
    return Redriver(queue, invoker, read, rate_limiter)
