"""The nodes that answer requests. Their clocks differ, as those of a distributed store do."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

_NODE_COUNT = 4


@dataclass(frozen=True)
class Node:
    """One node. Its clock is `clock_offset_s` ahead of this machine's."""

    clock_offset_s: float

    def now(self) -> float:
        """Return its time, in seconds since the epoch."""
        return time.time() + self.clock_offset_s


def choose_node(draws: random.Random, max_clock_skew_s: float) -> Node:
    """Return one of the nodes, whose clocks are at most `max_clock_skew_s` ahead or behind."""
    number = draws.randrange(_NODE_COUNT)
    return Node(max_clock_skew_s * (2 * number / (_NODE_COUNT - 1) - 1))
