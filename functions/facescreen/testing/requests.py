"""What can happen to a request to an in-memory service: something in between, a lost response, or a
late arrival."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from facescreen.errors import FacescreenError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class HeldRequest:
    """A request that its client has given up and that the service has not carried out yet."""

    operation: str
    method: str
    args: tuple[Hashable, ...]


class RequestPoint:
    """The base of in-memory stores and buses: every operation of a port passes here.

    `before_operation` is called with the name of each operation before it runs, and
    `after_operation` before its result is returned. Both may raise or change the service. If
    `after_operation` raises, the operation was carried out and its response is lost.
    """

    def __init__(self) -> None:
        self.before_operation: Callable[[str], None] = lambda _operation: None
        self.after_operation: Callable[[str], None] = lambda _operation: None
        self._to_hold: Counter[str] = Counter()
        self._to_lose: Counter[str] = Counter()
        self._held: list[HeldRequest] = []

    def hold_next(self, operation: str) -> None:
        """Hold the next request for `operation` back: it raises ServiceUnavailableError, as after a
        timeout, and `land_held` carries it out."""
        self._to_hold[operation] += 1

    def lose_next_response(self, operation: str) -> None:
        """Carry the next request for `operation` out, but raise ServiceUnavailableError."""
        self._to_lose[operation] += 1

    @property
    def held_requests(self) -> tuple[HeldRequest, ...]:
        """The requests that are held back, the oldest first."""
        return tuple(self._held)

    def land_held(self, index: int = 0) -> None:
        """Carry a held request out, by its index in `held_requests`. No hook is called, and its
        result or error is dropped: nobody waits for it."""
        held = self._held.pop(index)
        with suppress(FacescreenError):
            getattr(self, held.method)(*held.args)

    def _perform(self, operation: str, method: Callable[..., _Result], *args: Hashable) -> _Result:
        self.before_operation(operation)
        if _take(self._to_hold, operation):
            self._held.append(HeldRequest(operation, method.__name__, args))
            raise _build_timeout_error(operation)
        result = method(*args)
        self.after_operation(operation)
        if _take(self._to_lose, operation):
            raise _build_timeout_error(operation)
        return result

    def _snapshot_requests(self) -> Hashable:
        return (
            tuple(self._held),
            frozenset(self._to_hold.items()),
            frozenset(self._to_lose.items()),
        )

    def _restore_requests(self, snapshot: Any) -> None:
        held, to_hold, to_lose = snapshot
        self._held = list(held)
        for counter, items in ((self._to_hold, to_hold), (self._to_lose, to_lose)):
            counter.clear()
            if items:
                counter.update(dict(items))


def _take(counter: Counter[str], operation: str) -> bool:
    """Count the operation down. Returns whether it was counted."""
    if not counter[operation]:
        del counter[operation]
        return False
    counter[operation] -= 1
    if not counter[operation]:
        del counter[operation]
    return True


def _build_timeout_error(operation: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(f"there was no answer in time ({operation})")
