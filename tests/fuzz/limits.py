"""What any input may cost: 50 ms of CPU time, 16 MB, and no exception but the declared ones.

python -m tests.fuzz.limits TARGET FILE prints what is wrong with how a file is taken, if anything.
"""

from __future__ import annotations

import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.targets import TARGETS

MOST_CPU_S = 0.05
MOST_MEMORY = 16 * 1024 * 1024


def fault(target: Callable[[bytes], object], content: bytes) -> str:
    """What is wrong with how `target` takes `content`, in a line; empty where nothing is."""
    return raised(target, content) or too_slow(target, content) or too_large(target, content)


def raised(target: Callable[[bytes], object], content: bytes) -> str:
    """The exception that should not be, and where it comes from."""
    try:
        target(content)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {place.name}, {Path(place.filename).name}"
    return ""


def too_slow(target: Callable[[bytes], object], content: bytes) -> str:
    """The best of three, since the machine has other work too."""
    best = min(cpu_s(target, content) for _ in range(3))
    return f"too slow: {best * 1000:.0f} ms" if best > MOST_CPU_S else ""


def cpu_s(target: Callable[[bytes], object], content: bytes) -> float:
    """Seconds of this thread's CPU time."""
    begin = time.thread_time()
    target(content)
    return time.thread_time() - begin


def too_large(target: Callable[[bytes], object], content: bytes) -> str:
    """The peak of what Python allocates."""
    tracemalloc.start()
    try:
        target(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return f"too large: {peak // 1024} KB" if peak > MOST_MEMORY else ""


if __name__ == "__main__":
    sys.stdout.write(fault(TARGETS[sys.argv[1]], Path(sys.argv[2]).read_bytes()))
