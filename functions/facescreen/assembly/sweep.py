"""The sweep of a deployment. Import it late."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ..deepfake.daily_cap import is_spent
from ..deepfake.pace import Interval
from ..settings import AwsSettings
from ..sweep.course import Courses
from ..sweep.sweeper import Sweeper, Verdicts
from . import ports_of

if TYPE_CHECKING:
    from ..credentials import CredentialSource
    from ..invoke import Invoker
    from ..settings import Settings
    from ..settings.sweep import SweepSettings

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
        import boto3  # noqa: PLC0415

        from ..invoke.sqs import SqsInvoker  # noqa: PLC0415

        return SqsInvoker(boto3.Session(), queue_url=sweep.queue_url)
    from ..invoke.fc import FcInvoker  # noqa: PLC0415

    return FcInvoker(credentials, endpoint=sweep.endpoint, function=sweep.function)
