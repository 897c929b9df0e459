"""Many targets at once: threads that take the next one until none is left."""

from __future__ import annotations

import math
import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from facescreen.errors import OperatorError
from facescreen_cli.commands.screen.target_screener import Result
from facescreen_cli.commands.screen.targets import Target
from facescreen_cli.interrupt import StopRequestedError, StopSignal

_MOST = 64
_POLL_S = 0.2


def workers(calls_per_second: float, targets: int) -> int:
    """Enough to use the rate while each answer takes four seconds; not more than work."""
    return max(1, min(_MOST, math.ceil(4 * calls_per_second), targets))


def results(
    targets: Iterable[Target], judge: Callable[[Target], Result], stop: StopSignal, size: int
) -> Iterator[Result]:
    """As they come. Ends early once `stop` asks for it, with those that were under way."""
    todo = deque(targets)
    done: queue.SimpleQueue[Result | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            while todo and not stop.requested:
                done.put(judge(todo.popleft()))
        except (StopRequestedError, IndexError):  # another took the last one
            pass
        except OperatorError as fault:
            stop.error = stop.error or fault
        finally:
            done.put(None)

    with ThreadPoolExecutor(size) as pool:
        ends = [pool.submit(work) for _ in range(size)]
        try:
            yield from _until_ended(done, size)
        finally:
            stop.closed = True
        for end in ends:
            end.result()


def _until_ended(done: queue.SimpleQueue[Result | None], size: int) -> Iterator[Result]:
    while size:
        try:
            result = done.get(timeout=_POLL_S)
        except queue.Empty:
            continue  # a signal is heard in between
        if result is None:
            size -= 1
        else:
            yield result
