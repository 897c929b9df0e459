"""The dead-letter queue of the uploads' one, on SQS, which by itself keeps no word of why."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.clients.boto import aws_errors, connect

if TYPE_CHECKING:
    import boto3

    from facescreen.errors import FacescreenError


class SqsDeadLetters:
    """The port DeadLetters, on a queue of the session's region. The message attributes `error` and
    `detail` say why."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def put(self, event: str, why: FacescreenError) -> None:
        told = {"error": why.name, "detail": str(why)}
        with aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=event,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": text} for name, text in told.items()
                },
            )

    @cached_property
    def _client(self) -> Any:
        return connect(self._session, "sqs", self._endpoint)
