"""The handler for bucket events: screens every object in an event.

Function Compute calls `initialize` once per instance and `handler` per event; on Lambda the first
event initializes. If every object has an outcome, the handler returns. If a retry may help, it
raises, or names the delivery in its response where the platform reads one. The platform then
delivers the event again, and finally keeps it in the dead-letter queue.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.events.read import read_event
from facescreen.platforms.invocation import InvocationCredentials, adapt_context

if TYPE_CHECKING:
    from facescreen.events.filters import Filters
    from facescreen.platforms.invocation import InvocationContext
    from facescreen.screening.batch import BatchProcessor

_credentials = InvocationCredentials()
_initialized_processors: list[tuple[Filters, BatchProcessor]] = []
"""Holds what `initialize` created, for the later invocations of this instance."""


def initialize(context: Any) -> None:
    """Check the settings, create the deployment, and warm the connection for the first event.
    Raises errors.InvalidSettingsError, errors.InvalidCredentialsError,
    errors.EmulatorRefusedError."""
    from facescreen.deployment import Deployment

    deployment = Deployment.from_env(
        os.environ, _credentials, source=adapt_context(context).invoked_function_arn
    )
    _credentials.refresh(context)
    deployment.warm_up()
    _initialized_processors.append((deployment.settings.filters, deployment.batch_processor))


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Screen every object of `event`. Returns the platform's response."""
    if not _initialized_processors:
        initialize(context)
    _credentials.refresh(context)
    return _handle(event, adapt_context(context))


@telemetry.instrument
def _handle(event: bytes | dict[str, Any], context: InvocationContext) -> dict[str, Any]:
    filters, batch_processor = _initialized_processors[-1]
    parsed_event = read_event(event, filters)
    telemetry.record_skip_counts(parsed_event.skip_counts)
    return batch_processor.process(parsed_event, context.deadline)
