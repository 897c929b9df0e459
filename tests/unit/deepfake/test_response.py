"""How the client interprets a response."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen import errors
from facescreen.deepfake.response import HttpResponse, parse_response
from facescreen.model import Verdict
from tests.unit.deepfake.stub_service import (
    URL,
    StubService,
    code_response,
    create_client,
    detect_once,
    success_response,
)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("0", Verdict.LOW_RISK),
        (0, Verdict.LOW_RISK),
        ("1", Verdict.HIGH_RISK),
        ("2", Verdict.SUSPICIOUS),
        ("3", Verdict.FAILED),
        (None, Verdict.FAILED),
        ("", Verdict.FAILED),
    ],
)
def test_the_verdict_depends_only_on_the_result(result: object, verdict: Verdict) -> None:
    service = StubService(success_response(result, RiskScore={"SuspectDeepForgery": 0.99}))
    assert detect_once(service).verdict is verdict


def test_a_paid_response_without_a_result_is_not_retried() -> None:
    service = StubService(code_response("Success"), success_response())
    assert detect_once(service).verdict is Verdict.FAILED
    assert len(service.requests) == 1


def test_invalid_scores_are_ignored() -> None:
    scores = {"A": "0.96", "B": 0.5, "C": "high", "D": None, "E": "nan", "F": "Infinity"}
    detection = detect_once(
        StubService(success_response("1", RiskScore=scores, RiskTag=["A", " B "]))
    )
    assert detection.risk_scores == {"A": 0.96, "B": 0.5}
    assert detection.risk_tags == ("A", "B")


def test_an_emulator_is_refused_unless_the_deployment_is_local() -> None:
    response = success_response()
    response.headers["x-facescreen-stand-in"] = "local stand-in: not a forgery detector"
    with pytest.raises(errors.EmulatorRefusedError, match="is an emulator of the service"):
        detect_once(StubService(response))
    with create_client(StubService(response), allow_emulator=True) as deepfake_client:
        assert (
            deepfake_client.detect(url=URL).emulator_name
            == "local stand-in: not a forgery detector"
        )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["Code", "Message", "ResultObject", "Result", "RiskTag", "RiskScore", "RequestId"]
            ),
            inner,
        )
    ),
)


@given(st.integers(100, 599), st.binary() | json_values.map(lambda v: json.dumps(v).encode()))
def test_any_response_is_a_detection_or_one_of_our_errors(status: int, body: bytes) -> None:
    with contextlib.suppress(errors.FacescreenError):
        parse_response(HttpResponse(status, {}, body))
