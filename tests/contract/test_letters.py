"""The port LetterQueue on SQS; on MNS tests/e2e/command_line/test_redrive.py has it whole."""

from __future__ import annotations

import pytest

from facescreen.errors import FacescreenError
from facescreen_cli.commands.redrive.sqs_queue import SqsDeadLetterQueue
from tests.contract.aws import AwsPlace, session


def test_letters_are_held_given_back_and_deleted(aws: AwsPlace) -> None:
    client = aws.client("sqs")
    url = client.create_queue(QueueName="dead-letters")["QueueUrl"]
    for number in range(12):
        client.send_message(QueueUrl=url, MessageBody=f'{{"number": {number}}} é')
    letters = SqsDeadLetterQueue(session(), url, aws.endpoint)
    held = [*letters.receive(11), *letters.receive(11)]
    assert {one.body.decode() for one in held} == {f'{{"number": {n}}} é' for n in range(12)}
    assert all(one.remaining_s > 600 for one in held)
    assert letters.receive(1) == []
    for one in held[1:]:
        letters.delete(one)
    letters.release(held[0])
    [again] = letters.receive(1)
    assert again.body == held[0].body
    letters.delete(again)
    assert letters.receive(1) == []


def test_a_queue_that_is_not_there_is_told(aws: AwsPlace) -> None:
    letters = SqsDeadLetterQueue(session(), aws.queue_url("absent"), aws.endpoint)
    with pytest.raises(FacescreenError, match="SQS refused"):
        letters.receive(1)
