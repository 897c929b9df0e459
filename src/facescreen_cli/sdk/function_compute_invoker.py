"""A function of Function Compute, whichever of the vendor's SDKs reaches it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from facescreen import errors
from facescreen.bus.function_compute import LIMITED_OPERATION, MAX_EVENT_BYTES
from facescreen.bus.ports import check_event_size
from facescreen.timing import retry
from facescreen_cli.buckets import permission_hint

_HANDLER = "object_created.handler"
_Answer = TypeVar("_Answer")


class FunctionComputeInvoker(ABC):
    """The port Invoker. Both methods raise errors.InvalidSettingsError where there is no such
    function."""

    function: str

    def submit(self, payload: bytes) -> None:
        """One asynchronous invocation."""
        check_event_size(payload, MAX_EVENT_BYTES, LIMITED_OPERATION)
        self._ask(lambda: self._invoke(payload))

    def check_handler(self) -> None:
        """Raises errors.InvalidSettingsError for a function that screens no objects: it would
        accept every event, and fail or do something else."""
        with permission_hint("fc:GetFunction", self.function):
            handler = self._ask(self._handler)
        if handler != _HANDLER:
            raise errors.InvalidSettingsError(
                f"the function {self.function!r} has the handler {handler!r}, not {_HANDLER!r}: "
                "set FC_FUNCTION to the one that screens the bucket's objects"
            )

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        try:
            return retry(ask)
        except errors.ObjectNotFoundError:
            raise errors.InvalidSettingsError(self._absent()) from None

    @abstractmethod
    def _invoke(self, payload: bytes) -> None:
        """Once. Raises errors.ObjectNotFoundError where there is no such function."""

    @abstractmethod
    def _handler(self) -> str:
        """As the platform describes the function. Raises as `_invoke`."""

    @abstractmethod
    def _absent(self) -> str:
        """That there is no such function, and which settings name it."""
