"""The routes of the HTTP API (openapi.v1.json), one decorated function each.

A route takes a Request whose context holds `services`, `deadline`, `request_id` and `caller`. It
returns a dict, which is sent as JSON, or a Response. Errors that it raises are sent as
problem+json. Routes need a token unless their path is public. Powertools evaluates the annotations
of a route's signature, so the types in them are imported at runtime.
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
from facescreen.http.auth import allow_anonymous
from facescreen.http.body import (
    MAX_BODY_BYTES,
    ObjectSubmission,
    UrlSubmission,
    parse_submission,
    read_body,
)
from facescreen.http.middleware import (
    ApiResolver,
    add_common_headers,
    check_id_headers,
    check_token,
    register_error_handlers,
    set_request_id,
)
from facescreen.http.page import build_content_security_policy, read_page
from facescreen.http.problems import HttpError
from facescreen.http.query import QueryParameters
from facescreen.model import Verdict
from facescreen.screening.idempotency import IdempotencyKey
from facescreen.storage.keys import parse_object_ref
from facescreen.timing import Deadline

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

    from facescreen.http.auth import TokenVerifier
    from facescreen.http.body import Submission
    from facescreen.http.review import ReviewList
    from facescreen.model import ObjectRef
    from facescreen.screening.on_demand import OnDemandScreener
    from facescreen.screening.url_rules import UrlRules

api_router = Router()
page_router = Router()
"""Not included if the deployment does not serve the page."""


@dataclass(frozen=True)
class ApiServices:
    """The services and settings that the routes use."""

    on_demand_screener: OnDemandScreener
    review_list: ReviewList
    url_rules: UrlRules
    token_verifier: TokenVerifier | None
    cors_origins: tuple[str, ...]
    state_bucket: str
    store_name: str
    image_origins: tuple[str, ...]
    """The origins of thumbnails, for the page's Content-Security-Policy."""
    serves_page: bool
    max_wait_s: float
    is_local: bool


def create_app(services: ApiServices) -> ApiResolver:
    """Create the API, for invocations with the context that invocation.adapt_context returns."""

    def set_context(
        app: LambdaFunctionUrlResolver, next_middleware: NextMiddleware
    ) -> Response[str]:
        invocation_deadline: Deadline = app.lambda_context.deadline  # type: ignore[attr-defined]
        deadline = min(
            invocation_deadline, Deadline.after(services.max_wait_s), key=Deadline.remaining_s
        )
        app.append_context(services=services, deadline=deadline)
        return next_middleware(app)

    app = ApiResolver(services.token_verifier, services.cors_origins)
    app.use([set_request_id, add_common_headers, check_token, check_id_headers, set_context])
    register_error_handlers(app)
    app.include_router(api_router)
    if services.serves_page:
        app.include_router(page_router)
    return app


@api_router.post("/v1/screenings")
def screen(request: Request) -> dict[str, Any] | Response[str]:
    """Screen the object, URL or file in the body."""
    QueryParameters(request.query_parameters).reject_unknown()
    services: ApiServices = request.context["services"]
    body = read_body(request.resolved_event)
    content_type = request.headers.get("content-type", "")
    submission = parse_submission(body, content_type, services.store_name)
    header = request.headers.get("idempotency-key", "")
    idempotency_key = IdempotencyKey(header, request.context["caller"]) if header else None
    screening = _screen_submission(
        services, submission, request.context["deadline"], idempotency_key
    )
    telemetry.record_response(screening, request.context["request_id"])
    problem = problems.build_screening_problem(screening)
    return problem.to_response() if problem else screening


@api_router.get("/v1/screenings")
def get_outcome(request: Request) -> dict[str, Any]:
    """Get the known outcome of an object, without a call to the service."""
    query = QueryParameters(request.query_parameters)
    query.reject_unknown("bucket", "key", "version_id")
    services: ApiServices = request.context["services"]
    version_id = query.get("version_id", "") or None
    ref = parse_object_ref(services.store_name, query.get("bucket"), query.get("key"), version_id)
    _reject_state_bucket(services, ref)
    return services.on_demand_screener.get_outcome(ref, request.context["deadline"])


@api_router.get("/v1/objects")
def list_objects(request: Request) -> dict[str, Any]:
    """List screened objects for a reviewer, newest first."""
    query = QueryParameters(request.query_parameters)
    query.reject_unknown("prefix", "verdict", "after", "limit")
    verdict = query.get("verdict", "")
    verdicts = [known.value for known in Verdict]
    if verdict and verdict not in verdicts:
        raise HttpError(
            400,
            "InvalidParameter",
            f"verdict must be one of: {', '.join(verdicts)}",
            "Use one of these verdicts, or omit the parameter.",
        )
    services: ApiServices = request.context["services"]
    return services.review_list.list_page(
        prefix=query.get_text("prefix", 1023),
        verdict=verdict,
        after=query.get("after", ""),
        limit=query.get_int("limit", 1, 100, 24),
    )


@api_router.get("/v1/counts")
def count_verdicts(request: Request) -> dict[str, Any]:
    """Count the verdicts of the last hours, hour by hour."""
    query = QueryParameters(request.query_parameters)
    query.reject_unknown("hours")
    hours = query.get_int("hours", 1, 168, 24)
    services: ApiServices = request.context["services"]
    return services.review_list.count_by_hour(hours, datetime.now(timezone.utc))


@api_router.get(allow_anonymous("/v1/health"))
def get_health(request: Request) -> dict[str, Any]:
    """Report that the function runs, and what the page needs to know about it."""
    QueryParameters(request.query_parameters).reject_unknown()
    services: ApiServices = request.context["services"]
    return {
        "status": "ok",
        "version": __version__,
        "local": services.is_local,
        "page": services.serves_page,
        "largest_body": MAX_BODY_BYTES,
    }


@api_router.get(allow_anonymous("/openapi.json"))
def get_openapi() -> Response[str]:
    """Return the OpenAPI document of this API."""
    document = Path(__file__).with_name("openapi.v1.json").read_text("utf-8")
    return Response(200, "application/json", document)


@page_router.get(allow_anonymous("/"))
def get_page(request: Request) -> Response[str]:
    """Return the review page."""
    services: ApiServices = request.context["services"]
    html = read_page()
    policy = build_content_security_policy(html, services.image_origins)
    return Response(200, "text/html; charset=utf-8", html, {"Content-Security-Policy": policy})


def _screen_submission(
    services: ApiServices,
    submission: Submission,
    deadline: Deadline,
    idempotency_key: IdempotencyKey | None,
) -> dict[str, Any]:
    if isinstance(submission, ObjectSubmission):
        _reject_state_bucket(services, submission.ref)
        return services.on_demand_screener.screen_object(
            submission.ref,
            deadline,
            write_back=submission.write_back,
            idempotency_key=idempotency_key,
        )
    if isinstance(submission, UrlSubmission):
        url = services.url_rules.check(submission.url)
        return services.on_demand_screener.screen_url(
            url, submission.kind, deadline, idempotency_key=idempotency_key
        )
    return services.on_demand_screener.screen_bytes(
        submission.data, deadline, idempotency_key=idempotency_key
    )


def _reject_state_bucket(services: ApiServices, ref: ObjectRef) -> None:
    if ref.bucket == services.state_bucket:
        raise HttpError(
            403, "AccessDenied", "the state bucket has no content to screen", "Use another bucket."
        )
