"""Dead letters of any form, and the remedy for each cause."""

from __future__ import annotations

import base64
import inspect
import json
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen import errors
from facescreen.deepfake.rate_limiter import LocalRateLimiter, RateLimiter
from facescreen.model import ObjectRef
from facescreen_cli.commands.redrive.causes import UNREADABLE_DEAD_LETTER, find_cause
from facescreen_cli.commands.redrive.connect import RedriveOptions, connect_redriver
from facescreen_cli.commands.redrive.dead_letters import (
    read_function_compute_dead_letter,
    read_sqs_dead_letter,
)
from facescreen_cli.commands.redrive.queues import ReceivedMessage
from facescreen_cli.commands.redrive.redriver import NotRedrivenError, Redriver, group_by_cause
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StoppableRateLimiter, StopRequestedError, StopSignal

SENT_AT = datetime(2026, 11, 23, tzinfo=timezone.utc)
EVENT = {
    "events": [
        {
            "eventName": "ObjectCreated:PutObject",
            "eventSource": "acs:oss",
            "region": "r",
            "oss": {
                "bucket": {"name": "selfies"},
                "object": {"key": "a.jpg", "eTag": "E", "size": 1},
            },
        }
    ]
}
RECORD = {
    "timestamp": 1_700_000_000_000,
    "requestContext": {"condition": "RetriesExhausted"},
    "requestPayload": json.dumps(EVENT),
    "responsePayload": json.dumps({"errorType": "Throttled", "errorMessage": "over the quota"}),
}


def make_letter(body: bytes, until: float | None = None) -> ReceivedMessage:
    return ReceivedMessage(
        "receipt", body, SENT_AT, time.monotonic() + 600 if until is None else until
    )


def read_cause(ref: ObjectRef) -> tuple[str, str]:
    """A cause as read from an object's tags."""
    return "Throttled", f"{ref.bucket}/{ref.key} {ref.etag}"


@pytest.mark.parametrize("encoded", [False, True])
def test_a_record_is_read_as_json_or_base64(encoded: bool) -> None:
    body = json.dumps(RECORD).encode()
    letter = read_function_compute_dead_letter(
        make_letter(base64.b64encode(body) if encoded else body)
    )
    assert (letter.error, letter.error_message) == ("Throttled", "over the quota")
    assert letter.objects == ("oss://selfies/a.jpg",)
    assert json.loads(letter.payload) == EVENT
    assert letter.failed_at.isoformat() == "2023-11-14T22:13:20+00:00"


def test_an_event_that_never_ran_has_the_platforms_cause() -> None:
    record = {**RECORD, "responsePayload": "", "requestContext": {"condition": "EventAgeExceeded"}}
    letter = read_function_compute_dead_letter(make_letter(json.dumps(record).encode()))
    assert find_cause(letter.error).can_redrive
    assert "RESERVED_CONCURRENCY" in find_cause(letter.error).remedy


def test_the_message_of_an_error_is_redacted() -> None:
    url = "https://b.oss.example/a.jpg?Signature=c2VjcmV0"
    response = json.dumps({"errorType": "Unavailable", "errorMessage": f"no answer of {url}"})
    letter = read_function_compute_dead_letter(
        make_letter(json.dumps({**RECORD, "responsePayload": response}).encode())
    )
    assert letter.error_message == "no answer of https://b.oss.example/a.jpg?…"
    assert "Signature" not in repr(letter)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_an_unreadable_letter(body: bytes) -> None:
    assert read_function_compute_dead_letter(make_letter(body)).error == UNREADABLE_DEAD_LETTER
    assert read_sqs_dead_letter(make_letter(body), read_cause).error == UNREADABLE_DEAD_LETTER


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.dictionaries(st.sampled_from([*RECORD, "condition", "errorType"]), inner)
            | st.lists(inner)
        ),
    )
)
def test_any_json_is_read_as_a_letter_with_a_remedy(document: Any) -> None:
    body = json.dumps(document).encode()
    assert find_cause(read_function_compute_dead_letter(make_letter(body)).error).remedy
    assert find_cause(read_sqs_dead_letter(make_letter(body), read_cause).error).remedy


