"""The port DeadLetters: the fake, and SQS as redrive reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pytest

from facescreen import errors
from facescreen.bus.ports import DeadLetters
from facescreen.bus.sqs import SqsDeadLetters
from facescreen.testing.bus import MemoryDeadLetters
from facescreen_cli.commands.redrive.sqs_queue import SqsDeadLetterQueue
from tests.contract.aws import AwsPlace, session

WHY = errors.DailyLimitReachedError(
    "deferred: the day's 5 paid calls (DAILY_CALLS) are spent", retry_after_s=9
)
EVENT = '{"Records": [{"key": "a+b é漢🙂"}],  "spaces": "stay"}'


class Queue(Protocol):
    """Both ends of one."""

    @property
    def letters(self) -> DeadLetters: ...

    def kept(self) -> list[tuple[str, str, str]]:
        """Event, error and detail of all."""


@dataclass
class InMemory:
    letters: MemoryDeadLetters

    def kept(self) -> list[tuple[str, str, str]]:
        return self.letters.entries


@dataclass
class OnSqs:
    letters: SqsDeadLetters
    reader: SqsDeadLetterQueue

    def kept(self) -> list[tuple[str, str, str]]:
        return [(one.body.decode(), one.error, one.says) for one in self.reader.receive(10)]


@pytest.fixture(params=["memory", "sqs"])
def queue(request: pytest.FixtureRequest) -> Queue:
    if request.param == "memory":
        return InMemory(MemoryDeadLetters())
    aws: AwsPlace = request.getfixturevalue("aws")
    url = aws.client("sqs").create_queue(QueueName="given-up")["QueueUrl"]
    return OnSqs(
        SqsDeadLetters(session(), queue_url=url, endpoint=aws.endpoint),
        SqsDeadLetterQueue(session(), url, aws.endpoint),
    )


def test_an_event_stays_as_it_came_and_says_why(queue: Queue) -> None:
    queue.letters.put(EVENT, WHY)
    assert queue.kept() == [(EVENT, "Deferred", str(WHY))]


def test_a_queue_that_is_not_there_is_the_settings_matter(aws: AwsPlace) -> None:
    absent = SqsDeadLetters(session(), queue_url=aws.queue_url("absent"), endpoint=aws.endpoint)
    with pytest.raises(errors.InvalidSettingsError):
        absent.put(EVENT, WHY)
