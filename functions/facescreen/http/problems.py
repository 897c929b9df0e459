"""Error responses as RFC 9457 problem+json: the code, who is responsible, and what to do."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.event_handler import Response

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_MEDIA_TYPE = "application/problem+json"


class HttpError(Exception):
    """The request is invalid. `allow` lists the methods that the path accepts."""

    def __init__(
        self, status: int, code: str, detail: str, remedy: str, *, allow: str = ""
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, code, "caller", detail, remedy, allow=allow)


@dataclass(frozen=True)
class Problem:
    """One error response."""

    status: int
    code: str
    """The service's own code if it sent one, otherwise ours."""
    matter: str
    """Who is responsible: ``content``, ``caller``, ``operator`` or ``service``."""
    detail: str
    remedy: str
    request_id: str = ""
    """The service's RequestId."""
    retry_after_s: float = 0
    allow: str = ""
    """The methods that the path accepts, separated by commas."""
    screening: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers besides the content type."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if self.retry_after_s:
            headers["Retry-After"] = str(math.ceil(self.retry_after_s))
        if self.allow:
            headers["Allow"] = self.allow
        return headers

    def to_json(self) -> str:
        """Return the JSON body."""
        fields = {
            "type": "about:blank",
            "title": _TITLES_BY_STATUS[self.status],
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "matter": self.matter,
            "remedy": self.remedy,
        }
        if self.request_id:
            fields["request_id"] = self.request_id
        if self.screening is not None:
            fields["screening"] = dict(self.screening)
        return json.dumps(fields, ensure_ascii=False)

    def to_response(self) -> Response[str]:
        """Return the response for the caller."""
        return Response(self.status, PROBLEM_MEDIA_TYPE, self.to_json(), self.headers)


def build_invalid_parameter_error(detail: str) -> HttpError:
    """Return the error for a body or a query that openapi.v1.json does not allow."""
    return HttpError(400, "InvalidParameter", detail, _CORRECT_REQUEST_REMEDY)


def build_screening_problem(screening: Mapping[str, Any]) -> Problem | None:
    """Return the problem of a screening without a verdict; None if it has one."""
    if screening["verdict"] == "unscreenable":
        return Problem(
            422,
            screening["reason"].partition(":")[0],
            "content",
            screening["detail"],
            _RETAKE_REMEDY,
            screening["request_id"],
            screening=screening,
        )
    if screening["verdict"] == "failed":
        return Problem(
            502,
            screening["reason"],
            "service",
            screening["detail"],
            "Contact the service's support and quote the request_id. A retry is paid for again.",
            screening["request_id"],
            screening=screening,
        )
    return None


def build_error_problem(error: errors.FacescreenError) -> Problem:
    """Return the problem that describes an error."""
    rule = next((rule for rule in _PROBLEM_RULES if rule.matches(error)), _DEFAULT_PROBLEM_RULE)
    return Problem(
        rule.status,
        error.code or rule.code or error.name,
        rule.matter,
        str(error),
        rule.remedy,
        error.request_id,
        _get_retry_after_s(error, rule.status),
    )


def build_internal_problem() -> Problem:
    """Return the problem for an unexpected exception. Only the log says what it was."""
    remedy = (
        "Contact the operator of this deployment: the log has the details for this X-Request-Id."
    )
    return Problem(500, "InternalError", "operator", "facescreen failed unexpectedly", remedy)


def _get_retry_after_s(error: errors.FacescreenError, status: int) -> float:
    if isinstance(error, errors.ThrottledError):
        return max(1.0, error.retry_after_s)
    return 1.0 if status in (409, 503) else 0


class _ProblemRule(NamedTuple):
    error_class: type[errors.FacescreenError]
    status: int
    code: str
    """Used where the error's own name is too vague."""
    matter: str
    remedy: str
    service_code: str | None = None
    """Match only errors with this service code; an empty one matches errors of our own checks."""

    def matches(self, error: errors.FacescreenError) -> bool:
        return isinstance(error, self.error_class) and self.service_code in (None, error.code)


