"""Every route of the HTTP contract (openapi.v1.json), on Powertools' router."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import resources
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import CORSConfig, LambdaFunctionUrlResolver, Response

from facescreen import __version__, errors, telemetry
from facescreen.http import body as submissions
from facescreen.http import problems
from facescreen.http.body import LARGEST_BODY, OfObject, OfUrl
from facescreen.http.middleware import Request
from facescreen.http.page import page
from facescreen.http.problems import PROBLEM_JSON, HttpError, Problem
from facescreen.model import Verdict
from facescreen.storage.keys import object_ref
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.http.auth import Tokens
    from facescreen.http.review import Review
    from facescreen.model import ObjectRef
    from facescreen.screening.on_demand import AdHoc
    from facescreen.screening.url_rules import UrlRules

_METHODS = {
    "/v1/screenings": "GET, POST",
    "/v1/objects": "GET",
    "/v1/counts": "GET",
    "/v1/health": "GET",
    "/openapi.json": "GET",
    "/": "GET",
}
_OPEN = ("/v1/health", "/openapi.json", "/")
"""What says nothing of anybody, and what must load before a token can be given."""


@dataclass(frozen=True)
class Api:
    """What the routes work with."""

    ad_hoc: AdHoc
    review: Review
    urls: UrlRules
    tokens: Tokens | None
    state_bucket: str
    store: str
    image_origins: tuple[str, ...]
    """Where thumbnails come from, for the page's Content-Security-Policy."""
    page: bool
    longest_s: float
    local: bool


def router(api: Api, cors_origins: tuple[str, ...] = ()) -> LambdaFunctionUrlResolver:
    """The routes, for invocations with the context that runtime.adapt gives."""
    app = LambdaFunctionUrlResolver(cors=_cors(cors_origins))
    routes = _Routes(api, app)

    def answer(handle: Callable[[Request], Response[str]]) -> Callable[[], Response[str]]:
        def handled() -> Response[str]:
            return _answered(api, app, handle)

        return handled

    app.post("/v1/screenings")(answer(routes.screen))
    app.get("/v1/screenings")(answer(routes.outcome))
    app.get("/v1/objects")(answer(routes.objects))
    app.get("/v1/counts")(answer(routes.counts))
    app.get("/v1/health")(answer(routes.health))
    app.get("/openapi.json")(answer(routes.openapi))
    if api.page:
        app.get("/")(answer(routes.page))
    app.not_found(lambda _: _answered(api, app, routes.nothing))
    app.exception_handler(Exception)(lambda error: _unforeseen(app, error))
    return app


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    headers = ["Authorization", "Idempotency-Key", "X-Request-Id"]
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=headers,
        expose_headers=["X-Request-Id", "Retry-After"],
    )


def _answered(
    api: Api, app: LambdaFunctionUrlResolver, handle: Callable[[Request], Response[str]]
) -> Response[str]:
    """Checks what all requests have in common, and gives every failure its form."""
    request = Request(app.current_event)
    try:
        if api.tokens is not None and app.current_event.path not in _OPEN:
            api.tokens.check(request.headers)
        request.check_ids()
        response = handle(request)
    except HttpError as refusal:
        response = _problem(refusal.problem)
    except errors.CallerError as error:
        response = _problem(problems.of_error(error))
    except errors.FacescreenError as error:
        telemetry.refused(error)
        response = _problem(problems.of_error(error))
    return _marked(response, request)


def _unforeseen(app: LambdaFunctionUrlResolver, error: Exception) -> Response[str]:
    request = Request(app.current_event)
    telemetry.unforeseen(error, request.request_id)
    return _marked(_problem(problems.unforeseen()), request)


