"""One campaign: uploads and faults at the same time, then quiet, then the checker."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep, time

from tests.chaos.checker import Violation, check
from tests.chaos.cloud_process import CloudProcess
from tests.chaos.contents import build_scripted_verdicts
from tests.chaos.evidence import Evidence, read_objects, read_written_texts
from tests.chaos.fault_injector import FaultInjector
from tests.chaos.journal import Journal
from tests.chaos.mailbox import Mailbox
from tests.chaos.plan import Plan
from tests.chaos.plan_clock import PlanClock
from tests.chaos.reader import Reader
from tests.chaos.uploaders import Uploaders
from tests.support.cloud_client import PROJECT

_SETTLE_TIMEOUT_S = 240
_SWEEP_AGE_S = 62
"""SWEEP_AFTER_MINUTES is 1; an object is younger by up to a second than it says."""


@dataclass
class Campaign:
    """Runs a plan on a local cloud whose state is in `folder`."""

    plan: Plan
    folder: Path
    code: Path = PROJECT / "functions"
    """The functions that run."""
    _journal: Journal = field(default_factory=Journal)

    def run(self) -> tuple[Evidence, list[Violation]]:
        """Run it. Returns the evidence and the violations."""
        cloud = CloudProcess(self.folder)
        cloud.prepare(self.code, self.plan.scale.instances)
        cloud.data.mkdir()
        verdicts = build_scripted_verdicts(self.plan.contents)
        (cloud.data / "verdicts.json").write_text(json.dumps(verdicts))
        cloud.start()
        try:
            evidence = self._run_on(cloud)
        finally:
            cloud.stop()
        evidence.save(self.folder / "evidence.json")
        return evidence, check(evidence)

    def _run_on(self, cloud: CloudProcess) -> Evidence:
        env, expected = cloud.env, {one.sha256: one.verdict for one in self.plan.contents}
        messages, dead_letters = Mailbox(env, "MNS_QUEUE"), Mailbox(env, "MNS_DLQ")
        reader = Reader(env, self._journal, expected, self.plan.seed)
        uploaders = Uploaders(env, self._journal, messages)
        injector = FaultInjector(cloud, self.plan.scale.max_pending_events)
        uploaders.create_buckets()
        for thread in (messages, dead_letters, reader):
            thread.start()
        uploaders.warm_up(self.plan.scale.max_pending_events)
        self._wait_until_idle(injector)
        clock = PlanClock()
        faults = injector.start(self.plan.faults, clock)
        uploaders.run(self.plan, clock)
        faults.join()
        last_upload = time()
        injector.calm_down()
        self._wait_until_idle(injector)
        if self.plan.scale.sweeps:
            sleep(max(0.0, last_upload + _SWEEP_AGE_S - time()))
            for _ in range(2):
                injector.fire_sweep()
                self._wait_until_idle(injector)
        for receiver in (messages, dead_letters, reader):
            receiver.close()
        return Evidence(
            objects=read_objects(env),
            messages=messages.messages,
            dead_letters=dead_letters.messages,
            calls=injector.list_calls(),
            invocations=list(injector.invocations.values()),
            restarted_at=injector.restarted_at,
            samples=reader.samples,
            read_counts=reader.read_counts,
            journal=self._journal,
            uploaded_again=uploaders.uploaded_again,
            verdicts_by_sha256=expected,
            written_texts=read_written_texts(env, cloud.data),
            injected=injector.counts,
        )

    def _wait_until_idle(self, injector: FaultInjector) -> None:
        """Wait until every event has ended."""
        deadline = monotonic() + _SETTLE_TIMEOUT_S
        while injector.has_pending_work():
            assert monotonic() < deadline, "events are still pending"
            sleep(0.3)
        injector.collect_invocations()
