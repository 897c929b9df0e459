"""Dead letters as they may lie in a queue, and what each cause asks for."""

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
from facescreen_cli.commands.redrive.causes import UNREADABLE, cause_of
from facescreen_cli.commands.redrive.connecting import Options, connected
from facescreen_cli.commands.redrive.dead_letters import of_function_compute, of_sqs
from facescreen_cli.commands.redrive.queues import Held
from facescreen_cli.commands.redrive.redriving import NotRedrivenError, Redriving, by_cause
from facescreen_cli.environment import Environment
from facescreen_cli.interrupt import StoppablePace, StopRequestedError, StopSignal

SENT = datetime(2026, 11, 23, tzinfo=timezone.utc)
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


def held(body: bytes, until: float | None = None) -> Held:
    return Held("receipt", body, SENT, time.monotonic() + 600 if until is None else until)


def why(ref: ObjectRef) -> tuple[str, str]:
    """What an object says."""
    return "Throttled", f"{ref.bucket}/{ref.key} {ref.etag}"


@pytest.mark.parametrize("encoded", [False, True])
def test_a_record_is_read_as_json_and_in_base64(encoded: bool) -> None:
    body = json.dumps(RECORD).encode()
    letter = of_function_compute(held(base64.b64encode(body) if encoded else body))
    assert (letter.error, letter.says) == ("Throttled", "over the quota")
    assert letter.objects == ("oss://selfies/a.jpg",)
    assert json.loads(letter.payload) == EVENT
    assert letter.failed_at.isoformat() == "2023-11-14T22:13:20+00:00"


def test_an_event_that_was_never_tried_has_the_platforms_word() -> None:
    record = {**RECORD, "responsePayload": "", "requestContext": {"condition": "EventAgeExceeded"}}
    letter = of_function_compute(held(json.dumps(record).encode()))
    assert cause_of(letter.error).again
    assert "RESERVED_CONCURRENCY" in cause_of(letter.error).remedy


def test_no_secret_of_an_error_is_repeated() -> None:
    url = "https://b.oss.example/a.jpg?Signature=c2VjcmV0"
    response = json.dumps({"errorType": "Unavailable", "errorMessage": f"no answer of {url}"})
    letter = of_function_compute(held(json.dumps({**RECORD, "responsePayload": response}).encode()))
    assert letter.says == "no answer of https://b.oss.example/a.jpg?…"
    assert "Signature" not in repr(letter)


@given(st.binary(max_size=300))
def test_whatever_lies_there_is_a_letter(body: bytes) -> None:
    assert of_function_compute(held(body)).error == UNREADABLE
    assert of_sqs(held(body), why).error == UNREADABLE


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.dictionaries(st.sampled_from([*RECORD, "condition", "errorType"]), inner)
            | st.lists(inner)
        ),
    )
)
def test_whatever_json_lies_there_is_a_letter(document: Any) -> None:
    body = json.dumps(document).encode()
    assert cause_of(of_function_compute(held(body)).error).remedy
    assert cause_of(of_sqs(held(body), why).error).remedy


def test_sqs_keeps_the_event_alone_and_its_object_says_why() -> None:
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
    alone = held(json.dumps(body).encode())
    letter = of_sqs(alone, why)
    assert (letter.error, letter.says) == ("Throttled", "selfies/a b.jpg E")
    told = of_sqs(replace(alone, error="Deferred", says="spent"), why)
    assert (told.error, told.says) == ("Deferred", "spent")
    assert letter.objects == ("s3://selfies/a b.jpg",)
    assert letter.failed_at == SENT


def test_every_error_of_ours_has_a_remedy() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    raised = [
        kind for kind in kinds if issubclass(kind, (errors.TransientError, errors.OperatorError))
    ]
    assert len(raised) > 10
    unforeseen = cause_of("KeyError").remedy
    for kind in raised:
        cause = cause_of(kind.name)
        assert cause.name == kind.name
        assert cause.again is not issubclass(kind, errors.InvalidEventError)
        assert cause.remedy != unforeseen


def test_a_letter_is_read_by_the_name_of_an_error_and_by_its_class() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    for kind in kinds:
        if not issubclass(kind, errors.FacescreenError):
            continue
        assert cause_of(kind.__name__).again == cause_of(kind.name).again
        for error_type in (kind.__name__, kind.name):
            record = {**RECORD, "responsePayload": json.dumps({"errorType": error_type})}
            assert of_function_compute(held(json.dumps(record).encode())).error == kind.name


