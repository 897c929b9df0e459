"""What runs around every route: request ids, common headers, the token check, error answers.

Powertools runs the middlewares in order, also where no route matches. An error skips whatever they
do after the route: its exception handler makes the answer.
"""

from __future__ import annotations

import json
import re
from functools import partial, wraps
from typing import TYPE_CHECKING, NoReturn

from aws_lambda_powertools.event_handler import CORSConfig, LambdaFunctionUrlResolver

from facescreen import errors, telemetry
from facescreen.http import problems
from facescreen.http.auth import OPEN_PATHS
from facescreen.http.problems import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

    from facescreen.http.auth import Tokens
    from facescreen.http.problems import Problem

    Middleware = Callable[["ApiResolver", NextMiddleware], Response[str]]

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class ApiResolver(LambdaFunctionUrlResolver):
    """Powertools' resolver, which the middlewares can ask about the current request."""

    def __init__(self, tokens: Tokens | None, cors_origins: tuple[str, ...]) -> None:
        """Without `tokens` the platform in front has checked who asks."""
        super().__init__(
            cors=_cors_config(cors_origins), serializer=partial(json.dumps, ensure_ascii=False)
        )
        self.tokens = tokens

    @property
    def is_preflight(self) -> bool:
        """Whether Powertools itself answers the request, with the CORS rules."""
        return self._cors_enabled and self.current_event.http_method == "OPTIONS"

    @property
    def allowed_methods(self) -> list[str]:
        """The methods that have a route at the request's path, in alphabetical order."""
        routes = self._static_routes + self._dynamic_routes
        path = self.current_event.path
        return sorted({route.method for route in routes if route.rule.match(path)})


def _cors_config(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=["Authorization", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["X-Request-Id", "Retry-After"],
    )


def _skip_preflight(middleware: Middleware) -> Middleware:
    """Leave a preflight as Powertools answers it."""

    @wraps(middleware)
    def run(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
        return next_middleware(app) if app.is_preflight else middleware(app, next_middleware)

    return run


def set_request_id(
    app: LambdaFunctionUrlResolver, next_middleware: NextMiddleware
) -> Response[str]:
    """Put the caller's own id, or else the platform's, into the context as `request_id`."""
    own = app.current_event.headers.get("X-Request-Id", "")
    request_id = own if _ID.fullmatch(own) else str(app.current_event.request_context.request_id)
    app.append_context(request_id=request_id)
    return next_middleware(app)


@_skip_preflight
def add_headers(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Give a route's answer the headers that every answer has."""
    return _with_common_headers(app, next_middleware(app))


@_skip_preflight
def check_token(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Refuse a request without a valid token, unless its path is open to everyone."""
    if app.tokens is not None and app.current_event.path not in OPEN_PATHS:
        app.tokens.check(app.current_event.headers)
    return next_middleware(app)


@_skip_preflight
def check_ids(app: ApiResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Refuse an id that can't be echoed or kept."""
    for name in ("X-Request-Id", "Idempotency-Key"):
        value = app.current_event.headers.get(name)
        if value is not None and not _ID.fullmatch(value):
            raise HttpError(
                400,
                "InvalidHeader",
                f"{name} must be 1 to 128 letters, digits or . _ : -",
                "Send another, or leave it out.",
            )
    return next_middleware(app)


def handle_errors(app: ApiResolver) -> None:
    """Register with `app` how each kind of error is answered, and a request without a route."""

    def refuse_unrouted(_: Exception) -> NoReturn:
        methods = ", ".join(app.allowed_methods)
        if not methods:
            raise HttpError(404, "NotFound", "there is nothing here", "See GET /openapi.json.")
        raise HttpError(
            405, "MethodNotAllowed", f"the methods here are {methods}", "Use one.", allow=methods
        )

    def answer(problem: Problem) -> Response[str]:
        return _with_common_headers(app, problem.to_response())

    def answer_failure(error: errors.FacescreenError) -> Response[str]:
        telemetry.refused(error)
        return answer(problems.of_error(error))

    def answer_unforeseen(error: Exception) -> Response[str]:
        telemetry.unforeseen(error, app.context["request_id"])
        return answer(problems.unforeseen())

    app.not_found(refuse_unrouted)
    app.exception_handler(HttpError)(lambda error: answer(error.problem))
    app.exception_handler(errors.CallerError)(lambda error: answer(problems.of_error(error)))
    app.exception_handler(errors.FacescreenError)(answer_failure)
    app.exception_handler(Exception)(answer_unforeseen)


def _with_common_headers(app: ApiResolver, response: Response[str]) -> Response[str]:
    response.headers.update(
        {
            "X-Request-Id": app.context["request_id"],
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
    )
    return response
