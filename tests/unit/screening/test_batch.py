"""What a batch reports to its platform about the objects of an event."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from facescreen.bus.ports import DeadLetterSender
from facescreen.errors import (
    AccessDeniedError,
    AlreadyInProgressError,
    DailyLimitReachedError,
    FacescreenError,
    InvalidEventError,
    ServiceUnavailableError,
)
from facescreen.events.parsed_event import Delivery, ParsedEvent, ResponseMode
from facescreen.model import ObjectRef, Outcome, Status
from facescreen.screening.batch import BatchProcessor
from facescreen.testing.bus import MemoryDeadLetterSender
from tests.support.pictures import noise_picture
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK, LOW_RISK

SERVICE_DOWN = ServiceUnavailableError("the service is unwell", code="ServiceUnavailable")
LIMIT_REACHED = DailyLimitReachedError(
    "deferred: the day's 5 paid calls are spent", retry_after_s=3600
)
INVOCATION = {"invocationSchemaVersion": "2.0", "invocationId": "job-1"}


def put_object(harness: ScreenerHarness, key: str) -> ObjectRef:
    """Store an object with unique bytes and return its reference."""
    return replace(
        PHOTO_REF, key=key, etag=harness.store.put(PHOTO_REF.bucket, key, PHOTO + key.encode())
    )


def delivery_of_one(harness: ScreenerHarness, number: int, receives: int = 1) -> Delivery:
    return Delivery(f"m-{number}", receives, [put_object(harness, f"{number}.jpg")])


def process(
    harness: ScreenerHarness,
    parsed_event: ParsedEvent,
    max_receive_count: int = 0,
    dead_letters: DeadLetterSender | None = None,
) -> dict[str, Any]:
    batch = BatchProcessor(harness.screener, dead_letters, max_receive_count=max_receive_count)
    return batch.process(parsed_event, harness.create_deadline())


def mark_failed(harness: ScreenerHarness, ref: ObjectRef, seconds: float = 60) -> Outcome:
    return harness.screener.mark_failed(ref, SERVICE_DOWN, harness.create_deadline(seconds))


def test_a_whole_event_that_succeeds_is_counted() -> None:
    harness = ScreenerHarness(LOW_RISK)
    delivery = Delivery(objects=[put_object(harness, "a.jpg")], skip_counts=Counter(folder=2))
    assert process(harness, ParsedEvent([delivery])) == {"objects": 1, "skipped": {"folder": 2}}


def test_a_whole_event_fails_only_after_all_its_objects_were_tried() -> None:
    harness = ScreenerHarness(SERVICE_DOWN, LOW_RISK)
    delivery = Delivery(objects=[put_object(harness, "a.jpg"), put_object(harness, "b.jpg")])
    with pytest.raises(ServiceUnavailableError):
        process(harness, ParsedEvent([delivery]))
    assert (
        harness.store.peek_tags(replace(PHOTO_REF, key="b.jpg"))["deepfake-verdict"] == "low_risk"
    )


def test_an_unreadable_record_fails_a_whole_event() -> None:
    harness = ScreenerHarness(LOW_RISK)
    delivery = Delivery(
        objects=[put_object(harness, "a.jpg")], errors=[InvalidEventError("no key")]
    )
    with pytest.raises(InvalidEventError):
        process(harness, ParsedEvent([delivery]))
    assert harness.detection_count == 1


def test_only_the_failed_messages_of_a_batch_are_retried() -> None:
    harness = ScreenerHarness()
    batch = [delivery_of_one(harness, number) for number in range(10)]
    batch[3].errors.append(InvalidEventError("poisoned"))
    batch[7].objects = [replace(PHOTO_REF, key="gone.jpg", etag="0")]
    response = process(harness, ParsedEvent(batch, ResponseMode.ITEM_FAILURES))
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-3"}]}
    assert len(harness.publisher.messages) == 9


def test_an_unexpected_error_fails_only_its_own_message(caplog: pytest.LogCaptureFixture) -> None:
    harness = ScreenerHarness(ZeroDivisionError("s3cr3t"))
    batch = [delivery_of_one(harness, 1), delivery_of_one(harness, 2)]
    response = process(harness, ParsedEvent(batch, ResponseMode.ITEM_FAILURES))
    assert len(response["batchItemFailures"]) == len(harness.publisher.messages) == 1
    (log_record,) = (record for record in caplog.records if record.message == "unforeseen")
    assert vars(log_record)["error"] == "ZeroDivisionError"
    assert "s3cr3t" not in str(vars(log_record))


def test_the_last_receive_marks_the_object_failed() -> None:
    harness = ScreenerHarness(SERVICE_DOWN)
    response = process(
        harness, ParsedEvent([delivery_of_one(harness, 1, 5)], ResponseMode.ITEM_FAILURES), 5
    )
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    tags = harness.store.peek_tags(replace(PHOTO_REF, key="1.jpg"))
    assert (tags["deepfake-verdict"], tags["deepfake-reason"]) == ("failed", "ServiceUnavailable")
    (message,) = harness.published_messages()
    assert message["data"]["verdict"] == "failed"
    assert message["data"]["detail"].startswith("the service is unwell")


@pytest.mark.parametrize(("receives", "max_receive_count"), [(4, 5), (5, 0), (None, 5)])
def test_an_object_is_not_marked_failed_before_the_last_receive(
    receives: int | None, max_receive_count: int
) -> None:
    harness = ScreenerHarness(SERVICE_DOWN)
    delivery = replace(delivery_of_one(harness, 1), receive_count=receives)
    process(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), max_receive_count)
    assert harness.store.peek_tags(replace(PHOTO_REF, key="1.jpg")) == {}


def test_an_object_deferred_by_the_daily_limit_is_not_marked_failed() -> None:
    harness = ScreenerHarness(LIMIT_REACHED, HIGH_RISK)
    delivery = delivery_of_one(harness, 1, 5)
    response = process(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert harness.store.peek_tags(delivery.objects[0]) == {}
    assert harness.published_messages() == []
    redriven = replace(delivery, receive_count=1)
    assert process(harness, ParsedEvent([redriven], ResponseMode.ITEM_FAILURES), 5) == {
        "batchItemFailures": []
    }
    assert harness.store.peek_tags(delivery.objects[0])["deepfake-verdict"] == "high_risk"


def test_an_object_deferred_on_the_last_receive_becomes_a_dead_letter_with_its_cause() -> None:
    harness, dead_letters = (
        ScreenerHarness(LIMIT_REACHED, LIMIT_REACHED, LOW_RISK),
        MemoryDeadLetterSender(),
    )
    first, last = (
        delivery_of_one(harness, 1, 4),
        replace(delivery_of_one(harness, 2, 5), body='{"of": "SQS"}'),
    )
    for delivery in (first, last):
        response = process(
            harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5, dead_letters
        )
        failures = [{"itemIdentifier": "m-1"}] if delivery is first else []
        assert response == {"batchItemFailures": failures}
    assert dead_letters.entries == [('{"of": "SQS"}', "Deferred", str(LIMIT_REACHED))]
    assert harness.published_messages() == []


def test_a_message_with_another_error_is_left_to_the_queues_own_dead_letters() -> None:
    harness, dead_letters = ScreenerHarness(LIMIT_REACHED, SERVICE_DOWN), MemoryDeadLetterSender()
    delivery = delivery_of_one(harness, 1, 5)
    delivery.objects.append(put_object(harness, "other.jpg"))
    response = process(
        harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5, dead_letters
    )
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert dead_letters.entries == []


def test_an_error_other_than_the_daily_limit_is_left_to_the_queue() -> None:
    harness, dead_letters = ScreenerHarness(SERVICE_DOWN), MemoryDeadLetterSender()
    response = process(
        harness,
        ParsedEvent([delivery_of_one(harness, 1, 5)], ResponseMode.ITEM_FAILURES),
        5,
        dead_letters,
    )
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert dead_letters.entries == []


def test_a_dead_letter_that_cannot_be_sent_is_left_to_the_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = ScreenerHarness(LIMIT_REACHED)

    class FailingDeadLetters:
        def send(self, event: str, cause: FacescreenError) -> None:
            raise AccessDeniedError("not allowed", code="AccessDenied")

    response = process(
        harness,
        ParsedEvent([delivery_of_one(harness, 1, 5)], ResponseMode.ITEM_FAILURES),
        5,
        FailingDeadLetters(),
    )
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert "not kept" in {record.message for record in caplog.records}


def test_a_known_finding_is_written_instead_of_failed() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    delivery = delivery_of_one(harness, 1, 5)

    def fail(_: str) -> None:
        raise ServiceUnavailableError("the bus is unwell")

    harness.publisher.before_operation = fail
    process(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 6)
    harness.publisher.before_operation = lambda _: None
    outcome = mark_failed(harness, delivery.objects[0])
    assert outcome.finding is not None
    assert outcome.finding.verdict == "high_risk"
    assert harness.detection_count == 1


def test_a_failed_object_is_screened_after_a_redrive() -> None:
    harness = ScreenerHarness(SERVICE_DOWN, HIGH_RISK)
    delivery = delivery_of_one(harness, 1, 5)
    process(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    redriven = replace(delivery, receive_count=1)
    assert process(harness, ParsedEvent([redriven], ResponseMode.ITEM_FAILURES), 5) == {
        "batchItemFailures": []
    }
    assert harness.store.peek_tags(delivery.objects[0])["deepfake-verdict"] == "high_risk"


def test_an_overwritten_object_is_not_marked_failed() -> None:
    harness = ScreenerHarness(SERVICE_DOWN)
    ref = put_object(harness, "1.jpg")
    harness.store.put(PHOTO_REF.bucket, "1.jpg", PHOTO)
    assert mark_failed(harness, ref).status is Status.SUPERSEDED
    assert harness.store.peek_tags(ref) == {}


def test_a_verdict_that_failed_has_replaced_on_newer_bytes_is_restored() -> None:
    """They are uploaded and screened between the last look and the tagging request."""
    harness = ScreenerHarness(HIGH_RISK)
    ref, newer = put_object(harness, "1.jpg"), noise_picture()
    screened: list[Outcome] = []

    def overwrite_and_screen(operation: str) -> None:
        if operation == "replace_tags" and not screened:
            harness.store.before_operation = lambda _: None
            harness.store.put(ref.bucket, ref.key, newer)
            screened.append(harness.screen(harness.store.create_ref(ref.bucket, ref.key)))

    harness.store.before_operation = overwrite_and_screen
    assert mark_failed(harness, ref).status is Status.SUPERSEDED
    assert screened[0].status is Status.SCREENED
    assert harness.store.peek_tags(ref)["deepfake-verdict"] == "high_risk"
    assert harness.detection_count == 1


def test_a_paid_verdict_of_another_delivery_is_not_replaced_by_failed() -> None:
    """It was recorded for the same bytes under another key; here the last receive fails."""
    harness = ScreenerHarness(HIGH_RISK)
    harness.screen(harness.put())
    ref = replace(PHOTO_REF, key="copy.jpg")
    harness.store.put(ref.bucket, ref.key, PHOTO)
    outcome = mark_failed(harness, ref)
    assert outcome.finding is not None
    assert outcome.finding.verdict == "high_risk"
    assert harness.store.peek_tags(ref)["deepfake-verdict"] == "high_risk"


def test_failed_waits_for_a_delivery_that_is_still_screening_the_same_bytes() -> None:
    harness = ScreenerHarness()
    ref = put_object(harness, "1.jpg")
    errors: list[FacescreenError] = []

    def give_up_meanwhile() -> None:
        with pytest.raises(AlreadyInProgressError) as raised:
            mark_failed(harness, ref, seconds=10)
        errors.append(raised.value)

    harness.detector.on_detect = give_up_meanwhile
    harness.screen(ref)
    assert len(errors) == 1
    assert harness.store.peek_tags(ref)["deepfake-verdict"] == "low_risk"
    assert [message["data"]["verdict"] for message in harness.published_messages()] == ["low_risk"]


def test_a_version_that_is_no_longer_current_is_marked_failed() -> None:
    harness = ScreenerHarness(versioned=True)
    ref = put_object(harness, "1.jpg")
    version = harness.store.create_ref(ref.bucket, ref.key)
    harness.store.put(ref.bucket, ref.key, PHOTO)
    assert mark_failed(harness, ref).status is Status.SCREENED
    assert harness.store.peek_tags(version)["deepfake-verdict"] == "failed"
    assert harness.store.peek_tags(ref) == {}


def test_an_object_that_cannot_be_tagged_is_left_to_the_queue() -> None:
    harness = ScreenerHarness(SERVICE_DOWN)
    delivery = delivery_of_one(harness, 1, 5)

    def refuse_tagging(operation: str) -> None:
        if operation == "replace_tags":
            raise AccessDeniedError("not allowed", code="AccessDenied")

    harness.store.before_operation = refuse_tagging
    response = process(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    assert response == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_a_batch_job_gets_a_result_for_each_task() -> None:
    harness = ScreenerHarness()
    tasks = [Delivery(f"t-{n}", None, [put_object(harness, f"{n}.jpg")]) for n in range(3)]
    tasks.append(Delivery("t-3", errors=[InvalidEventError("the task has no key")]))
    harness.detector.script[:] = [LOW_RISK, SERVICE_DOWN, LOW_RISK]
    response = process(harness, ParsedEvent(tasks, ResponseMode.TASK_RESULTS, INVOCATION))
    assert {name: response[name] for name in INVOCATION} == INVOCATION
    assert response["treatMissingKeysAs"] == "PermanentFailure"
    results = Counter(
        (result["resultCode"], result["resultString"]) for result in response["results"]
    )
    assert results == {
        ("Succeeded", ""): 2,
        ("TemporaryFailure", str(SERVICE_DOWN)): 1,
        ("PermanentFailure", "the task has no key"): 1,
    }
    assert [result["taskId"] for result in response["results"]] == ["t-0", "t-1", "t-2", "t-3"]
    json.dumps(response)
