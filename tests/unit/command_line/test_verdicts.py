"""Objects that are read several at a time, and in order."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import read_concurrently


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("turn", range(20))
def test_what_is_stopped_leaves_no_gap(turn: int) -> None:
    stop = StopSignal()

    def read(number: int) -> int:
        time.sleep(0.002)  # many wait for a thread
        stop.interrupted |= number == 300 + turn
        return number

    came = list(read_concurrently(range(1000), read, stop))
    assert came == list(range(len(came)))
    assert 0 < len(came) < 1000
