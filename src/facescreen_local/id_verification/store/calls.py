"""The log of detection calls, and the limit on their rate."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_SOURCE_PARAMETERS = ("FaceUrl", "FaceBase64", "FaceFile")
_MAX_FIELD_LENGTH = 2048
_MAX_CALLS = 250_000


@dataclass(frozen=True)
class DetectionCall:
    """One detection call."""

    operation: str
    source: str
    """``FaceUrl``, ``FaceBase64`` or ``FaceFile``; empty if none was given."""
    merchant_biz_id: str
    object: str
    """``oss://bucket/key`` for the local OSS, the URL without its query for another host, empty for
    input in the request or an upload."""
    time: str
    """When it was received: UTC, ``2026-11-23T04:05:06.789Z``."""
    request_id: str = ""
    sha256: str = ""
    """Of the bytes that were judged; empty if none were received."""
    code: str = ""
    result: str = ""
    """The analyzer's ``0``, ``1`` or ``2``; empty without a verdict."""
    answered: str = ""
    """When the answer was ready, in the form of `time`."""
    disturbed: bool = False
    """Whether the client may not have the answer: a scripted fault delayed or replaced it, or the
    client had closed the connection before it was ready."""

    @property
    def billed(self) -> bool:
        """Whether the call is billed: only a Success is (id-verification-api.md, "Quota and
        price")."""
        return self.code == "Success"

    @classmethod
    def from_parameters(
        cls,
        received_at: float,
        operation: str,
        parameters: Mapping[str, str],
        request_id: str = "",
    ) -> DetectionCall:
        """Create a call without a result code. `received_at` is in seconds since the epoch."""
        return cls(
            operation=operation,
            source=next((source for source in _SOURCE_PARAMETERS if parameters.get(source)), ""),
            merchant_biz_id=parameters.get("MerchantBizId", "")[:_MAX_FIELD_LENGTH],
            object=_describe_object(parameters.get("FaceUrl", ""))[:_MAX_FIELD_LENGTH],
            time=_format_instant(received_at),
            request_id=request_id,
        )

    def with_content(self, content: bytes) -> DetectionCall:
        """Return a copy of the call with the hash of the bytes to judge."""
        return replace(self, sha256=hashlib.sha256(content).hexdigest())

    def with_answer(self, code: str, result: str = "", *, disturbed: bool = False) -> DetectionCall:
        """Return a copy of the call with its result code, and the analyzer's result if it has
        one."""
        answered = _format_instant(time.time())
        return replace(self, code=code, result=result, answered=answered, disturbed=disturbed)

    def to_dict(self) -> dict[str, Any]:
        """Return the call as ``GET /calls`` of the admin API lists it."""
        return {
            "operation": self.operation,
            "way": self.source,
            "MerchantBizId": self.merchant_biz_id,
            "object": self.object,
            "time": self.time,
            "request_id": self.request_id,
            "sha256": self.sha256,
            "code": self.code,
            "result": self.result,
            "answered": self.answered,
            "disturbed": self.disturbed,
            "billed": self.billed,
        }


class CallRateLimit:
    """Limits the number of calls in any second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def allow(self, per_second: float | None, received_at: float) -> bool:
        """Return whether one more call is within `per_second`, and count it if so.

        `received_at` must be the time that the call is logged with: two clock readings can differ
        by a lot.
        """
        while self._times and received_at - self._times[0] >= 1:
            self._times.popleft()
        if per_second is not None and len(self._times) >= per_second:
            return False
        self._times.append(received_at)
        return True


class CallLog:
    """The detection calls since the last reset, in a file that survives a restart. Each operation
    has its own quota."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rate_limits: dict[str, CallRateLimit] = defaultdict(CallRateLimit)
        lines = path.read_text().splitlines() if path.exists() else []
        self._calls = deque(
            (DetectionCall(**json.loads(line)) for line in lines), maxlen=_MAX_CALLS
        )

    def reset(self) -> None:
        """Clear the calls, including those that count against the quotas."""
        self._calls.clear()
        self._rate_limits.clear()
        self._path.unlink(missing_ok=True)

    @property
    def calls(self) -> list[DetectionCall]:
        """The oldest first."""
        return list(self._calls)

    def allow(self, operation: str, quota: float | None, received_at: float) -> bool:
        """Return whether one more call is within `quota` calls per second; see
        CallRateLimit.allow."""
        return self._rate_limits[operation].allow(quota, received_at)

    def add(self, call: DetectionCall) -> None:
        """Add a finished call."""
        self._calls.append(call)
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(call)) + "\n")


def _format_instant(seconds: float) -> str:
    instant = datetime.fromtimestamp(seconds, timezone.utc)
    return instant.isoformat(timespec="milliseconds")[:-6] + "Z"


def _describe_object(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    path = unquote(parts.path)
    if host == "127.0.0.1":
        return f"oss:/{path}"
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}" if host else ""