def test_the_cause_of_an_sqs_letter_is_read_from_the_object() -> None:
    body = {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "r",
                "eventName": "ObjectCreated:Put",
                "eventTime": "2026-11-23T04:05:06Z",
                "s3": {
                    "bucket": {"name": "selfies"},
                    "object": {"key": "a+b.jpg", "eTag": "E", "size": 1},
                },
            }
        ]
    }
    received = make_letter(json.dumps(body).encode())
    letter = read_sqs_dead_letter(received, read_cause)
    assert (letter.error, letter.error_message) == ("Throttled", "selfies/a b.jpg E")
    with_cause = read_sqs_dead_letter(
        replace(received, error="Deferred", error_message="spent"), read_cause
    )
    assert (with_cause.error, with_cause.error_message) == ("Deferred", "spent")
    assert letter.objects == ("s3://selfies/a b.jpg",)
    assert letter.failed_at == SENT_AT


def test_every_transient_or_operator_error_has_a_remedy() -> None:
    error_classes = [error_class for _, error_class in inspect.getmembers(errors, inspect.isclass)]
    causes = [
        error_class
        for error_class in error_classes
        if issubclass(error_class, (errors.TransientError, errors.OperatorError))
    ]
    assert len(causes) > 10
    unexpected_remedy = find_cause("KeyError").remedy
    for error_class in causes:
        cause = find_cause(error_class.name)
        assert cause.name == error_class.name
        assert cause.can_redrive is not issubclass(error_class, errors.InvalidEventError)
        assert cause.remedy != unexpected_remedy


def test_an_object_whose_revision_had_not_settled_is_sent_again() -> None:
    cause = find_cause("RevisionNotSettled")
    assert (cause.name, cause.can_redrive) == ("RevisionNotSettled", True)
    assert "settled" in cause.remedy


def test_a_dead_letter_of_function_compute_names_its_error() -> None:
    record = {**RECORD, "responsePayload": json.dumps({"errorType": "AccessRefused"})}
    letter = read_function_compute_dead_letter(make_letter(json.dumps(record).encode()))
    assert letter.error == "AccessRefused"


class FakeQueue:
    """A dead-letter queue in memory that returns at most two letters at a time."""

    def __init__(self, *letters: ReceivedMessage) -> None:
        self.letters = list(letters)
        self.deleted: list[ReceivedMessage] = []
        self.released: list[ReceivedMessage] = []
        self.fails = False

    def receive(self, max_letters: int) -> list[ReceivedMessage]:
        max_letters = min(max_letters, 2)
        letters, self.letters = self.letters[:max_letters], self.letters[max_letters:]
        return letters

    def delete(self, letter: ReceivedMessage) -> None:
        if self.fails:
            raise errors.ServiceUnavailableError("no answer")
        self.deleted.append(letter)

    def release(self, letter: ReceivedMessage) -> None:
        self.released.append(letter)


