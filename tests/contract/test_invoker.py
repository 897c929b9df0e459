"""Every Invoker, by one contract: in memory, the local Function Compute, by both SDKs and without
one, and a queue of moto."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from facescreen import errors
from facescreen.bus.function_compute import FcInvoker
from facescreen.bus.ports import Invoker
from facescreen.bus.sqs import SqsInvoker
from facescreen.clients.credentials import Credentials
from facescreen.testing.bus import MAX_EVENT_BYTES, MemoryInvoker
from facescreen_cli.sdk.fc2 import Fc2Invoker
from facescreen_cli.sdk.fc3 import Fc3Invoker
from facescreen_local.background_loop import BackgroundLoop
from tests.integration.fc.running import RunningFc, run_fc_in_background
from tests.support.moto_server import moto_server

HANDLERS = """
    def handler(event, context):
        print(event)
"""
FC = ("fc", "fc3", "fc2")
REAL = (*FC, "sqs")


class Deployment(ABC):
    """Something that takes events, and tells which came."""

    invoker: Invoker
    nowhere: Invoker
    """Of what was never deployed."""
    largest: int

    @abstractmethod
    def came(self) -> list[bytes]: ...


class OnFc(Deployment):
    largest = 128 * 1024

    def __init__(self, kind: str, running: RunningFc, loop: BackgroundLoop) -> None:
        self.running, self._loop, self._kind = running, loop, kind
        self.invoker = self.named("screen")
        self.nowhere = self.named("absent")

    def named(self, function: str, credentials: Credentials | None = None) -> Invoker:
        key, url = self.running.identity.issue_temporary_key(), self.running.service.url
        own = Credentials(key.access_key_id, key.access_key_secret, key.security_token)
        if self._kind == "fc2":
            return Fc2Invoker(url, "any", function, credentials or own)
        if self._kind == "fc3":
            return Fc3Invoker(url, function, credentials or own)
        return FcInvoker(credentials or own, endpoint=url, function=function)

    def came(self) -> list[bytes]:
        self._loop.run(self.running.functions.wait_until_idle())
        return [line.strip("b'").encode() for line in self.running.log]


@dataclass
class OnSqs(Deployment):
    endpoint: str
    largest = 1024 * 1024

    def __post_init__(self) -> None:
        session = boto3.Session("a", "b", region_name="ap-southeast-1")
        self._sqs: Any = session.client("sqs", endpoint_url=self.endpoint)
        self._url = self._sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.invoker = SqsInvoker(session, queue_url=self._url, endpoint=self.endpoint)
        absent = self._url.replace("uploads", "absent")
        self.nowhere = SqsInvoker(session, queue_url=absent, endpoint=self.endpoint)

    def came(self) -> list[bytes]:
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": 10}
        return [m["Body"].encode() for m in self._sqs.receive_message(**asked)["Messages"]]


class InMemory(Deployment):
    largest = MAX_EVENT_BYTES

    def __init__(self) -> None:
        self.invoker = self._memory = MemoryInvoker()

    def came(self) -> list[bytes]:
        return self._memory.payloads


@pytest.fixture(params=["memory", *REAL])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    if request.param == "memory":
        yield InMemory()
    elif request.param == "sqs":
        with moto_server() as endpoint:
            yield OnSqs(endpoint)
    else:
        with run_fc_in_background(tmp_path, HANDLERS) as (running, loop):
            yield OnFc(request.param, running, loop)


@pytest.fixture(params=FC)
def on_fc(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OnFc]:
    with run_fc_in_background(tmp_path, HANDLERS) as (running, loop):
        yield OnFc(request.param, running, loop)


def test_what_is_submitted_comes_unchanged(deployment: Deployment) -> None:
    payload = json.dumps({"events": [{"key": "a b+%20"}]}).encode()
    deployment.invoker.submit(payload)
    assert deployment.came() == [payload]


@pytest.mark.parametrize("deployment", REAL, indirect=True)
def test_what_was_never_deployed_is_a_matter_of_settings(deployment: Deployment) -> None:
    with pytest.raises(errors.InvalidSettingsError):
        deployment.nowhere.submit(b"{}")


def test_an_event_beyond_the_platforms_limit_is_not_sent(deployment: Deployment) -> None:
    deployment.invoker.submit(b"1" * deployment.largest)
    with pytest.raises(errors.RequestRejectedError, match=f"{deployment.largest} at most"):
        deployment.invoker.submit(b"1" * (deployment.largest + 1))
    assert len(deployment.came()) == 1


@pytest.mark.parametrize("fault", [{"code": "Busy", "status": 503}, {"reset": True}])
def test_passing_trouble_is_tried_again(on_fc: OnFc, fault: dict[str, Any]) -> None:
    on_fc.running.service.behaviour = on_fc.running.service.behaviour.parse(
        {"faults": [{"operation": "InvokeFunction", "times": 2, **fault}]}
    )
    on_fc.invoker.submit(b"{}")
    assert on_fc.came() == [b"{}"]


def test_trouble_that_stays_is_told_as_passing(on_fc: OnFc) -> None:
    on_fc.running.service.behaviour = on_fc.running.service.behaviour.parse(
        {"faults": [{"code": "ServiceUnavailable", "status": 503, "times": 4}]}
    )
    with pytest.raises(errors.ServiceUnavailableError):
        on_fc.invoker.submit(b"{}")
    assert not on_fc.running.service.behaviour.faults


def test_a_stranger_is_refused_and_nothing_of_a_key_is_told(
    on_fc: OnFc, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    own = on_fc.running.identity.issue_temporary_key()
    secret = Credentials(own.access_key_id, "not-the-secret", own.security_token)
    with pytest.raises(errors.InvalidCredentialsError) as caught:
        on_fc.named("screen", secret).submit(b"{}")
    said = "".join([str(caught.value), caplog.text, *capfd.readouterr()])
    for part in (own.access_key_id, own.security_token, "not-the-secret", "uthorization"):
        assert part not in said
