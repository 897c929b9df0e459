"""The routes of the HTTP API (openapi.v1.json), one decorated function each.

A route takes a Request, whose context holds `api`, `deadline` and `request_id`. It returns a dict,
which is sent as JSON, or a Response; an error that it raises is sent as problem+json. It needs a
token, unless its path is open to everyone. Powertools reads the annotations of its signature, so
what they name is imported at runtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from facescreen import __version__, telemetry
from facescreen.http import problems
from facescreen.http.auth import open_to_everyone
from facescreen.http.body import LARGEST_BODY, OfObject, OfUrl, read_body, read_submission
from facescreen.http.middleware import (
    ApiResolver,
    add_headers,
    check_ids,
    check_token,
    handle_errors,
    set_request_id,
)
from facescreen.http.page import content_security_policy, read_page
from facescreen.http.problems import HttpError
from facescreen.http.query import Query
from facescreen.model import Verdict
from facescreen.storage.keys import object_ref
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

    from facescreen.http.auth import Tokens
    from facescreen.http.body import Submission
    from facescreen.http.review import Review
    from facescreen.model import ObjectRef
    from facescreen.screening.on_demand import OnDemandScreener
    from facescreen.screening.url_rules import UrlRules

router = Router()
page_router = Router()
"""Left out where the deployment shows no page."""


@dataclass(frozen=True)
class Api:
    """What the routes work with."""

    ad_hoc: OnDemandScreener
    review: Review
    urls: UrlRules
    tokens: Tokens | None
    cors_origins: tuple[str, ...]
    state_bucket: str
    store: str
    image_origins: tuple[str, ...]
    """Where thumbnails come from, for the page's Content-Security-Policy."""
    page: bool
    longest_s: float
    local: bool


def create_app(api: Api) -> ApiResolver:
    """The API, for invocations with the context that invocation.adapt returns."""

    def set_context(
        app: LambdaFunctionUrlResolver, next_middleware: NextMiddleware
    ) -> Response[str]:
        invocation: Deadline = app.lambda_context.deadline  # type: ignore[attr-defined]
        deadline = min(invocation, Deadline.after(api.longest_s), key=Deadline.left)
        app.append_context(api=api, deadline=deadline)
        return next_middleware(app)

    app = ApiResolver(api.tokens, api.cors_origins)
    app.use([set_request_id, add_headers, check_token, check_ids, set_context])
    handle_errors(app)
    app.include_router(router)
    if api.page:
        app.include_router(page_router)
    return app


@router.post("/v1/screenings")
def screen(request: Request) -> dict[str, Any] | Response[str]:
    """Screen the object, the URL or the file that the body gives."""
    Query(request.query_parameters).allow_only()
    api: Api = request.context["api"]
    data = read_body(request.resolved_event)
    submission = read_submission(data, request.headers.get("content-type", ""), api.store)
    deadline, key = request.context["deadline"], request.headers.get("idempotency-key", "")
    screening = _screen(api, submission, deadline, key)
    telemetry.asked(screening, request.context["request_id"])
    problem = problems.of_screening(screening)
    return problem.to_response() if problem else screening


@router.get("/v1/screenings")
def get_outcome(request: Request) -> dict[str, Any]:
    """Get the outcome that stands on an object, without a call."""
    query = Query(request.query_parameters)
    query.allow_only("bucket", "key", "version_id")
    api: Api = request.context["api"]
    version_id = query.get("version_id", "") or None
    ref = object_ref(api.store, query.get("bucket"), query.get("key"), version_id)
    _refuse_state_bucket(api, ref)
    return api.ad_hoc.get_outcome(ref)


@router.get("/v1/objects")
def list_objects(request: Request) -> dict[str, Any]:
    """List screened objects for a reviewer, the latest first."""
    query = Query(request.query_parameters)
    query.allow_only("prefix", "verdict", "after", "limit")
    verdict = query.get("verdict", "")
    verdicts = [known.value for known in Verdict]
    if verdict and verdict not in verdicts:
        raise HttpError(
            400,
            "InvalidParameter",
            f"verdict must be one of: {', '.join(verdicts)}",
            "Ask with one of them, or without.",
        )
    api: Api = request.context["api"]
    return api.review.page(
        prefix=query.text("prefix", 1023),
        verdict=verdict,
        after=query.get("after", ""),
        limit=query.number("limit", 1, 100, 24),
    )


@router.get("/v1/counts")
def count_verdicts(request: Request) -> dict[str, Any]:
    """Count the verdicts of each of the last hours."""
    query = Query(request.query_parameters)
    query.allow_only("hours")
    hours = query.number("hours", 1, 168, 24)
    api: Api = request.context["api"]
    return api.review.counts(hours, datetime.now(timezone.utc))


@router.get(open_to_everyone("/v1/health"))
def get_health(request: Request) -> dict[str, Any]:
    """Show that the function runs, and what the page needs to know about it."""
    Query(request.query_parameters).allow_only()
    api: Api = request.context["api"]
    return {
        "status": "ok",
        "version": __version__,
        "local": api.local,
        "page": api.page,
        "largest_body": LARGEST_BODY,
    }


@router.get(open_to_everyone("/openapi.json"))
def get_openapi() -> Response[str]:
    """Get the document that describes this API."""
    document = Path(__file__).with_name("openapi.v1.json").read_text("utf-8")
    return Response(200, "application/json", document)


@page_router.get(open_to_everyone("/"))
def get_page(request: Request) -> Response[str]:
    """Get the page for reviewers."""
    api: Api = request.context["api"]
    html = read_page()
    policy = content_security_policy(html, api.image_origins)
    return Response(200, "text/html; charset=utf-8", html, {"Content-Security-Policy": policy})


def _screen(api: Api, submission: Submission, deadline: Deadline, key: str) -> dict[str, Any]:
    if isinstance(submission, OfObject):
        _refuse_state_bucket(api, submission.ref)
        return api.ad_hoc.screen_object(submission.ref, deadline, write_back=submission.write_back)
    if isinstance(submission, OfUrl):
        url = api.urls.checked(submission.url)
        return api.ad_hoc.screen_url(url, submission.kind, deadline, idempotency_key=key)
    return api.ad_hoc.screen_bytes(submission.data, deadline, idempotency_key=key)


def _refuse_state_bucket(api: Api, ref: ObjectRef) -> None:
    if ref.bucket == api.state_bucket:
        raise HttpError(
            403, "AccessDenied", "the state bucket holds no content", "Name another bucket."
        )
