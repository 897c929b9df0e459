"""The service's responses: the detection, or the error for its Code. Unknown values never become
a verdict."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facescreen import errors
from facescreen.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

EMULATOR_HEADER = "x-facescreen-stand-in"
"""A local emulator of the service sends its name in this header. The real service does not send
it."""
_VERDICTS_BY_RESULT = {"0": Verdict.LOW_RISK, "1": Verdict.HIGH_RISK, "2": Verdict.SUSPICIOUS}
_MAX_TAGS, _MAX_TAG_CHARS, _MAX_TEXT_CHARS = 16, 64, 1000

SUCCESS_CODES = frozenset({"Success", "200"})
_ERRORS_BY_CODE: dict[str, type[errors.FacescreenError]] = {
    "NoFaceDetected": errors.ContentError,
    "UnqualifiedPhoto": errors.ContentError,
    "ToolargeImage": errors.ContentError,
    "DownloadTimeout": errors.SourceDownloadTimeoutError,
    "InternalError": errors.ServiceUnavailableError,
    "SignatureNonceUsed": errors.ServiceUnavailableError,
    "InvalidTimeStamp.Expired": errors.CredentialsExpiredError,
    "SignatureDoesNotMatch": errors.InvalidCredentialsError,
    "IncompleteSignature": errors.InvalidCredentialsError,
    "DataDuplication": errors.RequestRejectedError,
}
_ERRORS_BY_CODE_PREFIX: tuple[tuple[str, type[errors.FacescreenError]], ...] = (
    ("Throttling", errors.ThrottledError),
    ("ServiceUnavailable", errors.ServiceUnavailableError),
    ("InvalidSecurityToken", errors.CredentialsExpiredError),
    ("InvalidAccessKeyId", errors.InvalidCredentialsError),
    ("Forbidden", errors.AccessDeniedError),
    ("MissingParameter", errors.RequestRejectedError),
    ("InvalidParameter", errors.RequestRejectedError),
    ("InvalidAction", errors.RequestRejectedError),
    ("InvalidVersion", errors.RequestRejectedError),
    ("Missing", errors.RequestRejectedError),
)
REMEDIES_BY_CODE = {
    "Forbidden.RAMUserAccessDenied": "grant the caller AliyunAntCloudAuthFullAccess",
    "Forbidden.AccountAccessDenied": "activate ID Verification, and settle overdue payments",
    "MissingParameter": "check SCENE_CODE",
    "InvalidParameter": "check SCENE_CODE",
    "SignatureDoesNotMatch": "check the AccessKey secret",
    "InvalidAccessKeyId.NotFound": "check the AccessKey ID, and that the endpoint is the account's",
}
"""What the operator should do, by code (face-deepfake.txt, "Status codes")."""


@dataclass(frozen=True)
class HttpResponse:
    """A response that an HTTP client received. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Detection:
    """A paid result. The verdict is FAILED if the service reports success with an unknown
    result."""

    verdict: Verdict
    risk_tags: tuple[str, ...]
    risk_scores: Mapping[str, float]
    request_id: str
    transaction_id: str
    emulator_name: str = ""
    """The name of the local emulator that answered; empty for the real service."""


def parse_response(response: HttpResponse) -> Detection:
    """Return the detection in `response`. Raises the error for its Code."""
    body = _parse_json_object(response)
    code = _to_string(body.get("Code"))
    if code in SUCCESS_CODES:
        return _parse_detection(body, response)
    error_class = get_error_class(code, response.status)
    service_message = _to_string(body.get("Message")) or f"HTTP status {response.status}"
    message = "; ".join(filter(None, (service_message, REMEDIES_BY_CODE.get(code))))
    request_id = _to_string(body.get("RequestId"))
    if issubclass(error_class, errors.ThrottledError):
        wait_s = _parse_retry_after_s(response.headers)
        raise error_class(message, code=code, request_id=request_id, retry_after_s=wait_s)
    raise error_class(message, code=code, request_id=request_id)


def get_error_class(code: str, http_status: int) -> type[errors.FacescreenError]:
    """Return the error class for `code`. The HTTP status counts only if the code is unknown."""
    if code in _ERRORS_BY_CODE:
        return _ERRORS_BY_CODE[code]
    for prefix, error_class in _ERRORS_BY_CODE_PREFIX:
        if code.startswith(prefix):
            return error_class
    if http_status == 429:
        return errors.ThrottledError
    return (
        errors.ServiceUnavailableError if http_status >= 500 or not code else errors.OperatorError
    )


def _parse_json_object(response: HttpResponse) -> dict[str, Any]:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    error_class = get_error_class("", response.status)
    raise error_class(
        f"the service answered HTTP {response.status} and a body that is not a JSON object"
    )


def _parse_detection(body: Mapping[str, Any], response: HttpResponse) -> Detection:
    result = body.get("ResultObject")
    if not isinstance(result, dict):
        result = {}
    verdict = _VERDICTS_BY_RESULT.get(_to_string(result.get("Result")).strip(), Verdict.FAILED)
    return Detection(
        verdict=verdict,
        risk_tags=_parse_risk_tags(result.get("RiskTag")),
        risk_scores=_parse_risk_scores(result.get("RiskScore")),
        request_id=_to_string(body.get("RequestId")),
        transaction_id=_to_string(result.get("TransactionId")),
        emulator_name=response.headers.get(EMULATOR_HEADER, ""),
    )


def _parse_risk_tags(risk_tag: Any) -> tuple[str, ...]:
    """Parse the names, which are separated by commas. New ones may appear at any time."""
    names = risk_tag if isinstance(risk_tag, list) else _to_string(risk_tag).split(",")
    tags = [_to_string(tag).strip()[:_MAX_TAG_CHARS] for tag in names]
    return tuple(tag for tag in tags if tag)[:_MAX_TAGS]


def _parse_risk_scores(risk_score: Any) -> dict[str, float]:
    """Parse the scores, which are strings or numbers. Skips other values."""
    scores: dict[str, float] = {}
    for tag, value in list(risk_score.items())[:_MAX_TAGS] if isinstance(risk_score, dict) else ():
        try:
            score = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(score):
            scores[str(tag)[:_MAX_TAG_CHARS]] = score
    return scores


def _to_string(value: Any) -> str:
    """Return a string or a number as a string of limited length; empty for other types."""
    return str(value)[:_MAX_TEXT_CHARS] if isinstance(value, (str, int, float)) else ""


def _parse_retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the delay in seconds; 0 if there is none. ``x-acs-retry-after`` is in milliseconds,
    according to the gateway's SDKs."""
    for name, unit_s in (("x-acs-retry-after", 0.001), ("retry-after", 1.0)):
        try:
            wait_s = float(headers.get(name, "")) * unit_s
        except ValueError:
            continue
        if 0 < wait_s < math.inf:
            return wait_s
    return 0
