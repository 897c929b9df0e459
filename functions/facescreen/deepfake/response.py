"""The service's answer: read leniently, never guessed at, and an error by its Code."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facescreen import errors
from facescreen.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_IN_HEADER = "x-facescreen-stand-in"
"""A local stand-in of the service names itself here; the real service does not send it."""
_VERDICTS = {"0": Verdict.LOW_RISK, "1": Verdict.HIGH_RISK, "2": Verdict.SUSPICIOUS}
_MOST_TAGS, _LONGEST_TAG, _LONGEST_TEXT = 16, 64, 1000

SUCCESS = frozenset({"Success", "200"})
_EXACT: dict[str, type[errors.FacescreenError]] = {
    "NoFaceDetected": errors.ContentFault,
    "UnqualifiedPhoto": errors.ContentFault,
    "ToolargeImage": errors.ContentFault,
    "DownloadTimeout": errors.SourceTimedOut,
    "InternalError": errors.Unavailable,
    "SignatureNonceUsed": errors.Unavailable,
    "InvalidTimeStamp.Expired": errors.CredentialsExpired,
    "SignatureDoesNotMatch": errors.BadCredentials,
    "IncompleteSignature": errors.BadCredentials,
    "DataDuplication": errors.BadRequest,
}
_BY_PREFIX: tuple[tuple[str, type[errors.FacescreenError]], ...] = (
    ("Throttling", errors.Throttled),
    ("ServiceUnavailable", errors.Unavailable),
    ("InvalidSecurityToken", errors.CredentialsExpired),
    ("InvalidAccessKeyId", errors.BadCredentials),
    ("Forbidden", errors.AccessRefused),
    ("MissingParameter", errors.BadRequest),
    ("InvalidParameter", errors.BadRequest),
    ("InvalidAction", errors.BadRequest),
    ("InvalidVersion", errors.BadRequest),
    ("Missing", errors.BadRequest),
)
REMEDIES = {
    "Forbidden.RAMUserAccessDenied": "grant the caller AliyunAntCloudAuthFullAccess",
    "Forbidden.AccountAccessDenied": "activate ID Verification, and settle overdue payments",
    "MissingParameter": "check SCENE_CODE",
    "InvalidParameter": "check SCENE_CODE",
    "SignatureDoesNotMatch": "check the AccessKey secret",
    "InvalidAccessKeyId.NotFound": "check the AccessKey ID, and that the endpoint is the account's",
}
"""What an operator should do, by code (face-deepfake.txt, "Status codes")."""


@dataclass(frozen=True)
class HttpResponse:
    """What an HTTP client received; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Detection:
    """A paid answer. FAILED is one that says Success but gives no result that we know."""

    verdict: Verdict
    risk_tags: tuple[str, ...]
    risk_scores: Mapping[str, float]
    request_id: str
    transaction_id: str
    stand_in: str = ""
    """How a local stand-in of the service names itself; empty for the real one."""


def parse_response(response: HttpResponse) -> Detection:
    """The detection in `response`. Raises the error that its Code stands for."""
    answer = _json_object(response)
    code = _text(answer.get("Code"))
    if code in SUCCESS:
        return _detection(answer, response)
    kind = classify(code, response.status)
    said = _text(answer.get("Message")) or f"HTTP status {response.status}"
    message = "; ".join(filter(None, (said, REMEDIES.get(code))))
    request_id = _text(answer.get("RequestId"))
    if issubclass(kind, errors.Throttled):
        wait = _retry_after(response.headers)
        raise kind(message, code=code, request_id=request_id, retry_after_s=wait)
    raise kind(message, code=code, request_id=request_id)


def classify(code: str, http_status: int) -> type[errors.FacescreenError]:
    """The error that `code` stands for; the status decides only where the code is unknown."""
    if code in _EXACT:
        return _EXACT[code]
    for prefix, kind in _BY_PREFIX:
        if code.startswith(prefix):
            return kind
    if http_status == 429:
        return errors.Throttled
    return errors.Unavailable if http_status >= 500 or not code else errors.OperatorFault


def _json_object(response: HttpResponse) -> dict[str, Any]:
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    kind = classify("", response.status)
    raise kind(f"the service answered HTTP {response.status} with a body that is no JSON object")


def _detection(answer: Mapping[str, Any], response: HttpResponse) -> Detection:
    given = answer.get("ResultObject")
    result = given if isinstance(given, dict) else {}
    verdict = _VERDICTS.get(_text(result.get("Result")).strip(), Verdict.FAILED)
    return Detection(
        verdict=verdict,
        risk_tags=_risk_tags(result.get("RiskTag")),
        risk_scores=_risk_scores(result.get("RiskScore")),
        request_id=_text(answer.get("RequestId")),
        transaction_id=_text(result.get("TransactionId")),
        stand_in=response.headers.get(STAND_IN_HEADER, ""),
    )


def _risk_tags(given: Any) -> tuple[str, ...]:
    """Comma-separated on the wire; an open set of names."""
    listed = given if isinstance(given, list) else _text(given).split(",")
    tags = [_text(tag).strip()[:_LONGEST_TAG] for tag in listed]
    return tuple(tag for tag in tags if tag)[:_MOST_TAGS]


def _risk_scores(given: Any) -> dict[str, float]:
    """Scores come as text or as numbers; what is neither is left out."""
    scores: dict[str, float] = {}
    for tag, value in list(given.items())[:_MOST_TAGS] if isinstance(given, dict) else ():
        try:
            score = float(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(score):
            scores[str(tag)[:_LONGEST_TAG]] = score
    return scores


def _text(given: Any) -> str:
    """A text, or a number as one, cut to what an error repeats. Empty for the rest."""
    return str(given)[:_LONGEST_TEXT] if isinstance(given, (str, int, float)) else ""


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; ``x-acs-retry-after`` is in milliseconds by the gateway's SDKs."""
    for name, unit in (("x-acs-retry-after", 0.001), ("retry-after", 1.0)):
        try:
            wait = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 < wait < math.inf:
            return wait
    return 0
