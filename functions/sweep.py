"""The handler of the timer: submits objects without a verdict again.

Stores deliver each event at least once, but an outage may lose events. Function Compute calls
`initialize` once per instance and `handler` at each fire; on Lambda the first fire initializes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.platforms.invocation import InvocationCredentials, adapt_context
from facescreen.settings.loader import load_settings
from facescreen.settings.table import SweepSettings

if TYPE_CHECKING:
    from facescreen.platforms.invocation import InvocationContext
    from facescreen.screening.sweep import Sweeper

_credentials = InvocationCredentials()
_initialized_sweepers: list[Sweeper] = []
"""Holds what `initialize` created, for the later runs of this instance."""


def initialize(context: Any) -> None:
    """Check the settings and create the sweeper. Raises errors.InvalidSettingsError."""
    from facescreen.deployment import Deployment

    deployment = Deployment.from_env(os.environ, _credentials, can_invoke=True)
    _initialized_sweepers.append(
        deployment.create_sweeper(load_settings(SweepSettings, os.environ))
    )
    _credentials.refresh(context)


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Run the sweep once. The content of the event is not used. Raises errors.FacescreenError, also
    if only one of several watched prefixes could not be swept."""
    if not _initialized_sweepers:
        initialize(context)
    _credentials.refresh(context)
    return _handle(event, adapt_context(context))


@telemetry.instrument
def _handle(_: bytes | dict[str, Any], context: InvocationContext) -> dict[str, Any]:
    run = _initialized_sweepers[-1].sweep(context.deadline)
    telemetry.record_sweep(run.listed, run.submitted, run.summary)
    if run.prefix_errors:
        raise run.prefix_errors[0]
    return run.summary
