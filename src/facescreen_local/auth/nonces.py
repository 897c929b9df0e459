"""Signature nonces that were used already."""

from __future__ import annotations

import time

_MOST = 100_000


class Nonces:
    """Those of the last `seconds`, oldest first; 100,000 at most."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, float] = {}

    def first_seen(self, nonce: str) -> bool:
        """Whether this is the nonce's first use; from now on it is used."""
        now = time.monotonic()
        self._forget(now)
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) < _MOST and now - self._seen[oldest] <= self._seconds:
                return
            del self._seen[oldest]
