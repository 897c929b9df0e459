"""Handler: a bucket event in, every object in it screened.

Function Compute calls `initialize` once per instance and `handler` per event. An event whose
objects all came to an end returns; one that a retry can mend raises, and the platform retries
it, and at last keeps it in the dead-letter queue.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.errors import FacescreenError
from facescreen.runtime import InvocationCredentials, adapt
from facescreen.settings import Settings
from facescreen.triggers import read_event

if TYPE_CHECKING:
    from facescreen.assembly import Assembly
    from facescreen.runtime import LambdaLike


@dataclass(frozen=True)
class _Deployment:
    """What an instance keeps from one invocation to the next."""

    settings: Settings
    parts: Assembly


_credentials = InvocationCredentials()
_deployments: list[_Deployment] = []


def initialize(context: Any) -> None:
    """Checks the settings, connects the parts, warms the connection that the first event waits
    for. Raises errors.BadSettings, errors.BadCredentials, errors.StandInRefused."""
    from facescreen.assembly import assemble  # noqa: PLC0415 - the SDKs load here, once

    settings = Settings.from_env(os.environ)
    source = adapt(context).invoked_function_arn
    parts = assemble(settings, _credentials, source=source)
    _credentials.renew(context)
    parts.warm()
    _deployments.append(_Deployment(settings, parts))


def handler(event: bytes, context: Any) -> dict[str, Any]:
    """Screens every object of `event`; answers how many came to which end."""
    if not _deployments:
        initialize(context)
    _credentials.renew(context)
    return _handle(event, adapt(context))


@telemetry.per_invocation
def _handle(event: bytes, context: LambdaLike) -> dict[str, Any]:
    deployment = _deployments[-1]
    triggered = read_event(event, deployment.settings.filters)
    telemetry.skipped(triggered.skipped)
    failures: list[FacescreenError] = [*triggered.faults]
    for ref in triggered.objects:
        try:
            telemetry.ended(deployment.parts.screener.screen(ref, context.deadline))
        except FacescreenError as failure:
            telemetry.failed(ref, failure)
            failures.append(failure)
    if failures:
        raise failures[0]
    return {"objects": len(triggered.objects), "skipped": dict(triggered.skipped)}