class Queue:
    """LetterQueue of some letters."""

    def __init__(self, *letters: Held) -> None:
        self.letters = list(letters)
        self.deleted: list[Held] = []
        self.released: list[Held] = []
        self.refuses = False

    def receive(self, most: int) -> list[Held]:
        most = min(most, 2)
        letters, self.letters = self.letters[:most], self.letters[most:]
        return letters

    def delete(self, held: Held) -> None:
        if self.refuses:
            raise errors.ServiceUnavailableError("no answer")
        self.deleted.append(held)

    def release(self, held: Held) -> None:
        self.released.append(held)


class Function:
    """Invoker that keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.refuses = False

    def submit(self, payload: bytes) -> None:
        if self.refuses:
            raise errors.ThrottledError("too many")
        self.given.append(payload)


def run(queue: Queue, function: Function, pace: RateLimiter | None = None) -> Redriving:
    return Redriving(queue, function, of_function_compute, pace or LocalRateLimiter(1000))


def test_what_was_not_accepted_goes_back_and_what_was_is_deleted() -> None:
    one, other = held(json.dumps(RECORD).encode()), held(b"{}")
    queue, function = Queue(one, other), Function()
    redriving = run(queue, function)
    letters = redriving.collect(100)
    assert [cause.name for cause in by_cause(letters)] == ["Throttled", "Unreadable"]
    function.refuses = True
    with pytest.raises(NotRedrivenError, match="too many"):
        redriving.redrive(letters[0])
    function.refuses = False
    redriving.redrive(letters[0])
    redriving.release()
    assert (function.given, queue.deleted, queue.released) == ([letters[0].payload], [one], [other])


def test_a_letter_that_others_may_have_seen_is_left_to_them() -> None:
    late = held(json.dumps(RECORD).encode(), until=time.monotonic() + 1)
    function = Function()
    redriving = run(Queue(late), function)
    with pytest.raises(NotRedrivenError, match="held for too long"):
        redriving.redrive(redriving.collect(1)[0])
    assert function.given == []


def test_an_accepted_letter_that_could_not_be_deleted_is_told() -> None:
    queue = Queue(held(json.dumps(RECORD).encode()))
    queue.refuses = True
    redriving = run(queue, Function())
    with pytest.raises(NotRedrivenError, match="accepted, but not deleted, so it comes again"):
        redriving.redrive(redriving.collect(1)[0])
    redriving.release()
    # Given back, it would be accepted twice at once.
    assert queue.released == []


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_no_more_than_asked_for_are_held(most: int) -> None:
    queue = Queue(*(held(json.dumps(RECORD).encode()) for _ in range(4)))
    letters = run(queue, Function()).collect(most)
    assert (len(letters), len(queue.letters)) == (min(most, 4), max(4 - most, 0))


def test_each_waits_for_its_turn() -> None:
    letters = [held(json.dumps(RECORD).encode()) for _ in range(5)]
    redriving = run(Queue(*letters), Function(), StoppablePace(20, StopSignal()))
    begun = time.monotonic()
    for letter in redriving.collect(5):
        redriving.redrive(letter)
    assert time.monotonic() - begun >= 4 / 20


def test_a_turn_that_comes_after_its_time_is_not_taken() -> None:
    letters = [held(json.dumps(RECORD).encode(), time.monotonic() + 40) for _ in range(2)]
    function = Function()
    redriving = run(Queue(*letters), function, LocalRateLimiter(1 / 60))
    one, other = redriving.collect(2)
    redriving.redrive(one)
    with pytest.raises(NotRedrivenError, match="held for too long"):
        redriving.redrive(other)
    assert len(function.given) == 1


def test_stopped_it_keeps_what_has_not_had_its_turn() -> None:
    letter, stop, function = held(json.dumps(RECORD).encode()), StopSignal(), Function()
    queue = Queue(letter)
    redriving = run(queue, function, StoppablePace(1000, stop))
    stop.interrupted = True
    with pytest.raises(StopRequestedError):
        redriving.redrive(redriving.collect(1)[0])
    redriving.release()
    assert (function.given, queue.deleted, queue.released) == ([], [], [letter])


def test_its_pace_is_a_share_of_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment = {
        "CALLS_PER_SECOND": "40",
        "DEAD_LETTERS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/dead-letters",
        "UPLOADS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/uploads",
    }
    pace = connected(Options("aws", "", 0.25), Environment(environment), StopSignal()).pace
    begun = time.monotonic()
    for _ in range(5):
        pace.reserve(60)
    # A quarter of the default quota, 10, would take 1.6 seconds.
    assert 4 / 10 <= time.monotonic() - begun < 1.5
