"""What the invokers of Function Compute 2.0 and 3.0 share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from facescreen import errors
from facescreen.bus.function_compute import INVOCATION_NAME, MAX_EVENT_BYTES
from facescreen.bus.ports import check_event_size
from facescreen.timing import retry
from facescreen_cli.buckets import name_missing_permission

_REQUIRED_HANDLER = "object_created.handler"
_Result = TypeVar("_Result")


class FunctionComputeInvoker(ABC):
    """The port Invoker. Both methods raise errors.InvalidSettingsError if there is no such
    function."""

    function: str

    def submit(self, payload: bytes) -> None:
        """Invoke the function asynchronously."""
        check_event_size(payload, MAX_EVENT_BYTES, INVOCATION_NAME)
        self._call(lambda: self._invoke(payload))

    def check_handler(self) -> None:
        """Check that the function is the one that screens objects: any other would accept every
        event, and fail or do something else. Raises errors.InvalidSettingsError."""
        with name_missing_permission("fc:GetFunction", self.function):
            handler = self._call(self._get_handler)
        if handler != _REQUIRED_HANDLER:
            raise errors.InvalidSettingsError(
                f"the function {self.function!r} has the handler {handler!r}, not "
                f"{_REQUIRED_HANDLER!r}: set FC_FUNCTION to the function that "
                "screens the bucket's objects"
            )

    def _call(self, call: Callable[[], _Result]) -> _Result:
        try:
            return retry(call)
        except errors.ObjectNotFoundError:
            raise errors.InvalidSettingsError(self._not_found_message()) from None

    @abstractmethod
    def _invoke(self, payload: bytes) -> None:
        """Invoke once. Raises errors.ObjectNotFoundError if there is no such function."""

    @abstractmethod
    def _get_handler(self) -> str:
        """The function's configured handler. Raises as `_invoke`."""

    @abstractmethod
    def _not_found_message(self) -> str:
        """Says that there is no such function, and which settings name it."""
