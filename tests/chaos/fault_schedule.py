"""The faults of a campaign, drawn from its seed: behaviours of the services in phases of some
seconds, kills of function instances, and restarts of the whole local cloud."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_PHASE_LENGTH = (0.6, 1.6)
"""The length of a phase, as a share of `pause_s`."""
_KILL_PAUSE = (1.5, 4.0)
"""The time between two kills, as a share of it."""
_FAULTS_PER_PHASE = (0, 1, 1, 2, 2, 3)
_RETRY_DELAY_MS = 300
_SERVICE_LATENCY_MS, _ANSWER_LATENCY_MS = 300, 400
"""Until the service downloads an object, and from then until it answers."""
_SWEEP_INTERVAL_S = 30.0
_OSS_LATENCY_MS, _BUS_LATENCY_MS = (5, 30), (3, 15)
"""A region's, without a fault."""

Behaviour = dict[str, Any]


class FaultKind(str, Enum):
    """What happens at a moment of the campaign."""

    BEHAVIOUR = "behaviour"
    KILL_INSTANCE = "an instance is killed"
    RESTART_ABRUPTLY = "the cloud is killed and started again"
    RESTART_ORDERLY = "the cloud is stopped and started again"
    SWEEP = "the sweep's timer fires"


@dataclass(frozen=True)
class Fault:
    """One fault, `at_s` after the start."""

    at_s: float
    kind: FaultKind
    names: tuple[str, ...] = ()
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    """By service, for ``PUT /behaviour``."""
    choice: float = 0.0
    """Which instance is killed, as a share of those that run."""


CALM: Mapping[str, Behaviour] = {
    "oss": {},
    "cloudauth": {
        "latency_ms": _SERVICE_LATENCY_MS,
        "answer_latency_ms": _ANSWER_LATENCY_MS,
    },
    "mns": {},
    "fc": {"retry_delay_ms": _RETRY_DELAY_MS},
}
"""The behaviour without faults."""


def draw_faults(
    rng: random.Random, duration_s: float, pause_s: float, *, sweeps: bool
) -> Iterator[Fault]:
    """Draw the faults of a campaign whose uploads take `duration_s`, in the order of their time.
    `pause_s` is about how long a phase lasts."""
    faults = [*_draw_phases(rng, duration_s, pause_s), *_draw_kills(rng, duration_s, pause_s)]
    faults.append(Fault(0.35 * duration_s, FaultKind.RESTART_ABRUPTLY))
    if sweeps:
        faults.append(Fault(0.7 * duration_s, FaultKind.RESTART_ORDERLY))
        count = int(duration_s / _SWEEP_INTERVAL_S)
        faults += [
            Fault(_SWEEP_INTERVAL_S * (number + 1), FaultKind.SWEEP) for number in range(count)
        ]
    yield from sorted(faults, key=lambda fault: fault.at_s)


def _draw_phases(rng: random.Random, duration_s: float, pause_s: float) -> Iterator[Fault]:
    drawers, weights = zip(*_FAULT_DRAWERS.items(), strict=True)
    at_s = 0.0
    while at_s < duration_s:
        drawn = dict.fromkeys(rng.choices(drawers, weights, k=rng.choice(_FAULTS_PER_PHASE)))
        behaviours = {service: dict(behaviour) for service, behaviour in CALM.items()}
        behaviours["oss"]["latency_ms"] = rng.randint(*_OSS_LATENCY_MS)
        behaviours["mns"]["latency_ms"] = rng.randint(*_BUS_LATENCY_MS)
        for draw in drawn:
            for service, behaviour in draw(rng).items():
                _merge(behaviours[service], behaviour)
        names = tuple(draw.__name__.removeprefix("_draw_") for draw in drawn)
        yield Fault(at_s, FaultKind.BEHAVIOUR, names, behaviours)
        at_s += pause_s * rng.uniform(*_PHASE_LENGTH)


