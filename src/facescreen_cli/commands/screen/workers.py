"""Screens several targets at a time in worker threads."""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from facescreen.errors import OperatorError
from facescreen_cli.commands.screen.target_screener import TargetResult
from facescreen_cli.commands.screen.targets import ScreenTarget
from facescreen_cli.interrupt import StopRequestedError, StopSignal

_MAX_WORKERS = 64
_POLL_INTERVAL_S = 0.2


def choose_worker_count(calls_per_second: float, targets: int) -> int:
    """Enough threads to use the rate with calls of four seconds; not more than targets."""
    return max(1, min(_MAX_WORKERS, math.ceil(4 * calls_per_second), targets))


def screen_concurrently(
    targets: Iterable[ScreenTarget],
    screen: Callable[[ScreenTarget], TargetResult],
    stop: StopSignal,
    thread_count: int,
) -> Iterator[TargetResult]:
    """Yields results as they arrive. Once a stop is requested it yields those in progress and
    ends."""
    waiting = deque(targets)
    done: queue.SimpleQueue[TargetResult | None] = queue.SimpleQueue()

    def run_worker() -> None:
        try:
            while waiting and not stop.requested:
                done.put(screen(waiting.popleft()))
        except (StopRequestedError, IndexError):  # another took the last one
            pass
        except OperatorError as error:
            stop.error = stop.error or error
        finally:
            done.put(None)

    with ThreadPoolExecutor(thread_count) as pool:
        futures = [pool.submit(run_worker) for _ in range(thread_count)]
        try:
            yield from _iterate_results(done, thread_count)
        finally:
            stop.closed = True
        for future in futures:
            future.result()


def _iterate_results(
    done: queue.SimpleQueue[TargetResult | None], thread_count: int
) -> Iterator[TargetResult]:
    while thread_count:
        try:
            result = done.get(timeout=_POLL_INTERVAL_S)
        except queue.Empty:
            continue  # lets Python handle a signal
        if result is None:
            thread_count -= 1
        else:
            yield result
