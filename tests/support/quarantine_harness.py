"""Helpers for a ScreenerHarness with a quarantine, which act between two store operations."""

from __future__ import annotations

from collections.abc import Callable

from facescreen.model import ObjectRef
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.stores import MemoryStore
from tests.support.screener_harness import PHOTO_REF, ScreenerHarness

MOVE_SETTINGS = QuarantineSettings("move", "held", "quarantine/", on_emulated=False)
PRIVATE_SETTINGS = QuarantineSettings("private", "", "quarantine/", on_emulated=False)


class ProcessKilledError(Exception):
    """Stands for the process being killed."""


def call_before_operation(
    store: MemoryStore, number: int, action: Callable[[], object]
) -> list[str]:
    """Call `action` before the store's `number`-th operation from now on.

    Returns a list to which the name of each operation is added as it begins.
    """
    operations: list[str] = []

    def before(operation: str) -> None:
        operations.append(operation)
        if len(operations) == number:
            action()

    store.before_operation = before
    return operations


def stop_interrupting(store: MemoryStore) -> None:
    """Let every operation through."""
    store.before_operation = lambda operation: None


def raise_killed() -> None:
    raise ProcessKilledError


def quarantined_copies(harness: ScreenerHarness) -> list[ObjectRef]:
    """The objects in the quarantine bucket."""
    return [
        ObjectRef("oss", MOVE_SETTINGS.bucket, key)
        for key in harness.store.list_keys(MOVE_SETTINGS.bucket)
    ]


def original_exists(harness: ScreenerHarness) -> bool:
    """Whether an object exists at the key the photograph was uploaded to."""
    return harness.store.exists(PHOTO_REF.bucket, PHOTO_REF.key)
