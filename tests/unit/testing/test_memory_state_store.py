"""Appends to the in-memory state store whose response is lost or that land late."""

from __future__ import annotations

import pytest

from facescreen.errors import ServiceUnavailableError
from facescreen.testing.state_store import MemoryStateStore


def test_an_append_whose_response_is_lost_was_carried_out() -> None:
    state = MemoryStateStore()
    state.lose_next_response("append")
    with pytest.raises(ServiceUnavailableError):
        state.append("a", 0, b"one")
    assert state.read("a") == b"one"
    assert not state.append("a", 0, b"one")


def test_a_held_append_lands_only_at_its_position() -> None:
    state = MemoryStateStore()
    for data in (b"late", b"later"):
        state.hold_next("append")
        with pytest.raises(ServiceUnavailableError):
            state.append("a", 0, data)
    assert state.read("a") == b""
    state.land_held(1)
    state.land_held()
    assert state.read("a") == b"later"


def test_a_hook_can_fail_an_append() -> None:
    state = MemoryStateStore()
    operations: list[str] = []

    def fail_append(operation: str) -> None:
        operations.append(operation)
        if operation == "append":
            raise ServiceUnavailableError("down")

    state.before_operation = fail_append
    with pytest.raises(ServiceUnavailableError):
        state.append("a", 0, b"x")
    assert state.read("a") == b""
    assert list(state.list_keys("", "")) == []
    assert operations == ["append", "read", "list"]


def test_a_snapshot_can_be_restored() -> None:
    state = MemoryStateStore()
    state.append("a", 0, b"x")
    snapshot = state.snapshot()
    state.append("a", 1, b"y")
    assert state.snapshot() != snapshot
    state.restore(snapshot)
    assert state.read("a") == b"x"
    assert hash(state.snapshot()) == hash(snapshot)
