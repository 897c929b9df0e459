"""The cost of a thousand objects on AWS without the calls: measured work times public prices."""

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
from facescreen_local.samples.photographs import load_portrait
from tests.e2e.aws.cloud import WATCHED, AwsCloud, run_cloud
from tests.e2e.aws.configuration import FunctionConfiguration
from tests.e2e.aws.event_source import EventSourceMapping
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.package import build_packages, make_managed_runtime
from tests.support.wait import wait_for

OBJECTS = 200
CALL_MS = 1000
"""How long the emulator takes for one photo; the real service's time is unknown."""
_MEMORY_GB = 0.5

# USD; eu-central-1 and us-east-1 differ by less than a tenth (AWS's public price lists, 2025).
_GB_SECOND = 0.0000133334  # Lambda on arm64
_PER_MILLION = {
    "invocations": 0.20,
    "S3 reads": 0.40,
    "S3 writes": 5.00,
    "SQS requests": 0.40,
    "SNS messages": 0.50,
}


@dataclass
class LambdaCost:
    """The measured work for OBJECTS objects."""

    billed_s: float = 0
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def billed_ms(self) -> float:
        """Billed milliseconds per object; the ten objects of a batch wait in parallel."""
        return self.billed_s * 1000 / OBJECTS

    def dollars(self) -> dict[str, float]:
        """USD by service for a thousand objects."""
        each = {
            name: 1000 * self.requests[name] / OBJECTS * price / 1e6
            for name, price in _PER_MILLION.items()
        }
        return {"Lambda": 1000 * self.billed_s / OBJECTS * _MEMORY_GB * _GB_SECOND, **each}


class _TimedFunction(LambdaFunction):
    """A function that measures its invocations."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.cost = LambdaCost()

    def invoke(self, event: Any) -> Any:
        started = time.perf_counter()
        try:
            return super().invoke(event)
        finally:
            self.cost.billed_s += time.perf_counter() - started
            self.cost.requests["invocations"] += 1


def run(folder: Path) -> LambdaCost:
    """Screen OBJECTS photos that wait in the queue, with a quota that never delays them."""
    with BackgroundLoop() as loop, run_cloud(loop, folder, visibility_s=120) as cloud:
        cloud.cloudauth.behaviour = Behaviour(latency_ms=CALL_MS)
        jpeg = io.BytesIO()
        load_portrait().save(jpeg, "JPEG", quality=90)
        for number in range(OBJECTS):
            cloud.put("selfies", f"{WATCHED}{number}.jpg", jpeg.getvalue())
        before = _count_requests(cloud)
        configuration = FunctionConfiguration(
            "object-created",
            "object_created.handler",
            build_packages(folder / "package") / "object_created",
            cloud.environment(SNS_TOPIC_ARN=cloud.topic_arn, CALLS_PER_SECOND="1000"),
            timeout_s=120,
            memory_mb=512,
            runtime=make_managed_runtime(folder / "runtime"),
        )
        function = _TimedFunction(configuration, loop, folder / "log")
        with function, EventSourceMapping(cloud.sqs, cloud.uploads_url, function):
            wait_for(lambda: _count_billed_calls(cloud) == OBJECTS, "all objects", 300)
        cost = function.cost
        cost.requests.update(_count_requests(cloud) - before)
        # moto adds S3's notifications to the queue without a request; SQS bills each.
        cost.requests["SQS requests"] += OBJECTS
        return cost


def _count_billed_calls(cloud: AwsCloud) -> int:
    return sum(call.billed for call in cloud.cloudauth.calls)


def _count_requests(cloud: AwsCloud) -> Counter[str]:
    """The number of requests so far, by the names of the price lists."""
    counts: Counter[str] = Counter()
    for name, count in httpx.get(f"{cloud.endpoint}/request-counts").json().items():
        service, method = name.split()
        if service == "s3":
            counts["S3 reads" if method in ("GET", "HEAD") else "S3 writes"] += count
        elif service == "sqs":
            counts["SQS requests"] += count
        elif service == "sns":
            counts["SNS messages"] += count
    return counts


def main() -> None:
    """Print the cost."""
    with tempfile.TemporaryDirectory() as folder:
        cost = run(Path(folder))
    print(f"A thousand objects on AWS, without their calls (USD 400), with calls of {CALL_MS} ms")
    print(f"  {'milliseconds of Lambda for each, billed':44} {cost.billed_ms:6.0f}")
    for name, dollars in cost.dollars().items():
        print(f"  {'USD for ' + name:44} {dollars:6.4f}")
    print(f"  {'USD in all':44} {sum(cost.dollars().values()):6.4f}")
