"""The operations on queues and their messages."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from . import markup
from .refusal import Refusal
from .store import body_md5, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from .store import Message, Store

LARGEST_BODY = 64 * 1024
LARGEST_BATCH = 16
LONGEST_WAIT_S = 30
_DEFAULT_PRIORITY = 8

# The XML names of a queue's attributes, with what they default to and may be at most.
ATTRIBUTES = {
    "VisibilityTimeout": ("visibility_s", 30, 43_200),
    "DelaySeconds": ("delay_s", 0, 604_800),
    "MessageRetentionPeriod": ("retention_s", 345_600, 604_800),
    "MaximumMessageSize": ("largest", LARGEST_BODY, LARGEST_BODY),
    "PollingWaitSeconds": ("polling_s", 0, LONGEST_WAIT_S),
}


class Queues:
    """Queues by name. Whoever waits for a message is woken by its arrival."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrived = asyncio.Event()

    def create(self, name: str, given: dict[str, str]) -> bool:
        """Makes a queue; False when it is there already, with the same attributes."""
        wanted = {
            column: number(given, attribute, default, most)
            for attribute, (column, default, most) in ATTRIBUTES.items()
        }
        kept = self._store.one("queues", name=name)
        if kept is None:
            self._store.insert("queues", name=name, created=now(), changed=now(), **wanted)
        elif any(kept[column] != value for column, value in wanted.items()):
            raise Refusal(409, "QueueAlreadyExist", "A queue of that name has other attributes.")
        return kept is None

    def change(self, name: str, given: dict[str, str]) -> None:
        """Sets the attributes that are given."""
        kept = self.get(name)
        for attribute, (column, _, most) in ATTRIBUTES.items():
            kept[column] = number(given, attribute, kept[column], most)
        self._store.insert("queues", **{**kept, "changed": now()})

    def get(self, name: str) -> dict[str, Any]:
        """The queue's row. Raises Refusal (QueueNotExist)."""
        kept = self._store.one("queues", name=name)
        if kept is None:
            raise Refusal(404, "QueueNotExist", "The queue name you provided does not exist.")
        return kept

    def attributes(self, name: str) -> bytes:
        """What GetQueueAttributes answers."""
        kept = self.get(name)
        active, inactive, delayed = self._store.count(name)
        named = {attribute: kept[column] for attribute, (column, _, _) in ATTRIBUTES.items()}
        counted = {
            "ActiveMessages": active,
            "InactiveMessages": inactive,
            "DelayMessages": delayed,
            "CreateTime": kept["created"] // 1000,
            "LastModifyTime": kept["changed"] // 1000,
            "LoggingEnabled": "False",
        }
        return markup.element("Queue", {"QueueName": name, **named, **counted})

    def delete(self, name: str) -> None:
        """Deletes the queue with its messages, if it is there."""
        self._store.run("DELETE FROM queues WHERE name = ?", name)
        self._store.run("DELETE FROM messages WHERE queue = ?", name)

    def send(self, name: str, given: dict[str, str]) -> dict[str, object]:
        """Appends one message; what is told of it."""
        queue, body = self.get(name), given.get("MessageBody", "")
        if not body:
            raise Refusal(400, "InvalidArgument", "MessageBody must not be empty.")
        if len(body.encode()) > queue["largest"]:
            text = f"The message is longer than {queue['largest']} bytes."
            raise Refusal(400, "MessageBodyTooLong", text)
        message = self._store.enqueue(
            name,
            body,
            delay_s=number(given, "DelaySeconds", queue["delay_s"], 604_800),
            priority=number(given, "Priority", _DEFAULT_PRIORITY, 16, least=1),
        )
        self._wake()
        return {"MessageId": message.id, "MessageBodyMD5": body_md5(body)}

    async def receive(self, name: str, most: int, wait_s: int | None) -> list[Message]:
        """Takes up to `most` messages, waiting for a first one. Raises Refusal when none comes."""
        queue = self.get(name)
        ends = time.monotonic() + (queue["polling_s"] if wait_s is None else wait_s)

        def take() -> list[Message]:
            return self._store.receive(name, most, queue["visibility_s"], queue["retention_s"])

        while not (taken := take()):
            if (left := ends - time.monotonic()) <= 0:
                raise _none()
            await self._arrival(name, left)
        return taken

    def peek(self, name: str, most: int) -> list[Message]:
        """Looks at up to `most` messages. Raises Refusal when there is none."""
        self.get(name)
        seen = self._store.peek(name, most)
        if not seen:
            raise _none()
        return seen

    def remove(self, name: str, receipt: str) -> None:
        """Deletes a received message."""
        self.get(name)
        if not self._store.delete(name, receipt):
            raise Refusal(400, "ReceiptHandleError", "The receipt handle is not valid any more.")

    def hide(self, name: str, receipt: str, visibility_s: int) -> bytes:
        """Changes how long a received message stays hidden."""
        self.get(name)
        changed = self._store.hide(name, receipt, visibility_s)
        if changed is None:
            raise Refusal(404, "MessageNotExist", "The message is not hidden by that receipt.")
        fresh, visible = changed
        self._wake()
        told = {"ReceiptHandle": fresh, "NextVisibleTime": visible}
        return markup.element("ChangeVisibility", told)

    async def _arrival(self, name: str, longest_s: float) -> None:
        """Waits until a message arrives or comes into sight again, at most `longest_s`."""
        sight = self._store.next_visible(name)
        hidden_s = longest_s if sight is None else max(0.0, (sight - now()) / 1000)
        try:
            await asyncio.wait_for(self._arrived.wait(), min(longest_s, hidden_s + 0.001))
        except asyncio.TimeoutError:
            return

    def _wake(self) -> None:
        """Everyone who waits looks again; who waits from now on waits for the next arrival."""
        self._arrived.set()
        self._arrived = asyncio.Event()


def described(message: Message, *, received: bool = True) -> dict[str, object]:
    """A message as it is given out."""
    told: dict[str, object] = {
        "MessageId": message.id,
        "MessageBody": message.body,
        "MessageBodyMD5": message.md5,
        "EnqueueTime": message.enqueued,
        "FirstDequeueTime": message.first_dequeued,
        "DequeueCount": message.dequeued,
        "Priority": message.priority,
    }
    if received:
        told |= {"ReceiptHandle": message.receipt, "NextVisibleTime": message.visible}
    return told


def number(given: dict[str, str], name: str, default: int, most: int, *, least: int = 0) -> int:
    """A whole number among the fields given. Raises Refusal (InvalidArgument)."""
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        text = f"The value of {name} should be between {least} and {most}."
        raise Refusal(400, "InvalidArgument", text)
    return int(text)


def checked(
    perform: Callable[[str, str], None], name: str, receipts: list[str]
) -> list[dict[str, object]]:
    """Performs on each receipt; what is told of those that fail."""
    failures: list[dict[str, object]] = []
    for receipt in receipts:
        try:
            perform(name, receipt)
        except Refusal as refusal:
            failures.append(
                {
                    "ErrorCode": refusal.code,
                    "ErrorMessage": refusal.message,
                    "ReceiptHandle": receipt,
                }
            )
    return failures


def _none() -> Refusal:
    return Refusal(404, "MessageNotExist", "Message not exist.")
