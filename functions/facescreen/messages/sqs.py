"""SQS standard queues, on boto3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facescreen.clients.boto import aws_errors, connect
from facescreen.messages.attributes import attributes, standard

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3


class SqsPublisher:
    """The port Publisher, on a queue of the session's region. Messages carry the attributes
    `verdict` and `bucket`. Raises BadSettings for a FIFO queue."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._queue_url = standard(queue_url)
        self._client = connect(session, "sqs", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        with aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(message, separators=(",", ":")),
                MessageAttributes=attributes(message),
            )
