"""Answers that moto never gives. EventBridge refuses an entry inside an answer of 200."""

from __future__ import annotations

import json

import pytest

from facescreen import errors
from facescreen.bus.eventbridge import EventBridgePublisher
from facescreen.bus.sns import SnsPublisher
from tests.support.stub_aws import StubAws

MESSAGE = {
    "type": "a.type",
    "data": {"verdict": "low_risk", "object": {"bucket": "selfies", "key": "a.jpg"}},
}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", errors.ServiceUnavailableError),
        ("InternalFailure", errors.ServiceUnavailableError),
        ("AccessDeniedException", errors.AccessDeniedError),
        ("ResourceNotFoundException", errors.InvalidSettingsError),
        ("MalformedDetail", errors.RequestRejectedError),
    ],
)
def test_a_refused_entry_is_an_error(code: str, kind: type[errors.FacescreenError]) -> None:
    entry = {"ErrorCode": code, "ErrorMessage": "why"}
    answer = json.dumps({"FailedEntryCount": 1, "Entries": [entry]}).encode()
    publisher = EventBridgePublisher(StubAws(PutEvents=(200, answer)).session, bus="verdicts")
    with pytest.raises(errors.FacescreenError, match=f"why; code {code}") as raised:
        publisher.publish(MESSAGE)
    assert type(raised.value) is kind


def test_a_proxys_page_is_no_answer() -> None:
    page = StubAws(PutEvents=(200, b"<html>"), Publish=(200, b"<html>")).session
    for publisher in (
        EventBridgePublisher(page, bus="verdicts"),
        SnsPublisher(page, topic_arn="arn:aws:sns:eu-central-1:123456789012:verdicts"),
    ):
        with pytest.raises(errors.ServiceUnavailableError):
            publisher.publish(MESSAGE)
