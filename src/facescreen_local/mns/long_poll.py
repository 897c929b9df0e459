"""Long polling: who waits for a queue is woken the moment something happens there."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Arrivals:
    """Waiting polls by queue. To be used on one event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    def announce(self, queue: str) -> None:
        """Wakes everyone who waits for the queue; who finds nothing waits again."""
        for waiting in self._waiting.get(queue, ()):
            waiting.set()

    async def wait(self, queue: str, longest_s: float) -> None:
        """Returns when something happened to the queue, or after `longest_s`."""
        happened = asyncio.Event()
        self._waiting[queue].add(happened)
        try:
            await asyncio.wait_for(happened.wait(), longest_s)
        except asyncio.TimeoutError:
            return
        finally:
            self._waiting[queue].discard(happened)
            if not self._waiting[queue]:
                del self._waiting[queue]

    def close(self) -> None:
        """Wakes everyone for the last time."""
        self.closed = True
        for queue in list(self._waiting):
            self.announce(queue)
