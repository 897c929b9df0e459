"""What each platform hears of an event's objects."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from facescreen.bus.ports import DeadLetters
from facescreen.errors import (
    AccessDeniedError,
    DailyLimitReachedError,
    FacescreenError,
    InvalidEventError,
    ServiceUnavailableError,
)
from facescreen.events.parsed_event import Delivery, ParsedEvent, ResponseMode
from facescreen.screening.batch import BatchProcessor
from facescreen.testing.bus import MemoryDeadLetters
from facescreen.timing import Deadline
from tests.support.screener_harness import PHOTO, PHOTO_REF, ScreenerHarness
from tests.support.scripted_detector import HIGH_RISK, LOW_RISK

DOWN = ServiceUnavailableError("the service is unwell", code="ServiceUnavailable")
SPENT = DailyLimitReachedError("deferred: the day's 5 paid calls are spent", retry_after_s=3600)
INVOCATION = {"invocationSchemaVersion": "2.0", "invocationId": "job-1"}


def put(harness: ScreenerHarness, key: str) -> Any:
    """An object with bytes of its own."""
    return replace(
        PHOTO_REF, key=key, etag=harness.store.put(PHOTO_REF.bucket, key, PHOTO + key.encode())
    )


def message(harness: ScreenerHarness, number: int, receives: int = 1) -> Delivery:
    return Delivery(f"m-{number}", receives, [put(harness, f"{number}.jpg")])


def work(
    harness: ScreenerHarness,
    triggered: ParsedEvent,
    most_receives: int = 0,
    letters: DeadLetters | None = None,
) -> dict[str, Any]:
    batch = BatchProcessor(harness.screener, letters, max_receive_count=most_receives)
    return batch.process(triggered, Deadline.after(4))


def test_a_whole_event_that_ended_is_counted() -> None:
    harness = ScreenerHarness(LOW_RISK)
    whole = Delivery(objects=[put(harness, "a.jpg")], skipped=Counter(folder=2))
    assert work(harness, ParsedEvent([whole])) == {"objects": 1, "skipped": {"folder": 2}}


def test_a_whole_event_fails_after_all_its_objects_had_their_turn() -> None:
    harness = ScreenerHarness(DOWN, LOW_RISK)
    whole = Delivery(objects=[put(harness, "a.jpg"), put(harness, "b.jpg")])
    with pytest.raises(ServiceUnavailableError):
        work(harness, ParsedEvent([whole]))
    assert harness.store.tags(replace(PHOTO_REF, key="b.jpg"))["deepfake-verdict"] == "low_risk"


def test_a_record_that_can_not_be_read_fails_a_whole_event() -> None:
    harness = ScreenerHarness(LOW_RISK)
    whole = Delivery(objects=[put(harness, "a.jpg")], errors=[InvalidEventError("no key")])
    with pytest.raises(InvalidEventError):
        work(harness, ParsedEvent([whole]))
    assert harness.detection_count == 1


def test_of_a_batch_only_what_failed_comes_back() -> None:
    harness = ScreenerHarness()
    batch = [message(harness, number) for number in range(10)]
    batch[3].errors.append(InvalidEventError("poisoned"))
    batch[7].objects = [replace(PHOTO_REF, key="gone.jpg", etag="0")]
    answer = work(harness, ParsedEvent(batch, ResponseMode.ITEM_FAILURES))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-3"}]}
    assert len(harness.publisher.messages) == 9


def test_a_fault_of_our_own_is_one_messages_alone(caplog: pytest.LogCaptureFixture) -> None:
    harness = ScreenerHarness(ZeroDivisionError("s3cr3t"))
    batch = [message(harness, 1), message(harness, 2)]
    answer = work(harness, ParsedEvent(batch, ResponseMode.ITEM_FAILURES))
    assert len(answer["batchItemFailures"]) == len(harness.publisher.messages) == 1
    (told,) = (record for record in caplog.records if record.message == "unforeseen")
    assert vars(told)["error"] == "ZeroDivisionError"
    assert "s3cr3t" not in str(vars(told))


def test_the_last_receive_says_failed() -> None:
    harness = ScreenerHarness(DOWN)
    answer = work(harness, ParsedEvent([message(harness, 1, 5)], ResponseMode.ITEM_FAILURES), 5)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    tags = harness.store.tags(replace(PHOTO_REF, key="1.jpg"))
    assert (tags["deepfake-verdict"], tags["deepfake-reason"]) == ("failed", "ServiceUnavailable")
    (sent,) = harness.published_messages()
    assert sent["data"]["verdict"] == "failed"
    assert sent["data"]["detail"].startswith("the service is unwell")


@pytest.mark.parametrize(("receives", "most"), [(4, 5), (5, 0), (None, 5)])
def test_another_receive_may_mend_it(receives: int | None, most: int) -> None:
    harness = ScreenerHarness(DOWN)
    delivery = replace(message(harness, 1), receive_count=receives)
    work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), most)
    assert harness.store.tags(replace(PHOTO_REF, key="1.jpg")) == {}


def test_what_is_deferred_did_not_fail() -> None:
    harness = ScreenerHarness(SPENT, HIGH_RISK)
    delivery = message(harness, 1, 5)
    answer = work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert harness.store.tags(delivery.objects[0]) == {}
    assert harness.published_messages() == []
    redriven = replace(delivery, receive_count=1)
    assert work(harness, ParsedEvent([redriven], ResponseMode.ITEM_FAILURES), 5) == {
        "batchItemFailures": []
    }
    assert harness.store.tags(delivery.objects[0])["deepfake-verdict"] == "high_risk"


def test_what_is_deferred_for_good_is_a_dead_letter_that_says_why() -> None:
    harness, letters = ScreenerHarness(SPENT, SPENT, LOW_RISK), MemoryDeadLetters()
    first, last = message(harness, 1, 4), replace(message(harness, 2, 5), body='{"of": "SQS"}')
    for delivery in (first, last):
        answer = work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5, letters)
        comes_back = [{"itemIdentifier": "m-1"}] if delivery is first else []
        assert answer == {"batchItemFailures": comes_back}
    assert letters.letters == [('{"of": "SQS"}', "Deferred", str(SPENT))]
    assert harness.published_messages() == []


def test_what_failed_beside_it_is_left_to_the_queue() -> None:
    harness, letters = ScreenerHarness(SPENT, DOWN), MemoryDeadLetters()
    both = message(harness, 1, 5)
    both.objects.append(put(harness, "other.jpg"))
    answer = work(harness, ParsedEvent([both], ResponseMode.ITEM_FAILURES), 5, letters)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert letters.letters == []


def test_what_fails_otherwise_is_left_to_the_queue() -> None:
    harness, letters = ScreenerHarness(DOWN), MemoryDeadLetters()
    answer = work(
        harness, ParsedEvent([message(harness, 1, 5)], ResponseMode.ITEM_FAILURES), 5, letters
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert letters.letters == []


def test_a_letter_that_can_not_be_put_is_left_to_the_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = ScreenerHarness(SPENT)

    class Refusing:
        def put(self, event: str, why: FacescreenError) -> None:
            raise AccessDeniedError("not allowed", code="AccessDenied")

    answer = work(
        harness, ParsedEvent([message(harness, 1, 5)], ResponseMode.ITEM_FAILURES), 5, Refusing()
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert "not kept" in {record.message for record in caplog.records}


def test_what_is_known_is_said_rather_than_failed() -> None:
    harness = ScreenerHarness(HIGH_RISK)
    delivery = message(harness, 1, 5)

    def unwell(message: Any) -> None:
        raise ServiceUnavailableError("the bus is unwell")

    publish, harness.publisher.publish = harness.publisher.publish, unwell  # type: ignore[method-assign]
    work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 6)
    harness.publisher.publish = publish  # type: ignore[method-assign]
    outcome = harness.screener.mark_failed(delivery.objects[0], DOWN)
    assert outcome.finding is not None
    assert outcome.finding.verdict == "high_risk"
    assert harness.detection_count == 1


def test_after_failed_a_redrive_still_screens() -> None:
    harness = ScreenerHarness(DOWN, HIGH_RISK)
    delivery = message(harness, 1, 5)
    work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    again = replace(delivery, receive_count=1)
    assert work(harness, ParsedEvent([again], ResponseMode.ITEM_FAILURES), 5) == {
        "batchItemFailures": []
    }
    assert harness.store.tags(delivery.objects[0])["deepfake-verdict"] == "high_risk"


def test_other_bytes_are_never_called_failed() -> None:
    harness = ScreenerHarness(DOWN)
    ref = put(harness, "1.jpg")
    harness.store.put(PHOTO_REF.bucket, "1.jpg", PHOTO)
    assert harness.screener.mark_failed(ref, DOWN).status.value == "superseded"
    assert harness.store.tags(ref) == {}


def test_what_can_not_even_be_tagged_is_left_to_the_dead_letter() -> None:
    harness = ScreenerHarness(DOWN)
    delivery = message(harness, 1, 5)

    def refused(operation: str) -> None:
        if operation == "replace_tags":
            raise AccessDeniedError("not allowed", code="AccessDenied")

    harness.store.before = refused
    answer = work(harness, ParsedEvent([delivery], ResponseMode.ITEM_FAILURES), 5)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_a_batch_job_hears_of_each_task() -> None:
    harness = ScreenerHarness()
    tasks = [Delivery(f"t-{n}", None, [put(harness, f"{n}.jpg")]) for n in range(3)]
    tasks.append(Delivery("t-3", errors=[InvalidEventError("the task has no key")]))
    harness.detector.script[:] = [LOW_RISK, DOWN, LOW_RISK]
    answer = work(harness, ParsedEvent(tasks, ResponseMode.TASK_RESULTS, INVOCATION))
    assert {name: answer[name] for name in INVOCATION} == INVOCATION
    assert answer["treatMissingKeysAs"] == "PermanentFailure"
    ends = Counter((result["resultCode"], result["resultString"]) for result in answer["results"])
    assert ends == {
        ("Succeeded", ""): 2,
        ("TemporaryFailure", str(DOWN)): 1,
        ("PermanentFailure", "the task has no key"): 1,
    }
    assert [result["taskId"] for result in answer["results"]] == ["t-0", "t-1", "t-2", "t-3"]
    json.dumps(answer)
