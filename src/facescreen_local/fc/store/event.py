"""Asynchronous events: what is delivered, and what is told of one that failed for good."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field

from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_local.fc.runtime.instance import Result

ERROR_TYPE = "UnhandledInvocationError"
"""Function Compute's name for every error of a function, in headers and failure records."""
EXPIRED = "EventAgeExceeded"
"""UNCONFIRMED: the condition of an event that grew too old; this is Lambda's word for it."""


@dataclass(frozen=True)
class Event:
    """One event for one function, on its way since `accepted` (epoch seconds)."""

    trigger: str
    """``oss`` for a bucket event, ``api`` for InvokeFunction, ``http`` for an HTTP trigger,
    ``timer`` for a time trigger."""
    payload: bytes = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted: float = field(default_factory=time.time)

    def remaining_s(self, max_age_s: float) -> float:
        """Seconds until it is older than `max_age_s`."""
        return self.accepted + max_age_s - time.time()


def failure_record(
    deployment: Deployment, event: Event, attempts: int, result: Result | None, condition: str
) -> bytes:
    """What the onFailure destination gets: function-compute.md, "onFailure record".

    `result` is the last attempt's, None where none was made. UNCONFIRMED: that the timestamp
    is in milliseconds, the status code of an event that was never tried, and `condition`.
    """
    record = {
        "timestamp": round(time.time() * 1000),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": deployment.arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event.payload.decode(errors="replace"),
        "responseContext": {
            "statusCode": 200 if result else 0,
            "functionError": ERROR_TYPE if result else "",
        },
        "responsePayload": result.payload.decode(errors="replace") if result else "",
    }
    return json.dumps(record, ensure_ascii=False).encode()
