"""Message buses with a publisher at one end and a queue at the other."""

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
from tests.contract.aws import AwsPlace, session
from tests.contract.place import Place

LONGEST_WAY_S = 30
"""From a topic to its queue."""


class Inbox(ABC):
    """The messages of one test in a queue; those of others are left there."""

    def __init__(self) -> None:
        self._test = uuid.uuid4().hex
        self._made = self._received = 0

    def message(self, verdict: str = "low_risk") -> dict[str, Any]:
        """A new one, to be published."""
        self._made += 1
        key = f"{self._test}/{self._made} é 🙂 \x01<&>.jpg"
        ref = {"bucket": "selfies", "key": key}
        return {"type": MESSAGE_TYPE, "data": {"verdict": verdict, "object": ref}}

    def receive(self, count: int) -> list[dict[str, Any]]:
        """The next `count`, in the order of their making."""
        found: list[dict[str, Any]] = []
        ends = time.monotonic() + LONGEST_WAY_S
        while len(found) < count:
            assert time.monotonic() < ends, f"{len(found)} of {count} messages came"
            found += self._ours(self._next())
        self._received += count
        return sorted(found, key=lambda message: str(message["data"]["object"]["key"]))

    def close(self) -> None:
        """Deletes what is left of them, if any may be."""
        while self._received < self._made and self._ours(self._next()):
            pass

    def _ours(self, received: tuple[str, Any] | None) -> list[dict[str, Any]]:
        if received is None or self._test not in received[0]:
            return []
        self._delete(received[1])
        message = json.loads(received[0])
        return [message.get("detail", message)]

    @abstractmethod
    def _next(self) -> tuple[str, Any] | None:
        """A body, and the handle to delete it by."""

    @abstractmethod
    def _delete(self, handle: Any) -> None: ...


class MnsInbox(Inbox):
    """On a queue of MNS."""

    def __init__(self, place: Place, queue: str) -> None:
        super().__init__()
        key = place.credentials
        self._account = Account(
            place.alibaba.mns_endpoint,
            key.access_key_id,
            key.access_key_secret,
            key.security_token,
        )
        self._queue = self._account.get_queue(queue)

    def close(self) -> None:
        super().close()
        self._account.mns_client.close_connection()

    def _next(self) -> tuple[str, Any] | None:
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
    """On a queue of SQS."""

    def __init__(self, place: AwsPlace, queue: str) -> None:
        super().__init__()
        self._client = place.client("sqs")
        self._url = place.queue_url(queue)
        self.attributes: dict[str, str] = {}
        """Of the message that came last."""

    def _next(self) -> tuple[str, Any] | None:
        received = self._client.receive_message(
            QueueUrl=self._url, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        for message in received.get("Messages", ()):
            found = message.get("MessageAttributes", {})
            self.attributes = {name: value["StringValue"] for name, value in found.items()}
            return message["Body"], message["ReceiptHandle"]
        return None

    def _delete(self, handle: Any) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=handle)


@dataclass(frozen=True)
class Bus:
    """One way from a publisher to a queue."""

    publisher: Publisher
    inbox: Inbox
    astray: Publisher
    """To where nothing is."""


@contextmanager
def mns_bus(place: Place, kind: str) -> Iterator[Bus]:
    """`kind` is ``topic`` or ``queue``."""
    target = place.alibaba.mns_topic if kind == "topic" else place.queue
    nothing = f"facescreen-{uuid.uuid4().hex}"
    endpoint = place.alibaba.mns_endpoint
    with (
        closing(MnsInbox(place, place.queue)) as inbox,
        closing(MnsPublisher(place.credentials, endpoint=endpoint, **{kind: target})) as publisher,
        closing(MnsPublisher(place.credentials, endpoint=endpoint, **{kind: nothing})) as astray,
    ):
        yield Bus(publisher, inbox, astray)


@contextmanager
def aws_bus(place: AwsPlace, kind: str, queue: str = "all") -> Iterator[Bus]:
    """`kind` is ``sns``, ``sqs`` or ``eventbridge``; a message comes out of `queue`."""
    with closing(SqsInbox(place, f"{kind}-{queue}")) as inbox:
        publisher = aws_publisher(place, kind, queue)
        yield Bus(publisher, inbox, aws_publisher(place, kind, "nothing", "-astray"))


def aws_publisher(place: AwsPlace, kind: str, queue: str = "all", suffix: str = "") -> Publisher:
    """The real adapter; `suffix` makes another topic or bus of it."""
    endpoint = place.endpoint
    if kind == "sns":
        return SnsPublisher(session(), topic_arn=place.topic_arn + suffix, endpoint=endpoint)
    if kind == "sqs":
        url = place.queue_url(f"sqs-{queue}")
        return SqsPublisher(session(), queue_url=url, endpoint=endpoint)
    return EventBridgePublisher(session(), bus="verdicts" + suffix, endpoint=endpoint)
