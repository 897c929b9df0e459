"""The port DeadLetterSender: in memory, and on SQS as redrive reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pytest

from facescreen import errors
from facescreen.bus.ports import DeadLetterSender
from facescreen.bus.sqs import SqsDeadLetterSender
from facescreen.testing.bus import MemoryDeadLetterSender
from facescreen_cli.commands.redrive.sqs_queue import SqsDeadLetterQueue
from tests.contract.aws_services import AwsServices, session

ERROR = errors.DailyLimitReachedError(
    "deferred: the day's 5 paid calls (DAILY_CALLS) are spent", retry_after_s=9
)
EVENT = '{"Records": [{"key": "a+b é漢🙂"}],  "spaces": "stay"}'


class DeadLetterStorage(Protocol):
    """Where dead letters are put, and what is stored there."""

    @property
    def letters(self) -> DeadLetterSender: ...

    def stored(self) -> list[tuple[str, str, str]]:
        """Event, error name and message of every dead letter."""


@dataclass
class MemoryStorage:
    letters: MemoryDeadLetterSender

    def stored(self) -> list[tuple[str, str, str]]:
        return self.letters.entries


@dataclass
class SqsStorage:
    letters: SqsDeadLetterSender
    reader: SqsDeadLetterQueue

    def stored(self) -> list[tuple[str, str, str]]:
        return [
            (letter.body.decode(), letter.error, letter.error_message)
            for letter in self.reader.receive(10)
        ]


@pytest.fixture(params=["memory", "sqs"])
def storage(request: pytest.FixtureRequest) -> DeadLetterStorage:
    if request.param == "memory":
        return MemoryStorage(MemoryDeadLetterSender())
    aws: AwsServices = request.getfixturevalue("aws")
    url = aws.client("sqs").create_queue(QueueName="given-up")["QueueUrl"]
    return SqsStorage(
        SqsDeadLetterSender(session(), queue_url=url, endpoint=aws.endpoint),
        SqsDeadLetterQueue(session(), url, aws.endpoint),
    )


def test_an_event_is_stored_unchanged_with_its_error(storage: DeadLetterStorage) -> None:
    storage.letters.send(EVENT, ERROR)
    assert storage.stored() == [(EVENT, "Deferred", str(ERROR))]


def test_a_missing_queue_is_an_invalid_setting(aws: AwsServices) -> None:
    missing = SqsDeadLetterSender(
        session(), queue_url=aws.queue_url("absent"), endpoint=aws.endpoint
    )
    with pytest.raises(errors.InvalidSettingsError):
        missing.send(EVENT, ERROR)
