"""Tests of the client don't wait."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _skip_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    async def skip_sleep(seconds: float) -> None:
        return

    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("asyncio.sleep", skip_sleep)