def _draw_kills(rng: random.Random, duration_s: float, pause_s: float) -> Iterator[Fault]:
    at_s = pause_s * rng.uniform(*_KILL_PAUSE)
    while at_s < duration_s:
        yield Fault(at_s, FaultKind.KILL_INSTANCE, choice=rng.random())
        at_s += pause_s * rng.uniform(*_KILL_PAUSE)


def _merge(behaviour: Behaviour, added: Behaviour) -> None:
    for name, value in added.items():
        if name == "faults":
            behaviour[name] = [*behaviour.get(name, []), *value]
        elif name == "rates":
            behaviour[name] = {**behaviour.get(name, {}), **value}
        else:
            behaviour[name] = value


def _draw_oss_slow(rng: random.Random) -> Mapping[str, Behaviour]:
    return {"oss": {"latency_ms": rng.choice((60, 120, 250))}}


def _draw_oss_5xx(rng: random.Random) -> Mapping[str, Behaviour]:
    share = rng.choice((0.02, 0.05))
    return {"oss": {"rates": {"InternalError": share, "ServiceUnavailable": share}}}


def _draw_oss_resets(rng: random.Random) -> Mapping[str, Behaviour]:
    return {"oss": {"faults": [{"probability": rng.choice((0.01, 0.03)), "reset": True}]}}


def _draw_oss_lost_answers(_: random.Random) -> Mapping[str, Behaviour]:
    return {
        "oss": {
            "faults": [
                {"operation": name, "probability": 0.06, "after": True, "reset": True}
                for name in ("PutObjectTagging", "AppendObject", "PutObject")
            ]
        }
    }


def _draw_oss_hangs(rng: random.Random) -> Mapping[str, Behaviour]:
    operation = rng.choice(("GetObject", "HeadObject", "GetObjectTagging", "AppendObject"))
    after, hang_s = rng.random() < 0.5, rng.choice((0.5, 1.5, 4))
    fault = {"operation": operation, "probability": 0.1, "after": after, "hang_s": hang_s}
    return {"oss": {"faults": [fault]}}


def _draw_late_requests(rng: random.Random) -> Mapping[str, Behaviour]:
    """Requests are carried out long after their client gave up."""
    late_s = rng.choice((0.3, 1, 2.5))
    fault = {"operation": rng.choice(("AppendObject", "PutObject")), "late_s": late_s}
    return {"oss": {"faults": [{**fault, "probability": 0.1}]}}


def _draw_late_tagging(rng: random.Random) -> Mapping[str, Behaviour]:
    """Tags are written after their client gave up, and not later than two looks take that follow:
    what comes later is found by the sweep (docs/limits.md)."""
    fault = {"operation": "PutObjectTagging", "late_s": rng.choice((1, 1.8))}
    return {"oss": {"faults": [{**fault, "probability": 0.5}]}}


def _draw_slow_tagging(rng: random.Random) -> Mapping[str, Behaviour]:
    """A tagging request is slow before or after its tags are stored, almost as long as its client
    waits: a verdict may land after that of newer bytes."""
    after, hang_s = rng.random() < 0.3, rng.choice((0.4, 2.4, 4.6, 4.6))
    fault = {"operation": "PutObjectTagging", "after": after, "hang_s": hang_s}
    return {"oss": {"faults": [{**fault, "probability": 0.5}]}}


def _draw_tagging_5xx(rng: random.Random) -> Mapping[str, Behaviour]:
    """A tagging request fails, although its tags may be stored."""
    fault = {"operation": "PutObjectTagging", "code": "InternalError"}
    return {"oss": {"faults": [{**fault, "after": rng.random() < 0.5, "probability": 0.25}]}}


def _draw_kills_at_an_operation(rng: random.Random) -> Mapping[str, Behaviour]:
    """Some instances are killed when they are before or after an operation."""
    operation = rng.choice(("PutObjectTagging", "AppendObject", "HeadObject", "GetObjectTagging"))
    fault = {"operation": operation, "after": rng.random() < 0.5, "kill_caller": True}
    return {"oss": {"faults": [{**fault, "probability": 0.2, "times": 4}]}}


