"""A workbench with a quarantine, and what may strike it between two operations."""

from __future__ import annotations

from collections.abc import Callable

from facescreen.model import ObjectRef
from facescreen.settings.table import QuarantineSettings
from tests.fakes import MemoryStore
from tests.unit.workbench import REF, Bench

MOVE = QuarantineSettings("move", "held", "quarantine/", on_stand_in=False)
PRIVATE = QuarantineSettings("private", "", "quarantine/", on_stand_in=False)
ORIGINAL = (REF.bucket, REF.key)


class Killed(Exception):
    """The process ends here."""


def strike(store: MemoryStore, number: int, how: Callable[[], object]) -> list[str]:
    """Has `how` happen right before the store's `number`-th operation from now on; gives the names
    of all operations, as they come."""
    seen: list[str] = []

    def before(operation: str) -> None:
        seen.append(operation)
        if len(seen) == number:
            how()

    store.before = before
    return seen


def calm(store: MemoryStore) -> None:
    """Nothing strikes any more."""
    store.before = lambda operation: None


def kill() -> None:
    raise Killed


def copies(bench: Bench) -> list[ObjectRef]:
    """What stands in quarantine."""
    return [ObjectRef("oss", MOVE.bucket, key) for key in bench.store.keys_in(MOVE.bucket)]


def stands(bench: Bench) -> bool:
    """Whether anything stands where it was uploaded to."""
    return bench.store.holds(*ORIGINAL)
