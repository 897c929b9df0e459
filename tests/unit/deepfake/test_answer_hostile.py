"""Answers that fuzzing found to break the reader's limits."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from facescreen import errors
from facescreen.deepfake.answer import Reply, understand
from facescreen.outcome import Verdict

NESTED = "[" * 600 + "]" * 600


def replied(**answer: Any) -> Reply:
    return Reply(200, {}, json.dumps(answer).encode())


def test_a_score_beyond_any_float_is_left_out() -> None:
    scores = {"A": 10**400, "B": 0.5}
    found = understand(replied(Code="Success", ResultObject={"Result": "1", "RiskScore": scores}))
    assert found.verdict is Verdict.HIGH_RISK
    assert found.risk_scores == {"B": 0.5}


@pytest.mark.parametrize("name", ["Code", "Message", "RequestId"])
def test_a_refusal_nested_where_a_text_belongs(name: str) -> None:
    answer = {"Code": "Throttling.User", name: json.loads(NESTED)}
    with pytest.raises(errors.Passing):
        understand(replied(**answer))


@pytest.mark.parametrize("name", ["Result", "RiskTag", "TransactionId"])
def test_a_result_nested_where_a_text_belongs(name: str) -> None:
    result = {"Result": "1", "RiskTag": "A", "TransactionId": "T", name: json.loads(NESTED)}
    found = understand(replied(Code="Success", ResultObject=result))
    assert found.verdict is (Verdict.FAILED if name == "Result" else Verdict.HIGH_RISK)


@pytest.mark.parametrize("name", ["Code", "Message", "RequestId"])
def test_a_refusal_of_one_endless_word_ends_soon(name: str) -> None:
    reply = replied(**{"Code": "Throttling.User", name: "a" * 100_000})
    begin = time.process_time()
    with pytest.raises(errors.FacescreenError):
        understand(reply)
    # Half a second is ten times the aim of 50 ms; without a limit it is seconds.
    assert time.process_time() - begin < 0.5
