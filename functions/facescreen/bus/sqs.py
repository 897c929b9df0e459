"""SQS: verdicts out, dead letters kept, uploads submitted again. On boto3."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.bus.attributes import attributes, standard
from facescreen.bus.ports import check_size
from facescreen.clients.boto import connect, translate_aws_errors
from facescreen.errors import RequestRejectedError
from facescreen.timing import retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from facescreen.errors import FacescreenError

LARGEST_MESSAGE = 1024 * 1024
"""Bytes."""


class SqsPublisher:
    """The port Publisher, on a queue of the session's region. Messages carry the attributes
    `verdict` and `bucket`. Raises InvalidSettingsError for a FIFO queue."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._queue_url = standard(queue_url)
        self._client = connect(session, "sqs", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(message, separators=(",", ":")),
                MessageAttributes=attributes(message),
            )


class SqsDeadLetters:
    """The port DeadLetters, on a queue of the session's region. The message attributes `error` and
    `detail` say why."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def put(self, event: str, why: FacescreenError) -> None:
        told = {"error": why.name, "detail": str(why)}
        with translate_aws_errors("SQS"):
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


class SqsInvoker:
    """The port Invoker, on a queue of the session's region."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def submit(self, payload: bytes) -> None:
        """Raises errors.InvalidSettingsError where there is no such queue."""
        check_size(payload, LARGEST_MESSAGE, "queues of SQS")
        try:
            body = payload.decode()
        except UnicodeDecodeError:
            raise RequestRejectedError(
                "the event is not in UTF-8, as messages of SQS are"
            ) from None
        retry(lambda: self._submit(body))

    def _submit(self, body: str) -> None:
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    @cached_property
    def _client(self) -> Any:
        return connect(self._session, "sqs", self._endpoint)
