"""How a function's response to a batch affects its messages."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws.conftest import MakeToyFunction
from tests.e2e.aws.event_source import EventSourceMapping, failed_messages
from tests.e2e.aws.queues import count_messages, queue_arn
from tests.support.wait import wait_for

MAX_RECEIVES = 2
BATCH = {"one", "two"}


@pytest.mark.parametrize(
    "response", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}]
)
def test_a_response_without_failures_completes_the_batch(response: object) -> None:
    assert failed_messages(response, BATCH) == set()


def test_only_the_named_message_fails() -> None:
    assert failed_messages({"batchItemFailures": [{"itemIdentifier": "two"}]}, BATCH) == {"two"}


@pytest.mark.parametrize("item", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {}, "two", 2])
def test_an_item_without_a_message_id_fails_the_batch(item: object) -> None:
    good = {"itemIdentifier": "one"}
    assert failed_messages({"batchItemFailures": [good, item]}, BATCH) == BATCH


@pytest.mark.parametrize(
    "response",
    ["done", [], 1, {"batchItemFailures": "one"}, {"batchItemFailures": [{"itemIdentifier": "3"}]}],
)
def test_a_malformed_response_fails_the_batch(response: object) -> None:
    assert failed_messages(response, BATCH) == BATCH


@dataclass(frozen=True)
class QueueWithDeadLetters:
    """A queue with a visibility timeout of 4 seconds and a dead-letter queue after MAX_RECEIVES."""

    sqs: Any
    url: str
    dead_letter_url: str

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def count_messages(self) -> int:
        return count_messages(self.sqs, self.url)

    def dead_letters(self) -> list[str]:
        response = self.sqs.receive_message(
            QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return sorted(message["Body"] for message in response.get("Messages", ()))


@pytest.fixture
def queue(sqs: Any) -> QueueWithDeadLetters:
    name = f"queue-{time.monotonic_ns()}"
    dead_letter_queue_url = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    policy = {
        "deadLetterTargetArn": queue_arn(sqs, dead_letter_queue_url),
        "maxReceiveCount": MAX_RECEIVES,
    }
    settings = {"VisibilityTimeout": "4", "RedrivePolicy": json.dumps(policy)}
    return QueueWithDeadLetters(
        sqs,
        sqs.create_queue(QueueName=name, Attributes=settings)["QueueUrl"],
        dead_letter_queue_url,
    )


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """File to which the toy handler writes body and receive count of each record."""
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


def test_only_the_bad_message_of_a_batch_is_delivered_again(
    make_toy_function: MakeToyFunction, queue: QueueWithDeadLetters, notes: Path
) -> None:
    queue.send("bad", *(f"good {number}" for number in range(9)))
    function = make_toy_function("batch", environment={"NOTES": str(notes)})
    with EventSourceMapping(queue.sqs, queue.url, function) as source:
        wait_for(lambda: queue.dead_letters() == ["bad"], "a dead letter")
    deliveries = Counter(notes.read_text().splitlines())
    assert deliveries == Counter([*(f"good {number} 1" for number in range(9)), "bad 1", "bad 2"])
    assert queue.count_messages() == 0
    assert source.errors == []


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param("failing", marks=pytest.mark.slow),
        "crashing",
        pytest.param("malformed", marks=pytest.mark.slow),
    ],
)
def test_a_batch_that_fails_completely_ends_in_the_dead_letter_queue(
    make_toy_function: MakeToyFunction, queue: QueueWithDeadLetters, handler: str
) -> None:
    queue.send("one", "two")
    with EventSourceMapping(queue.sqs, queue.url, make_toy_function(handler)) as source:
        wait_for(lambda: queue.dead_letters() == ["one", "two"], "both dead letters")
    assert bool(source.errors) == (handler != "malformed")


def test_concurrent_batches_stay_within_the_maximum_concurrency(
    make_toy_function: MakeToyFunction, queue: QueueWithDeadLetters, notes: Path
) -> None:
    queue.send(*(f"good {number}" for number in range(40)))
    function = make_toy_function(
        "batch", concurrency=2, environment={"NOTES": str(notes), "SECONDS": "0.3"}
    )
    with EventSourceMapping(queue.sqs, queue.url, function, maximum_concurrency=2) as source:
        wait_for(lambda: queue.count_messages() == 0, "an empty queue")
    assert source.errors == []
    assert len(notes.read_text().splitlines()) == 40
