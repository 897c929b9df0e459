"""The queue that the Lambda function reads: template.yaml's uploads."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.clients.boto import aws_errors, connect
from facescreen.errors import BadRequest
from facescreen.invoke import check_size
from facescreen.timing import persistently

if TYPE_CHECKING:
    import boto3

LARGEST_MESSAGE = 1024 * 1024
"""Bytes."""


class SqsInvoker:
    """The port Invoker, on a queue of the session's region."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def submit(self, payload: bytes) -> None:
        """Raises errors.BadSettings where there is no such queue."""
        check_size(payload, LARGEST_MESSAGE, "queues of SQS")
        try:
            body = payload.decode()
        except UnicodeDecodeError:
            raise BadRequest("the event is not in UTF-8, as messages of SQS are") from None
        persistently(lambda: self._submit(body))

    def _submit(self, body: str) -> None:
        with aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    @cached_property
    def _client(self) -> Any:
        return connect(self._session, "sqs", self._endpoint)
