"""One attempt to screen an object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facescreen.timing import Timings

if TYPE_CHECKING:
    from facescreen.errors import FacescreenError
    from facescreen.timing import Deadline


@dataclass(frozen=True)
class Attempt:
    """How long an attempt may take, how long its steps took, and what it may do."""

    deadline: Deadline
    timings: Timings = field(default_factory=Timings)
    write_back: bool = True
    """Whether to tag the object, quarantine it, and publish its message."""
    failure: FacescreenError | None = None
    """Why the event is not delivered again. Then no call is made: bytes of which nothing is known
    get the verdict ``failed``."""
