"""The limits for any input: 50 ms of CPU time, 16 MB, and only declared exceptions.

``python -m tests.fuzz.limits TARGET FILE`` prints the limit that a file exceeds, if any.
"""

from __future__ import annotations

import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.targets import TARGETS

MAX_CPU_S = 0.05
MAX_MEMORY_BYTES = 16 * 1024 * 1024


def find_violation(target: Callable[[bytes], object], content: bytes) -> str:
    """Describe in one line which limit `target` exceeds with `content`; empty if none."""
    return (
        find_unexpected_error(target, content)
        or find_slowness(target, content)
        or find_memory_excess(target, content)
    )


def find_unexpected_error(target: Callable[[bytes], object], content: bytes) -> str:
    """The name of an undeclared exception and where it is raised; empty if there is none."""
    try:
        target(content)
    except Exception as error:  # noqa: BLE001 - any exception here is a finding
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {place.name}, {Path(place.filename).name}"
    return ""


def find_slowness(target: Callable[[bytes], object], content: bytes) -> str:
    """Say if the best of three runs exceeds the CPU time; other processes use the machine too."""
    best = min(measure_cpu_s(target, content) for _ in range(3))
    return f"too slow: {best * 1000:.0f} ms" if best > MAX_CPU_S else ""


def measure_cpu_s(target: Callable[[bytes], object], content: bytes) -> float:
    """Measure the seconds of this thread's CPU time."""
    started = time.thread_time()
    target(content)
    return time.thread_time() - started


def find_memory_excess(target: Callable[[bytes], object], content: bytes) -> str:
    """Say if the peak of Python's allocations exceeds the limit."""
    tracemalloc.start()
    try:
        target(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return f"too large: {peak // 1024} KB" if peak > MAX_MEMORY_BYTES else ""


if __name__ == "__main__":
    sys.stdout.write(find_violation(TARGETS[sys.argv[1]], Path(sys.argv[2]).read_bytes()))
