"""The sweep of a deployment. Import it late."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from facescreen.assembly import ports_of
from facescreen.deepfake.budget import is_spent
from facescreen.deepfake.rate_limiter import Interval
from facescreen.screening.sweep import Sweeper, Verdicts
from facescreen.screening.sweep_cursor import Courses
from facescreen.settings import AwsSettings

if TYPE_CHECKING:
    from facescreen.bus.ports import Invoker
    from facescreen.clients.credentials import CredentialSource
    from facescreen.settings import Settings
    from facescreen.settings.sweep import SweepSettings

SHARE = 0.2
"""Of the quota. The rest is left to fresh uploads."""


def assemble_sweep(
    settings: Settings, sweep: SweepSettings, credentials: CredentialSource
) -> Sweeper:
    """Of `credentials` a deployment on AWS has its own."""
    ports = ports_of(settings, credentials)

    def spent() -> bool:
        capped = not math.isinf(settings.daily_calls)
        return capped and is_spent(ports.state, settings.daily_calls, time.time())

    return Sweeper(
        settings=sweep,
        store=ports.store,
        invoker=_invoker(settings, sweep, credentials),
        courses=Courses(ports.state),
        filters=settings.filters,
        verdicts=Verdicts(ports.store, settings.tag_prefix, settings.tag_form),
        pace=Interval(SHARE * settings.calls_per_second),
        is_spent=spent,
    )


def _invoker(settings: Settings, sweep: SweepSettings, credentials: CredentialSource) -> Invoker:
    if isinstance(settings.platform, AwsSettings):
        import boto3

        from facescreen.bus.sqs import SqsInvoker

        return SqsInvoker(boto3.Session(), queue_url=sweep.queue_url)
    from facescreen.bus.function_compute import FcInvoker

    return FcInvoker(credentials, endpoint=sweep.endpoint, function=sweep.function)
