"""What an exploration finds if the code lacks one of its protections."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.interleavings.explore import Report, explore
from tests.interleavings.scenarios import EXHAUSTIVE, LARGER
from tests.support.cloud_client import PROJECT
from tests.support.protections import ORDER_PROTECTIONS, PROTECTIONS, Protection

SCENARIOS_BY_PROTECTION = {
    "bytes are equal if their SHA-256 is": "a collision",
    "a revision has settled": "there and back",
    "time does not pin a multipart object": "multipart, there and back",
    "a URL proves nothing without a version": "there and back",
    "the object is looked at after the call": "two events of other bytes",
    "the object is looked at after its tags are written": "two events of other bytes",
    "a tagging request without an answer may still come": "two events of other bytes",
    "what an overwrite left is repaired": "multipart",
    "an appendable object is unscreenable": "an append",
    "only one worker has a claim": "one event twice, then other bytes",
    "a finding is recorded before it is written": "one event twice, then other bytes",
    "an older version is screened": "two versions",
    "the clocks of the store's nodes may differ": "nodes whose clocks differ",
    "an unproven finding is about one revision": "there and back, with a witness",
    "a look proves which bytes the service saw": "there and back",
    "the second call after a change sends the bytes": "there and back, again and again",
    "a claim is renewed before another call": "a claim expires, then the same bytes",
    "a slow response does not set the clock": "a claim expires, two events of other bytes",
    "a finding is proven before another revision is done": "there and back",
    "another date of the same bytes is not another upload": "one event twice, then another ACL",
    "the bytes are read again after the wait": "a collision, there and back",
    "a verdict is taken off other bytes": "two events of other bytes",
    "the message comes after the look": "two events of other bytes",
    "an object is done once its message is published": "two events of other bytes",
}
"""For each protection that a few requests need, a scenario in which it shows."""

NOT_SHOWN = {
    "a lost answer to an append is looked up": (
        "A worker then waits for its own claim, and its attempt fails. The next one finds the "
        "claim expired and does the rest: only time is lost."
    ),
}
"""Protections of the order of requests without which no promise is broken, and why."""


def list_protections() -> list[Protection]:
    """Return the protections without which an exploration fails."""
    return [p for p in (*PROTECTIONS, *ORDER_PROTECTIONS) if p.name in SCENARIOS_BY_PROTECTION]


def explore_without(protection: Protection, folder: Path) -> Report:
    """Explore the protection's scenario in a process that has the code without it."""
    code = protection.copy_without(folder / "functions")
    scenario = SCENARIOS_BY_PROTECTION[protection.name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(code), str(PROJECT)])}
    command = [sys.executable, "-m", "tests.interleavings.without_protection", scenario]
    output = subprocess.run(
        command, env=environment, cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    values = json.loads(output)
    return Report(**{**values, "schedule": tuple(values["schedule"])})


def _main(name: str) -> None:
    scenario = next(scenario for scenario in EXHAUSTIVE + LARGER if scenario.name == name)
    sys.stdout.write(json.dumps(asdict(explore(scenario))))


if __name__ == "__main__":
    _main(sys.argv[1])
