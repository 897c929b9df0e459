"""The log of calls: which bytes were judged, what was answered, and that a restart keeps it."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from darabonba.exceptions import UnretryableException

from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.id_verification.store.calls import CallLog, DetectionCall
from facescreen_local.protocol.faults import Fault
from facescreen_local.samples import SampleFile
from tests.integration.id_verification.sdk_client import ALLOW_SDK, SdkCaller
from tests.support.wait import wait_for

pytestmark = ALLOW_SDK


def test_a_call_names_its_bytes_and_its_answer(
    sdk: SdkCaller, service: IdVerificationService, portrait: bytes
) -> None:
    response = sdk.detect(face_base_64=base64.b64encode(portrait).decode())
    (call,) = service.calls
    assert (call.code, call.result, call.disturbed) == ("Success", "0", False)
    assert call.sha256 == hashlib.sha256(portrait).hexdigest()
    assert call.request_id == response["body"]["RequestId"]
    assert call.time <= call.answered


def test_a_rejected_call_names_its_bytes_too(
    sdk: SdkCaller, service: IdVerificationService, samples: dict[str, SampleFile]
) -> None:
    content = samples["no-face.jpg"].path.read_bytes()
    sdk.refusal(face_base_64=base64.b64encode(content).decode())
    (call,) = service.calls
    assert (call.code, call.result) == ("NoFaceDetected", "")
    assert call.sha256 == hashlib.sha256(content).hexdigest()


def test_a_billed_call_whose_answer_a_fault_replaces_says_so(
    sdk: SdkCaller, service: IdVerificationService, portrait: bytes
) -> None:
    service.behaviour.faults = [Fault(after=True, code="InternalError")]
    sdk.refusal(face_base_64=base64.b64encode(portrait).decode())
    (call,) = service.calls
    assert call.billed
    assert call.disturbed


def test_a_call_whose_client_has_gone_says_so(
    sdk: SdkCaller, service: IdVerificationService, portrait: bytes
) -> None:
    service.behaviour.latency_ms = 400
    sdk.client._read_timeout = 100
    with pytest.raises(UnretryableException, match="Read timed out"):
        sdk.detect(face_base_64=base64.b64encode(portrait).decode())
    wait_for(lambda: bool(service.calls), "the call")
    (call,) = service.calls
    assert call.billed
    assert call.disturbed


def test_a_slow_answer_comes_after_the_bytes_are_judged(
    sdk: SdkCaller, service: IdVerificationService, portrait: bytes
) -> None:
    service.behaviour.answer_latency_ms = 300
    sdk.detect(face_base_64=base64.b64encode(portrait).decode())
    came_at = datetime.now(timezone.utc)
    (call,) = service.calls
    assert came_at - datetime.fromisoformat(f"{call.answered[:-1]}+00:00") >= timedelta(seconds=0.3)


def test_a_restart_keeps_the_calls_until_a_reset(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    call = DetectionCall.from_parameters(0, "DeepfakeDetectIntl", {}, "A1").with_answer("Success")
    CallLog(path).add(call)
    restarted = CallLog(path)
    assert restarted.calls == [call]
    restarted.reset()
    assert CallLog(path).calls == []
