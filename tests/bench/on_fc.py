"""What a thousand objects cost on Alibaba Cloud beside the calls: measured work, public prices."""

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

_Answer = Callable[[web.BaseRequest, str], Any]

OBJECTS = 200
CALL_MS = 1000
"""How long ID Verification takes here for one photo: what it really takes is not known to us."""
_WARM = 40

# Function Compute's page "Pay-as-you-go": the first tier, without its discounts.
_CU = 0.000020
_CU_PER = {"vCPU-seconds": 1, "GB-seconds": 0.15, "invocations": 75 / 10_000}
# OSS bills its requests in two kinds; prices differ by region, so that they are counted alone.
_PUT_TYPE = {"PutObject", "AppendObject", "PutObjectTagging", "DeleteObject", "ListObjects"}


@dataclass
class Measured:
    """Of OBJECTS objects."""

    used: dict[str, float]
    """vCPU-seconds, GB-seconds and invocations."""
    requests: dict[str, int]

    @property
    def dollars(self) -> float:
        """Of Function Compute, for a thousand objects."""
        return sum(self.used[name] * cu for name, cu in _CU_PER.items()) * _CU * 1000 / OBJECTS


def run(folder: Path) -> Measured:
    """OBJECTS photos at a quota that nobody waits for, once instances have started."""
    with run_local_cloud(folder, CALLS_PER_SECOND="1000") as (cloud, cloud_client):
        photo = sample_files(cloud)["flagged.jpg"]
        _screen(cloud_client, photo, "warm", _WARM)
        with _counting(cloud.oss, cloud.mns) as operations:
            _screen(cloud_client, photo, "measured", OBJECTS)
        operations["PutObject"] -= OBJECTS  # the uploads themselves
        return Measured(_used(cloud_client.invocations()), _kinds(operations))


def _screen(cloud_client: LocalCloudClient, photo: bytes, prefix: str, count: int) -> None:
    cloud_client.admin.post("/reset")
    cloud_client.set_behaviour(cloudauth={"latency_ms": CALL_MS})
    for number in range(count):
        cloud_client.put(f"{prefix}/{number}.jpg", photo + f"{prefix} {number}".encode())
    cloud_client.wait_until_idle()
    assert len(cloud_client.billed_calls()) == count


@contextmanager
def _counting(*services: Service) -> Iterator[Counter[str]]:
    """Operations that `services` are asked for while the block runs."""
    counted: Counter[str] = Counter()

    def count(service: Service, answer: _Answer, request: web.BaseRequest, request_id: str) -> Any:
        counted[service.operation_name(request)] += 1
        return answer(request, request_id)

    with ExitStack() as patched:
        for service in services:
            counting = partial(count, service, service.respond)
            patched.enter_context(patch.object(service, "answer", counting))
        yield counted


def _kinds(operations: Counter[str]) -> dict[str, int]:
    kinds = Counter[str]()
    for name, count in operations.items():
        oss = "OSS PUT-type requests" if name in _PUT_TYPE else "OSS GET-type requests"
        kinds["MNS requests" if name == "PublishMessage" else oss] += count
    return kinds


def _used(invocations: list[dict[str, Any]]) -> dict[str, float]:
    seconds = sum((_at(one["ended"]) - _at(one["started"])).total_seconds() for one in invocations)
    props = yaml.safe_load((PROJECT / "s.yaml").read_text())["resources"]["object_created"]["props"]
    return {
        "vCPU-seconds": seconds * props["cpu"],
        "GB-seconds": seconds * props["memorySize"] / 1024,
        "invocations": len(invocations),
    }


def _at(time: str) -> datetime:
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def main() -> None:
    """Prints it."""
    with tempfile.TemporaryDirectory() as folder:
        measured = run(Path(folder))
    each = 1000 / OBJECTS
    print(f"A thousand objects on FC, beside their calls (USD 400), with calls of {CALL_MS} ms")
    for name, amount in {**measured.used, **measured.requests}.items():
        print(f"  {name:44} {amount * each:6.0f}")
    print(f"  {'USD for Function Compute':44} {measured.dollars:6.4f}")
