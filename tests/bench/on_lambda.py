"""What a thousand objects cost on AWS beside the calls: measured work times public prices."""

from __future__ import annotations

import io
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.protocol.faults import Behaviour
from facescreen_local.samples.photographs import portrait
from tests.e2e.aws.cloud import WATCHED, AwsCloud, run_cloud
from tests.e2e.aws.configuration import FunctionConfiguration
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.package import build_packages, make_managed_runtime
from tests.support.wait import wait_for

OBJECTS = 200
CALL_MS = 1000
"""How long ID Verification takes here for one photo: what it really takes is not known to us."""
_MEMORY_GB = 0.5

# USD, eu-central-1 and us-east-1 alike to within a tenth (AWS's public price lists, 2025).
_GB_SECOND = 0.0000133334  # Lambda on arm64
_PER_MILLION = {
    "invocations": 0.20,
    "S3 reads": 0.40,
    "S3 writes": 5.00,
    "SQS requests": 0.40,
    "SNS messages": 0.50,
}


@dataclass
class Measured:
    """Of OBJECTS objects."""

    billed_s: float = 0
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def billed_ms(self) -> float:
        """Of one object, on average: ten of a batch wait side by side."""
        return self.billed_s * 1000 / OBJECTS

    def dollars(self) -> dict[str, float]:
        """For a thousand objects."""
        each = {
            name: 1000 * self.requests[name] / OBJECTS * price / 1e6
            for name, price in _PER_MILLION.items()
        }
        return {"Lambda": 1000 * self.billed_s / OBJECTS * _MEMORY_GB * _GB_SECOND, **each}


class _Timed(LambdaFunction):
    """Knows how long its invocations took."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.measured = Measured()

    def invoke(self, event: Any) -> Any:
        started = time.perf_counter()
        try:
            return super().invoke(event)
        finally:
            self.measured.billed_s += time.perf_counter() - started
            self.measured.requests["invocations"] += 1


def run(place: Path) -> Measured:
    """OBJECTS photos that wait in the queue, at a quota that nobody waits for."""
    with BackgroundLoop() as loop, run_cloud(loop, place, visibility_s=120) as cloud:
        cloud.cloudauth.behaviour = Behaviour(latency_ms=CALL_MS)
        jpeg = io.BytesIO()
        portrait().save(jpeg, "JPEG", quality=90)
        for number in range(OBJECTS):
            cloud.put("selfies", f"{WATCHED}{number}.jpg", jpeg.getvalue())
        before = _counted(cloud)
        configuration = FunctionConfiguration(
            "object-created",
            "object_created.handler",
            build_packages(place / "package") / "object_created",
            cloud.environment(SNS_TOPIC_ARN=cloud.topic_arn, CALLS_PER_SECOND="1000"),
            timeout_s=120,
            memory_mb=512,
            runtime=make_managed_runtime(place / "runtime"),
        )
        function = _Timed(configuration, loop, place / "log")
        with function, EventSourceMapping(cloud.sqs, cloud.uploads_url, function):
            wait_for(lambda: _billed(cloud) == OBJECTS, "all objects", 300)
        measured = function.measured
        measured.requests.update(_counted(cloud) - before)
        # moto puts S3's notifications into the queue without a request; SQS bills each.
        measured.requests["SQS requests"] += OBJECTS
        return measured


def _billed(cloud: AwsCloud) -> int:
    return sum(call.billed for call in cloud.cloudauth.calls)


def _counted(cloud: AwsCloud) -> Counter[str]:
    """Requests so far, as the price lists name them."""
    counted: Counter[str] = Counter()
    for name, count in httpx.get(f"{cloud.endpoint}/request-counts").json().items():
        service, method = name.split()
        if service == "s3":
            counted["S3 reads" if method in ("GET", "HEAD") else "S3 writes"] += count
        elif service == "sqs":
            counted["SQS requests"] += count
        elif service == "sns":
            counted["SNS messages"] += count
    return counted


def main() -> None:
    """Prints it."""
    with tempfile.TemporaryDirectory() as folder:
        measured = run(Path(folder))
    print(f"A thousand objects on AWS, beside their calls (USD 400), with calls of {CALL_MS} ms")
    print(f"  {'milliseconds of Lambda for each, billed':44} {measured.billed_ms:6.0f}")
    for name, dollars in measured.dollars().items():
        print(f"  {'USD for ' + name:44} {dollars:6.4f}")
    print(f"  {'USD in all':44} {sum(measured.dollars().values()):6.4f}")
