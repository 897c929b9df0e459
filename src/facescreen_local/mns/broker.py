"""Sends, receives and publishes messages of the account's queues and topics."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facescreen_local.mns.attributes import PRIORITY_ATTRIBUTE
from facescreen_local.mns.errors import (
    MnsError,
    message_not_exist_error,
    out_of_range_error,
    queue_not_exist_error,
    topic_not_exist_error,
)
from facescreen_local.mns.long_poll import LongPolls
from facescreen_local.mns.notification import PublishedMessage
from facescreen_local.mns.store.clock import now_ms
from facescreen_local.mns.store.messages import InvalidReceiptHandleError, Messages, StoredMessage
from facescreen_local.mns.store.resources import (
    QUEUE_COLLECTION,
    TOPIC_COLLECTION,
    Resources,
    StoredResource,
    subscription_collection,
)
from facescreen_local.mns.store.schema import SCHEMA
from facescreen_local.protocol.database import Database


@dataclass(frozen=True)
class OutgoingMessage:
    """A message to send. If `delay_s` is None, the queue's own delay applies."""

    body: str
    priority: int = PRIORITY_ATTRIBUTE.default
    delay_s: int | None = None


class MessageBroker:
    """One account's queues and topics in one region.

    Send and receive messages on one event loop only; `resources` works on any thread.
    """

    def __init__(self, data: Path, account_id: str, region: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._database = Database(data / "mns.sqlite3", SCHEMA)
        self._long_polls = LongPolls()
        self._endpoint = f"acs:mns:{region}:{account_id}:queues/"
        self.account_id = account_id
        self.resources = Resources(self._database)
        self.messages = Messages(self._database)

    def get_queue(self, name: str) -> StoredResource:
        """Return the queue's attributes. Raises MnsError QueueNotExist."""
        resource = self.resources.find(QUEUE_COLLECTION, name)
        if resource is None:
            raise queue_not_exist_error()
        return resource

    def get_topic(self, name: str) -> StoredResource:
        """Return the topic's attributes. Raises MnsError TopicNotExist."""
        resource = self.resources.find(TOPIC_COLLECTION, name)
        if resource is None:
            raise topic_not_exist_error()
        return resource

    def build_queue_endpoint(self, queue: str) -> str:
        """Return the queue's endpoint, as subscriptions name it."""
        return self._endpoint + queue

    def check_endpoint(self, endpoint: str) -> None:
        """Check that `endpoint` is a queue of this account and region.

        Raises MnsError EndpointInvalid.
        """
        if not endpoint.startswith(self._endpoint):
            message = f"The endpoint you provided is invalid; it must be {self._endpoint}<name>."
            raise MnsError(400, "EndpointInvalid", message)

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> list[StoredMessage]:
        """Add all the messages to the queue, or none of them. Raises MnsError."""
        resource = self.get_queue(queue)
        for message in messages:
            _check_size(message.body, resource)
        return [self._add(resource, message) for message in messages]

    def peek(self, queue: str, max_messages: int) -> list[StoredMessage]:
        """Return the next messages without receiving them.

        Raises MnsError, MessageNotExist if there are none.
        """
        self._delete_expired(self.get_queue(queue))
        messages = self.messages.peek(queue, max_messages)
        if not messages:
            raise message_not_exist_error()
        return messages

    async def receive(
        self, queue: str, max_messages: int, wait_s: int | None, connected: Callable[[], bool]
    ) -> list[StoredMessage]:
        """Receive the next messages; wait up to `wait_s` for the first (None: the queue's setting).

        A receiver that has disconnected gets none, so that they stay visible for others. Raises
        MnsError, MessageNotExist if none arrived.
        """
        timeout_s = (
            self.get_queue(queue).get_integer_attribute("PollingWaitSeconds")
            if wait_s is None
            else wait_s
        )
        deadline = time.monotonic() + timeout_s
        while connected():
            if messages := self._receive_now(queue, max_messages):
                return messages
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0 or self._long_polls.closed:
                break
            await self._long_polls.wait(queue, min(remaining_s, self._seconds_until_visible(queue)))
        raise message_not_exist_error()

    def delete(self, queue: str, handle: str) -> None:
        """Delete a received message.

        Raises MnsError: QueueNotExist, ReceiptHandleError, MessageNotExist.
        """
        self.get_queue(queue)
        try:
            deleted = self.messages.delete(queue, handle)
        except InvalidReceiptHandleError:
            raise _invalid_receipt_handle_error() from None
        if not deleted:
            raise message_not_exist_error()

    def change_visibility(
        self, queue: str, handle: str, visibility_timeout_s: int
    ) -> StoredMessage:
        """Set a message's visibility timeout and return it with its new receipt handle.

        Raises the same errors as `delete`.
        """
        self.get_queue(queue)
        try:
            changed = self.messages.change_visibility(queue, handle, visibility_timeout_s)
        except InvalidReceiptHandleError:
            raise _invalid_receipt_handle_error() from None
        if changed is None:
            raise message_not_exist_error()
        self._long_polls.wake(queue)
        return changed

    def publish(self, topic: str, body: str, tag: str = "") -> PublishedMessage:
        """Deliver a message at once to each subscription whose filter matches. Raises MnsError.

        Subscriptions whose queue does not exist are skipped, as they are after the real service's
        last retry. With its envelope, a message may exceed its queue's MaximumMessageSize.
        """
        _check_size(body, self.get_topic(topic))
        message_id = uuid.uuid4().hex.upper()
        published = PublishedMessage(self.account_id, topic, message_id, body, tag, now_ms())
        for subscription in self.resources.list_page(subscription_collection(topic)):
            if subscription.get_string_attribute("FilterTag") in ("", tag):
                self._deliver(published, subscription)
        return published

    def end_long_polls(self) -> None:
        """End every long poll as if its timeout had passed."""
        self._long_polls.close()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _deliver(self, published: PublishedMessage, subscription: StoredResource) -> None:
        queue = subscription.get_string_attribute("Endpoint").removeprefix(self._endpoint)
        resource = self.resources.find(QUEUE_COLLECTION, queue)
        if resource is not None:
            content_format = subscription.get_string_attribute("NotifyContentFormat")
            self._add(
                resource, OutgoingMessage(published.render(subscription.name, content_format))
            )

    def _add(self, queue: StoredResource, message: OutgoingMessage) -> StoredMessage:
        delay_s = (
            queue.get_integer_attribute("DelaySeconds")
            if message.delay_s is None
            else message.delay_s
        )
        added = self.messages.add(queue.name, message.body, message.priority, delay_s)
        self._long_polls.wake(queue.name)
        return added

    def _receive_now(self, queue: str, max_messages: int) -> list[StoredMessage]:
        resource = self.get_queue(queue)
        self._delete_expired(resource)
        return self.messages.receive(
            queue, max_messages, resource.get_integer_attribute("VisibilityTimeout")
        )

    def _delete_expired(self, queue: StoredResource) -> None:
        self.messages.delete_expired(
            queue.name, queue.get_integer_attribute("MessageRetentionPeriod")
        )

    def _seconds_until_visible(self, queue: str) -> float:
        visible_at = self.messages.next_visible_at(queue)
        return float("inf") if visible_at is None else max(0.001, (visible_at - now_ms()) / 1000)


def _check_size(body: str, resource: StoredResource) -> None:
    max_bytes = resource.get_integer_attribute("MaximumMessageSize")
    if not 1 <= len(body.encode()) <= max_bytes:
        raise out_of_range_error("MessageBody", 1, max_bytes, "bytes")


def _invalid_receipt_handle_error() -> MnsError:
    return MnsError(400, "ReceiptHandleError", "The receipt handle you provide is not valid.")