_WAIT_FOR_NEXT_DAY_REMEDY = "Try again after 00:00 UTC, or ask the operator to raise DAILY_CALLS."
_TRY_AGAIN_REMEDY = "Try again: the problem may be temporary."
_ASK_OPERATOR_REMEDY = "Ask the operator of this deployment to fix what the detail describes."
_TRY_AGAIN_MAY_BE_PAID_REMEDY = (
    "Try again, through the API with an Idempotency-Key: the call may have been made and paid for."
)
_SPEED_UP_DOWNLOAD_REMEDY = "Make sure that the URL can be downloaded within 3 seconds."
_CHECK_BUCKET_REMEDY = "Check the bucket's name."
_GRANT_READ_REMEDY = (
    "Choose an object that this deployment's role may read, or ask the operator to grant access."
)
_RETAKE_REMEDY = "Send a better photo or clip of the same person."
_CORRECT_REQUEST_REMEDY = "Correct the request as the detail describes."
_USE_PUBLIC_URL_REMEDY = "Use an https URL of a public host, or submit the object."
_CHECK_OBJECT_REMEDY = "Check the object: it was overwritten or deleted."

# The first matching rule applies.
_PROBLEM_RULES = (
    _ProblemRule(
        errors.InvalidRequestError, 400, "InvalidParameter", "caller", _CORRECT_REQUEST_REMEDY
    ),
    _ProblemRule(errors.UrlRefusedError, 400, "", "caller", _USE_PUBLIC_URL_REMEDY),
    _ProblemRule(errors.ContentError, 422, "", "content", _RETAKE_REMEDY),
    _ProblemRule(errors.NotScreenedError, 404, "", "caller", "Screen it with POST /v1/screenings."),
    _ProblemRule(
        errors.IdempotencyKeyReusedError,
        422,
        "IdempotencyKeyReused",
        "caller",
        "Use a new idempotency key.",
    ),
    _ProblemRule(
        errors.ObjectNotFoundError, 404, "NoSuchKey", "caller", "Check the bucket and the key."
    ),
    _ProblemRule(
        errors.InvalidSettingsError,
        404,
        "",
        "caller",
        _CHECK_BUCKET_REMEDY,
        service_code="NoSuchBucket",
    ),
    _ProblemRule(
        errors.AccessDeniedError,
        403,
        "",
        "operator",
        _GRANT_READ_REMEDY,
        service_code="AccessDenied",
    ),
    _ProblemRule(
        errors.RequestRejectedError,
        400,
        "InvalidParameter",
        "caller",
        _CORRECT_REQUEST_REMEDY,
        service_code="",
    ),
    _ProblemRule(
        errors.RequestRejectedError,
        400,
        "",
        "caller",
        _CORRECT_REQUEST_REMEDY,
        service_code="InvalidArgument",
    ),
    _ProblemRule(errors.ObjectChangedError, 409, "", "caller", _CHECK_OBJECT_REMEDY),
    _ProblemRule(errors.AlreadyInProgressError, 409, "", "caller", _TRY_AGAIN_REMEDY),
    _ProblemRule(
        errors.DailyLimitReachedError, 429, "DailyCallsSpent", "operator", _WAIT_FOR_NEXT_DAY_REMEDY
    ),
    _ProblemRule(
        errors.ThrottledError,
        429,
        "",
        "service",
        "Wait a moment, then try again. The Retry-After header has the number of seconds.",
    ),
    _ProblemRule(errors.ResponseTimeoutError, 504, "", "service", _TRY_AGAIN_MAY_BE_PAID_REMEDY),
    _ProblemRule(
        errors.SourceDownloadTimeoutError,
        504,
        "DownloadTimeout",
        "caller",
        _SPEED_UP_DOWNLOAD_REMEDY,
    ),
    _ProblemRule(errors.TransientError, 503, "", "service", _TRY_AGAIN_REMEDY),
)
_DEFAULT_PROBLEM_RULE = _ProblemRule(
    errors.FacescreenError, 500, "", "operator", _ASK_OPERATOR_REMEDY
)

_TITLES_BY_STATUS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
