"""Remembers what deterministic code does after the results that it got.

A `Program` is a tree: each node is a state of the code, each edge a result. An exploration comes to
the same node in many states of the world, but the code runs only once for each edge.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tests.interleavings.execution import Execution, Result

_MAX_PARKED_EXECUTIONS = 500
_START = "start"


class Node:
    """A state of the code: stopped at its next calls, or at its end."""

    __slots__ = ("_chains", "_edges", "_parent", "_program", "_step", "ending", "id", "pending")

    def __init__(
        self,
        program: Program,
        chains: dict[str, int],
        execution: Execution,
        parent: Node | None,
        step: tuple[str, Result, float],
    ) -> None:
        self.id = program.library.add(self)
        self.pending = dict(execution.pending)
        """The next call of each strand."""
        self.ending = execution.ending
        self._program = program
        self._chains = chains
        self._parent = parent
        self._step = step
        self._edges: dict[tuple[str, Result], Node | dict[float, Node]] = {}

    def get_next(self, strand: str, result: Result, now: float) -> Node:
        """Return the node after the strand gets `result` at the time `now`."""
        edge = self._edges.get((strand, result))
        if isinstance(edge, dict):
            edge = edge.get(now)
        return edge if edge is not None else self._run(strand, result, now)

    def _run(self, strand: str, result: Result, now: float) -> Node:
        execution = self._program.take_execution(self) or self._replay()
        execution.resume(strand, result, now)
        time = now if execution.has_read_clock else None
        chains = {**self._chains, strand: self._program.intern(self._chains, strand, result, time)}
        node = self._program.get_node(chains, execution, self, (strand, result, now))
        if time is None:
            self._edges[strand, result] = node
        else:
            self._edges.setdefault((strand, result), {})[now] = node  # type: ignore[index]
        return node

    def _replay(self) -> Execution:
        """Run the code again up to this node."""
        steps: list[tuple[str, Result, float]] = []
        node: Node | None = self
        while node is not None:
            steps.append(node._step)
            node = node._parent
        execution = Execution(self._program.function, self._program.name, steps.pop()[2])
        while steps:
            execution.resume(*steps.pop())
        return execution


class Library:
    """All nodes of all programs, by number."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []

    def add(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def __getitem__(self, node_id: int) -> Node:
        return self._nodes[node_id]

    def __len__(self) -> int:
        return len(self._nodes)


class Program:
    """A function without arguments, which calls ports."""

    def __init__(self, library: Library, name: str, function: Callable[[], Any]) -> None:
        self.library = library
        self.name = name
        self.function = function
        self._roots: dict[float, Node] = {}
        self._nodes: dict[tuple[tuple[str, int], ...], Node] = {}
        self._chains: dict[tuple[int, str, Result, float | None], int] = {}
        self._parked: OrderedDict[int, Execution] = OrderedDict()

    def start(self, now: float) -> Node:
        """Return the node at the first call, if the code starts at the time `now`."""
        if now not in self._roots:
            execution = Execution(self.function, self.name, now)
            chains = {_START: self.intern({}, _START, Result(), now)}
            step = (_START, Result(), now)
            self._roots[now] = self.get_node(chains, execution, None, step)
        return self._roots[now]

    def intern(
        self, chains: dict[str, int], strand: str, result: Result, time: float | None
    ) -> int:
        """Return the number of all that a strand has got so far."""
        return self._chains.setdefault(
            (chains.get(strand, -1), strand, result, time), len(self._chains)
        )

    def get_node(
        self,
        chains: dict[str, int],
        execution: Execution,
        parent: Node | None,
        step: tuple[str, Result, float],
    ) -> Node:
        """Return the node of a state. Strands that run side by side share nothing but what they
        return, so the order of their results does not matter."""
        key = tuple(sorted(chains.items()))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(self, chains, execution, parent, step)
        if execution.ending is None:
            self._parked[node.id] = execution
            if len(self._parked) > _MAX_PARKED_EXECUTIONS:
                self._parked.popitem(last=False)[1].abandon()
        return node

    def take_execution(self, node: Node) -> Execution | None:
        """Return the execution that stopped at this node last, if there still is one."""
        return self._parked.pop(node.id, None)
