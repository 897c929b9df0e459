"""Helpers for a ScreenerHarness with a quarantine, which act between two store operations."""

from __future__ import annotations

from collections.abc import Callable

from facescreen.deepfake.response import Detection
from facescreen.model import ObjectRef
from facescreen.settings.table import QuarantineSettings
from facescreen.testing.object_store import MemoryStore
from tests.support.screener_harness import PHOTO_REF, ScreenerHarness

MOVE_SETTINGS = QuarantineSettings("move", "held", "quarantine/", on_emulated=False)
PRIVATE_SETTINGS = QuarantineSettings("private", "", "quarantine/", on_emulated=False)

BUCKETS = ["oss", "oss versioned", "s3", "s3 versioned"]
"""The buckets that differ in what quarantine does in them."""


class ProcessKilledError(Exception):
    """Stands for the process being killed."""


def create_harness(
    bucket: str,
    *script: Detection | Exception,
    settings: QuarantineSettings = MOVE_SETTINGS,
    flagged: tuple[bytes, ...] = (),
) -> ScreenerHarness:
    """A ScreenerHarness with a quarantine, in one of BUCKETS."""
    name, _, versioned = bucket.partition(" ")
    harness = ScreenerHarness(
        *script, quarantine=settings, versioned=bool(versioned), flagged=flagged
    )
    harness.store.name = name
    return harness


def keeps_original(bucket: str) -> bool:
    """Whether a moved object also stays where it was, private: without versions, OSS can't delete
    it without deleting a newer upload."""
    return bucket == "oss"


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


def kill_before_operation(harness: ScreenerHarness, number: int) -> list[str]:
    """Kill the process before the `number`-th operation on either store from now on: from then on
    it writes nothing. Returns a list to which the name of each operation is added as it begins."""
    operations: list[str] = []

    def before(operation: str) -> None:
        operations.append(operation)
        if len(operations) >= number:
            raise ProcessKilledError

    harness.store.before_operation = harness.state.before_operation = before
    return operations


def restart(harness: ScreenerHarness) -> None:
    """Let every operation through again, after the claims of the killed process have expired."""
    stop_interrupting(harness.store)
    harness.state.before_operation = lambda operation: None
    harness.clock.sleep(90)


def quarantined_copies(harness: ScreenerHarness) -> list[ObjectRef]:
    """The objects in the quarantine bucket."""
    return [
        ObjectRef("oss", MOVE_SETTINGS.bucket, key)
        for key in harness.store.list_keys(MOVE_SETTINGS.bucket)
    ]


def original_exists(harness: ScreenerHarness) -> bool:
    """Whether an object exists at the key the photograph was uploaded to."""
    return harness.store.exists(PHOTO_REF.bucket, PHOTO_REF.key)
