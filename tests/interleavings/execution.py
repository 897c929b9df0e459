"""Runs synchronous code one port call at a time.

Each strand of the code runs in a greenlet, and stops at each call of a port and at each sleep until
it gets the call's result. Between two calls the code runs alone, so an execution is a deterministic
function of the results that it got and of the times that it read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from greenlet import GreenletExit, getcurrent, greenlet

FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")


class Call(NamedTuple):
    """A call of a port, before it takes effect."""

    port: str
    """``store``, ``state``, ``service``, ``publisher``, ``history`` or ``clock``."""
    method: str
    arguments: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.port}.{self.method}"


class Result(NamedTuple):
    """What a call returns or raises. Hashable, so that equal results are recognized."""

    value: Any = None
    error: type[Exception] | None = None
    message: str = ""

    def unwrap(self) -> Any:
        if self.error is not None:
            raise self.error(self.message)
        return self.value


@dataclass(frozen=True)
class Ending:
    """How a strand ended."""

    value: Any = None
    error: Exception | None = None


class _Fork(NamedTuple):
    functions: Sequence[Callable[[], Any]]


class _Strand(greenlet):  # type: ignore[misc]
    """One strand of an execution. Strands that run side by side have names of their own."""

    execution: Execution
    name: str
    forks = 0


@dataclass
class _Join:
    """A strand that waits for others to end."""

    strand: _Strand
    endings: dict[str, Ending | None] = field(default_factory=dict)


class Execution:
    """One piece of synchronous code, stopped at its next calls."""

    def __init__(self, function: Callable[[], Any], name: str, now: float) -> None:
        self.name = name
        self.pending: dict[str, Call] = {}
        """The next call of each strand."""
        self.ending: Ending | None = None
        self.has_read_clock = False
        """Whether the code read the clock after it was resumed last."""
        self._now = now
        self._ids = 0
        self._strands: dict[str, _Strand] = {}
        self._joins: dict[str, _Join] = {}
        self._is_abandoned = False
        self._start("", function)

    def resume(self, strand_name: str, result: Result, now: float) -> None:
        """Return or raise the result in the strand, at the time `now`, and run the code up to its
        next call."""
        del self.pending[strand_name]
        self._now = now
        self.has_read_clock = False
        self._run(self._strands[strand_name], result)

    def abandon(self) -> None:
        """End the code as a killed process ends: what its cleanup calls does not take effect."""
        self._is_abandoned = True
        for strand in self._strands.values():
            strand.throw(GreenletExit)

    def read_clock(self) -> float:
        """Return the time at which the code was resumed."""
        self.has_read_clock = True
        return self._now

    def create_id(self) -> str:
        """Return a name that the code has not got before, and no other execution gets."""
        self._ids += 1
        return f"{self.name}.{self._ids}"

    def call(self, strand: _Strand, call: Call) -> Any:
        """Stop the strand until it gets the result of `call`."""
        if self._is_abandoned:
            raise GreenletExit
        try:
            result: Result = strand.parent.switch(call)
        except GreenletExit:
            # Nobody refers to the execution any more: what its cleanup calls must not take effect.
            self._is_abandoned = True
            raise
        return result.unwrap()

    def _start(self, name: str, function: Callable[[], Any]) -> None:
        strand = _Strand(lambda _: _run_to_end(function))
        strand.execution, strand.name = self, name
        self._strands[name] = strand
        self._run(strand, None)

    def _run(self, strand: _Strand, result: object) -> None:
        strand.parent = getcurrent()
        request = strand.switch(result)
        if isinstance(request, Call):
            self.pending[strand.name] = request
        elif isinstance(request, _Fork):
            self._fork(strand, request.functions)
        elif isinstance(request, Ending):
            self._end(strand, request)
        else:
            raise TypeError(f"a strand stopped for {request!r}")

    def _fork(self, strand: _Strand, functions: Sequence[Callable[[], Any]]) -> None:
        names = [f"{strand.name}/{strand.forks}.{number}" for number in range(len(functions))]
        strand.forks += 1
        join = _Join(strand, dict.fromkeys(names))
        for name, function in zip(names, functions, strict=True):
            self._joins[name] = join
            self._start(name, function)

    def _end(self, strand: _Strand, ending: Ending) -> None:
        del self._strands[strand.name]
        join = self._joins.pop(strand.name, None)
        if join is None:
            self.ending = ending
            return
        join.endings[strand.name] = ending
        if all(join.endings.values()):
            self._run(join.strand, list(join.endings.values()))


def _run_to_end(function: Callable[[], Any]) -> Ending:
    try:
        return Ending(function())
    except Exception as error:  # noqa: BLE001 - the exploration judges every error
        return Ending(error=error)


def call_port(port: str, method: str, *arguments: Any) -> Any:
    """Call a port from inside an execution."""
    strand = _get_strand()
    return strand.execution.call(strand, Call(port, method, arguments))


def read_clock() -> float:
    """Return the time, inside an execution."""
    return _get_strand().execution.read_clock()


def create_id() -> str:
    """Return a unique name, inside an execution."""
    return _get_strand().execution.create_id()


def run_side_by_side(
    first: Callable[[], FirstT], second: Callable[[], SecondT]
) -> tuple[FirstT, SecondT]:
    """The port SideBySide: both functions are strands of their own."""
    endings: list[Ending] = _get_strand().parent.switch(_Fork((first, second)))
    for ending in endings:
        if ending.error is not None:
            raise ending.error
    return endings[0].value, endings[1].value


def _get_strand() -> _Strand:
    strand = getcurrent()
    if not isinstance(strand, _Strand):
        raise TypeError("a port was called outside an execution")
    return strand
