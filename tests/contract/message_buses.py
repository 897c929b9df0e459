"""Message buses, each with a publisher and a queue that receives what it publishes."""

from __future__ import annotations

import json
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from mns.account import Account
from mns.mns_exception import MNSServerException

from facescreen.bus.eventbridge import EventBridgePublisher
from facescreen.bus.mns import MnsPublisher
from facescreen.bus.ports import Publisher
from facescreen.bus.sns import SnsPublisher
from facescreen.bus.sqs import SqsPublisher
from facescreen.message import MESSAGE_TYPE
from tests.contract.alibaba_services import AlibabaServices
from tests.contract.aws_services import AwsServices, session

MAX_DELIVERY_S = 30
"""The longest delivery from a topic to its queue."""


class Inbox(ABC):
    """Receives the messages of one test from a queue, and leaves those of other tests there."""

    def __init__(self) -> None:
        self._test_id = uuid.uuid4().hex
        self._created = self._received = 0

    def create_message(self, verdict: str = "low_risk") -> dict[str, Any]:
        """Create a message to publish, unique in this test."""
        self._created += 1
        key = f"{self._test_id}/{self._created} é 🙂 \x01<&>.jpg"
        ref = {"bucket": "selfies", "key": key}
        return {"type": MESSAGE_TYPE, "data": {"verdict": verdict, "object": ref}}

    def receive(self, count: int) -> list[dict[str, Any]]:
        """Receive the next `count` messages, in the order of their creation."""
        messages: list[dict[str, Any]] = []
        deadline = time.monotonic() + MAX_DELIVERY_S
        while len(messages) < count:
            assert time.monotonic() < deadline, f"{len(messages)} of {count} messages were received"
            messages += self._take_own(self._receive_one())
        self._received += count
        return sorted(messages, key=lambda message: str(message["data"]["object"]["key"]))

    def close(self) -> None:
        """Delete the messages that may be left."""
        while self._received < self._created and self._take_own(self._receive_one()):
            pass

    def _take_own(self, received: tuple[str, Any] | None) -> list[dict[str, Any]]:
        if received is None or self._test_id not in received[0]:
            return []
        self._delete(received[1])
        message = json.loads(received[0])
        return [message.get("detail", message)]

    @abstractmethod
    def _receive_one(self) -> tuple[str, Any] | None:
        """A body, and the handle to delete its message with."""

    @abstractmethod
    def _delete(self, handle: Any) -> None: ...


class MnsInbox(Inbox):
    """An inbox on an MNS queue."""

    def __init__(self, services: AlibabaServices, queue: str) -> None:
        super().__init__()
        key = services.credentials
        self._account = Account(
            services.alibaba.mns_endpoint,
            key.access_key_id,
            key.access_key_secret,
            key.security_token,
        )
        self._queue = self._account.get_queue(queue)

    def close(self) -> None:
        super().close()
        self._account.mns_client.close_connection()

    def _receive_one(self) -> tuple[str, Any] | None:
        try:
            received = self._queue.receive_message(wait_seconds=1)
        except MNSServerException as error:
            if error.type != "MessageNotExist":
                raise
            return None
        return received.message_body.decode(), received.receipt_handle

    def _delete(self, handle: Any) -> None:
        self._queue.delete_message(handle)


class SqsInbox(Inbox):
    """An inbox on an SQS queue."""

    def __init__(self, services: AwsServices, queue: str) -> None:
        super().__init__()
        self._client = services.client("sqs")
        self._url = services.queue_url(queue)
        self.attributes: dict[str, str] = {}
        """The attributes of the last message received."""

    def _receive_one(self) -> tuple[str, Any] | None:
        received = self._client.receive_message(
            QueueUrl=self._url, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        for message in received.get("Messages", ()):
            messages = message.get("MessageAttributes", {})
            self.attributes = {name: value["StringValue"] for name, value in messages.items()}
            return message["Body"], message["ReceiptHandle"]
        return None

    def _delete(self, handle: Any) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=handle)


@dataclass(frozen=True)
class Bus:
    """A publisher and the queue that receives its messages."""

    publisher: Publisher
    inbox: Inbox
    publisher_without_target: Publisher
    """Publishes to a topic, queue or bus that doesn't exist."""


@contextmanager
def open_mns_bus(services: AlibabaServices, target_type: str) -> Iterator[Bus]:
    """`target_type` is ``topic`` or ``queue``."""
    target = services.alibaba.mns_topic if target_type == "topic" else services.queue
    missing_name = f"facescreen-{uuid.uuid4().hex}"
    endpoint = services.alibaba.mns_endpoint
    with (
        closing(MnsInbox(services, services.queue)) as inbox,
        closing(
            MnsPublisher(services.credentials, endpoint=endpoint, **{target_type: target})
        ) as publisher,
        closing(
            MnsPublisher(services.credentials, endpoint=endpoint, **{target_type: missing_name})
        ) as publisher_without_target,
    ):
        yield Bus(publisher, inbox, publisher_without_target)


@contextmanager
def open_aws_bus(services: AwsServices, service: str, queue: str = "all") -> Iterator[Bus]:
    """`service` is ``sns``, ``sqs`` or ``eventbridge``; `queue` receives the messages."""
    with closing(SqsInbox(services, f"{service}-{queue}")) as inbox:
        publisher = create_aws_publisher(services, service, queue)
        yield Bus(publisher, inbox, create_aws_publisher(services, service, "nothing", "-astray"))


def create_aws_publisher(
    services: AwsServices, service: str, queue: str = "all", suffix: str = ""
) -> Publisher:
    """The real adapter; `suffix` is added to the name of the topic or bus."""
    endpoint = services.endpoint
    if service == "sns":
        return SnsPublisher(session(), topic_arn=services.topic_arn + suffix, endpoint=endpoint)
    if service == "sqs":
        url = services.queue_url(f"sqs-{queue}")
        return SqsPublisher(session(), queue_url=url, endpoint=endpoint)
    return EventBridgePublisher(session(), bus="verdicts" + suffix, endpoint=endpoint)
