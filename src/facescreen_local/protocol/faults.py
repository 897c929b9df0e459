"""What an operator of the local cloud asks of it: latency, quota, faults, odd deliveries.

``PUT /behaviour`` on the admin address takes one object per service, for example::

    {"oss": {"latency_ms": 20,
             "faults": [{"operation": "PutObjectTagging", "kill": true}]},
     "cloudauth": {"quota": 10, "rates": {"InternalError": 0.05}},
     "fc": {"duplicates": 1, "delay_ms": 500}}

A service that is not named keeps its behaviour; a named one gets exactly what is given.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from typing import Any


class InvalidFaultError(ValueError):
    """The text says which field is wrong and what it may be."""


@dataclass
class Fault:
    """One scripted fault, spent after `times` calls. With no action set, the call goes through."""

    operation: str | None = None
    """Only calls of this operation (``PutObjectTagging``); None means any."""
    after: bool = False
    """Act only once the operation is done, so that the caller never learns its result."""
    code: str | None = None
    """Answer with this error code, in the service's own form."""
    status: int = 500
    hang_s: float | None = None
    reset: bool = False
    """Close the connection without an answer."""
    kill: bool = False
    """Kill every running function instance, then close the connection."""
    times: int = 1


@dataclass
class Behaviour:
    """How one service behaves until told otherwise."""

    latency_ms: float = 0
    quota: float | None = None
    """Calls per second that cloudauth lets through before Throttling.Api; None means no limit."""
    rates: dict[str, float] = field(default_factory=dict)
    """Share of calls (0 to 1) answered with each error code."""
    faults: list[Fault] = field(default_factory=list)
    duplicates: int = 0
    """fc: how many more times each bucket event is delivered, at the same instant."""
    delay_ms: float = 0
    """fc: how late each bucket event arrives."""
    retry_delay_ms: float = 200
    """fc: pause before the first retry of an asynchronous invocation, doubled each time."""

    def next_fault(self, operation: str) -> Fault | None:
        """The fault that this call meets, counted as spent; None for most calls."""
        for fault in self.faults:
            if fault.operation in (None, operation):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        draw = random.random()  # noqa: S311
        for code, share in self.rates.items():
            draw -= share
            if draw < 0:
                return Fault(operation=operation, code=code)
        return None

    @classmethod
    def parse(cls, given: object) -> Behaviour:
        """Reads one service's object of ``PUT /behaviour``. Raises InvalidFaultError."""
        values = _known(cls, given)
        values["faults"] = [Fault(**_known(Fault, fault)) for fault in values.get("faults", [])]
        return cls(**values)


_TEXT, _SWITCH, _NUMBER, _COUNT = (str,), (bool,), (int, float), (int,)
_TAKES: dict[str, tuple[type, ...]] = {
    "operation": _TEXT,
    "after": _SWITCH,
    "code": _TEXT,
    "status": _COUNT,
    "hang_s": _NUMBER,
    "reset": _SWITCH,
    "kill": _SWITCH,
    "times": _COUNT,
    "latency_ms": _NUMBER,
    "quota": _NUMBER,
    "rates": (dict,),
    "faults": (list,),
    "duplicates": _COUNT,
    "delay_ms": _NUMBER,
    "retry_delay_ms": _NUMBER,
}


def _known(shape: type, given: object) -> dict[str, Any]:
    """The fields of `shape` among `given`, each of its type; null means the default."""
    if not isinstance(given, dict):
        raise InvalidFaultError(f"expected an object, not {type(given).__name__}")
    names = {f.name for f in fields(shape)}
    unknown = sorted(set(given) - names)
    if unknown:
        raise InvalidFaultError(f"unknown field {unknown[0]!r}; known: {', '.join(sorted(names))}")
    values = {name: value for name, value in given.items() if value is not None}
    for name, value in values.items():
        _check(name, value)
    return values


def _check(name: str, value: object) -> None:
    takes = _TAKES[name]
    if not isinstance(value, takes) or (isinstance(value, bool) and takes is not _SWITCH):
        raise InvalidFaultError(f"{name} must be a {takes[-1].__name__}, not {value!r}")
    if isinstance(value, (int, float)) and not 0 <= value < 1e9:
        raise InvalidFaultError(f"{name} must not be negative, nor beyond reason: {value!r}")
    if isinstance(value, dict):
        for code, share in value.items():
            if not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise InvalidFaultError(f"{name}: the share of {code} must be 0 to 1")
