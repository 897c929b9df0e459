"""Objects are read concurrently and returned in order."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from facescreen_cli.interrupt import StopSignal
from facescreen_cli.verdicts import read_concurrently


@pytest.fixture
def frequent_thread_switches() -> Iterator[None]:
    """Switch threads as often as possible."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("frequent_thread_switches")
@pytest.mark.parametrize("extra_reads", range(20))
def test_a_stopped_reading_returns_results_without_a_gap(extra_reads: int) -> None:
    stop = StopSignal()

    def read(number: int) -> int:
        time.sleep(0.002)  # many wait for a thread
        stop.interrupted |= number == 300 + extra_reads
        return number

    results = list(read_concurrently(range(1000), read, stop))
    assert results == list(range(len(results)))
    assert 0 < len(results) < 1000