class FakeFunction:
    """An Invoker that records its payloads."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.fails = False

    def submit(self, payload: bytes) -> None:
        if self.fails:
            raise errors.ThrottledError("too many")
        self.payloads.append(payload)


def create_redriving(
    queue: FakeQueue, function: FakeFunction, rate_limiter: RateLimiter | None = None
) -> Redriver:
    return Redriver(
        queue, function, read_function_compute_dead_letter, rate_limiter or LocalRateLimiter(1000)
    )


def test_accepted_letters_are_deleted_and_the_others_released() -> None:
    first, second = make_letter(json.dumps(RECORD).encode()), make_letter(b"{}")
    queue, function = FakeQueue(first, second), FakeFunction()
    redriver = create_redriving(queue, function)
    letters = redriver.collect(100)
    assert [cause.name for cause in group_by_cause(letters)] == ["Throttled", "Unreadable"]
    function.fails = True
    with pytest.raises(NotRedrivenError, match="too many"):
        redriver.redrive(letters[0])
    function.fails = False
    redriver.redrive(letters[0])
    redriver.release()
    assert (function.payloads, queue.deleted, queue.released) == (
        [letters[0].payload],
        [first],
        [second],
    )


def test_a_letter_whose_visibility_timeout_is_ending_is_not_redriven() -> None:
    expiring = make_letter(json.dumps(RECORD).encode(), until=time.monotonic() + 1)
    function = FakeFunction()
    redriver = create_redriving(FakeQueue(expiring), function)
    with pytest.raises(NotRedrivenError, match="held for too long"):
        redriver.redrive(redriver.collect(1)[0])
    assert function.payloads == []


def test_an_accepted_letter_that_cannot_be_deleted_is_reported() -> None:
    queue = FakeQueue(make_letter(json.dumps(RECORD).encode()))
    queue.fails = True
    redriver = create_redriving(queue, FakeFunction())
    with pytest.raises(NotRedrivenError, match="accepted, but not deleted, so it will reappear"):
        redriver.redrive(redriver.collect(1)[0])
    redriver.release()
    # Releasing it would make it visible and redriven again at once.
    assert queue.released == []


@pytest.mark.parametrize("max_letters", [1, 2, 3, 5])
def test_no_more_letters_than_requested_are_received(max_letters: int) -> None:
    queue = FakeQueue(*(make_letter(json.dumps(RECORD).encode()) for _ in range(4)))
    letters = create_redriving(queue, FakeFunction()).collect(max_letters)
    assert (len(letters), len(queue.letters)) == (min(max_letters, 4), max(4 - max_letters, 0))


def test_each_letter_waits_for_its_slot() -> None:
    letters = [make_letter(json.dumps(RECORD).encode()) for _ in range(5)]
    redriver = create_redriving(
        FakeQueue(*letters), FakeFunction(), StoppableRateLimiter(20, StopSignal())
    )
    started = time.monotonic()
    for letter in redriver.collect(5):
        redriver.redrive(letter)
    assert time.monotonic() - started >= 4 / 20


def test_a_letter_whose_slot_is_after_its_visibility_timeout_is_not_redriven() -> None:
    letters = [make_letter(json.dumps(RECORD).encode(), time.monotonic() + 40) for _ in range(2)]
    function = FakeFunction()
    redriver = create_redriving(FakeQueue(*letters), function, LocalRateLimiter(1 / 60))
    first, second = redriver.collect(2)
    redriver.redrive(first)
    with pytest.raises(NotRedrivenError, match="held for too long"):
        redriver.redrive(second)
    assert len(function.payloads) == 1


def test_after_a_stop_the_waiting_letters_are_released() -> None:
    letter, stop, function = (
        make_letter(json.dumps(RECORD).encode()),
        StopSignal(),
        FakeFunction(),
    )
    queue = FakeQueue(letter)
    redriver = create_redriving(queue, function, StoppableRateLimiter(1000, stop))
    stop.interrupted = True
    with pytest.raises(StopRequestedError):
        redriver.redrive(redriver.collect(1)[0])
    redriver.release()
    assert (function.payloads, queue.deleted, queue.released) == ([], [], [letter])


def test_the_rate_is_a_share_of_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment = {
        "CALLS_PER_SECOND": "40",
        "DEAD_LETTERS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/dead-letters",
        "UPLOADS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/uploads",
    }
    rate_limiter = connect_redriver(
        RedriveOptions("aws", "", 0.25), Environment(environment), StopSignal()
    ).rate_limiter
    started = time.monotonic()
    for _ in range(5):
        rate_limiter.reserve(60)
    # A quarter of the default quota, 10, would take 1.6 seconds.
    assert 4 / 10 <= time.monotonic() - started < 1.5