def _draw_service_throttling(rng: random.Random) -> Mapping[str, Behaviour]:
    return {"cloudauth": {"rates": {"Throttling.Api": rng.choice((0.1, 0.3))}}}


def _draw_service_5xx(rng: random.Random) -> Mapping[str, Behaviour]:
    return {
        "cloudauth": {"rates": {"InternalError": rng.choice((0.05, 0.15)), "DownloadTimeout": 0.05}}
    }


def _draw_service_lost_answers(rng: random.Random) -> Mapping[str, Behaviour]:
    fault = {"operation": DETECT, "after": True, "reset": True}
    return {"cloudauth": {"faults": [{**fault, "probability": rng.choice((0.05, 0.15))}]}}


def _draw_service_resets(_: random.Random) -> Mapping[str, Behaviour]:
    return {"cloudauth": {"faults": [{"reset": True, "probability": 0.1}]}}


def _draw_service_hangs(rng: random.Random) -> Mapping[str, Behaviour]:
    after, hang_s = rng.random() < 0.5, rng.choice((2, 12))
    fault = {"operation": DETECT, "after": after, "hang_s": hang_s, "probability": 0.05}
    return {"cloudauth": {"faults": [fault]}}


def _draw_service_slow(rng: random.Random) -> Mapping[str, Behaviour]:
    name = rng.choice(("latency_ms", "answer_latency_ms"))
    return {"cloudauth": {name: rng.choice((600, 1200, 2000))}}


def _draw_service_kills(rng: random.Random) -> Mapping[str, Behaviour]:
    """Some instances are killed just before or after a verdict is billed."""
    fault = {"operation": DETECT, "after": rng.random() < 0.7, "kill_caller": True}
    return {"cloudauth": {"faults": [{**fault, "probability": 0.3, "times": 4}]}}


def _draw_kill_of_all(_: random.Random) -> Mapping[str, Behaviour]:
    """Every busy instance is killed when one of them has sent a request. Their starts then keep the
    processors busy."""
    return {"oss": {"faults": [{"probability": 0.02, "kill": True, "times": 1}]}}


def _draw_bus_5xx(rng: random.Random) -> Mapping[str, Behaviour]:
    return {"mns": {"rates": {"InternalError": rng.choice((0.05, 0.15))}}}


def _draw_bus_lost_answers(_: random.Random) -> Mapping[str, Behaviour]:
    fault = {"operation": "PublishMessage", "after": True, "reset": True, "probability": 0.2}
    return {"mns": {"faults": [fault]}}


def _draw_duplicates(rng: random.Random) -> Mapping[str, Behaviour]:
    return {"fc": {"duplicates": rng.choice((1, 1, 2))}}


def _draw_late_events(rng: random.Random) -> Mapping[str, Behaviour]:
    """Events of this phase arrive after those of the next one."""
    return {"fc": {"delay_ms": rng.choice((700, 2500, 6000))}}


DETECT = "DeepfakeDetectIntlStream"
_FAULT_DRAWERS: dict[Callable[[random.Random], Mapping[str, Behaviour]], float] = {
    _draw_oss_slow: 1,
    _draw_oss_5xx: 1,
    _draw_oss_resets: 1,
    _draw_oss_lost_answers: 1,
    _draw_oss_hangs: 1,
    _draw_late_requests: 1,
    _draw_late_tagging: 3,
    _draw_slow_tagging: 7,
    _draw_tagging_5xx: 1,
    _draw_kills_at_an_operation: 1,
    _draw_service_throttling: 1,
    _draw_service_5xx: 1,
    _draw_service_lost_answers: 1,
    _draw_service_resets: 1,
    _draw_service_hangs: 1,
    _draw_service_slow: 3,
    _draw_service_kills: 1,
    _draw_kill_of_all: 0.3,
    _draw_bus_5xx: 1,
    _draw_bus_lost_answers: 1,
    _draw_duplicates: 1,
    _draw_late_events: 1,
}
"""How to draw each fault, and how often. Slow tagging and a slow service widen the windows that an
overwrite must meet to leave a wrong tag."""
