"""Events for functions, and the record of an asynchronous one that failed."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field

from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import InvocationResult

UNHANDLED_ERROR_TYPE = "UnhandledInvocationError"
"""Function Compute's name for every error of a function, in headers and failure records."""
EVENT_EXPIRED_CONDITION = "EventAgeExceeded"
"""UNCONFIRMED: the condition of an expired event; this is Lambda's name for it."""


@dataclass(frozen=True)
class FunctionEvent:
    """One event for one function. `accepted_at` is in seconds since the epoch."""

    trigger: str
    """``oss`` for a bucket event, ``api`` for InvokeFunction, ``http`` for an HTTP trigger,
    ``timer`` for a time trigger."""
    payload: bytes = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted_at: float = field(default_factory=time.time)

    def remaining_s(self, max_age_s: float) -> float:
        """Return the seconds until the event is older than `max_age_s`."""
        return self.accepted_at + max_age_s - time.time()


def build_failure_record(
    deployed_function: DeployedFunction,
    event: FunctionEvent,
    attempts: int,
    result: InvocationResult | None,
    condition: str,
) -> bytes:
    """Return the record for the onFailure destination: function-compute.md, "onFailure record".

    `result` is that of the last attempt, None if there was none. UNCONFIRMED: that the timestamp is
    in milliseconds, the status code of an event without attempts, and `condition`.
    """
    record = {
        "timestamp": round(time.time() * 1000),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": deployed_function.arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event.payload.decode(errors="replace"),
        "responseContext": {
            "statusCode": 200 if result else 0,
            "functionError": UNHANDLED_ERROR_TYPE if result else "",
        },
        "responsePayload": result.payload.decode(errors="replace") if result else "",
    }
    return json.dumps(record, ensure_ascii=False).encode()
