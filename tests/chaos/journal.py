"""The journal of a campaign: what the uploaders did, when, and what the store answered."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from time import time

from tests.chaos.plan import Action

MAX_LATE_S = 10.0
"""How long after its client gave up a request may still act."""


@dataclass
class Operation:
    """One request, or one attempt of it. Times are in seconds since the epoch."""

    bucket: str
    key: str
    action: Action
    sha256: str
    """Of the bytes that were written; empty if none were."""
    started: float
    ended: float = 0.0
    etag: str = ""
    """As the store answered; empty if no answer came."""
    version_id: str = ""
    succeeded: bool = False

    def overlaps(self, since: float, until: float) -> bool:
        """Whether it may have acted between two times."""
        latest = self.ended if self.succeeded else self.ended + MAX_LATE_S
        return self.started <= until and latest >= since


@dataclass
class Journal:
    """Every operation of the uploaders, by bucket and key. Safe to use from several threads."""

    operations: list[Operation] = field(default_factory=list)
    _by_object: dict[tuple[str, str], list[Operation]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def record(self, bucket: str, key: str, action: Action, sha256: str) -> Iterator[Operation]:
        """Record one attempt. It succeeded if the block sets `succeeded`."""
        operation = Operation(bucket, key, action, sha256, time(), time() + 3600)
        self.add(operation)
        try:
            yield operation
        finally:
            operation.ended = time()

    def add(self, operation: Operation) -> None:
        with self._lock:
            self.operations.append(operation)
            self._by_object[operation.bucket, operation.key].append(operation)

    def about(self, bucket: str, key: str) -> list[Operation]:
        """The operations on one object, in their order."""
        with self._lock:
            return list(self._by_object.get((bucket, key), ()))

    def recent_objects(self, since: float) -> list[tuple[str, str]]:
        """The objects with an operation since a time, each once."""
        with self._lock:
            recent = takewhile(lambda one: one.started >= since, reversed(self.operations))
            return list(dict.fromkeys((one.bucket, one.key) for one in recent))
