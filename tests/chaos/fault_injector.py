"""Injects the drawn faults while the uploaders work."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import sleep, time
from typing import Any

import httpx

from tests.chaos.cloud_process import CloudProcess
from tests.chaos.fault_schedule import CALM, Fault, FaultKind
from tests.chaos.plan_clock import PlanClock

_SWEEP_FUNCTION = "facescreen-sweep"
_TICK_S = 0.2


@dataclass
class FaultInjector:
    """Carries out a schedule of faults on one local cloud."""

    cloud: CloudProcess
    max_pending_events: int
    """With more, the plan's clock is held."""
    counts: Counter[str] = field(default_factory=Counter)
    """How often each fault was injected, by name."""
    restarted_at: list[float] = field(default_factory=list)
    """When the cloud was stopped or killed, in seconds since the epoch."""
    invocations: dict[tuple[str, int, str], dict[str, Any]] = field(default_factory=dict)
    """The records of the invocations. The cloud forgets its own with a restart."""

    def start(self, faults: Sequence[Fault], clock: PlanClock) -> threading.Thread:
        """Inject `faults` at their times, in a thread, which ends after the last one. Meanwhile
        hold `clock` when too many events are pending."""
        thread = threading.Thread(target=self._run, args=[faults, clock], daemon=True)
        thread.start()
        return thread

    def calm_down(self) -> None:
        """End all faults."""
        self._set_behaviours(CALM)

    def fire_sweep(self) -> None:
        """Fire the timer of the sweep."""
        self.counts[FaultKind.SWEEP.value] += 1
        self._admin("POST", f"/fire/{_SWEEP_FUNCTION}")

    def has_pending_work(self) -> bool:
        """Whether an event has not ended, or a late request is still to come."""
        return any(self._admin("GET", "/pending").json().values())

    def list_calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._admin("GET", "/calls/all").json()
        return calls

    def collect_invocations(self) -> None:
        """Keep the records of the invocations so far."""
        for record in self._admin("GET", "/invocations").json():
            self.invocations[record["request_id"], record["attempt"], record["started"]] = record

    def _run(self, faults: Sequence[Fault], clock: PlanClock) -> None:
        for fault in faults:
            while clock.seconds < fault.at_s:
                pending = self._admin("GET", "/pending").json()["events"]
                clock.hold(pending > self.max_pending_events)
                sleep(_TICK_S)
            self._inject(fault)
        clock.hold(False)

    def _inject(self, fault: Fault) -> None:
        if fault.kind is FaultKind.BEHAVIOUR:
            self.counts.update(fault.names or ["none"])
            self._set_behaviours(fault.behaviours)
        elif fault.kind is FaultKind.KILL_INSTANCE:
            self._kill_instance(fault)
        elif fault.kind is FaultKind.SWEEP:
            self.fire_sweep()
        else:
            self._restart(fault)

    def _kill_instance(self, fault: Fault) -> None:
        instances = self.cloud.list_instances()
        if not instances:
            return
        self.counts[fault.kind.value] += 1
        with suppress(ProcessLookupError):
            os.kill(instances[int(fault.choice * len(instances))], signal.SIGKILL)

    def _restart(self, fault: Fault) -> None:
        self.counts[fault.kind.value] += 1
        self.collect_invocations()
        self.restarted_at.append(time())
        if fault.kind is FaultKind.RESTART_ABRUPTLY:
            self.cloud.kill()
        else:
            self.cloud.stop()
        self.cloud.start()

    def _set_behaviours(self, behaviours: Mapping[str, Mapping[str, Any]]) -> None:
        self._admin("PUT", "/behaviour", json=dict(behaviours))

    def _admin(self, method: str, path: str, **request: Any) -> httpx.Response:
        response = httpx.request(
            method, self.cloud.env["LOCAL_ADMIN"] + path, timeout=30, **request
        )
        assert response.status_code == 200, response.text
        return response
