"""Responses that moto never sends. EventBridge refuses an entry in a response with status 200."""

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
    ("code", "error_class"),
    [
        ("ThrottlingException", errors.ServiceUnavailableError),
        ("InternalFailure", errors.ServiceUnavailableError),
        ("AccessDeniedException", errors.AccessDeniedError),
        ("ResourceNotFoundException", errors.InvalidSettingsError),
        ("MalformedDetail", errors.RequestRejectedError),
    ],
)
def test_a_refused_entry_raises_an_error(
    code: str, error_class: type[errors.FacescreenError]
) -> None:
    entry = {"ErrorCode": code, "ErrorMessage": "why"}
    body = json.dumps({"FailedEntryCount": 1, "Entries": [entry]}).encode()
    publisher = EventBridgePublisher(StubAws(PutEvents=(200, body)).session, bus="verdicts")
    with pytest.raises(errors.FacescreenError, match=f"why; code {code}") as raised:
        publisher.publish(MESSAGE)
    assert type(raised.value) is error_class


def test_a_proxys_html_page_is_not_a_response() -> None:
    session = StubAws(PutEvents=(200, b"<html>"), Publish=(200, b"<html>")).session
    for publisher in (
        EventBridgePublisher(session, bus="verdicts"),
        SnsPublisher(session, topic_arn="arn:aws:sns:eu-central-1:123456789012:verdicts"),
    ):
        with pytest.raises(errors.ServiceUnavailableError):
            publisher.publish(MESSAGE)
