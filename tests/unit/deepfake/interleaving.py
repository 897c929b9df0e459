"""Instances that share one state store and are interleaved at random, reproducibly by a seed."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

from facescreen.errors import ServiceUnavailableError
from facescreen.testing.state_store import MemoryStateStore

FAILURE_RATE = 0.02
"""The share of requests that fail, before or after they take effect."""


class InterleavedState(MemoryStateStore):
    """Lets one instance run at a time, and may switch to another before each of its requests."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.failed_appends = Counter[str]()
        """The number of failed appends by the second part of the name."""
        self._rng = rng
        self._current = threading.local()
        self._batons: dict[int, threading.Event] = {}
        self._errors: list[Exception] = []

    def read(self, key: str) -> bytes:
        self._switch()
        self._fail_sometimes()
        return super().read(key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        self._switch()
        try:
            self._fail_sometimes()
            appended = super().append(key, position, data)
            self._fail_sometimes()
        except ServiceUnavailableError:
            self.failed_appends[key.split("/")[1]] += 1
            raise
        return appended

    def run(self, instance: Callable[[], None], count: int) -> None:
        """Run `count` instances to their ends."""
        self._batons = {number: threading.Event() for number in range(count)}
        threads = [threading.Thread(target=self._run, args=[n, instance]) for n in self._batons]
        for thread in threads:
            thread.start()
        self._wake_any()
        for thread in threads:
            thread.join()
        for error in self._errors:
            raise error

    def _run(self, number: int, instance: Callable[[], None]) -> None:
        self._current.number = number
        self._batons[number].wait()
        try:
            instance()
        except Exception as error:  # noqa: BLE001 - raised again in the test's thread
            self._errors.append(error)
        finally:
            del self._batons[number]
            self._wake_any()

    def _switch(self) -> None:
        baton = self._batons[self._current.number]
        baton.clear()
        self._wake_any()
        baton.wait()

    def _wake_any(self) -> None:
        if self._batons:
            self._batons[self._rng.choice(list(self._batons))].set()

    def _fail_sometimes(self) -> None:
        if self._rng.random() < FAILURE_RATE:
            raise ServiceUnavailableError("OSS can't be reached")
