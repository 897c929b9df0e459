"""Answers that broke the limits of the reader, or would have: what fuzzing led to."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.response import HttpResponse, parse_response
from facescreen.model import Verdict


def replied(**answer: Any) -> HttpResponse:
    return HttpResponse(200, {}, json.dumps(answer).encode())


def test_a_score_beyond_any_float_is_left_out() -> None:
    scores = {"A": 10**400, "B": 0.5}
    found = parse_response(
        replied(Code="Success", ResultObject={"Result": "1", "RiskScore": scores})
    )
    assert found.verdict is Verdict.HIGH_RISK
    assert found.risk_scores == {"B": 0.5}


def test_what_is_no_text_is_not_taken_for_one() -> None:
    result = {"Result": ["1"], "RiskTag": [["A"], "B"], "TransactionId": {"a": "b"}}
    found = parse_response(replied(Code="Success", RequestId=[1], ResultObject=result))
    assert found.verdict is Verdict.FAILED
    assert (found.risk_tags, found.transaction_id, found.request_id) == (("B",), "", "")


@pytest.mark.parametrize("name", ["Code", "Message", "RequestId"])
def test_a_refusal_of_one_endless_word_ends_soon(name: str) -> None:
    reply = replied(**{"Code": "Throttling.User", name: "a" * 100_000})
    begin = time.thread_time()
    with pytest.raises(errors.FacescreenError):
        parse_response(reply)
    # Half a second is ten times the aim of 50 ms; without a limit it is seconds.
    assert time.thread_time() - begin < 0.5
