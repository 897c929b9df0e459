"""Handler: a bucket event in, every object in it screened.

Function Compute calls `initialize` once per instance and `handler` per event; on Lambda the first
event initialises. An event whose objects all came to an end returns; one that a retry can mend
raises, or is named in the answer where the platform reads one. It is delivered again, and at last
kept in the dead-letter queue.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.events.read import read_event
from facescreen.runtime import InvocationCredentials, adapt
from facescreen.screening.batch import Batch
from facescreen.settings import Settings

if TYPE_CHECKING:
    from facescreen.events.filters import Filters
    from facescreen.runtime import LambdaLike


@dataclass(frozen=True)
class _Deployment:
    """What an instance keeps from one invocation to the next."""

    filters: Filters
    batch: Batch


_credentials = InvocationCredentials()
_deployments: list[_Deployment] = []


def initialize(context: Any) -> None:
    """Checks the settings, connects the parts, warms the connection that the first event waits
    for. Raises errors.BadSettings, errors.BadCredentials, errors.StandInRefused."""
    from facescreen.assembly import assemble, ports_of

    settings = Settings.from_env(os.environ)
    ports = ports_of(settings, _credentials)
    parts = assemble(settings, ports, source=adapt(context).invoked_function_arn)
    _credentials.renew(context)
    parts.warm()
    batch = Batch(parts.screener, ports.dead_letters, most_receives=settings.most_receives)
    _deployments.append(_Deployment(settings.filters, batch))


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Screens every object of `event`; answers as its platform reads it."""
    if not _deployments:
        initialize(context)
    _credentials.renew(context)
    return _handle(event, adapt(context))


@telemetry.per_invocation
def _handle(event: bytes | dict[str, Any], context: LambdaLike) -> dict[str, Any]:
    deployment = _deployments[-1]
    triggered = read_event(event, deployment.filters)
    telemetry.skipped(triggered.skipped)
    return deployment.batch.work(triggered, context.deadline)
