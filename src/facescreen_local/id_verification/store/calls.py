"""What was asked of the service: who calls, and how often."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote, urlsplit

_WAYS = ("FaceUrl", "FaceBase64", "FaceFile")
_LONGEST = 2048
_MOST_CALLS = 250_000


@dataclass(frozen=True)
class Call:
    """One answered detection."""

    operation: str
    way: str
    """``FaceUrl``, ``FaceBase64`` or ``FaceFile``; empty where none was given."""
    merchant_biz_id: str
    object: str
    """``oss://bucket/key`` of the local OSS, the URL without its query of another host, or empty
    for what came with the request or was uploaded for it."""
    time: str
    """When it came: UTC, ``2026-11-23T04:05:06.789Z``."""
    code: str = ""

    @property
    def billed(self) -> bool:
        """Only a Success is (id-verification-api.md, "Quota and price")."""
        return self.code == "Success"

    @classmethod
    def at(cls, came: float, operation: str, given: Mapping[str, str]) -> Call:
        """A call with the parameters `given` that `came` at this instant, in epoch seconds."""
        instant = datetime.fromtimestamp(came, timezone.utc)
        return cls(
            operation=operation,
            way=next((way for way in _WAYS if given.get(way)), ""),
            merchant_biz_id=given.get("MerchantBizId", "")[:_LONGEST],
            object=_object(given.get("FaceUrl", ""))[:_LONGEST],
            time=instant.isoformat(timespec="milliseconds")[:-6] + "Z",
        )

    def answered(self, code: str) -> Call:
        """The same call with its answer."""
        return replace(self, code=code)

    def to_dict(self) -> dict[str, Any]:
        """As ``GET /calls`` of the admin address answers it."""
        return {
            "operation": self.operation,
            "way": self.way,
            "MerchantBizId": self.merchant_biz_id,
            "object": self.object,
            "time": self.time,
            "code": self.code,
            "billed": self.billed,
        }


class Rate:
    """The calls of the last second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def admit(self, per_second: float | None, came: float) -> bool:
        """Whether one more call stays within `per_second`; one that does is counted. `came` is the
        very instant that the call is told with: two readings of a clock may lie far apart."""
        while self._times and came - self._times[0] >= 1:
            self._times.popleft()
        if per_second is not None and len(self._times) >= per_second:
            return False
        self._times.append(came)
        return True


class Calls:
    """The detections since the last reset, and the quotas that they count against: each operation
    has its own."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget them, those that count against the quotas too."""
        self.answered: deque[Call] = deque(maxlen=_MOST_CALLS)
        """The oldest first."""
        self._rates: dict[str, Rate] = defaultdict(Rate)

    def admit(self, operation: str, quota: float | None, came: float) -> bool:
        """Whether one more call stays within `quota` calls a second: see Rate."""
        return self._rates[operation].admit(quota, came)

    def add(self, call: Call) -> None:
        """Keep an answered call."""
        self.answered.append(call)


def _object(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    path = unquote(parts.path)
    if host == "127.0.0.1":
        return f"oss:/{path}"
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}" if host else ""
