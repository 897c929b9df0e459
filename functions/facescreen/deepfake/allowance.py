"""How many calls may be paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facescreen.errors import FacescreenError, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


@dataclass(frozen=True)
class Permit:
    """Leave to pay for one call; its block holds the wait for the answer.

    Only a Success is paid for (id-verification-api.md, "Quota and price"): the permit of any other
    answer, or of a call that found no connection, is given back. A call without an answer may have
    been paid for.
    """

    paid: Callable[[], None]
    give_back: Callable[[], None]

    def __enter__(self) -> Permit:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self.paid()
        elif isinstance(error, FacescreenError) and not isinstance(error, NoAnswer):
            self.give_back()


class Allowance(Protocol):
    """Asked before each call."""

    def check(self) -> None:
        """Raises errors.Deferred where it is known already that nothing is left; costs nothing."""

    def draw(self, ahead_s: float) -> Permit:
        """Leave for a call that starts in `ahead_s` seconds. Raises errors.Deferred when nothing
        is left, and what the store raises that keeps count."""


class Unlimited:
    """Lets every call through."""

    def __init__(self, on_paid: Callable[[], None] = lambda: None) -> None:
        self._permit = Permit(on_paid, lambda: None)

    def check(self) -> None:
        """Never raises."""

    def draw(self, ahead_s: float) -> Permit:  # noqa: ARG002
        """Never raises."""
        return self._permit
