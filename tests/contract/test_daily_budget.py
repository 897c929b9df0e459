"""The daily budget on the in-memory state, on OSS's appendable objects and on S3's conditional
writes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from facescreen.deepfake.budget import DailyBudget, count_reserved_calls_by_day
from facescreen.errors import DailyLimitReachedError
from facescreen.storage.ports import StateStore
from facescreen.testing.state_store import MemoryStateStore
from tests.contract.alibaba_services import SERVICE_FIXTURES

MAX_CALLS, INSTANCES = 50, 20
NOON = 1_795_435_200.0
"""2026-11-23T12:00:00Z."""


class PrefixedState:
    """A state store that adds a prefix to each name, so that no name is in use yet."""

    def __init__(self, state: StateStore, prefix: str) -> None:
        self._state = state
        self._prefix = prefix

    def read(self, key: str) -> bytes:
        return self._state.read(self._prefix + key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        return self._state.append(self._prefix + key, position, data)

    def list_keys(self, prefix: str, after: str) -> Iterator[str]:
        for name in self._state.list_keys(self._prefix + prefix, after and self._prefix + after):
            yield name.removeprefix(self._prefix)


@pytest.fixture(params=["memory", *SERVICE_FIXTURES])
def state(request: pytest.FixtureRequest) -> StateStore:
    if request.param == "memory":
        return MemoryStateStore()
    services = request.getfixturevalue(request.param)
    return PrefixedState(services.state(services.bucket), f"{uuid.uuid4().hex}/")


def test_twenty_concurrent_instances_make_exactly_the_allowed_calls(state: StateStore) -> None:
    def instance(number: int) -> int:
        budget, paid = DailyBudget(state, MAX_CALLS, clock=lambda: NOON), 0
        with suppress(DailyLimitReachedError):
            while True:
                permit = budget.reserve(0)
                if (paid + number) % 7:
                    paid += 1
                    permit.on_paid()
                else:
                    number += 1
                    permit.release()
        return paid

    with ThreadPoolExecutor(INSTANCES) as threads:
        paid = sum(threads.map(instance, range(INSTANCES)))
    assert paid == MAX_CALLS
    assert count_reserved_calls_by_day(state, "2026-11") == {"2026-11-23": MAX_CALLS}
