"""What a batch's answer does to its messages."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws.conftest import Toy
from tests.e2e.aws.event_source import EventSource, failures
from tests.e2e.aws.queues import queue_arn, waiting
from tests.support.wait import wait_for

RECEIVES = 2
BATCH = {"one", "two"}


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}]
)
def test_a_batch_without_failures_is_done(answer: object) -> None:
    assert failures(answer, BATCH) == set()


def test_a_named_message_alone_fails() -> None:
    assert failures({"batchItemFailures": [{"itemIdentifier": "two"}]}, BATCH) == {"two"}


@pytest.mark.parametrize("item", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {}, "two", 2])
def test_an_item_that_names_no_message_fails_the_batch(item: object) -> None:
    good = {"itemIdentifier": "one"}
    assert failures({"batchItemFailures": [good, item]}, BATCH) == BATCH


@pytest.mark.parametrize(
    "answer",
    ["done", [], 1, {"batchItemFailures": "one"}, {"batchItemFailures": [{"itemIdentifier": "3"}]}],
)
def test_a_malformed_answer_fails_the_batch(answer: object) -> None:
    assert failures(answer, BATCH) == BATCH


@dataclass(frozen=True)
class Queue:
    """Its messages come back after 4 seconds, and go to the dead-letter queue after RECEIVES."""

    sqs: Any
    url: str
    dead_url: str

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def waiting(self) -> int:
        return waiting(self.sqs, self.url)

    def dead(self) -> list[str]:
        found = self.sqs.receive_message(
            QueueUrl=self.dead_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return sorted(message["Body"] for message in found.get("Messages", ()))


@pytest.fixture
def queue(sqs: Any) -> Queue:
    name = f"queue-{time.monotonic_ns()}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": queue_arn(sqs, dead), "maxReceiveCount": RECEIVES}
    settings = {"VisibilityTimeout": "4", "RedrivePolicy": json.dumps(policy)}
    return Queue(sqs, sqs.create_queue(QueueName=name, Attributes=settings)["QueueUrl"], dead)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """What the toy handler was given: a line of body and receive count for each record."""
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


def test_good_messages_of_a_batch_are_done_and_a_bad_one_comes_back_alone(
    toy: Toy, queue: Queue, notes: Path
) -> None:
    queue.send("bad", *(f"good {number}" for number in range(9)))
    function = toy("batch", environment={"NOTES": str(notes)})
    with EventSource(queue.sqs, queue.url, function) as source:
        wait_for(lambda: queue.dead() == ["bad"], "a dead letter")
    given = Counter(notes.read_text().splitlines())
    assert given == Counter([*(f"good {number} 1" for number in range(9)), "bad 1", "bad 2"])
    assert queue.waiting() == 0
    assert source.errors == []


@pytest.mark.parametrize("handler", ["failing", "crashing", "malformed"])
def test_a_batch_that_fails_whole_ends_in_the_dead_letter_queue(
    toy: Toy, queue: Queue, handler: str
) -> None:
    queue.send("one", "two")
    with EventSource(queue.sqs, queue.url, toy(handler)) as source:
        wait_for(lambda: queue.dead() == ["one", "two"], "both dead letters")
    assert bool(source.errors) == (handler != "malformed")


def test_no_more_batches_run_at_once_than_allowed(toy: Toy, queue: Queue, notes: Path) -> None:
    queue.send(*(f"good {number}" for number in range(40)))
    function = toy("batch", concurrency=2, environment={"NOTES": str(notes), "SECONDS": "0.3"})
    with EventSource(queue.sqs, queue.url, function, maximum_concurrency=2) as source:
        wait_for(lambda: queue.waiting() == 0, "an empty queue")
    assert source.errors == []
    assert len(notes.read_text().splitlines()) == 40
