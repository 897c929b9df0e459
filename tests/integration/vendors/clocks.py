"""A wrong system clock, as the SDKs see it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone, tzinfo

import pytest

LATE = timedelta(hours=1)


class _LateDatetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) - LATE

    @classmethod
    def utcnow(cls) -> datetime:  # type: ignore[override]
        return datetime.now(timezone.utc).replace(tzinfo=None) - LATE


def set_clock_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock back by `LATE`."""
    now, utc = time.time, time.gmtime

    def late() -> float:
        return now() - LATE.total_seconds()

    monkeypatch.setattr("time.time", late)
    monkeypatch.setattr("time.gmtime", lambda at=None: utc(late() if at is None else at))
    for name in ("datetime", "oss2.auth", "alibabacloud_tea_openapi.utils"):
        monkeypatch.setattr(f"{name}.datetime", _LateDatetime)
