"""The handler of the HTTP trigger: on-demand screening and the review page.

Function Compute calls `initialize` once per instance and `handler` per request; on Lambda the first
request initializes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from facescreen import telemetry
from facescreen.events.http_trigger import to_function_url_event
from facescreen.platforms.invocation import InvocationCredentials, adapt_context
from facescreen.settings.loader import load_settings
from facescreen.settings.table import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_credentials = InvocationCredentials()
_initialized_resolvers: list[Callable[[Mapping[str, Any], Any], dict[str, Any]]] = []
"""Holds what `initialize` created, for the later requests to this instance."""


def initialize(context: Any) -> None:
    """Do the same as object_created.initialize. Also raises errors.InvalidSettingsError if the
    API would be open to everyone."""
    from facescreen.deployment import Deployment
    from facescreen.http.routes import create_app

    deployment = Deployment.from_env(
        os.environ, _credentials, source=adapt_context(context).invoked_function_arn
    )
    http_settings = load_settings(HttpSettings, os.environ)
    _credentials.refresh(context)
    deployment.warm_up()
    app = create_app(deployment.create_api_services(http_settings))
    _initialized_resolvers.append(telemetry.instrument(app.resolve))


def handler(event: bytes | dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    if not _initialized_resolvers:
        initialize(context)
    _credentials.refresh(context)
    return _initialized_resolvers[-1](to_function_url_event(event), adapt_context(context))
