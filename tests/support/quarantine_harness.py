"""Helpers for a ScreenerHarness with a quarantine: interrupt it between two store operations."""

from __future__ import annotations

from collections.abc import Callable

from facescreen.model import ObjectRef
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.stores import MemoryStore
from tests.support.screener_harness import PHOTO_REF, ScreenerHarness

MOVE_SETTINGS = QuarantineSettings("move", "held", "quarantine/", on_stand_in=False)
PRIVATE_SETTINGS = QuarantineSettings("private", "", "quarantine/", on_stand_in=False)
ORIGINAL = (PHOTO_REF.bucket, PHOTO_REF.key)


class ProcessKilledError(Exception):
    """The process ended here."""


def call_before_operation(store: MemoryStore, number: int, how: Callable[[], object]) -> list[str]:
    """Call `how` right before the store's `number`-th operation from now on. Returns the list that
    the names of all operations are added to."""
    seen: list[str] = []

    def before(operation: str) -> None:
        seen.append(operation)
        if len(seen) == number:
            how()

    store.before = before
    return seen


def stop_interrupting(store: MemoryStore) -> None:
    """Let every operation through."""
    store.before = lambda operation: None


def raise_killed() -> None:
    raise ProcessKilledError


def quarantined_copies(harness: ScreenerHarness) -> list[ObjectRef]:
    """The objects in the quarantine bucket."""
    return [
        ObjectRef("oss", MOVE_SETTINGS.bucket, key)
        for key in harness.store.keys(MOVE_SETTINGS.bucket)
    ]


def original_exists(harness: ScreenerHarness) -> bool:
    """Whether an object exists where the photograph was uploaded to."""
    return harness.store.exists(*ORIGINAL)
