"""The cost of a thousand objects on Alibaba Cloud without the calls, at public prices."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from aiohttp import web

from facescreen_local.protocol.service import Service
from tests.support.cloud_client import PROJECT, LocalCloudClient, run_local_cloud
from tests.support.samples import sample_files

_Respond = Callable[[web.BaseRequest, str], Any]

OBJECTS = 200
CALL_MS = 1000
"""How long the emulator takes for one photo; the real service's time is unknown."""
_WARM_UP_OBJECTS = 40

# Function Compute, "Pay-as-you-go": the first tier, without discounts.
_USD_PER_CU = 0.000020
_CU_PER = {"vCPU-seconds": 1, "GB-seconds": 0.15, "invocations": 75 / 10_000}
# OSS bills two kinds of requests. They are only counted, because prices differ by region.
_PUT_TYPE = {"PutObject", "AppendObject", "PutObjectTagging", "DeleteObject", "ListObjects"}


@dataclass
class FcCost:
    """The measured work for OBJECTS objects."""

    usage: dict[str, float]
    """vCPU-seconds, GB-seconds and invocations."""
    requests: dict[str, int]

    @property
    def dollars(self) -> float:
        """USD of Function Compute for a thousand objects."""
        return (
            sum(self.usage[name] * cu for name, cu in _CU_PER.items())
            * _USD_PER_CU
            * 1000
            / OBJECTS
        )


def run(folder: Path) -> FcCost:
    """Screen OBJECTS photos on started instances, with a quota that never delays them."""
    with run_local_cloud(folder, CALLS_PER_SECOND="1000") as (cloud, cloud_client):
        photo = sample_files(cloud)["flagged.jpg"]
        _screen(cloud_client, photo, "warm", _WARM_UP_OBJECTS)
        with _count_operations(cloud.oss, cloud.mns) as operations:
            _screen(cloud_client, photo, "measured", OBJECTS)
        operations["PutObject"] -= OBJECTS  # the uploads themselves
        return FcCost(_sum_usage(cloud_client.invocations()), _group_by_price(operations))


def _screen(cloud_client: LocalCloudClient, photo: bytes, prefix: str, count: int) -> None:
    cloud_client.admin.post("/reset")
    cloud_client.set_behaviour(cloudauth={"latency_ms": CALL_MS})
    for number in range(count):
        cloud_client.put(f"{prefix}/{number}.jpg", photo + f"{prefix} {number}".encode())
    cloud_client.wait_until_idle()
    assert len(cloud_client.billed_calls()) == count


@contextmanager
def _count_operations(*services: Service) -> Iterator[Counter[str]]:
    """Count the operations of `services` while the block runs."""
    counts: Counter[str] = Counter()

    def count(
        service: Service, respond: _Respond, request: web.BaseRequest, request_id: str
    ) -> Any:
        counts[service.get_operation_name(request)] += 1
        return respond(request, request_id)

    with ExitStack() as patches:
        for service in services:
            counting = partial(count, service, service.respond)
            patches.enter_context(patch.object(service, "respond", counting))
        yield counts


def _group_by_price(operations: Counter[str]) -> dict[str, int]:
    kinds = Counter[str]()
    for name, count in operations.items():
        oss = "OSS PUT-type requests" if name in _PUT_TYPE else "OSS GET-type requests"
        kinds["MNS requests" if name == "PublishMessage" else oss] += count
    return kinds


def _sum_usage(invocations: list[dict[str, Any]]) -> dict[str, float]:
    seconds = sum(
        (_parse_time(invocation["ended"]) - _parse_time(invocation["started"])).total_seconds()
        for invocation in invocations
    )
    props = yaml.safe_load((PROJECT / "s.yaml").read_text())["resources"]["object_created"]["props"]
    return {
        "vCPU-seconds": seconds * props["cpu"],
        "GB-seconds": seconds * props["memorySize"] / 1024,
        "invocations": len(invocations),
    }


def _parse_time(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def main() -> None:
    """Print the cost."""
    with tempfile.TemporaryDirectory() as folder:
        cost = run(Path(folder))
    each = 1000 / OBJECTS
    print(f"A thousand objects on FC, without their calls (USD 400), with calls of {CALL_MS} ms")
    for name, amount in {**cost.usage, **cost.requests}.items():
        print(f"  {name:44} {amount * each:6.0f}")
    print(f"  {'USD for Function Compute':44} {cost.dollars:6.4f}")
