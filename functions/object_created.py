"""Handler: a bucket event in, every object in it screened.

Function Compute calls `initialize` once per instance and `handler` per event; on Lambda the first
event initialises. An event whose objects all came to an end returns; one that a retry can mend
raises, or is named in the answer where the platform reads one. It is delivered again, and at last
kept in the dead-letter queue.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.events.read import read_event
from facescreen.platforms.invocation import InvocationCredentials, adapt

if TYPE_CHECKING:
    from facescreen.events.filters import Filters
    from facescreen.platforms.invocation import LambdaLike
    from facescreen.screening.batch import BatchProcessor

_credentials = InvocationCredentials()
_ready: list[tuple[Filters, BatchProcessor]] = []
"""What an instance keeps from one invocation to the next."""


def initialize(context: Any) -> None:
    """Checks the settings, connects the parts, warms the connection that the first event waits
    for. Raises errors.InvalidSettingsError, errors.InvalidCredentialsError,
    errors.EmulatorRefusedError."""
    from facescreen.deployment import Deployment

    deployment = Deployment.from_env(
        os.environ, _credentials, source=adapt(context).invoked_function_arn
    )
    _credentials.renew(context)
    deployment.warm_up()
    _ready.append((deployment.settings.filters, deployment.batch_processor))


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Screens every object of `event`; answers as its platform reads it."""
    if not _ready:
        initialize(context)
    _credentials.renew(context)
    return _handle(event, adapt(context))


@telemetry.per_invocation
def _handle(event: bytes | dict[str, Any], context: LambdaLike) -> dict[str, Any]:
    filters, batch = _ready[-1]
    triggered = read_event(event, filters)
    telemetry.skipped(triggered.skipped)
    return batch.process(triggered, context.deadline)
