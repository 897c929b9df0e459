"""Instances that work on one state, switched at random, so that a seed repeats what happened."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

from facescreen.errors import ServiceUnavailableError
from facescreen.testing.stores import MemoryState

TROUBLE = 0.02
"""The share of requests that fail, before or after they were served."""


class Interleaved(MemoryState):
    """Only one instance runs at a time; another may go on before each request of it."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.failed_appends = Counter[str]()
        """By the name's second part."""
        self._chance = chance
        self._own = threading.local()
        self._batons: dict[int, threading.Event] = {}
        self._raised: list[Exception] = []

    def read(self, key: str) -> bytes:
        self._switch()
        self._may_fail()
        return super().read(key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        self._switch()
        try:
            self._may_fail()
            done = super().append(key, position, data)
            self._may_fail()
        except ServiceUnavailableError:
            self.failed_appends[key.split("/")[1]] += 1
            raise
        return done

    def run(self, instance: Callable[[], None], count: int) -> None:
        """Runs `count` instances to their ends."""
        self._batons = {number: threading.Event() for number in range(count)}
        threads = [threading.Thread(target=self._run, args=[n, instance]) for n in self._batons]
        for thread in threads:
            thread.start()
        self._pass_on()
        for thread in threads:
            thread.join()
        for error in self._raised:
            raise error

    def _run(self, number: int, instance: Callable[[], None]) -> None:
        self._own.number = number
        self._batons[number].wait()
        try:
            instance()
        except Exception as error:  # noqa: BLE001 - raised again where the test sees it
            self._raised.append(error)
        finally:
            del self._batons[number]
            self._pass_on()

    def _switch(self) -> None:
        baton = self._batons[self._own.number]
        baton.clear()
        self._pass_on()
        baton.wait()

    def _pass_on(self) -> None:
        if self._batons:
            self._batons[self._chance.choice(list(self._batons))].set()

    def _may_fail(self) -> None:
        if self._chance.random() < TROUBLE:
            raise ServiceUnavailableError("OSS can't be reached")
