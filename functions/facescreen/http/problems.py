"""Every failure as RFC 9457 problem+json: the code, whose matter it is, and what to do."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.event_handler import Response

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_JSON = "application/problem+json"


class HttpError(Exception):
    """The caller must send another request; `allow` are the methods that the path takes."""

    def __init__(
        self, status: int, code: str, detail: str, remedy: str, *, allow: str = ""
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, code, "caller", detail, remedy, allow=allow)


@dataclass(frozen=True)
class Problem:
    """One failure, for the caller."""

    status: int
    code: str
    """The service's own where it gave one, else ours."""
    matter: str
    """Whose it is: ``content``, ``caller``, ``operator`` or ``service``."""
    detail: str
    remedy: str
    request_id: str = ""
    """The service's RequestId."""
    retry_after_s: float = 0
    allow: str = ""
    """The methods that the path takes, with commas."""
    screening: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What goes beside the content type."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if self.retry_after_s:
            headers["Retry-After"] = str(math.ceil(self.retry_after_s))
        if self.allow:
            headers["Allow"] = self.allow
        return headers

    def body(self) -> str:
        """The JSON."""
        told = {
            "type": "about:blank",
            "title": _TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "matter": self.matter,
            "remedy": self.remedy,
        }
        if self.request_id:
            told["request_id"] = self.request_id
        if self.screening is not None:
            told["screening"] = dict(self.screening)
        return json.dumps(told, ensure_ascii=False)

    def to_response(self) -> Response[str]:
        """The answer to the caller."""
        return Response(self.status, PROBLEM_JSON, self.body(), self.headers)


def invalid_parameter(detail: str) -> HttpError:
    """For a body or a query that openapi.v1.json does not allow."""
    return HttpError(400, "InvalidParameter", detail, _CONTRACT)


def of_screening(screening: Mapping[str, Any]) -> Problem | None:
    """The problem of an outcome that is no verdict; None for one that is."""
    if screening["verdict"] == "unscreenable":
        return Problem(
            422,
            screening["reason"].partition(":")[0],
            "content",
            screening["detail"],
            _BETTER,
            screening["request_id"],
            screening=screening,
        )
    if screening["verdict"] == "failed":
        return Problem(
            502,
            screening["reason"],
            "service",
            screening["detail"],
            "Quote the request_id to the service's support; asking again pays again.",
            screening["request_id"],
            screening=screening,
        )
    return None


def of_error(error: errors.FacescreenError) -> Problem:
    """The problem that an error is."""
    rule = next((rule for rule in _RULES if rule.fits(error)), _OTHERS)
    return Problem(
        rule.status,
        error.code or rule.code or error.name,
        rule.matter,
        str(error),
        rule.remedy,
        error.request_id,
        _retry_after_s(error, rule.status),
    )


def unforeseen() -> Problem:
    """A fault of our own; what it was, only the log says."""
    remedy = "Tell whoever runs this deployment: the log has a line with the X-Request-Id."
    return Problem(500, "InternalError", "operator", "facescreen failed", remedy)


def _retry_after_s(error: errors.FacescreenError, status: int) -> float:
    if isinstance(error, errors.ThrottledError):
        return max(1.0, error.retry_after_s)
    return 1.0 if status in (409, 503) else 0


class _Rule(NamedTuple):
    kind: type[errors.FacescreenError]
    status: int
    code: str
    """Where the error's own name says too little."""
    matter: str
    remedy: str
    only: str | None = None
    """Fits only errors with this code of a service's; an empty one: of our own checks."""

    def fits(self, error: errors.FacescreenError) -> bool:
        return isinstance(error, self.kind) and self.only in (None, error.code)


_TOMORROW = "Ask again after midnight UTC, or have DAILY_CALLS raised."
_AGAIN = "Ask again; it may pass."
_SETUP = "Tell whoever runs this deployment: the detail says what is wrong."
_MAY_PAY = "Ask again, with an Idempotency-Key: the call may have been served and paid for."
_TOO_SLOW = "Make sure that the URL can be downloaded within 3 seconds."
_BUCKET = "Check the bucket's name."
_UNREADABLE = "Ask for an object that this deployment's role may read, or have it granted."
_BETTER = "Send a better photo or clip of the same person."
_CONTRACT = "GET /openapi.json says what is taken."
_PUBLIC_URL = "Give an https URL of a public host, or the object."
_STANDS = "Look at the object again: its bytes changed or went away."

# The first one whose kind fits is meant.
_RULES = (
    _Rule(errors.InvalidRequestError, 400, "InvalidParameter", "caller", _CONTRACT),
    _Rule(errors.UrlRefusedError, 400, "", "caller", _PUBLIC_URL),
    _Rule(errors.ContentError, 422, "", "content", _BETTER),
    _Rule(errors.NotScreenedError, 404, "", "caller", "POST it to /v1/screenings."),
    _Rule(
        errors.IdempotencyKeyReusedError,
        422,
        "IdempotencyKeyReused",
        "caller",
        "Use a key of its own.",
    ),
    _Rule(errors.ObjectNotFoundError, 404, "NoSuchKey", "caller", "Check the bucket and the key."),
    _Rule(errors.InvalidSettingsError, 404, "", "caller", _BUCKET, only="NoSuchBucket"),
    _Rule(errors.AccessDeniedError, 403, "", "operator", _UNREADABLE, only="AccessDenied"),
    _Rule(errors.RequestRejectedError, 400, "InvalidParameter", "caller", _CONTRACT, only=""),
    _Rule(errors.RequestRejectedError, 400, "", "caller", _CONTRACT, only="InvalidArgument"),
    _Rule(errors.ObjectChangedError, 409, "", "caller", _STANDS),
    _Rule(errors.AlreadyInProgressError, 409, "", "caller", _AGAIN),
    _Rule(errors.DailyLimitReachedError, 429, "DailyCallsSpent", "operator", _TOMORROW),
    _Rule(errors.ThrottledError, 429, "", "service", "Wait for as long as Retry-After says."),
    _Rule(errors.ResponseTimeoutError, 504, "", "service", _MAY_PAY),
    _Rule(errors.SourceDownloadTimeoutError, 504, "DownloadTimeout", "caller", _TOO_SLOW),
    _Rule(errors.TransientError, 503, "", "service", _AGAIN),
)
_OTHERS = _Rule(errors.FacescreenError, 500, "", "operator", _SETUP)

_TITLES = {
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
