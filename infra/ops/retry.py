"""Asks again where trouble may pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSES_S = (0.2, 0.5, 1.0)
_Answer = TypeVar("_Answer")


def persistently(ask: Callable[[], _Answer]) -> _Answer:
    """What `ask` gives; asked again, four times at most, where it raises errors.Passing."""
    for pause in _PAUSES_S:
        try:
            return ask()
        except errors.Passing:
            time.sleep(pause)
    return ask()
