"""What passes through: messages into queues and out of them, and from topics to queues."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facescreen_local.mns.attributes import PRIORITY
from facescreen_local.mns.errors import (
    MnsError,
    message_not_exist,
    out_of_range,
    queue_not_exist,
    topic_not_exist,
)
from facescreen_local.mns.long_poll import Arrivals
from facescreen_local.mns.notification import Published
from facescreen_local.mns.store.clock import now
from facescreen_local.mns.store.messages import InvalidReceiptHandleError, Message, Messages
from facescreen_local.mns.store.resources import (
    QUEUES,
    TOPICS,
    Resource,
    Resources,
    subscriptions_of,
)
from facescreen_local.mns.store.schema import SCHEMA
from facescreen_local.protocol.database import Database


@dataclass(frozen=True)
class Draft:
    """A message to be sent; `delay_s` None means the queue's own delay."""

    body: str
    priority: int = PRIORITY.default
    delay_s: int | None = None


class Bus:
    """One account's queues and topics in one region.

    Messages are to be sent and received on one event loop; resources on any thread.
    """

    def __init__(self, data: Path, account_id: str, region: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._database = Database(data / "mns.sqlite3", SCHEMA)
        self._arrivals = Arrivals()
        self._endpoint = f"acs:mns:{region}:{account_id}:queues/"
        self.account_id = account_id
        self.resources = Resources(self._database)
        self.messages = Messages(self._database)

    def queue(self, name: str) -> Resource:
        """Raises MnsError QueueNotExist."""
        found = self.resources.find(QUEUES, name)
        if found is None:
            raise queue_not_exist()
        return found

    def topic(self, name: str) -> Resource:
        """Raises MnsError TopicNotExist."""
        found = self.resources.find(TOPICS, name)
        if found is None:
            raise topic_not_exist()
        return found

    def endpoint(self, queue: str) -> str:
        """What a subscription names the queue by."""
        return self._endpoint + queue

    def check_endpoint(self, endpoint: str) -> None:
        """Raises MnsError EndpointInvalid unless it is a queue of this account and region."""
        if not endpoint.startswith(self._endpoint):
            text = f"The endpoint you provided is invalid; it must be {self._endpoint}<name>."
            raise MnsError(400, "EndpointInvalid", text)

    def send(self, queue: str, drafts: Sequence[Draft]) -> list[Message]:
        """Puts all of them into the queue, or none. Raises MnsError."""
        target = self.queue(queue)
        for draft in drafts:
            _check_size(draft.body, target)
        return [self._add(target, draft) for draft in drafts]

    def peek(self, queue: str, most: int) -> list[Message]:
        """The next messages, left as they are. Raises MnsError, also if there are none."""
        self._expire(self.queue(queue))
        found = self.messages.peek(queue, most)
        if not found:
            raise message_not_exist()
        return found

    async def receive(
        self, queue: str, most: int, wait_s: int | None, connected: Callable[[], bool]
    ) -> list[Message]:
        """Takes the next messages, waiting for the first; `wait_s` None is the queue's own time.

        Takes none for a receiver that is gone: they would stay hidden for nobody. Raises
        MnsError, also if none came.
        """
        polling_s = self.queue(queue).number("PollingWaitSeconds") if wait_s is None else wait_s
        ends = time.monotonic() + polling_s
        while connected():
            if taken := self._take(queue, most):
                return taken
            left_s = ends - time.monotonic()
            if left_s <= 0 or self._arrivals.closed:
                break
            await self._arrivals.wait(queue, min(left_s, self._until_visible_s(queue)))
        raise message_not_exist()

    def delete(self, queue: str, handle: str) -> None:
        """Raises MnsError: QueueNotExist, ReceiptHandleError, MessageNotExist."""
        self.queue(queue)
        try:
            deleted = self.messages.delete(queue, handle)
        except InvalidReceiptHandleError:
            raise _bad_handle() from None
        if not deleted:
            raise message_not_exist()

    def hide(self, queue: str, handle: str, hidden_s: int) -> Message:
        """The message with its new handle. Raises MnsError as `delete` does."""
        self.queue(queue)
        try:
            hidden = self.messages.hide(queue, handle, hidden_s)
        except InvalidReceiptHandleError:
            raise _bad_handle() from None
        if hidden is None:
            raise message_not_exist()
        self._arrivals.announce(queue)
        return hidden

    def publish(self, topic: str, body: str, tag: str = "") -> Published:
        """Delivers at once to each subscription whose filter lets it through. Raises MnsError.

        A queue that does not exist gets nothing, as after the real service's last retry. Envelopes
        may take a message past its queue's MaximumMessageSize.
        """
        _check_size(body, self.topic(topic))
        message_id = uuid.uuid4().hex.upper()
        published = Published(self.account_id, topic, message_id, body, tag, now())
        for subscription in self.resources.page(subscriptions_of(topic)):
            if subscription.text("FilterTag") in ("", tag):
                self._deliver(published, subscription)
        return published

    def end_polls(self) -> None:
        """Lets every long poll end as if its time were up."""
        self._arrivals.close()

    def close(self) -> None:
        """Lets go of the files."""
        self._database.close()

    def _deliver(self, published: Published, subscription: Resource) -> None:
        queue = subscription.text("Endpoint").removeprefix(self._endpoint)
        target = self.resources.find(QUEUES, queue)
        if target is not None:
            content_format = subscription.text("NotifyContentFormat")
            self._add(target, Draft(published.delivered(subscription.name, content_format)))

    def _add(self, queue: Resource, draft: Draft) -> Message:
        delay_s = queue.number("DelaySeconds") if draft.delay_s is None else draft.delay_s
        added = self.messages.add(queue.name, draft.body, draft.priority, delay_s)
        self._arrivals.announce(queue.name)
        return added

    def _take(self, queue: str, most: int) -> list[Message]:
        source = self.queue(queue)
        self._expire(source)
        return self.messages.receive(queue, most, source.number("VisibilityTimeout"))

    def _expire(self, queue: Resource) -> None:
        self.messages.expire(queue.name, queue.number("MessageRetentionPeriod"))

    def _until_visible_s(self, queue: str) -> float:
        visible = self.messages.next_visible(queue)
        return float("inf") if visible is None else max(0.001, (visible - now()) / 1000)


def _check_size(body: str, target: Resource) -> None:
    largest = target.number("MaximumMessageSize")
    if not 1 <= len(body.encode()) <= largest:
        raise out_of_range("MessageBody", 1, largest, "bytes")


def _bad_handle() -> MnsError:
    return MnsError(400, "ReceiptHandleError", "The receipt handle you provide is not valid.")
