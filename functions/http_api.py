"""Handler: the HTTP trigger, for ad-hoc calls and the page.

Function Compute calls `initialize` once per instance and `handler` per request; on Lambda the
first request initialises.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from facescreen import telemetry
from facescreen.events.http_trigger import function_url_event
from facescreen.platforms.invocation import InvocationCredentials, adapt
from facescreen.settings.loader import load
from facescreen.settings.table import HttpSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver

    from facescreen.platforms.invocation import LambdaLike

_credentials = InvocationCredentials()
_routers: list[LambdaFunctionUrlResolver] = []


def initialize(context: Any) -> None:
    """As object_created.initialize; raises errors.BadSettings for what is open to everybody."""
    from facescreen.deployment import Deployment
    from facescreen.http.routes import router

    deployment = Deployment.from_env(
        os.environ, _credentials, source=adapt(context).invoked_function_arn
    )
    http = load(HttpSettings, os.environ)
    _credentials.renew(context)
    deployment.warm()
    _routers.append(router(deployment.api(http), http.cors_origins))


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one request."""
    if not _routers:
        initialize(context)
    _credentials.renew(context)
    return _handle(function_url_event(event), adapt(context))


@telemetry.per_invocation
def _handle(event: dict[str, Any], context: LambdaLike) -> dict[str, Any]:
    # Typed for Lambda's own context class, of which it reads no more than LambdaLike has.
    return _routers[-1].resolve(event, cast("Any", context))
