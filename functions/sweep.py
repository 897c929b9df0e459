"""Handler: a timer's event in, whatever the buckets hold without a verdict handed over again.

Stores deliver events at least once, but only as long as they deliver. Function Compute calls
`initialize` once per instance and `handler` at each fire; on Lambda the first one initialises.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.platforms.invocation import InvocationCredentials, adapt
from facescreen.settings.loader import load
from facescreen.settings.table import SweepSettings

if TYPE_CHECKING:
    from facescreen.platforms.invocation import LambdaLike
    from facescreen.screening.sweep import Sweeper

_credentials = InvocationCredentials()
_sweepers: list[Sweeper] = []


def initialize(context: Any) -> None:
    """Checks the settings and connects the parts. Raises errors.InvalidSettingsError."""
    from facescreen.deployment import Deployment

    deployment = Deployment.from_env(os.environ, _credentials, invokes=True)
    _sweepers.append(deployment.create_sweeper(load(SweepSettings, os.environ)))
    _credentials.renew(context)


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """One run. Nothing in the event matters but that it came."""
    if not _sweepers:
        initialize(context)
    _credentials.renew(context)
    return _handle(event, adapt(context))


@telemetry.per_invocation
def _handle(_: bytes | dict[str, Any], context: LambdaLike) -> dict[str, Any]:
    run = _sweepers[-1].sweep(context.deadline)
    telemetry.sweep_finished(run.listed, run.submitted, run.summary)
    return run.summary
