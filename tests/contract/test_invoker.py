"""The same tests on every Invoker: in memory, on the local Function Compute, with both SDKs and
without one, and on an SQS queue of moto."""

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
FC_INVOKERS = ("fc", "fc3", "fc2")
REAL_INVOKERS = (*FC_INVOKERS, "sqs")


class InvocationTarget(ABC):
    """Receives events from an invoker, and returns the events received."""

    invoker: Invoker
    invoker_without_target: Invoker
    """Invokes a function or queue that doesn't exist."""
    max_event_bytes: int

    @abstractmethod
    def received_events(self) -> list[bytes]: ...


class FcTarget(InvocationTarget):
    max_event_bytes = 128 * 1024

    def __init__(self, invoker_type: str, running: RunningFc, loop: BackgroundLoop) -> None:
        self.running, self._loop, self._invoker_type = running, loop, invoker_type
        self.invoker = self.create_invoker("screen")
        self.invoker_without_target = self.create_invoker("absent")

    def create_invoker(self, function: str, credentials: Credentials | None = None) -> Invoker:
        key, url = self.running.local_account.issue_temporary_key(), self.running.service.url
        own_credentials = Credentials(key.access_key_id, key.access_key_secret, key.security_token)
        if self._invoker_type == "fc2":
            return Fc2Invoker(url, "any", function, credentials or own_credentials)
        if self._invoker_type == "fc3":
            return Fc3Invoker(url, function, credentials or own_credentials)
        return FcInvoker(credentials or own_credentials, endpoint=url, function=function)

    def received_events(self) -> list[bytes]:
        self._loop.run(self.running.functions.wait_until_idle())
        return [line.strip("b'").encode() for line in self.running.log]


@dataclass
class SqsTarget(InvocationTarget):
    endpoint: str
    max_event_bytes = 1024 * 1024

    def __post_init__(self) -> None:
        session = boto3.Session("a", "b", region_name="ap-southeast-1")
        self._sqs: Any = session.client("sqs", endpoint_url=self.endpoint)
        self._url = self._sqs.create_queue(QueueName="uploads")["QueueUrl"]
        self.invoker = SqsInvoker(session, queue_url=self._url, endpoint=self.endpoint)
        absent = self._url.replace("uploads", "absent")
        self.invoker_without_target = SqsInvoker(session, queue_url=absent, endpoint=self.endpoint)

    def received_events(self) -> list[bytes]:
        params = {"QueueUrl": self._url, "MaxNumberOfMessages": 10}
        return [m["Body"].encode() for m in self._sqs.receive_message(**params)["Messages"]]


class MemoryTarget(InvocationTarget):
    max_event_bytes = MAX_EVENT_BYTES

    def __init__(self) -> None:
        self.invoker = self._memory = MemoryInvoker()

    def received_events(self) -> list[bytes]:
        return self._memory.payloads


@pytest.fixture(params=["memory", *REAL_INVOKERS])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InvocationTarget]:
    if request.param == "memory":
        yield MemoryTarget()
    elif request.param == "sqs":
        with moto_server() as endpoint:
            yield SqsTarget(endpoint)
    else:
        with run_fc_in_background(tmp_path, HANDLERS) as (running, loop):
            yield FcTarget(request.param, running, loop)


@pytest.fixture(params=FC_INVOKERS)
def fc_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FcTarget]:
    with run_fc_in_background(tmp_path, HANDLERS) as (running, loop):
        yield FcTarget(request.param, running, loop)


def test_a_payload_is_received_unchanged(target: InvocationTarget) -> None:
    payload = json.dumps({"events": [{"key": "a b+%20"}]}).encode()
    target.invoker.submit(payload)
    assert target.received_events() == [payload]


@pytest.mark.parametrize("target", REAL_INVOKERS, indirect=True)
def test_a_missing_target_is_an_invalid_setting(target: InvocationTarget) -> None:
    with pytest.raises(errors.InvalidSettingsError):
        target.invoker_without_target.submit(b"{}")


def test_an_event_over_the_platforms_limit_is_not_sent(target: InvocationTarget) -> None:
    target.invoker.submit(b"1" * target.max_event_bytes)
    with pytest.raises(errors.RequestRejectedError, match=f"at most {target.max_event_bytes}"):
        target.invoker.submit(b"1" * (target.max_event_bytes + 1))
    assert len(target.received_events()) == 1


@pytest.mark.parametrize("fault", [{"code": "Busy", "status": 503}, {"reset": True}])
def test_a_transient_error_is_retried(fc_target: FcTarget, fault: dict[str, Any]) -> None:
    fc_target.running.service.behaviour = fc_target.running.service.behaviour.parse(
        {"faults": [{"operation": "InvokeFunction", "times": 2, **fault}]}
    )
    fc_target.invoker.submit(b"{}")
    assert fc_target.received_events() == [b"{}"]


def test_a_lasting_outage_raises_a_transient_error(fc_target: FcTarget) -> None:
    fc_target.running.service.behaviour = fc_target.running.service.behaviour.parse(
        {"faults": [{"code": "ServiceUnavailable", "status": 503, "times": 4}]}
    )
    with pytest.raises(errors.ServiceUnavailableError):
        fc_target.invoker.submit(b"{}")
    assert not fc_target.running.service.behaviour.faults


def test_invalid_credentials_are_refused_and_not_shown(
    fc_target: FcTarget, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    own_credentials = fc_target.running.local_account.issue_temporary_key()
    secret = Credentials(
        own_credentials.access_key_id, "not-the-secret", own_credentials.security_token
    )
    with pytest.raises(errors.InvalidCredentialsError) as raised:
        fc_target.create_invoker("screen", secret).submit(b"{}")
    output = "".join([str(raised.value), caplog.text, *capfd.readouterr()])
    for part in (
        own_credentials.access_key_id,
        own_credentials.security_token,
        "not-the-secret",
        "uthorization",
    ):
        assert part not in output