def _marked(response: Response[str], request: Request) -> Response[str]:
    """With the headers of every answer."""
    response.headers.update(
        {
            "X-Request-Id": request.request_id,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
    )
    return response


class _Routes:
    def __init__(self, api: Api, app: LambdaFunctionUrlResolver) -> None:
        self._api = api
        self._app = app

    def screen(self, request: Request) -> Response[str]:
        """POST /v1/screenings."""
        request.only()
        content_type = request.headers.get("content-type", "")
        submission = submissions.read(request.body(), content_type, self._api.store)
        screening = self._screened(submission, request.idempotency_key)
        telemetry.asked(screening, request.request_id)
        problem = problems.of_screening(screening)
        return _problem(problem) if problem else _json(screening)

    def outcome(self, request: Request) -> Response[str]:
        """GET /v1/screenings."""
        request.only("bucket", "key", "version_id")
        version_id = request.query("version_id", "") or None
        ref = object_ref(self._api.store, request.query("bucket"), request.query("key"), version_id)
        return _json(self._api.ad_hoc.standing(self._ours(ref)))

    def objects(self, request: Request) -> Response[str]:
        """GET /v1/objects."""
        request.only("prefix", "verdict", "after", "limit")
        verdict = request.query("verdict", "")
        if verdict and verdict not in [known.value for known in Verdict]:
            raise HttpError(
                400,
                "InvalidParameter",
                f"verdict must be one of: {', '.join(known.value for known in Verdict)}",
                "Ask with one of them, or without.",
            )
        page = self._api.review.page(
            prefix=request.text("prefix", 1023),
            verdict=verdict,
            after=request.query("after", ""),
            limit=request.number("limit", 1, 100, 24),
        )
        return _json(page)

    def counts(self, request: Request) -> Response[str]:
        """GET /v1/counts."""
        request.only("hours")
        hours = request.number("hours", 1, 168, 24)
        return _json(self._api.review.counts(hours, datetime.now(timezone.utc)))

    def health(self, request: Request) -> Response[str]:
        """GET /v1/health."""
        request.only()
        told = {
            "status": "ok",
            "version": __version__,
            "local": self._api.local,
            "page": self._api.page,
            "largest_body": LARGEST_BODY,
        }
        return _json(told)

    def openapi(self, _: Request) -> Response[str]:
        """GET /openapi.json."""
        document = resources.files(__package__).joinpath("openapi.v1.json").read_text("utf-8")
        return Response(200, "application/json", document, {})

    def page(self, _: Request) -> Response[str]:
        """GET /."""
        return page(self._api.image_origins)

    def nothing(self, _: Request) -> Response[str]:
        """Any other path, or method."""
        allowed = _METHODS.get(self._app.current_event.path)
        if allowed is None or (self._app.current_event.path == "/" and not self._api.page):
            raise HttpError(404, "NotFound", "there is nothing here", "See GET /openapi.json.")
        refused = HttpError(405, "MethodNotAllowed", f"the methods here are {allowed}", "Use one.")
        response = _problem(refused.problem)
        response.headers["Allow"] = allowed
        return response

    def _screened(self, submission: submissions.Submission, key: str) -> dict[str, Any]:
        ends: Deadline = self._app.lambda_context.deadline  # type: ignore[attr-defined]
        deadline = min(ends, Deadline.after(self._api.longest_s), key=Deadline.left)
        if isinstance(submission, OfObject):
            ref = self._ours(submission.ref)
            return self._api.ad_hoc.of_object(ref, deadline, write_back=submission.write_back)
        if isinstance(submission, OfUrl):
            url = self._api.urls.checked(submission.url)
            return self._api.ad_hoc.of_url(url, submission.kind, deadline, key=key)
        return self._api.ad_hoc.of_bytes(submission.data, deadline, key=key)

    def _ours(self, ref: ObjectRef) -> ObjectRef:
        if ref.bucket == self._api.state_bucket:
            raise HttpError(
                403, "AccessDenied", "the state bucket holds no content", "Name another bucket."
            )
        return ref


def _json(told: dict[str, Any]) -> Response[str]:
    return Response(200, "application/json", json.dumps(told, ensure_ascii=False), {})


def _problem(problem: Problem) -> Response[str]:
    return Response(problem.status, PROBLEM_JSON, problem.body(), dict(problem.headers))
