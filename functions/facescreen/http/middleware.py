"""Middlewares of every route: request ids, common headers, the token check, error responses.

Powertools runs the middlewares in order, also if no route matches. An error skips what they do
after the route; its exception handler creates the response.
"""

from __future__ import annotations

import json
import re
from functools import partial, wraps
from typing import TYPE_CHECKING, NoReturn

from aws_lambda_powertools.event_handler import CORSConfig, LambdaFunctionUrlResolver

from facescreen import errors, telemetry
from facescreen.http import problems
from facescreen.http.auth import PUBLIC_PATHS
from facescreen.http.problems import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

    from facescreen.http.auth import TokenVerifier
    from facescreen.http.problems import Problem

    Middleware = Callable[["ApiResolver", NextMiddleware], Response[str]]

_ID_PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class ApiResolver(LambdaFunctionUrlResolver):
    """Powertools' resolver, extended with what the middlewares need about the request."""

    def __init__(self, token_verifier: TokenVerifier | None, cors_origins: tuple[str, ...]) -> None:
        """Without a `token_verifier` the platform has already authenticated the caller."""
        super().__init__(
            cors=_build_cors_config(cors_origins),
            serializer=partial(json.dumps, ensure_ascii=False),
        )
        self.token_verifier = token_verifier

    @property
    def is_preflight(self) -> bool:
        """Whether this is a CORS preflight, which Powertools answers itself."""
        return self._cors_enabled and self.current_event.http_method == "OPTIONS"

    @property
    def allowed_methods(self) -> list[str]:
        """The methods with a route at the request's path, in alphabetical order."""
        routes = self._static_routes + self._dynamic_routes
        path = self.current_event.path
        return sorted({route.method for route in routes if route.rule.match(path)})


def _build_cors_config(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=["Authorization", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["X-Request-Id", "Retry-After"],
    )


def _skip_preflight(middleware: Middleware) -> Middleware:
    """Decorate a middleware so that it does not run for a CORS preflight."""

    @wraps(middleware)
    def run(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
        return next_middleware(app) if app.is_preflight else middleware(app, next_middleware)

    return run


def set_request_id(
    app: LambdaFunctionUrlResolver, next_middleware: NextMiddleware
) -> Response[str]:
    """Store the caller's request id, or else the platform's, in the context as `request_id`."""
    caller_id = app.current_event.headers.get("X-Request-Id", "")
    if _ID_PATTERN.fullmatch(caller_id):
        request_id = caller_id
    else:
        request_id = str(app.current_event.request_context.request_id)
    app.append_context(request_id=request_id)
    return next_middleware(app)


@_skip_preflight
def add_common_headers(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Add the common headers to a route's response."""
    return _set_common_headers(app, next_middleware(app))


@_skip_preflight
def check_token(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Reject a request without a valid token, unless its path is public. Store the token's caller
    in the context as `caller`; it is empty if the deployment uses no tokens."""
    caller = ""
    if app.token_verifier is not None and app.current_event.path not in PUBLIC_PATHS:
        caller = app.token_verifier.verify(app.current_event.headers)
    app.context["caller"] = caller
    return next_middleware(app)


@_skip_preflight
def check_id_headers(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Reject ids with characters that are unsafe in headers and logs."""
    for name in ("X-Request-Id", "Idempotency-Key"):
        value = app.current_event.headers.get(name)
        if value is not None and not _ID_PATTERN.fullmatch(value):
            raise HttpError(
                400,
                "InvalidHeader",
                f"{name} must be 1 to 128 letters, digits or . _ : -",
                "Send a valid id, or omit the header.",
            )
    return next_middleware(app)


def register_error_handlers(app: ApiResolver) -> None:
    """Register the error handlers of `app`, and the one for requests without a route."""

    def reject_unrouted(_: Exception) -> NoReturn:
        methods = ", ".join(app.allowed_methods)
        if not methods:
            raise HttpError(404, "NotFound", "there is no such path", "Check the path.")
        raise HttpError(
            405,
            "MethodNotAllowed",
            f"this path accepts {methods}",
            "Use another method.",
            allow=methods,
        )

    def respond(problem: Problem) -> Response[str]:
        return _set_common_headers(app, problem.to_response())

    def handle_failure(error: errors.FacescreenError) -> Response[str]:
        telemetry.record_request_error(error)
        return respond(problems.build_error_problem(error))

    def handle_unexpected(error: Exception) -> Response[str]:
        telemetry.record_unexpected_error(error, app.context["request_id"])
        return respond(problems.build_internal_problem())

    app.not_found(reject_unrouted)
    app.exception_handler(HttpError)(lambda error: respond(error.problem))
    app.exception_handler(errors.CallerError)(
        lambda error: respond(problems.build_error_problem(error))
    )
    app.exception_handler(errors.FacescreenError)(handle_failure)
    app.exception_handler(Exception)(handle_unexpected)


def _set_common_headers(app: ApiResolver, response: Response[str]) -> Response[str]:
    response.headers.update(
        {
            "X-Request-Id": app.context["request_id"],
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
    )
    return response
