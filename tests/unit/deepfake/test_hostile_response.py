"""Responses found by fuzzing that exceed the limits of the parser."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.response import HttpResponse, parse_response
from facescreen.model import Verdict


def http_response(**fields: Any) -> HttpResponse:
    return HttpResponse(200, {}, json.dumps(fields).encode())


def test_a_score_too_large_for_a_float_is_omitted() -> None:
    scores = {"A": 10**400, "B": 0.5}
    detection = parse_response(
        http_response(Code="Success", ResultObject={"Result": "1", "RiskScore": scores})
    )
    assert detection.verdict is Verdict.HIGH_RISK
    assert detection.risk_scores == {"B": 0.5}


def test_a_field_that_should_be_a_string_but_is_not_is_ignored() -> None:
    result = {"Result": ["1"], "RiskTag": [["A"], "B"], "TransactionId": {"a": "b"}}
    detection = parse_response(http_response(Code="Success", RequestId=[1], ResultObject=result))
    assert detection.verdict is Verdict.FAILED
    assert (detection.risk_tags, detection.transaction_id, detection.request_id) == (("B",), "", "")


@pytest.mark.parametrize("name", ["Code", "Message", "RequestId"])
def test_an_error_response_with_a_very_long_value_is_parsed_quickly(name: str) -> None:
    response = http_response(**{"Code": "Throttling.User", name: "a" * 100_000})
    started = time.thread_time()
    with pytest.raises(errors.FacescreenError):
        parse_response(response)
    # Half a second is ten times the goal of 50 ms; without a limit it takes seconds.
    assert time.thread_time() - started < 0.5
