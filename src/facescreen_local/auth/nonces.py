"""The signature nonces that were used already."""

from __future__ import annotations

import time

_MAX_NONCES = 100_000


class UsedNonces:
    """The nonces of the last `lifetime_s` seconds, at most 100,000."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._seen: dict[str, float] = {}

    def mark_used(self, nonce: str) -> bool:
        """Mark the nonce as used; return False if it was already."""
        now = time.monotonic()
        self._drop_expired(now)
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True

    def _drop_expired(self, now: float) -> None:
        # Insertion order is age order, so the oldest comes first.
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) < _MAX_NONCES and now - self._seen[oldest] <= self._lifetime_s:
                return
            del self._seen[oldest]
