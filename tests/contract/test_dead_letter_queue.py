"""Reading dead letters from SQS; tests/e2e/command_line/test_redrive.py covers MNS."""

from __future__ import annotations

import pytest

from facescreen.errors import FacescreenError
from facescreen_cli.commands.redrive.sqs_queue import SqsDeadLetterQueue
from tests.contract.aws_services import AwsServices, session


def test_letters_are_received_released_and_deleted(aws: AwsServices) -> None:
    client = aws.client("sqs")
    url = client.create_queue(QueueName="dead-letters")["QueueUrl"]
    for number in range(12):
        client.send_message(QueueUrl=url, MessageBody=f'{{"number": {number}}} é')
    letters = SqsDeadLetterQueue(session(), url, aws.endpoint)
    received = [*letters.receive(11), *letters.receive(11)]
    assert {letter.body.decode() for letter in received} == {
        f'{{"number": {n}}} é' for n in range(12)
    }
    assert all(letter.remaining_s > 600 for letter in received)
    assert letters.receive(1) == []
    for letter in received[1:]:
        letters.delete(letter)
    letters.release(received[0])
    [received_again] = letters.receive(1)
    assert received_again.body == received[0].body
    letters.delete(received_again)
    assert letters.receive(1) == []


def test_a_missing_queue_is_an_error(aws: AwsServices) -> None:
    letters = SqsDeadLetterQueue(session(), aws.queue_url("absent"), aws.endpoint)
    with pytest.raises(FacescreenError, match="SQS rejected the request"):
        letters.receive(1)
