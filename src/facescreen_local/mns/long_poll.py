"""Long polling: receivers that wait for a queue are woken as soon as it changes."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class LongPolls:
    """The waiting polls, by queue. Use it on one event loop only."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    def wake(self, queue: str) -> None:
        """Wake every poll of the queue; those that find no message wait again."""
        for woken in self._waiting.get(queue, ()):
            woken.set()

    async def wait(self, queue: str, timeout_s: float) -> None:
        """Return when the queue has changed, or after `timeout_s`."""
        woken = asyncio.Event()
        self._waiting[queue].add(woken)
        try:
            await asyncio.wait_for(woken.wait(), timeout_s)
        except asyncio.TimeoutError:
            return
        finally:
            self._waiting[queue].discard(woken)
            if not self._waiting[queue]:
                del self._waiting[queue]

    def close(self) -> None:
        """Wake every poll; none waits again."""
        self.closed = True
        for queue in list(self._waiting):
            self.wake(queue)
