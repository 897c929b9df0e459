"""Dead letters of Lambda: a queue of SQS."""

from __future__ import annotations

import time
from typing import Any

import boto3

from facescreen.clients.boto import aws_errors, connect
from facescreen_cli.commands.redrive.queues import HOLD_S, Held, sent

_BATCH = 10
_WAIT_S = 1


class SqsLetters:
    """The port LetterQueue."""

    def __init__(self, session: boto3.Session, queue_url: str, endpoint: str = "") -> None:
        self._client = connect(session, "sqs", endpoint)
        self._url = queue_url

    def receive(self, most: int) -> list[Held]:
        with aws_errors("SQS"):
            found = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, _BATCH),
                WaitTimeSeconds=_WAIT_S,
                VisibilityTimeout=HOLD_S,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["error", "detail"],
            )
        return [
            Held(
                message["ReceiptHandle"],
                message["Body"].encode(errors="surrogateescape"),
                sent(message["Attributes"]["SentTimestamp"]),
                time.monotonic() + HOLD_S,
                _attribute(message, "error"),
                _attribute(message, "detail"),
            )
            for message in found.get("Messages", ())
        ]

    def delete(self, held: Held) -> None:
        with aws_errors("SQS"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=held.receipt)

    def release(self, held: Held) -> None:
        with aws_errors("SQS"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=held.receipt, VisibilityTimeout=0
            )


def _attribute(message: dict[str, Any], name: str) -> str:
    """As facescreen.messages.sqs_dead_letters wrote it; empty where it did not."""
    return str(message.get("MessageAttributes", {}).get(name, {}).get("StringValue", ""))
