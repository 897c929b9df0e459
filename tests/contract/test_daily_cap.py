"""The same cap on the fake state, on OSS's appendable objects, and on S3's conditional writes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from facescreen.deepfake.budget import DailyBudget, count_reserved_calls_by_day
from facescreen.errors import DailyLimitReachedError
from facescreen.storage.ports import StateStore
from facescreen.testing.stores import MemoryState
from tests.contract.place import REAL

MOST, INSTANCES = 50, 20
NOON = 1_795_435_200.0
"""2026-11-23T12:00:00Z."""


class Within:
    """A state in which no name was taken yet."""

    def __init__(self, state: StateStore, prefix: str) -> None:
        self._state = state
        self._prefix = prefix

    def read(self, key: str) -> bytes:
        return self._state.read(self._prefix + key)

    def append(self, key: str, position: int, data: bytes) -> bool:
        return self._state.append(self._prefix + key, position, data)

    def list_names(self, prefix: str, after: str) -> Iterator[str]:
        for name in self._state.list_names(self._prefix + prefix, after and self._prefix + after):
            yield name.removeprefix(self._prefix)


@pytest.fixture(params=["fake", *REAL])
def state(request: pytest.FixtureRequest) -> StateStore:
    if request.param == "fake":
        return MemoryState()
    place = request.getfixturevalue(request.param)
    return Within(place.state(place.bucket), f"{uuid.uuid4().hex}/")


def test_twenty_instances_race_to_the_cap_and_not_beyond(state: StateStore) -> None:
    def instance(number: int) -> int:
        cap, paid = DailyBudget(state, MOST, clock=lambda: NOON), 0
        with suppress(DailyLimitReachedError):
            while True:
                permit = cap.reserve(0)
                if (paid + number) % 7:
                    paid += 1
                    permit.on_paid()
                else:
                    number += 1
                    permit.release()
        return paid

    with ThreadPoolExecutor(INSTANCES) as racers:
        paid = sum(racers.map(instance, range(INSTANCES)))
    assert paid == MOST
    assert count_reserved_calls_by_day(state, "2026-11") == {"2026-11-23": MOST}
