"""What the client makes of an answer."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen import errors
from facescreen.deepfake.response import HttpResponse, parse_response
from facescreen.model import Verdict
from tests.unit.deepfake.service import URL, Service, client, code, detect, success


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
def test_the_verdict_is_the_result_and_nothing_else(result: object, verdict: Verdict) -> None:
    service = Service(success(result, RiskScore={"SuspectDeepForgery": 0.99}))
    assert detect(service).verdict is verdict


def test_a_paid_answer_without_a_result_is_not_paid_for_again() -> None:
    service = Service(code("Success"), success())
    assert detect(service).verdict is Verdict.FAILED
    assert len(service.asked) == 1


def test_scores_are_read_leniently() -> None:
    scores = {"A": "0.96", "B": 0.5, "C": "high", "D": None, "E": "nan", "F": "Infinity"}
    detection = detect(Service(success("1", RiskScore=scores, RiskTag=["A", " B "])))
    assert detection.risk_scores == {"A": 0.96, "B": 0.5}
    assert detection.risk_tags == ("A", "B")


def test_a_stand_in_is_refused_unless_the_deployment_is_local() -> None:
    answer = success()
    answer.headers["x-facescreen-stand-in"] = "local stand-in: not a forgery detector"
    with pytest.raises(errors.EmulatorRefusedError, match="is an emulator of the service"):
        detect(Service(answer))
    with client(Service(answer), allow_stand_in=True) as it:
        assert it.detect(url=URL).emulator_name == "local stand-in: not a forgery detector"


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
def test_any_answer_is_a_detection_or_one_of_our_errors(status: int, body: bytes) -> None:
    with contextlib.suppress(errors.FacescreenError):
        parse_response(HttpResponse(status, {}, body))
