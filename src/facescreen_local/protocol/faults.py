"""Scripted behaviour of a service: latency, quota, faults, late and duplicate deliveries.

``PUT /behaviour`` of the admin API takes one object per service, for example::

    {"oss": {"latency_ms": 20, "seed": 1,
             "faults": [{"operation": "PutObjectTagging", "kill": true},
                        {"path": "/facescreen-state/*", "probability": 0.1, "late_s": 2}]},
     "cloudauth": {"quota": 10, "rates": {"InternalError": 0.05}},
     "fc": {"duplicates": 1, "delay_ms": 500}}

Services that are not named keep their behaviour; for a named one, the object replaces it.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any


class InvalidFaultError(ValueError):
    """A field is wrong; the message names it and its valid values."""


@dataclass
class Fault:
    """One scripted fault. With no action set, the call succeeds."""

    operation: str | None = None
    """The operation it applies to (``PutObjectTagging``); None means any."""
    path: str | None = None
    """The paths it applies to, decoded, without the query: ``/selfies/in/*``, where ``*`` matches
    slashes too; None means any."""
    probability: float = 1
    """The share of these calls that it acts on."""
    after: bool = False
    """Act after the operation is done, so that the caller does not learn its result."""
    code: str | None = None
    """Respond with this error code, in the service's own format."""
    status: int = 500
    hang_s: float | None = None
    """Wait. The operation is then performed even if the client has given up."""
    reset: bool = False
    """Close the connection without a response."""
    late_s: float | None = None
    """Close the connection without a response, and perform the operation this much later."""
    kill: bool = False
    """Kill every running function instance, then close the connection."""
    kill_caller: bool = False
    """Kill the function instance that sent the request, then close the connection."""
    times: int | None = None
    """How often it acts: by default once, or without limit if its probability is below 1."""

    def __post_init__(self) -> None:
        if self.times is None and self.probability == 1:
            self.times = 1

    def applies_to(self, operation: str, path: str) -> bool:
        """Return whether it may act on such a call."""
        return self.operation in (None, operation) and (
            self.path is None or fnmatchcase(path, self.path)
        )

    @property
    def closes_connection(self) -> bool:
        """Whether the client gets no response."""
        return self.reset or self.kill or self.kill_caller or self.late_s is not None


@dataclass
class Behaviour:
    """How one service behaves until it is changed again."""

    latency_ms: float = 0
    """How long a request takes to be performed."""
    answer_latency_ms: float = 0
    """How long the response takes after that."""
    quota: float | None = None
    """Calls per second that cloudauth accepts before Throttling.Api; None means no limit."""
    seed: int | None = None
    """With a seed, `rates` and probabilities choose the same calls in every run."""
    rates: dict[str, float] = field(default_factory=dict)
    """The share of calls (0 to 1) that fail with each error code."""
    faults: list[Fault] = field(default_factory=list)
    duplicates: int = 0
    """fc: how many extra times each bucket event is delivered, at the same instant."""
    delay_ms: float = 0
    """fc: how late each bucket event arrives."""
    retry_delay_ms: float = 200
    """fc: delay before the first retry of an asynchronous invocation, doubled each time."""
    clock_skew_ms: float = 450
    """oss: how far the clock of a node is ahead or behind at most."""
    put_last_modified: str = "finished"
    """oss: whether the Last-Modified of a write is when its request ``started`` or ``finished``."""
    multipart_last_modified: str = "initiated"
    """oss: whether that of a multipart object is when its upload was ``initiated`` or
    ``completed``."""
    acl_last_modified: str = "moved"
    """oss: whether PutObjectACL leaves it ``moved`` or ``kept``; that of an empty object moves."""

    def __post_init__(self) -> None:
        self._call_counts: Counter[tuple[str, str]] = Counter()

    def take_fault(self, operation: str, path: str) -> Fault | None:
        """Return the fault for this call and count it as used; None for most calls."""
        draws = self.start_draws(operation, path)
        for fault in self.faults:
            if fault.applies_to(operation, path) and draws.random() < fault.probability:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                return fault
        draw = draws.random()
        for code, share in self.rates.items():
            draw -= share
            if draw < 0:
                return Fault(operation=operation, code=code)
        return None

    def start_draws(self, purpose: str, path: str) -> random.Random:
        """Return random numbers for one call. With a seed, they depend only on how often there was
        a call with this purpose and path before, so other calls may come in any order."""
        if self.seed is None:
            return random.Random()  # noqa: S311
        self._call_counts[purpose, path] += 1
        call = f"{self.seed} {purpose} {path} {self._call_counts[purpose, path]}"
        return random.Random(call.encode("utf-8", "surrogateescape"))  # noqa: S311

    @classmethod
    def parse(cls, payload: object) -> Behaviour:
        """Parse one service's object of ``PUT /behaviour``. Raises InvalidFaultError."""
        values = _parse_fields(cls, payload)
        values["faults"] = [
            Fault(**_parse_fields(Fault, fault)) for fault in values.get("faults", [])
        ]
        return cls(**values)


_STRING_TYPES, _BOOLEAN_TYPES, _NUMBER_TYPES, _INTEGER_TYPES = (str,), (bool,), (int, float), (int,)
_FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "operation": _STRING_TYPES,
    "path": _STRING_TYPES,
    "probability": _NUMBER_TYPES,
    "after": _BOOLEAN_TYPES,
    "code": _STRING_TYPES,
    "status": _INTEGER_TYPES,
    "hang_s": _NUMBER_TYPES,
    "reset": _BOOLEAN_TYPES,
    "late_s": _NUMBER_TYPES,
    "kill": _BOOLEAN_TYPES,
    "kill_caller": _BOOLEAN_TYPES,
    "times": _INTEGER_TYPES,
    "latency_ms": _NUMBER_TYPES,
    "answer_latency_ms": _NUMBER_TYPES,
    "quota": _NUMBER_TYPES,
    "seed": _INTEGER_TYPES,
    "rates": (dict,),
    "faults": (list,),
    "duplicates": _INTEGER_TYPES,
    "delay_ms": _NUMBER_TYPES,
    "retry_delay_ms": _NUMBER_TYPES,
    "clock_skew_ms": _NUMBER_TYPES,
    "put_last_modified": _STRING_TYPES,
    "multipart_last_modified": _STRING_TYPES,
    "acl_last_modified": _STRING_TYPES,
}
_FIELD_VALUES = {
    "put_last_modified": ("started", "finished"),
    "multipart_last_modified": ("initiated", "completed"),
    "acl_last_modified": ("moved", "kept"),
}


def _parse_fields(dataclass_type: type, payload: object) -> dict[str, Any]:
    """Return the payload's fields, checked against `dataclass_type`; null means the default."""
    if not isinstance(payload, dict):
        raise InvalidFaultError(f"expected an object, not {type(payload).__name__}")
    names = {f.name for f in fields(dataclass_type)}
    unknown = sorted(set(payload) - names)
    if unknown:
        raise InvalidFaultError(f"unknown field {unknown[0]!r}; known: {', '.join(sorted(names))}")
    values = {name: value for name, value in payload.items() if value is not None}
    for name, value in values.items():
        _check_value(name, value)
    return values


def _check_value(name: str, value: object) -> None:
    accepted = _FIELD_TYPES[name]
    if not isinstance(value, accepted) or (
        isinstance(value, bool) and accepted is not _BOOLEAN_TYPES
    ):
        raise InvalidFaultError(f"{name} must be a {accepted[-1].__name__}, not {value!r}")
    known_values = _FIELD_VALUES.get(name)
    if known_values is not None and value not in known_values:
        raise InvalidFaultError(f"{name} must be {' or '.join(known_values)}, not {value!r}")
    if isinstance(value, (int, float)) and not 0 <= value < 1e9:
        raise InvalidFaultError(f"{name} must not be negative or 1e9 and more: {value!r}")
    if name == "probability" and isinstance(value, (int, float)) and value > 1:
        raise InvalidFaultError(f"probability must be 0 to 1: {value!r}")
    if isinstance(value, dict):
        for code, share in value.items():
            if not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise InvalidFaultError(f"{name}: the share of {code} must be 0 to 1")
