"""Sends verdicts, dead letters and events to SQS queues, with boto3."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from facescreen.bus.message_attributes import build_message_attributes, reject_fifo
from facescreen.bus.ports import check_event_size
from facescreen.clients.boto import create_client, translate_aws_errors
from facescreen.errors import RequestRejectedError
from facescreen.timing import retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from facescreen.errors import FacescreenError

MAX_MESSAGE_BYTES = 1024 * 1024


class SqsPublisher:
    """Publishes to a queue in the session's region. Messages have the attributes `verdict` and
    `bucket`. Raises InvalidSettingsError for a FIFO queue."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._queue_url = reject_fifo(queue_url)
        self._client = create_client(session, "sqs", endpoint)

    def publish(self, message: Mapping[str, Any]) -> None:
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(message, separators=(",", ":")),
                MessageAttributes=build_message_attributes(message),
            )


class SqsDeadLetterSender:
    """Sends dead letters to a queue in the session's region. The message attributes `error` and
    `detail` contain the cause."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def send(self, event: str, cause: FacescreenError) -> None:
        attributes = {"error": cause.name, "detail": str(cause)}
        with translate_aws_errors("SQS"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=event,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )

    @cached_property
    def _client(self) -> Any:
        return create_client(self._session, "sqs", self._endpoint)


class SqsInvoker:
    """Submits events to a queue in the session's region, which the function reads."""

    def __init__(self, session: boto3.Session, *, queue_url: str, endpoint: str = "") -> None:
        self._session = session
        self._queue_url = queue_url
        self._endpoint = endpoint

    def submit(self, payload: bytes) -> None:
        """Submit an event. Raises errors.InvalidSettingsError if there is no such queue."""
        check_event_size(payload, MAX_MESSAGE_BYTES, "SQS messages")
        try:
            body = payload.decode()
        except UnicodeDecodeError:
            raise RequestRejectedError(
                "the event is not UTF-8, which SQS messages must be"
            ) from None
        retry(lambda: self._submit_once(body))

    def _submit_once(self, body: str) -> None:
        with translate_aws_errors("SQS"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    @cached_property
    def _client(self) -> Any:
        return create_client(self._session, "sqs", self._endpoint)
