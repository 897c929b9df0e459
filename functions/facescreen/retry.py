"""Asks again where trouble may pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from facescreen import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PAUSES_S = (0.2, 0.5, 1.0)
_Answer = TypeVar("_Answer")


def persistently(ask: Callable[[], _Answer], pauses_s: Sequence[float] = _PAUSES_S) -> _Answer:
    """What `ask` gives; asked again after each pause where it raises errors.Passing."""
    for pause_s in pauses_s:
        try:
            return ask()
        except errors.Passing:
            time.sleep(pause_s)
    return ask()
